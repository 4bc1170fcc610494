"""Parsing and validation of the master's responses."""

from collections.abc import Iterator
from typing import Any

import pytest

from client_service.master_api import answers

HEAD: dict[str, Any] = {
    "job_id": "0123456789abcdef",
    "task_type": "text",
    "state": "done",
    "created_at": "2024-01-01T00:00:00.000Z",
    "total_files": 2,
    "done_files": 1,
    "failed_files": 1,
    "cancelled_files": 0,
    "files_per_second": 1.5,
    "seconds_left": None,
    "waiting_for": None,
}
ENTRY: dict[str, Any] = {
    "index": 0,
    "filename": "a.txt",
    "size": 3,
    "sha256": "cd",
    "state": "done",
    "attempts": 1,
    "slave": "10.0.0.1:3000",
    "saved_file": "results/text/a_analysis.json",
    "result_sha256": "ab",
    "code": None,
    "error": None,
    "warnings": [],
}
SLAVE: dict[str, Any] = {
    "slave_ip": "10.0.0.1",
    "slave_port": 3000,
    "workers": 2,
    "task_types": ["text"],
    "unavailable": {"ocr": "Tesseract is not installed"},
    "unreachable_reason": None,
}


def test_endless_answer_is_read_to_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at the bound, and a response that was cut is not valid JSON."""
    monkeypatch.setattr(answers, "MAX_BYTES", 1000)
    taken = []

    def endless() -> Iterator[bytes]:
        yield b'{"a":"'
        while True:
            taken.append(1)
            yield b"x" * 100

    cut = answers.bounded(endless())
    assert (len(cut), len(taken)) == (1000, 10)
    with pytest.raises(answers.INVALID):
        answers.parse(cut)


@pytest.mark.parametrize("data", [b"", b"hi", b"[]", b"null", b"\xff{}", b"[" * 1_000_000])
def test_what_is_no_object_is_nonsense(data: bytes) -> None:
    """A response that is not a JSON object, endlessly nested brackets included, is invalid."""
    with pytest.raises(answers.INVALID):
        answers.parse(data)


def test_good_answers_are_taken() -> None:
    """Valid responses pass unchanged, with keys that this client does not know."""
    more = {"new": [1]}
    assert answers.head(HEAD | more) == HEAD | more
    assert answers.heads({"jobs": [HEAD]}) == [HEAD]
    assert answers.entries({"files": [ENTRY | more]}) == [ENTRY | more]
    assert answers.status({"status": "alive"}) == {"status": "alive"}
    assert answers.status({"slaves": [SLAVE]}) == {"slaves": [SLAVE]}


def test_what_may_be_missing_is_none() -> None:
    """A response without rate and time left is valid."""
    few = {
        name: value for name, value in HEAD.items() if name not in ("waiting_for", "seconds_left")
    }
    assert answers.head(few) == HEAD


def test_entry_of_a_master_without_warnings_has_none() -> None:
    """A master of an earlier release sends no ``warnings`` with its files."""
    few = {name: value for name, value in ENTRY.items() if name != "warnings"}
    assert answers.entries({"files": [few]}) == [ENTRY | {"warnings": None}]


@pytest.mark.parametrize("warnings", ["text", [1], [None], {"a": "b"}])
def test_warnings_of_another_shape_are_nonsense(warnings: object) -> None:
    """Warnings must be a list of texts."""
    with pytest.raises(answers.INVALID):
        answers.entries({"files": [ENTRY | {"warnings": warnings}]})


@pytest.mark.parametrize(
    "changed",
    [
        {name: None}
        for name in HEAD
        if name not in {"files_per_second", "seconds_left", "waiting_for"}
    ]
    + [{"job_id": bad} for bad in ("", "a b", "../x", "-x", "\x1b[2J", "\ud800", "a/b")]
    + [{"state": "\x1b[2J"}, {"task_type": "a\nb"}, {"done_files": "1"}, {"done_files": -1}]
    + [{"done_files": True}, {"done_files": 1.5}, {"total_files": 1 << 60}, {"waiting_for": 1}]
    + [{"seconds_left": bad} for bad in (float("nan"), float("inf"), -1, "1", 1e300)],
)
def test_head_of_another_shape_is_nonsense(changed: dict[str, Any]) -> None:
    """A missing key, a wrong type, or a text with unsafe characters is invalid."""
    with pytest.raises(answers.INVALID):
        answers.heads({"jobs": [HEAD | changed]})


@pytest.mark.parametrize("name", ["index", "filename", "size", "state", "attempts"])
def test_entry_without_what_it_must_have_is_nonsense(name: str) -> None:
    """An entry of the ledger needs an index, name, size and state."""
    with pytest.raises(answers.INVALID):
        answers.entries({"files": [{key: ENTRY[key] for key in ENTRY if key != name}]})


@pytest.mark.parametrize(
    "read", [answers.heads, answers.entries, answers.job_id, answers.files_moved]
)
@pytest.mark.parametrize("value", [None, "x y", [1], {"a": 1}, 1.5])
def test_wrong_types_are_nonsense(read: Any, value: object) -> None:
    """A page with a list of other values, a text, or nothing in place of its list is invalid."""
    names = ("jobs", "files", "job_id", "files_moved")
    for answer in ({}, dict.fromkeys(names, value)):
        with pytest.raises(answers.INVALID):
            read(answer)


@pytest.mark.parametrize(
    "slaves",
    [
        None,
        1,
        [1],
        [{}],
        [SLAVE | {"workers": "2"}],
        [SLAVE | {"task_types": "text"}],
        [SLAVE | {"unavailable": None}],
        [SLAVE | {"unavailable": {"ocr": 1}}],
    ],
)
def test_slaves_of_another_shape_are_nonsense(slaves: object) -> None:
    """The slaves of a status must be a list, each with its address, workers and task types."""
    with pytest.raises(answers.INVALID):
        answers.status({"status": "alive", "slaves": slaves})


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"error": 1}', b'{"error": ["a"]}'])
def test_refusal_without_a_reason_is_none(data: bytes) -> None:
    """A reason that is not a text is ignored."""
    assert answers.refusal(data) is None
    assert answers.refusal(b'{"error": "full"}') == "full"
