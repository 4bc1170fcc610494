"""The SQL of the ledger: its tables, its statements, and jobs and files as rows."""

import json
import sqlite3
from datetime import datetime

from master_service.storage.ledger_damage import UnknownLedgerVersion
from master_service.storage.model import File, FileState, Job, JobState
from protocol.failures import Failure

VERSION = 4
"""Increased with each change of a table, together with a new row of ``UPGRADES``."""

UPGRADES = {
    1: "ALTER TABLE files ADD COLUMN warnings TEXT",
    2: "ALTER TABLE jobs ADD COLUMN options TEXT NOT NULL DEFAULT '{}'",
    3: "ALTER TABLE files ADD COLUMN upload TEXT; UPDATE files SET upload=file_index",
}
"""By version, the statements that upgrade its tables to the next one.

A new column is the last of its table."""

COMBINED = ""
"""The name of the row in ``speeds`` with the combined speed of all slaves."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE,
    task_type TEXT NOT NULL,
    created_at TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    bytes_received INTEGER NOT NULL,
    total_files INTEGER NOT NULL,
    done_files INTEGER NOT NULL,
    failed_files INTEGER NOT NULL,
    cancelled_files INTEGER NOT NULL,
    fit TEXT,
    touched_at TEXT,
    cancel_wanted INTEGER NOT NULL DEFAULT 0,
    options TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS files (
    job INTEGER NOT NULL,
    file_index INTEGER NOT NULL,
    filename TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    blamed_by TEXT NOT NULL,
    slave TEXT,
    saved_file TEXT,
    result_sha256 TEXT,
    code TEXT,
    error TEXT,
    warnings TEXT,
    upload TEXT,
    PRIMARY KEY (job, file_index)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    job INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS speeds (
    job INTEGER NOT NULL,
    slave TEXT NOT NULL,
    files INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (job, slave)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claims_of_job ON claims (job);
"""

INSERT_JOB = """
INSERT INTO jobs (job_id, task_type, created_at, state, started_at, finished_at, bytes_received,
    total_files, done_files, failed_files, cancelled_files, options)
    VALUES (?,?,?,?,?,?,?,?,?,?,?,?)
"""
UPDATE_JOB = """
UPDATE jobs SET state=?, started_at=?, finished_at=?, bytes_received=?, total_files=?,
    done_files=?, failed_files=?, cancelled_files=? WHERE job_id=?
"""
SELECT_JOBS = """
SELECT job_id, task_type, created_at, state, started_at, finished_at, bytes_received,
    total_files, done_files, failed_files, cancelled_files, options FROM jobs
"""
SELECT_JOBS_NEWEST_FIRST = f"{SELECT_JOBS} WHERE ?3='' ORDER BY number DESC LIMIT ?1 OFFSET ?2"
SELECT_JOBS_BY_PREFIX = f"""
{SELECT_JOBS} WHERE job_id>=?3 AND job_id<?3||'~' ORDER BY +number DESC LIMIT ?1 OFFSET ?2
"""
"""All characters of ids sort before the tilde. The plus makes SQLite use the index of ids instead
of reading all jobs in the order of their numbers."""
# A row that exists already is of a call that the end of the process cut short.
INSERT_FILE = "INSERT OR REPLACE INTO files VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
UPDATE_FILE = """
UPDATE files SET state=?, attempts=?, blamed_by=?, slave=?, saved_file=?, result_sha256=?, code=?,
    error=?, warnings=? WHERE job=(SELECT number FROM jobs WHERE job_id=?) AND file_index=?
"""
SELECT_PAGE = """
SELECT file_index, filename, size, sha256, state, attempts, blamed_by, slave, saved_file,
    result_sha256, code, error, warnings, upload FROM files
    WHERE job=(SELECT number FROM jobs WHERE job_id=?1)
    AND file_index>=?2 AND (?3 IS NULL OR state=?3) AND (?4 IS NULL OR code=?4)
    ORDER BY file_index LIMIT ?5
"""
SELECT_DONE_BY_SLAVE = """
SELECT slave, count(*) FROM files WHERE job=(SELECT number FROM jobs WHERE job_id=?)
    AND state='done' AND slave IS NOT NULL GROUP BY slave ORDER BY slave
"""
INSERT_SPEED = """
INSERT OR REPLACE INTO speeds VALUES ((SELECT number FROM jobs WHERE job_id=?),?,?,?)
"""
SELECT_SPEEDS = """
SELECT slave, files, seconds FROM speeds WHERE job=(SELECT number FROM jobs WHERE job_id=?)
"""
SELECT_FAILED_BY_CODE = """
SELECT code, count(*) FROM files WHERE job=(SELECT number FROM jobs WHERE job_id=?)
    AND state='failed' GROUP BY code ORDER BY code
"""
RECOVER = """
UPDATE files SET state='cancelled' WHERE state IN ('queued', 'running')
    AND job IN (SELECT number FROM jobs WHERE state IN ('open', 'queued', 'running')
        AND (cancel_wanted
            OR EXISTS (SELECT 1 FROM files WHERE job=number AND state='cancelled')));
UPDATE files SET state='queued' WHERE state='running'
    AND job IN (SELECT number FROM jobs WHERE state IN ('open', 'queued', 'running'));
UPDATE jobs SET state='cancelled', finished_at=strftime('%Y-%m-%dT%H:%M:%f+00:00')
    WHERE state='open' AND (cancel_wanted
        OR EXISTS (SELECT 1 FROM files WHERE job=number AND state='cancelled'));
UPDATE jobs SET state=CASE state WHEN 'running' THEN 'queued' ELSE state END,
    done_files=(SELECT count(*) FROM files WHERE job=number AND state='done'),
    failed_files=(SELECT count(*) FROM files WHERE job=number AND state='failed'),
    cancelled_files=(SELECT count(*) FROM files WHERE job=number AND state='cancelled')
    WHERE state IN ('open', 'queued', 'running') OR cancel_wanted;
"""
"""Run at start. Completes cancellations that were cut short, requeues running jobs and files, and
recomputes the counts."""


