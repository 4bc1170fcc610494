"""The ledger survives the end of the process, and buffers changes while the disk is full."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from master_service.errors import KeyReused, LedgerFull, NotFound
from master_service.storage import ledger_rows as rows
from master_service.storage.idempotency_keys import IdempotencyKey
from master_service.storage.ledger import Ledger
from master_service.storage.model import File, FileState, Job, JobState
from protocol.failures import Failure

NOW = datetime(2026, 5, 1, 12, 30, 15, 250_000, tzinfo=timezone.utc)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The path of the ledger."""
    return tmp_path / "jobs.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    ledger = Ledger(path)
    yield ledger
    ledger.close()


def new_job(job_id: str = "j1", files: int = 3, state: JobState = JobState.QUEUED) -> Job:
    return Job(job_id, "text", NOW, state, bytes_received=30, total_files=files)


def new_files(count: int = 3) -> list[File]:
    return [File(index, f"ü {index}.txt", 10, f"{index:064x}") for index in range(count)]


def crash(ledger: Ledger, path: Path) -> Ledger:
    """Open the ledger as the next process does after this one was killed."""
    del ledger  # never closed
    again = Ledger(path)
    again.recover()
    return again


def test_job_and_files_are_read_as_written(ledger: Ledger, path: Path) -> None:
    """All fields of a job and its files but the history survive, in every state."""
    job, files = new_job(state=JobState.DONE), new_files()
    files[0].hand_over("a:1")
    files[0].requeue(("a:1", "b:1"))
    files[0].hand_over("b:1")
    files[0].finish("processed_results/text/0_analysis.json", "ab" * 32)
    files[1].fail(Failure("corrupt", "It is damaged: send another."))
    files[2].cancel()
    job.started_at = job.finished_at = NOW
    for file in files:
        job.count(file)
    ledger.add(job, files, None)
    again = Ledger(path)
    assert again.job("j1") == job
    known = again.files("j1", 0, 100)
    for file in files:
        file.history = ()
    assert known == files
    again.close()


def test_warnings_are_read_as_written(ledger: Ledger, path: Path) -> None:
    """Warnings survive; lone surrogates are replaced."""
    job, files = new_job(), new_files(2)
    ledger.add(job, files, None)
    files[1].hand_over("a:1")
    files[1].finish("a.json", "ab" * 32, ("Of 3 pages 1 was read.", "Grüße \ud800"))
    ledger.files_changed(job, files)
    again = Ledger(path)
    found = [file.warnings for file in again.files("j1", 0, 100)]
    assert found == [(), ("Of 3 pages 1 was read.", "Grüße ?")]
    again.close()


@pytest.mark.parametrize("written", ["PRAGMA user_version=1;", ""])
def test_ledger_of_version_1_is_upgraded(path: Path, written: str) -> None:
    """A ledger without the column for warnings opens, and stores warnings from then on.

    The first release could be killed after it had made the tables and before it wrote the version.
    """
    db = sqlite3.connect(path)
    later = ("    warnings TEXT,\n", UPLOAD, JOB_OPTIONS)
    db.executescript(without(rows.SCHEMA, *later) + written)
    with db:
        insert = without(rows.INSERT_JOB, ", options", "?,")
        db.execute(insert, rows.job_row(new_job(files=1))[:-1])
        (file,) = new_files(1)
        insert = without(rows.INSERT_FILE, "?,?,")
        db.execute(insert, rows.file_row(1, file)[:-2])
    db.close()
    ledger = Ledger(path)
    file.upload = "0"
    assert ledger.files("j1", 0, 9) == [file]
    file.hand_over("a:1")
    file.finish("a.json", "ab" * 32, ("It is cut off.",))
    ledger.files_changed(new_job(files=1), [file])
    ledger.close()
    again = Ledger(path)
    assert again.files("j1", 0, 9)[0].warnings == ("It is cut off.",)
    again.close()


def test_ledger_of_version_3_is_upgraded(path: Path) -> None:
    """Uploads of earlier releases are named like the indexes of their files."""
    db = sqlite3.connect(path)
    db.executescript(without(rows.SCHEMA, UPLOAD) + "PRAGMA user_version=3;")
    with db:
        db.execute(rows.INSERT_JOB, rows.job_row(new_job()))
        for file in new_files(3):
            db.execute(without(rows.INSERT_FILE, "?,"), rows.file_row(1, file)[:-1])
    db.close()
    ledger = Ledger(path)
    assert [file.upload for file in ledger.files("j1", 0, 9)] == ["0", "1", "2"]
    ledger.close()


