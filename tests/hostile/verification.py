"""Checks the final state of every file: a code and a sentence, or a valid result."""

import hashlib
import io
import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from protocol.wire import json_value
from tests.hostile.corpus import Case
from tests.hostile.crafted_docx import SECRET_FILE
from tests.hostile.sending import EndedJob

_CODES = frozenset(
    {"unsupported", "corrupt", "encrypted", "empty", "too_large", "timeout", "out_of_memory"}
    | {"crashed"}
)
"""The codes with which a malicious file may fail; ``internal`` and ``no_slave`` are violations."""
_SHORTEST_SENTENCE = 20
_MOST_KEPT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong, with the number of the file in the corpus if it concerns one."""

    text: str
    number: int | None = None


def violations(cases: Sequence[Case], done: EndedJob, results: Path) -> Iterator[Violation]:
    """Yield everything that is wrong with the files of one job."""
    if len(done.entries) != len(cases):
        yield Violation(f"{len(cases)} files were sent, the ledger has {len(done.entries)}")
    for case, entry in zip(cases, done.entries, strict=False):
        for text in (*_check_end(entry), *_check_result(entry, results / case.task_type)):
            about = f"file {case.number} ({case.task_type}; {case.what}; {case.filename!r:.80})"
            yield Violation(f"{about}: {text}", case.number)


def _check_end(entry: dict[str, Any]) -> Iterator[str]:
    state, code, error = entry["state"], entry["code"], entry["error"]
    if state not in ("done", "failed"):
        yield f"it is {state}"
    if state == "failed" and code not in _CODES:
        yield f"it failed as {code}: {error}"
    if state == "failed" and not _is_sentence(error or ""):
        yield f"it failed without a sentence: {error!r}"
    if state == "failed" and (entry["saved_file"] or entry["result_sha256"]):
        yield "it failed and has a result"
    if state == "done" and (code or error):
        yield f"it is done, and failed as {code}: {error}"


def _is_sentence(text: str) -> bool:
    is_clean = text.isprintable() and "Traceback" not in text
    return is_clean and len(text) >= _SHORTEST_SENTENCE and text[-1] in ".!?)"


def _check_result(entry: dict[str, Any], folder: Path) -> Iterator[str]:
    if entry["state"] != "done":
        return
    place = folder / entry["saved_file"].split("/")[-1]
    if place.parent.resolve() != folder.resolve() or not place.is_file() or place.is_symlink():
        yield f"its result is not in its folder: {entry['saved_file']!r}"
        return
    data = place.read_bytes()
    if hashlib.sha256(data).hexdigest() != entry["result_sha256"]:
        yield "its result is not what the ledger says"
    if (secret := _secret()) and secret in data:
        yield f"its result has in it what stands in {SECRET_FILE}"
    yield from _check_content(place, data)
    if len(data) > _MOST_KEPT_BYTES:
        # It is checked; many of this size would fill the disk.
        place.unlink()


def _check_content(place: Path, data: bytes) -> Iterator[str]:
    try:
        if place.suffix == ".png":
            with warnings.catch_warnings():
                # The slave has accepted this size.
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                mode = _mode_of(data)
            if mode != "L":
                yield f"its result is a picture of mode {mode}"
        elif not isinstance(json_value(data.decode("utf-8")), dict):
            yield "its result is no object"
    except (OSError, ValueError, SyntaxError, json.JSONDecodeError) as error:
        yield f"its result can't be read: {type(error).__name__}: {error}"


def _mode_of(data: bytes) -> str:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
        picture.load()
        return str(picture.mode)


def _secret() -> bytes:
    try:
        return Path(SECRET_FILE).read_bytes().split(b"\n")[0]
    except OSError:
        return b""
