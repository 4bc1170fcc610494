"""What the hostile campaign complains of: a check that never bites would prove nothing."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.hostile import campaign, judging
from tests.hostile.corpus import Case
from tests.hostile.multipart import form
from tests.hostile.report import Report
from tests.hostile.sending import Done

CASE = Case(7, "text", "a.txt", b"bytes", "made up")
SENTENCE = "The file is damaged; send it again."


def failed(code: str = "corrupt", error: str | None = SENTENCE, **more: Any) -> dict[str, Any]:
    """Return the ledger's entry of a file that failed."""
    entry = {"index": 0, "state": "failed", "code": code, "error": error, "attempts": 1}
    return entry | {"saved_file": None, "result_sha256": None, "slave": "a"} | more


def done(folder: Path, data: bytes, name: str = "a_analysis.json") -> dict[str, Any]:
    """Return the entry of a file that was done, and write its result."""
    (folder / "text").mkdir(parents=True, exist_ok=True)
    (folder / "text" / name).write_bytes(data)
    saved = {"saved_file": f"results/text/{name}", "result_sha256": _sha256(data)}
    return failed() | {"state": "done", "code": None, "error": None} | saved


def told(entry: dict[str, Any], results: Path) -> str:
    """Return what is complained of, in one text."""
    found = judging.complaints([CASE], Done("job", [entry]), results)
    return "; ".join(complaint.text for complaint in found)


def test_what_is_promised_is_not_complained_of(tmp_path: Path) -> None:
    """A reason from the contract, or a result of strict JSON, is as it should be."""
    assert told(failed(), tmp_path) == ""
    assert told(done(tmp_path, b'{"a": 1}'), tmp_path) == ""


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (failed("internal"), "failed as internal"),
        (failed("no_slave"), "failed as no_slave"),
        (failed(error=None), "without a sentence"),
        (failed(error="Traceback (most recent call last): no."), "without a sentence"),
        (failed(saved_file="results/text/a.json"), "has a result"),
        (failed(state="running"), "it is running"),
    ],
)
def test_a_wrong_end_is_told(tmp_path: Path, entry: dict[str, Any], complaint: str) -> None:
    """A file without a proper end is named, with its number in the corpus."""
    assert complaint in told(entry, tmp_path)
    assert "file 7" in told(entry, tmp_path)


def test_a_wrong_result_is_told(tmp_path: Path) -> None:
    """A result that is no strict JSON, is changed, missing, or outside its folder, is named."""
    assert "can't be read" in told(done(tmp_path, b'{"a": NaN}'), tmp_path)
    assert "is no object" in told(done(tmp_path, b"[]"), tmp_path)
    changed = done(tmp_path, b"{}") | {"result_sha256": "0"}
    assert "not what the ledger says" in told(changed, tmp_path)
    missing = done(tmp_path, b"{}") | {"saved_file": "results/text/other.json"}
    assert "not in its folder" in told(missing, tmp_path)


def test_a_secret_in_a_result_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an external entity would have read is looked for in every result."""
    secret = tmp_path / "secret"
    secret.write_text("nobody may see this\nor this")
    monkeypatch.setattr(judging, "SECRET_FILE", str(secret))
    assert "has in it" in told(done(tmp_path, b'{"a": "nobody may see this"}'), tmp_path)


def test_a_job_that_hangs_is_told() -> None:
    """A job may take what its files can cost, and a worker lost may cost a deadline and more."""
    slow = Done("job", [failed()], seconds=60.0)
    assert list(campaign._too_slow([CASE], slow))
    assert not list(campaign._too_slow([CASE], Done("job", [failed()], seconds=5.0)))
    crashed = Done("job", [failed("crashed", attempts=3)], seconds=50.0)
    assert not list(campaign._too_slow([CASE], crashed))


def test_memory_that_grows_is_told() -> None:
    """Ten in a hundred or 16 MiB, whichever is more, are let pass."""
    report = Report(1, memory_before={"master": 40 << 20, "slave": 400 << 20})
    report.memory_after = {"master": 55 << 20, "slave": 439 << 20}
    assert not list(campaign._growths(report))
    report.memory_after = {"master": 57 << 20, "slave": 441 << 20}
    assert len(list(campaign._growths(report))) == 2


def test_bytes_of_complaints_are_kept(tmp_path: Path) -> None:
    """A file that is complained of can be looked at afterwards."""
    report = Report(1, keep=tmp_path / "kept")
    report.complain(judging.Complaint("wrong", 7), [CASE])
    assert (tmp_path / "kept" / "7-text").read_bytes() == CASE.data
    assert any("FILE=7 SEED=1" in line for line in report.lines())


def test_names_do_not_break_the_form() -> None:
    """Quotes and line ends in a name stay inside the name, and half a pair is sent as bytes."""
    _, body = form("text", [('a"\r\nb: c\ud83d', b"x")])
    assert b'filename="a%22%0D%0Ab: c\xed\xa0\xbd"\r\n' in body


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