def test_ledger_of_version_2_is_upgraded(path: Path) -> None:
    """A job of a ledger without the column for options has none, and later jobs have theirs."""
    db = sqlite3.connect(path)
    db.executescript(without(rows.SCHEMA, UPLOAD, JOB_OPTIONS) + "PRAGMA user_version=2;")
    with db:
        insert = without(rows.INSERT_JOB, ", options", "?,")
        db.execute(insert, rows.job_row(new_job())[:-1])
    db.close()
    ledger = Ledger(path)
    assert [job.options for job in ledger.jobs(0, 9)] == [{}]
    job = replace(new_job(), job_id="j2", task_type="ocr", options={"language": "deu"})
    ledger.add(job, [], None)
    ledger.close()
    again = Ledger(path)
    assert [job.options for job in again.jobs(0, 9)] == [{"language": "deu"}, {}]
    again.close()


JOB_OPTIONS = ",\n    options TEXT NOT NULL DEFAULT '{}'"
UPLOAD = "    upload TEXT,\n"


def without(sql: str, *texts: str) -> str:
    """Return SQL of an earlier release, which lacks these texts, each at its first place."""
    for text in texts:
        assert text in sql
        sql = sql.replace(text, "", 1)
    return sql


def test_ledger_of_a_later_version_is_refused(path: Path) -> None:
    """A ledger with a later version number raises an error and stays unchanged."""
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version={rows.VERSION + 1}")
    db.close()
    with pytest.raises(sqlite3.DatabaseError, match="it has version"):
        Ledger(path)


def test_each_change_survives_the_process(ledger: Ledger, path: Path) -> None:
    """After a kill, finished files are still done, and running ones are queued again."""
    job, files = new_job(), new_files()
    ledger.add(job, files, None)
    job.change(JobState.RUNNING, NOW)
    ledger.job_changed(job)
    for file in files:
        file.hand_over("a:1")
    ledger.files_changed(job, files)
    files[0].finish("processed_results/text/0_analysis.json", "ab" * 32)
    ledger.files_changed(job, files[:1])
    again = crash(ledger, path)
    states = [file.state for file in again.files("j1", 0, 100)]
    assert states == [FileState.DONE, FileState.QUEUED, FileState.QUEUED]
    assert [file.attempts for file in again.files("j1", 0, 100)] == [1, 1, 1]
    (left,) = again.jobs_in_state(JobState.QUEUED)
    assert (left.done_files, left.started_at) == (1, NOW)
    again.close()


def test_interrupted_cancellation_is_completed_at_start(ledger: Ledger, path: Path) -> None:
    """If some files of a job were cancelled at a kill, the others are cancelled at the start."""
    job, files = new_job(state=JobState.RUNNING), new_files()
    files[1].cancel()
    ledger.add(job, files, None)
    again = crash(ledger, path)
    assert {file.state for file in again.files("j1", 0, 9)} == {FileState.CANCELLED}
    found = again.job("j1")
    assert found is not None
    assert found.cancelled_files == 3
    again.close()


def test_same_idempotency_key_gets_the_same_answer(ledger: Ledger) -> None:
    """A repeated request creates no second job; the key with another request is refused."""
    idempotency_key = IdempotencyKey("key", "print")
    assert ledger.add(new_job("j1"), new_files(), idempotency_key) == "j1"
    assert ledger.add(new_job("j2"), new_files(), idempotency_key) == "j1"
    assert ledger.job("j2") is None
    assert ledger.stored_answer(idempotency_key) == "j1"
    with pytest.raises(KeyReused):
        ledger.stored_answer(IdempotencyKey("key", "another print"))


def test_files_are_added_with_their_idempotency_key(ledger: Ledger) -> None:
    """Files and the key are stored together, so that a repeated request gets the same answer."""
    job = new_job(files=0, state=JobState.OPEN)
    ledger.add(job, [], None)
    job.total_files = 3
    ledger.add_files(job, new_files(), IdempotencyKey("k", "p"))
    assert ledger.stored_answer(IdempotencyKey("k", "p")) == [0, 1, 2]
    assert [file.index for file in ledger.files("j1", 1, 1)] == [1]
    assert ledger.file("j1", 7) is None


def test_removed_job_leaves_nothing(ledger: Ledger) -> None:
    """A job is deleted with its files and idempotency keys; other jobs stay."""
    ledger.add(new_job("j1"), new_files(), IdempotencyKey("k1", "p"))
    ledger.add(new_job("j2"), new_files(), IdempotencyKey("k2", "p"))
    ledger.remove("j1")
    assert (ledger.job("j1"), ledger.files("j1", 0, 9)) == (None, [])
    assert ledger.stored_answer(IdempotencyKey("k1", "another")) is None
    assert (ledger.stored_answer(IdempotencyKey("k2", "p")), len(ledger.files("j2", 0, 9))) == (
        "j2",
        3,
    )


