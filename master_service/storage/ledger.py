"""The ledger: the rows of jobs and files, and what may be asked and changed of them."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from master_service.errors import NotFound
from master_service.storage import idempotency_keys
from master_service.storage import ledger_rows as rows
from master_service.storage.durability import StableStorage, UnsyncedStorage
from master_service.storage.idempotency_keys import IdempotencyKey
from master_service.storage.ledger_damage import DamageLog
from master_service.storage.ledger_database import LedgerDatabase
from master_service.storage.model import File, FileState, Job, JobState


class Ledger:
    """Jobs and files in one SQLite database; safe to call from several threads.

    While the disk is full, changes of jobs and files are kept in memory and written later, so that
    running jobs continue; new jobs and files are refused with ``LedgerFull``. When the file is
    malformed, changes stay in memory, and calls that need the file raise ``LedgerDamaged``.
    """

    def __init__(self, path: Path, storage: StableStorage | None = None) -> None:
        self._db = LedgerDatabase(path, storage or UnsyncedStorage())

    @property
    def damage(self) -> DamageLog:
        """Whether the file is malformed."""
        return self._db.damage

    def close(self) -> None:
        """Write pending changes, and close the database."""
        self._db.close()

    def flush(self) -> bool:
        """Write pending changes; return whether that was possible."""
        return self._db.flush()

    def sync(self) -> None:
        """Put all that answers may tell on stable storage; raises ``LedgerFull``."""
        self._db.sync()

    def checkpoint(self) -> None:
        """Copy what was written to the database file, if there is much."""
        self._db.checkpoint()

    def recover(self) -> None:
        """Requeue the jobs and files that were running when the last master ended."""
        with self._db.connection() as db:
            db.executescript(f"BEGIN;{rows.RECOVER}COMMIT;")

    # Changes

    def add(self, job: Job, files: Sequence[File], idempotency_key: IdempotencyKey | None) -> str:
        """Insert a job with its files; return its id, or the id stored for the same key."""
        with self._db.transaction() as db:
            answer = idempotency_keys.stored_answer(db, idempotency_key)
            if answer is not None:
                return str(answer)
            number = int(db.execute(rows.INSERT_JOB, rows.job_row(job)).lastrowid or 0)
            db.executemany(rows.INSERT_FILE, (rows.file_row(number, file) for file in files))
            idempotency_keys.store_answer(db, idempotency_key, job.job_id, number)
            return job.job_id

    def add_files(
        self, job: Job, files: Sequence[File], idempotency_key: IdempotencyKey | None
    ) -> None:
        """Insert more files of an open job, whose counts include them already."""
        with self._db.transaction() as db:
            idempotency_keys.stored_answer(db, idempotency_key)
            found = db.execute("SELECT number FROM jobs WHERE job_id=?", (job.job_id,))
            if (row := found.fetchone()) is None:
                raise NotFound(f"Job {job.job_id} was deleted meanwhile.")
            (number,) = row
            touched = (datetime.now(timezone.utc).isoformat(), number)
            db.execute("UPDATE jobs SET touched_at=? WHERE number=?", touched)
            db.executemany(rows.INSERT_FILE, (rows.file_row(number, file) for file in files))
            db.execute(rows.UPDATE_JOB, (*rows.job_changes(job), job.job_id))
            indexes = [file.index for file in files]
            idempotency_keys.store_answer(db, idempotency_key, indexes, number)

    def stored_answer(self, idempotency_key: IdempotencyKey | None) -> object:
        """Return the answer stored for the key, or None.

        Raises ``KeyReused`` where the key was stored with another fingerprint.
        """
        with self._db.connection() as db:
            return idempotency_keys.stored_answer(db, idempotency_key)

    def is_key_stored(self, key: str) -> bool:
        """Return whether an answer is stored for an ``Idempotency-Key``, whatever its request."""
        return bool(self._db.select("SELECT 1 FROM claims WHERE key=?", key))

    def job_changed(self, job: Job) -> None:
        """Write the job's new state and counts, now or later."""
        self._db.write_job(job)

    def files_changed(self, job: Job, files: Iterable[File]) -> None:
        """Write the new state of some of the job's files, now or later."""
        self._db.write_files(job.job_id, files)

    def start(self, job: Job) -> None:
        """Write that an open job was started; raises ``LedgerFull`` where it can't."""
        with self._db.transaction() as db:
            values = (*rows.job_changes(job), job.job_id)
            if not db.execute(rows.UPDATE_JOB, values).rowcount:
                raise NotFound(f"Job {job.job_id} was deleted meanwhile.")

    def request_cancel(self, job: Job) -> None:
        """Write that the job is to be cancelled, even if the process ends before it is."""
        with self._db.transaction() as db:
            text = "UPDATE jobs SET cancel_wanted=1 WHERE job_id=?"
            db.execute(text, (job.job_id,))

    def cancel(self, job: Job) -> None:
        """Cancel a job that is not running, and each of its files that has not ended."""
        which = "job=(SELECT number FROM jobs WHERE job_id=?) AND state IN ('queued', 'running')"
        text = f"UPDATE files SET state='cancelled' WHERE {which}"  # noqa: S608 (no input)
        with self._db.transaction() as db:
            job.cancelled_files += db.execute(text, (job.job_id,)).rowcount
            job.change(JobState.CANCELLED, datetime.now(timezone.utc))
            db.execute(rows.UPDATE_JOB, (*rows.job_changes(job), job.job_id))

    def store_vocabulary(self, job: Job, vocabulary: object) -> None:
        """Write the vocabulary of a job, merged from its partial results."""
        text = json.dumps(vocabulary, allow_nan=False)
        with self._db.transaction() as db:
            db.execute("UPDATE jobs SET fit=? WHERE job_id=?", (text, job.job_id))

    def store_speeds(self, job: Job, speeds: Mapping[str, tuple[int, float]]) -> None:
        """Write (files, seconds) for each slave, and for ``COMBINED``."""
        with self._db.transaction() as db:
            for slave, speed in speeds.items():
                db.execute(rows.INSERT_SPEED, (job.job_id, slave, *speed))

    def remove(self, job_id: str) -> None:
        """Delete a job, its files and its idempotency keys."""
        with self._db.transaction() as db:
            found = db.execute("SELECT number FROM jobs WHERE job_id=?", (job_id,))
            _remove(db, found.fetchall())

    def remove_expired(self, finished_before: datetime, opened_before: datetime) -> str | None:
        """Delete one expired job, and return its id; None where there is none.

        Both happen under one lock, since an open job may be started at any moment.
        """
        times = (finished_before.isoformat(), opened_before.isoformat())
        with self._db.lock:
            found = self._db.select(f"{rows.SELECT_EXPIRED} LIMIT 1", *times)
            if not found:
                return None
            with self._db.transaction() as db:
                _remove(db, [found[0][:1]])
            return str(found[0][1])

    # Queries

    def job(self, job_id: str) -> Job | None:
        """Return the job, or None where there is none."""
        with self._db.lock:
            found = self._db.select(f"{rows.SELECT_JOBS} WHERE job_id=?", job_id)
            return self._db.pending_jobs.get(job_id) or (rows.read_job(found[0]) if found else None)

    def jobs(self, offset: int, limit: int, id_prefix: str = "") -> list[Job]:
        """Return a page of jobs, newest first; with ``id_prefix`` those whose ids begin so."""
        text = rows.SELECT_JOBS_BY_PREFIX if id_prefix else rows.SELECT_JOBS_NEWEST_FIRST
        with self._db.lock:
            jobs = (rows.read_job(row) for row in self._db.select(text, limit, offset, id_prefix))
            return [self._db.pending_jobs.get(job.job_id, job) for job in jobs]

    def jobs_in_state(self, state: JobState) -> list[Job]:
        """Return the jobs in a state, oldest first."""
        text = f"{rows.SELECT_JOBS} WHERE state=? ORDER BY number"
        return [rows.read_job(row) for row in self._db.select(text, state.value)]

    def count_in_states(self, *states: JobState) -> int:
        """Return how many jobs are in one of these states."""
        marks = ",".join("?" * len(states))
        text = f"SELECT count(*) FROM jobs WHERE state IN ({marks})"  # noqa: S608 (no input)
        ((count,),) = self._db.select(text, *(state.value for state in states))
        return int(count)

    def file(self, job_id: str, index: int) -> File | None:
        """Return one file of the job, or None where there is none."""
        found = self.files(job_id, index, 1)
        return found[0] if found and found[0].index == index else None

    def files(
        self,
        job_id: str,
        offset: int,
        limit: int,
        state: FileState | None = None,
        code: str | None = None,
    ) -> list[File]:
        """Return files of the job in upload order, from index ``offset`` on.

        ``state`` selects files in this state, ``code`` those that failed with this code.
        """
        page = (job_id, offset, state.value if state else None, code, limit)
        with self._db.lock:
            files = (rows.read_file(row) for row in self._db.select(rows.SELECT_PAGE, *page))
            return [self._db.pending_files.get((job_id, file.index), file) for file in files]

    def done_by_slave(self, job_id: str) -> dict[str, int]:
        """Return how many of the job's files each slave has done."""
        found = self._db.select(rows.SELECT_DONE_BY_SLAVE, job_id)
        return {str(slave): int(count) for slave, count in found}

    def failed_by_code(self, job_id: str) -> dict[str, int]:
        """Return how many of the job's files failed, by code."""
        found = self._db.select(rows.SELECT_FAILED_BY_CODE, job_id)
        return {str(code): int(count) for code, count in found}

    def speeds(self, job_id: str) -> dict[str, tuple[int, float]]:
        """Return what ``store_speeds`` was given."""
        found = self._db.select(rows.SELECT_SPEEDS, job_id)
        return {str(slave): (int(files), float(seconds)) for slave, files, seconds in found}

    def vocabulary(self, job: Job) -> object:
        """Return what ``store_vocabulary`` was given, or None."""
        ((text,),) = self._db.select("SELECT fit FROM jobs WHERE job_id=?", job.job_id)
        return json.loads(text) if text else None


def _remove(db: sqlite3.Connection, numbers: Iterable[tuple[int]]) -> None:
    for number in numbers:
        db.execute("DELETE FROM files WHERE job=?", number)
        db.execute("DELETE FROM claims WHERE job=?", number)
        db.execute("DELETE FROM speeds WHERE job=?", number)
        db.execute("DELETE FROM jobs WHERE number=?", number)
