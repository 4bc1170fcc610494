"""The chaos audit has nothing to say about a good ledger, and sees each thing that is wrong."""

import copy
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from tests.chaos.audit import Audit
from tests.chaos.calm import Calm
from tests.chaos.client import SentJob
from tests.chaos.contents import Contents
from tests.chaos.schedule import PlannedJob, Sample, Way

FILES = (Sample("a.txt", "good 0"), Sample("b.txt", "empty"), Sample("c.txt", "good 1"))
RESULT = b'{"word_count": 1}'
RESULT_SHA256 = hashlib.sha256(RESULT).hexdigest()


@dataclass
class MadeUp:
    """Stands for the contents and the calm run: of every file we know what it should be."""

    def get(self, _: str, content: str) -> bytes:
        return b"" if content == "empty" else content.encode()

    def result(self, _: PlannedJob, __: Sample) -> str:
        return RESULT_SHA256


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    """An audit of a spool and results in which all is as it should be."""
    inputs, results = tmp_path / "spool" / "jobs" / "j1", tmp_path / "results" / "text"
    for folder in (inputs, results):
        folder.mkdir(parents=True)
    for index, sample in enumerate(FILES):
        (inputs / str(index)).write_bytes(MadeUp().get("text", sample.content))
        (results / f"{index}.json").write_bytes(RESULT)
    known = MadeUp()
    return Audit(
        contents=cast(Contents, known),
        calm=cast(Calm, known),
        spool=tmp_path / "spool",
        results=tmp_path / "results",
        has_full_disk=False,
    )


def sent(way: Way = Way.ASYNC, cancel_answer: dict[str, Any] | None = None) -> SentJob:
    return SentJob(PlannedJob(0, "text", way, FILES, None), "j1", cancel_answer)


def ledger() -> dict[str, Any]:
    """Return the ledger of the three files as it should be."""
    files: list[dict[str, Any]] = []
    for index, sample in enumerate(FILES):
        data, is_good = MadeUp().get("text", sample.content), sample.code is None
        files.append(
            {
                "index": index,
                "filename": sample.filename,
                "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "state": "done" if is_good else "failed",
                "attempts": 1,
                "saved_file": f"results/text/{index}.json" if is_good else None,
                "result_sha256": RESULT_SHA256 if is_good else None,
                "code": sample.code,
                "error": None if is_good else "The file is empty: there is nothing to do.",
            }
        )
    counts = {"total_files": 3, "done_files": 2, "failed_files": 1, "cancelled_files": 0}
    return {"job_id": "j1", "state": "done", "files": files, **counts}


def test_nothing_is_wrong_with_a_good_ledger(audit: Audit) -> None:
    """Every file has its end, its input and its result."""
    assert list(audit.complaints(sent(), ledger())) == []


Wrong = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda job: job["files"].pop(), "3 files were sent"),
        (lambda job: job["files"][0].update(state="running"), "3 files were sent"),
        (lambda job: job.update(done_files=3), "its head says"),
        (lambda job: job.update(state="cancelled"), "with 0 cancelled files"),
        (lambda job: job["files"][0].update(state="cancelled"), "nobody asked for it"),
        (lambda job: job["files"][0].update(filename="b.txt"), "'a.txt' and is 'b.txt'"),
        (lambda job: job["files"][0].update(sha256="0" * 64), "other bytes have arrived"),
        (lambda job: job["files"][1].update(code="crashed"), "failed as crashed"),
        (lambda job: job["files"][1].update(error=""), "without a sentence"),
        (lambda job: job["files"][1].update(state="done", code=None), "though it can't be"),
        (lambda job: job["files"][0].update(attempts=0), "0 attempts"),
        (lambda job: job["files"][1].update(result_sha256="0" * 64), "failed and has a result"),
        (lambda job: job["files"][0].update(result_sha256="0" * 64), "than in the calm run"),
        (lambda job: job["files"][0].update(saved_file="results/text/9.json"), "nothing at"),
    ],
)
def test_what_is_wrong_is_seen(audit: Audit, wrong: Wrong, words: str) -> None:
    """Each single thing that a ledger may have wrong is complained about."""
    job = copy.deepcopy(ledger())
    wrong(job)
    assert any(words in complaint for complaint in audit.complaints(sent(), job))


def test_what_is_wrong_on_disk_is_seen(audit: Audit) -> None:
    """A result or an input with other bytes than the ledger says is complained about."""
    (audit.results / "text" / "0.json").write_bytes(b"{}")
    (audit.spool / "jobs" / "j1" / "2").unlink()
    result, missing = audit.complaints(sent(), ledger())
    assert "holds other bytes than the ledger says" in result
    assert "its input in the spool" in missing


def test_a_cancel_that_was_answered_holds(audit: Audit) -> None:
    """A job that was answered to be cancelled must not end in another way."""
    complaints = list(audit.complaints(sent(cancel_answer={"state": "cancelled"}), ledger()))
    assert len(complaints) == 1
    assert "was cancelled, and is done now" in complaints[0]


def test_only_who_waits_may_be_left_without_a_slave(audit: Audit) -> None:
    """``no_slave`` is right for a job that somebody waited for, and wrong for every other."""
    job = ledger()
    job["files"][1].update(code="no_slave", error="No slave that can do text answered.")
    assert list(audit.complaints(sent(Way.HANG_UP), job)) == []
    assert "failed as no_slave" in next(audit.complaints(sent(Way.BATCHES), job))