def test_expired_jobs_are_finished_or_open(ledger: Ledger) -> None:
    """Queued and running jobs never expire."""
    for number, state in enumerate(JobState):
        job = new_job(state.value, state=state)
        job.finished_at = NOW if job.is_over else None
        ledger.add(job, [], None)
        assert len(ledger.jobs(0, 9)) == number + 1
    later, before = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
    assert ledger.remove_expired(before, before) is None
    removed = [ledger.remove_expired(later, later) for _ in range(4)]
    assert removed[3] is None
    assert set(removed[:3]) == {"cancelled", "done", "open"}
    assert {job.job_id for job in ledger.jobs(0, 9)} == {"queued", "running"}


def test_open_job_expires_after_its_last_files(ledger: Ledger) -> None:
    """The retention of an open job counts from the last addition of files."""
    job = new_job(files=0, state=JobState.OPEN)
    ledger.add(job, [], None)
    job.total_files = 3
    ledger.add_files(job, new_files(), None)
    later = NOW + timedelta(seconds=1)
    assert ledger.remove_expired(later, later) is None


def test_deleted_job_is_not_found(ledger: Ledger) -> None:
    """Adding files to a deleted job, or starting it, raises ``NotFound``."""
    job = new_job(files=0, state=JobState.OPEN)
    with pytest.raises(NotFound):
        ledger.add_files(job, new_files(), None)
    with pytest.raises(NotFound):
        ledger.start(job)


def test_requested_cancellation_survives_the_process(ledger: Ledger, path: Path) -> None:
    """A job whose cancellation was requested before a kill is cancelled at the start."""
    job = new_job(state=JobState.RUNNING)
    ledger.add(job, new_files(), None)
    ledger.request_cancel(job)
    again = crash(ledger, path)
    assert {file.state for file in again.files("j1", 0, 9)} == {FileState.CANCELLED}
    again.close()


def test_lone_surrogates_are_replaced(ledger: Ledger) -> None:
    """Text that UTF-8 can't encode (JSON may contain it) doesn't block writes."""
    job, files = new_job(), new_files()
    ledger.add(job, [*files[:2], File(2, "odd \ud800.txt", 1, "")], None)
    files[0].fail(Failure("corrupt", "bad \ud800 name"))
    ledger.files_changed(job, files[:1])
    assert ledger.flush()
    assert [file.filename for file in ledger.files("j1", 2, 1)] == ["odd ?.txt"]


def test_jobs_come_newest_first(ledger: Ledger) -> None:
    """Pages of jobs begin with the newest one."""
    for number in range(5):
        ledger.add(new_job(f"j{number}"), [], None)
    assert [job.job_id for job in ledger.jobs(1, 2)] == ["j3", "j2"]


def test_jobs_are_found_by_id_prefix(ledger: Ledger, path: Path) -> None:
    """Only matching jobs are returned, in pages, and SQLite uses the index of ids."""
    for job_id in ("ab00", "ac00", "ab0f", "aB00", "b%00"):
        ledger.add(new_job(job_id), [], None)
    assert [job.job_id for job in ledger.jobs(0, 9, "ab0")] == ["ab0f", "ab00"]
    assert [job.job_id for job in ledger.jobs(1, 9, "ab0")] == ["ab00"]
    assert [job.job_id for job in ledger.jobs(0, 9, "ac00")] == ["ac00"]
    assert ledger.jobs(0, 9, "%") == ledger.jobs(0, 9, "abc") == []
    with closing(sqlite3.connect(path)) as db:
        plan = db.execute(f"EXPLAIN QUERY PLAN {rows.SELECT_JOBS_BY_PREFIX}", (9, 0, "ab0"))
        assert "SEARCH jobs USING INDEX" in str(plan.fetchall())


class Full:
    """A connection whose updates fail as on a full disk while ``full`` is set."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.full = True

    def execute(self, text: str, *values: Any) -> object:
        if self.full and text.lstrip().startswith("UPDATE"):
            raise sqlite3.OperationalError("database or disk is full")
        return self._db.execute(text, *values)

    def __getattr__(self, name: str) -> object:
        return getattr(self._db, name)


def test_changes_are_buffered_while_the_disk_is_full(ledger: Ledger, path: Path) -> None:
    """Changes on a full disk are read from memory, and written when there is space again."""
    job, files = new_job(state=JobState.RUNNING), new_files()
    ledger.add(job, files, None)
    disk = Full(ledger._db._connection)
    ledger._db._connection = disk  # type: ignore[assignment] # has every method used
    files[0].fail(Failure("corrupt", "Damaged."))
    ledger.files_changed(job, files[:1])
    assert ledger.files("j1", 0, 1)[0].state is FileState.FAILED
    other = Ledger(path)
    assert other.files("j1", 0, 1)[0].state is FileState.QUEUED
    with pytest.raises(LedgerFull):
        ledger.add(new_job("j2"), [], None)
    disk.full = False
    assert ledger.flush()
    assert other.files("j1", 0, 1)[0].state is FileState.FAILED
    other.close()
