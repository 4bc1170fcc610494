"""Sends one good file of each task type again and again: its result must never change."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.hostile import corpus
from tests.hostile.corpus import Case
from tests.hostile.sending import Done, send

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
    """What the good file of each type gave at the start."""

    url: str
    _first: dict[str, str] = field(default_factory=dict)
    """SHA-256 of the result by task type."""

    def learn(self) -> Iterator[str]:
        """Have each of them done on a cluster that is well; yields what went wrong."""
        for task_type in TASK_TYPES:
            entry = self._send(task_type).entries[0]
            if entry["state"] != "done":
                yield f"the good file of {task_type} failed at the start: {entry}"
            self._first[task_type] = str(entry["result_sha256"])

    def check(self, task_type: str) -> tuple[float, list[str]]:
        """Have one done: how many seconds that took, and what was wrong with it."""
        begin = time.monotonic()
        entry = self._send(task_type).entries[0]
        seconds = time.monotonic() - begin
        if entry["state"] != "done":
            return seconds, [f"the good file of {task_type} failed: {entry}"]
        if entry["result_sha256"] != self._first[task_type]:
            return seconds, [f"the good file of {task_type} has another result than at the start"]
        return seconds, []

    def wake_both(self) -> None:
        """Come back when every slave has a worker that works: two texts, one for each."""
        send(self.url, [_case("text"), _case("text")])

    def _send(self, task_type: str) -> Done:
        return send(self.url, [_case(task_type)])


def _case(task_type: str) -> Case:
    name = _NAMES[task_type]
    data = corpus.good(task_type)[name]
    return Case(-1, task_type, f"the good {name}", data, "the good file")
