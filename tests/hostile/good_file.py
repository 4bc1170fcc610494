"""Sends one valid file of each task type repeatedly: its result must never change."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.hostile import corpus
from tests.hostile.corpus import Case
from tests.hostile.sending import EndedJob, send

_NAMES = {
    "image": "color.jpg",
    "ocr": "words.png",
    "audio": "vorbis.ogg",
    "text": "german.txt",
    "embedding": "german.txt",
    "document": "letter.docx",
}
TASK_TYPES = tuple(_NAMES)


@dataclass(slots=True)
class GoodFiles:
    """The result of the valid file of each type before the campaign."""

    url: str
    _first: dict[str, str] = field(default_factory=dict)
    """SHA-256 of the result by task type."""

    def measure(self) -> Iterator[str]:
        """Process each of them before the campaign; yields what failed."""
        for task_type in TASK_TYPES:
            entry = self._send(task_type).entries[0]
            if entry["state"] != "done":
                yield f"the good file of {task_type} failed at the start: {entry}"
            self._first[task_type] = str(entry["result_sha256"])

    def check(self, task_type: str) -> tuple[float, list[str]]:
        """Process one; return the seconds that it took, and what was wrong with it."""
        begin = time.monotonic()
        entry = self._send(task_type).entries[0]
        seconds = time.monotonic() - begin
        if entry["state"] != "done":
            return seconds, [f"the good file of {task_type} failed: {entry}"]
        if entry["result_sha256"] != self._first[task_type]:
            return seconds, [f"the good file of {task_type} has another result than at the start"]
        return seconds, []

    def start_both_workers(self) -> None:
        """Return when every slave has a working worker: sends two texts, one for each."""
        send(self.url, [_case("text"), _case("text")])

    def _send(self, task_type: str) -> EndedJob:
        return send(self.url, [_case(task_type)])


def _case(task_type: str) -> Case:
    name = _NAMES[task_type]
    data = corpus.good(task_type)[name]
    return Case(-1, task_type, f"the good {name}", data, "the good file")
