"""The chaos audit accepts a correct job, and finds each kind of error."""

import copy
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from tests.chaos.audit import Audit
from tests.chaos.baseline import Baseline
from tests.chaos.client import SentJob
from tests.chaos.contents import Contents
from tests.chaos.schedule import PlannedJob, Sample, SendMode

FILES = (Sample("a.txt", "good 0"), Sample("b.txt", "empty"), Sample("c.txt", "good 1"))
RESULT = b'{"word_count": 1}'
RESULT_SHA256 = hashlib.sha256(RESULT).hexdigest()


@dataclass
class MadeUp:
    """Replaces the contents and the baseline: every file has a known result."""

    def get(self, _: str, content: str) -> bytes:
        return b"" if content == "empty" else content.encode()

    def result(self, _: PlannedJob, __: Sample) -> str:
        return RESULT_SHA256


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    """An audit of a spool and of results that are correct."""
    inputs, results = tmp_path / "spool" / "jobs" / "j1", tmp_path / "results" / "text"
    for folder in (inputs, results):
        folder.mkdir(parents=True)
    for index, sample in enumerate(FILES):
        (inputs / str(index)).write_bytes(MadeUp().get("text", sample.content))
        (results / f"{index}.json").write_bytes(RESULT)
    known = MadeUp()
    return Audit(
        contents=cast(Contents, known),
        baseline=cast(Baseline, known),
        spool=tmp_path / "spool",
        results=tmp_path / "results",
        has_full_disk=False,
    )


def sent(mode: SendMode = SendMode.ASYNC, cancel_answer: dict[str, Any] | None = None) -> SentJob:
    return SentJob(PlannedJob(0, "text", mode, FILES, None), "j1", cancel_answer)


def ledger() -> dict[str, Any]:
    """Return the correct job of the three files."""
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


def test_a_correct_job_has_no_violations(audit: Audit) -> None:
    """Each file has a final state, its input and its result."""
    assert list(audit.violations(sent(), ledger())) == []


Wrong = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda job: job["files"].pop(), "3 files were sent"),
        (lambda job: job["files"][0].update(state="running"), "3 files were sent"),
        (lambda job: job.update(done_files=3), "its overview says"),
        (lambda job: job.update(state="cancelled"), "with 0 cancelled files"),
        (lambda job: job["files"][0].update(state="cancelled"), "nobody asked for it"),
        (lambda job: job["files"][0].update(filename="b.txt"), "'a.txt' and is 'b.txt'"),
        (lambda job: job["files"][0].update(sha256="0" * 64), "other bytes have arrived"),
        (lambda job: job["files"][1].update(code="crashed"), "failed as crashed"),
        (lambda job: job["files"][1].update(error=""), "without a sentence"),
        (lambda job: job["files"][1].update(state="done", code=None), "though it can't be"),
        (lambda job: job["files"][0].update(attempts=0), "0 attempts"),
        (lambda job: job["files"][1].update(result_sha256="0" * 64), "failed and has a result"),
        (lambda job: job["files"][0].update(result_sha256="0" * 64), "than without faults"),
        (lambda job: job["files"][0].update(saved_file="results/text/9.json"), "no file"),
    ],
)
def test_each_error_is_found(audit: Audit, wrong: Wrong, words: str) -> None:
    """Each single error in the JSON of a job is found."""
    job = copy.deepcopy(ledger())
    wrong(job)
    assert any(words in violation for violation in audit.violations(sent(), job))


def test_errors_on_disk_are_found(audit: Audit) -> None:
    """A result or an input with other bytes than the job says is found."""
    (audit.results / "text" / "0.json").write_bytes(b"{}")
    (audit.spool / "jobs" / "j1" / "2").unlink()
    result, missing = audit.violations(sent(), ledger())
    assert "holds other bytes than the ledger says" in result
    assert "its input is not in the spool" in missing


def test_a_confirmed_cancellation_is_final(audit: Audit) -> None:
    """A job whose cancellation was confirmed must end as cancelled."""
    violations = list(audit.violations(sent(cancel_answer={"state": "cancelled"}), ledger()))
    assert len(violations) == 1
    assert "was cancelled, and is done now" in violations[0]


def test_only_synchronous_jobs_may_fail_without_a_slave(audit: Audit) -> None:
    """``no_slave`` is allowed for a synchronous job alone."""
    job = ledger()
    job["files"][1].update(code="no_slave", error="No slave that can do text answered.")
    assert list(audit.violations(sent(SendMode.DISCONNECT), job)) == []
    assert "failed as no_slave" in next(audit.violations(sent(SendMode.BATCHES), job))