SELECT_EXPIRED = """
SELECT number, job_id FROM jobs WHERE (finished_at IS NOT NULL AND finished_at < ?
    OR state='open' AND coalesce(touched_at, created_at) < ?)
"""
"""Jobs finished before the first time, or open and without new files since the second."""


def prepare(db: sqlite3.Connection) -> None:
    """Create the tables, or upgrade those of an earlier release, in one transaction.

    Raises ``UnknownLedgerVersion`` for tables of a later release.
    """
    ((version,),) = db.execute("PRAGMA user_version").fetchall()
    # The first release created the tables before it wrote the version.
    if version == 0 and db.execute("SELECT 1 FROM sqlite_master WHERE name='files'").fetchall():
        version = 1
    if not 0 <= version <= VERSION:
        raise UnknownLedgerVersion(version, VERSION)
    upgrades = "".join(f"{UPGRADES[earlier]};" for earlier in range(version or VERSION, VERSION))
    db.executescript(f"BEGIN IMMEDIATE;{upgrades}{SCHEMA}PRAGMA user_version={VERSION};COMMIT;")


def job_row(job: Job) -> tuple[object, ...]:
    """Return the values for ``INSERT_JOB``."""
    options = json.dumps(dict(job.options))
    return (job.job_id, job.task_type, _text(job.created_at), *job_changes(job), options)


def job_changes(job: Job) -> tuple[object, ...]:
    """Return all values for ``UPDATE_JOB`` but the last, which is the job's id."""
    return (
        job.state.value,
        _text(job.started_at),
        _text(job.finished_at),
        job.bytes_received,
        job.total_files,
        job.done_files,
        job.failed_files,
        job.cancelled_files,
    )


def read_job(row: sqlite3.Row) -> Job:
    """Return the job in a row of ``SELECT_JOBS``."""
    job_id, task_type, created_at, state, started_at, finished_at, *numbers, options = row
    created = datetime.fromisoformat(created_at)
    times = (_time(started_at), _time(finished_at))
    job = Job(job_id, task_type, created, JobState(state), *times, *numbers)
    job.options = json.loads(options)
    return job


def file_row(number: int, file: File) -> tuple[object, ...]:
    """Return the values for ``INSERT_FILE``; ``number`` is that of the job's row."""
    name = _encodable(file.filename)
    return (number, file.index, name, file.size, file.sha256, *file_changes(file), file.upload)


def file_changes(file: File) -> tuple[object, ...]:
    """Return all values for ``UPDATE_FILE`` but the last two: the job's id and the index."""
    return (
        file.state.value,
        file.attempts,
        " ".join(file.blamed_by),
        file.slave,
        file.saved_file,
        file.result_sha256,
        _encodable(file.failure.code) if file.failure else None,
        _encodable(file.failure.error) if file.failure else None,
        _encodable(json.dumps(file.warnings, ensure_ascii=False)) if file.warnings else None,
    )


def read_file(row: sqlite3.Row) -> File:
    """Return the file in a row of ``SELECT_PAGE``."""
    (
        index,
        filename,
        size,
        sha256,
        state,
        attempts,
        blamed_by,
        slave,
        saved_file,
        result_sha256,
        code,
        error,
        warnings,
        upload,
    ) = row
    return File(
        index,
        filename,
        size,
        sha256,
        upload,
        state=FileState(state),
        attempts=attempts,
        blamed_by=tuple(blamed_by.split()),
        slave=slave,
        saved_file=saved_file,
        result_sha256=result_sha256,
        failure=Failure(code, error) if code else None,
        warnings=tuple(json.loads(warnings)) if warnings else (),
    )


def _encodable(text: str) -> str:
    """Replace lone surrogates, which JSON may contain and UTF-8 (as SQLite stores it) can't."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _text(time: datetime | None) -> str | None:
    return time.isoformat(timespec="milliseconds") if time else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
