"""Parses and validates the master's JSON responses. No I/O, clocks or threads.

Callers need no further checks, except that texts in a response come from the master or from other
clients: they go through ``printable`` before they are printed.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

Answer = dict[str, Any]
"""A JSON object of the master: a job's head, a file of its ledger, …"""
Check = Callable[[Any], bool]

MAX_BYTES = 16 * 1024 * 1024
"""Many times the largest page of a ledger; bounds a response that never ends."""
INVALID = (KeyError, TypeError, ValueError, AttributeError, RecursionError)
"""Exceptions of parsing an invalid response; RecursionError is of endlessly nested brackets."""

_MAX_NUMBER = 1 << 53
"""Larger numbers are inexact in other JSON parsers, and overflow when formatted as times."""
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def bounded(blocks: Iterable[bytes]) -> bytes:
    """Return the bytes, cut at ``MAX_BYTES``; parsing JSON that was cut fails."""
    read = bytearray()
    for block in blocks:
        read += block[: MAX_BYTES - len(read)]
        if len(read) == MAX_BYTES:
            break
    return bytes(read)


def parse(data: bytes) -> Answer:
    """Return the JSON object; raises one of ``INVALID`` if the data is not one."""
    answer = json.loads(data)
    if not isinstance(answer, dict):
        raise TypeError("no object")
    return answer


def _is_text(value: Any) -> bool:  # noqa: ANN401 (what JSON holds)
    return isinstance(value, str)


def _is_word(value: Any) -> bool:  # noqa: ANN401 (the same)
    """Return whether it needs no quoting in a URL, a command line and a terminal."""
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def _is_count(value: Any) -> bool:  # noqa: ANN401 (the same)
    return type(value) is int and 0 <= value <= _MAX_NUMBER


def _is_number(value: Any) -> bool:  # noqa: ANN401 (the same)
    return type(value) in (int, float) and 0 <= value <= _MAX_NUMBER


def _maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _is_texts(value: Any) -> bool:  # noqa: ANN401 (the same)
    return isinstance(value, dict) and all(map(_is_text, value.values()))


_HEAD: dict[str, Check] = {
    "job_id": _is_word,
    "task_type": _is_word,
    "state": _is_word,
    "total_files": _is_count,
    "done_files": _is_count,
    "failed_files": _is_count,
    "cancelled_files": _is_count,
    "files_per_second": _maybe(_is_number),
    "seconds_left": _maybe(_is_number),
    "waiting_for": _maybe(_is_text),
}
_LISTED = _HEAD | {"created_at": _is_text}
_ENTRY: dict[str, Check] = {
    "index": _is_count,
    "filename": _is_text,
    "size": _is_count,
    "sha256": _maybe(_is_text),
    "state": _is_word,
    "attempts": _is_count,
    "slave": _maybe(_is_text),
    "saved_file": _maybe(_is_text),
    "result_sha256": _maybe(_is_text),
    "code": _maybe(_is_text),
    "error": _maybe(_is_text),
    "warnings": _maybe(_list_of(_is_text)),
}
_SLAVE: dict[str, Check] = {
    "slave_ip": _is_text,
    "slave_port": lambda value: _is_count(value) or _is_word(value),
    "workers": _is_count,
    "task_types": _list_of(_is_text),
    "unreachable_reason": _maybe(_is_text),
}


def _validated(answer: Answer, shape: dict[str, Check]) -> Answer:
    """Return the validated answer, with None for optional keys that it lacks.

    Raises ``ValueError`` with the name of an invalid key.
    """
    found = {name: answer.get(name) for name in shape}
    for name, value in found.items():
        if not shape[name](value):
            raise ValueError(name)
    return answer | found


def head(answer: Answer) -> Answer:
    """Return a job, without its files."""
    return _validated(answer, _HEAD)


def heads(answer: Answer) -> list[Answer]:
    """Return a page of the jobs."""
    return [_validated(each, _LISTED) for each in answer["jobs"]]


def entries(answer: Answer) -> list[Answer]:
    """Return a page of a job's ledger."""
    return [_validated(each, _ENTRY) for each in answer["files"]]


def status(answer: Answer) -> Answer:
    """Return the master's status; its slaves are validated if it lists them."""
    if "slaves" in answer:
        answer = answer | {"slaves": [_slave(each) for each in answer["slaves"]]}
    return answer


def _slave(answer: Answer) -> Answer:
    if not _is_texts(answer.get("unavailable", {})):
        raise ValueError("unavailable")
    return _validated(answer, _SLAVE)


def job_id(answer: Answer) -> str:
    """Return the id of a new job."""
    if not _is_word(answer["job_id"]):
        raise ValueError("job_id")
    return str(answer["job_id"])


def files_moved(answer: Answer) -> int:
    """Return how many files were taken from an excluded slave."""
    if not _is_count(answer["files_moved"]):
        raise ValueError("files_moved")
    return int(answer["files_moved"])


def refusal(data: bytes) -> str | None:
    """Return the master's reason for a refusal; None if it gives none."""
    try:
        reason = parse(data).get("error")
    except INVALID:
        return None
    return reason if isinstance(reason, str) else None
