"""The checks of the hostile campaign find each kind of violation."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.hostile import campaign, verification
from tests.hostile.corpus import Case
from tests.hostile.multipart import form
from tests.hostile.report import Report
from tests.hostile.sending import EndedJob

CASE = Case(7, "text", "a.txt", b"bytes", "made up")
SENTENCE = "The file is damaged; send it again."


def failed(code: str = "corrupt", error: str | None = SENTENCE, **more: Any) -> dict[str, Any]:
    """Return the entry of a file that failed."""
    entry = {"index": 0, "state": "failed", "code": code, "error": error, "attempts": 1}
    return entry | {"saved_file": None, "result_sha256": None, "slave": "a"} | more


def done(folder: Path, data: bytes, name: str = "a_analysis.json") -> dict[str, Any]:
    """Return the entry of a file that was done, and write its result."""
    (folder / "text").mkdir(parents=True, exist_ok=True)
    (folder / "text" / name).write_bytes(data)
    saved = {"saved_file": f"results/text/{name}", "result_sha256": _sha256(data)}
    return failed() | {"state": "done", "code": None, "error": None} | saved


def told(entry: dict[str, Any], results: Path) -> str:
    """Return the violations in one text."""
    found = verification.violations([CASE], EndedJob("job", [entry]), results)
    return "; ".join(violation.text for violation in found)


def test_correct_states_are_no_violations(tmp_path: Path) -> None:
    """A known code, or a result in strict JSON, is correct."""
    assert told(failed(), tmp_path) == ""
    assert told(done(tmp_path, b'{"a": 1}'), tmp_path) == ""


@pytest.mark.parametrize(
    ("entry", "violation"),
    [
        (failed("internal"), "failed as internal"),
        (failed("no_slave"), "failed as no_slave"),
        (failed(error=None), "without a sentence"),
        (failed(error="Traceback (most recent call last): no."), "without a sentence"),
        (failed(saved_file="results/text/a.json"), "has a result"),
        (failed(state="running"), "it is running"),
    ],
)
def test_a_wrong_final_state_is_found(
    tmp_path: Path, entry: dict[str, Any], violation: str
) -> None:
    """A file with a wrong final state is named, with its number in the corpus."""
    assert violation in told(entry, tmp_path)
    assert "file 7" in told(entry, tmp_path)


def test_a_wrong_result_is_found(tmp_path: Path) -> None:
    """A result that is no strict JSON, is changed, missing, or outside its folder, is named."""
    assert "can't be read" in told(done(tmp_path, b'{"a": NaN}'), tmp_path)
    assert "is no object" in told(done(tmp_path, b"[]"), tmp_path)
    changed = done(tmp_path, b"{}") | {"result_sha256": "0"}
    assert "not what the ledger says" in told(changed, tmp_path)
    missing = done(tmp_path, b"{}") | {"saved_file": "results/text/other.json"}
    assert "not in its folder" in told(missing, tmp_path)


def test_a_secret_in_a_result_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every result is searched for what an external entity would read."""
    secret = tmp_path / "secret"
    secret.write_text("nobody may see this\nor this")
    monkeypatch.setattr(verification, "SECRET_FILE", str(secret))
    assert "has in it" in told(done(tmp_path, b'{"a": "nobody may see this"}'), tmp_path)


def test_a_job_that_hangs_is_found() -> None:
    """A job may take the sum of its files' limits, with the restart of each lost worker."""
    slow = EndedJob("job", [failed()], seconds=60.0)
    assert list(campaign._too_slow([CASE], slow))
    assert not list(campaign._too_slow([CASE], EndedJob("job", [failed()], seconds=5.0)))
    crashed = EndedJob("job", [failed("crashed", attempts=3)], seconds=50.0)
    assert not list(campaign._too_slow([CASE], crashed))


def test_memory_that_grows_is_found() -> None:
    """Growth of up to 10 % or 16 MiB, whichever is more, is allowed."""
    report = Report(1, memory_before={"master": 40 << 20, "slave": 400 << 20})
    report.memory_after = {"master": 55 << 20, "slave": 439 << 20}
    assert not list(campaign._growths(report))
    report.memory_after = {"master": 57 << 20, "slave": 441 << 20}
    assert len(list(campaign._growths(report))) == 2


def test_bytes_of_violations_are_kept(tmp_path: Path) -> None:
    """The file of a violation is saved."""
    report = Report(1, keep=tmp_path / "kept")
    report.add_violation(verification.Violation("wrong", 7), [CASE])
    assert (tmp_path / "kept" / "7-text").read_bytes() == CASE.data
    assert any("FILE=7 SEED=1" in line for line in report.lines())


def test_names_do_not_break_the_form() -> None:
    """Quotes and line ends in a name stay inside the name; a lone surrogate is sent as bytes."""
    _, body = form("text", [('a"\r\nb: c\ud83d', b"x")])
    assert b'filename="a%22%0D%0Ab: c\xed\xa0\xbd"\r\n' in body


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
