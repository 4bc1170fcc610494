"""The ledger's connection to SQLite: transactions, and changes that wait for a full disk.

In WAL mode, what a call has written when it returns survives the process; what was written before
a call of ``sync`` survives a loss of power. In any case the database is consistent.

SQLite syncs little itself (``synchronous=NORMAL``), since that stops all greenlets of the process.
``sync`` syncs the write-ahead log in a thread, once for all callers that wait, and ``checkpoint``
copies it to the database in a thread.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from master_service.errors import LedgerDamaged, LedgerFull
from master_service.storage import ledger_rows as rows
from master_service.storage.durability import GroupCommit, StableStorage
from master_service.storage.ledger_damage import DamageLog
from master_service.storage.model import File, FileState, Job, JobState
from master_service.storage.sync_calls import sync_each

_log = logging.getLogger(__name__)
_RETRY_INTERVAL_S = 1.0
_LOCK_TIMEOUT_S = 0.5
"""How long to wait for another program's lock on the file; after it the ledger counts as full."""
_CANT_SYNC = (
    "the ledger %s can't be synced to its disk (%s), so no answer about jobs is sent: see to the "
    "disk, then restart the master"
)
_CHECKPOINT_COMMITS = 300
"""After so many commits the log has about the 1,000 pages after which SQLite would copy it."""
_MAX_LOG_PAGES = 20_000
"""After these 80 MB SQLite copies the log itself; it never comes to that."""


class LedgerDatabase:
    """One connection, used by several threads under ``lock``.

    ``write_jobs`` and ``write_files`` write at once where that is possible, else later: until
    then, the changes are in ``pending_jobs`` and ``pending_files`` (by job id and index).
    """

    def __init__(self, path: Path, storage: StableStorage) -> None:
        self._path = path
        self._storage = storage
        # The lock serialises all calls, so sqlite3 need not check the thread.
        self._connection = sqlite3.connect(
            path, _LOCK_TIMEOUT_S, check_same_thread=False, isolation_level=None
        )
        self.lock = threading.RLock()
        self.damage = DamageLog(path)
        self.pending_files: dict[tuple[str, int], File] = {}
        self.pending_jobs: dict[str, Job] = {}
        self._retry_at = 0.0
        self._lasting_commits = 0
        """Commits of what answers may tell."""
        self._synced_commits = -1
        """As many of these are on stable storage; nobody knows that of the last master's."""
        self._commits_to_copy = 0
        self._syncs = GroupCommit(self._sync_log)
        self._sync_error: OSError | None = None
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        if storage.is_durable:
            self._connection.execute(f"PRAGMA wal_autocheckpoint={_MAX_LOG_PAGES}")
        rows.prepare(self._connection)

    def close(self) -> None:
        """Write pending changes, and close the connection."""
        with self.lock:
            self.flush()
            self._connection.close()

    def sync(self) -> None:
        """Put all that answers may tell, and that was written before, on stable storage.

        Raises ``LedgerFull``, from then on for ever: what could not be synced may be lost, though
        it is read as if it were there.
        """
        if not self._storage.is_durable or self._synced_commits >= self._lasting_commits:
            return
        try:
            if self._sync_error is None:
                self._syncs.add([self._lasting_commits])
        except OSError as error:
            self._sync_error = error
        if self._sync_error is not None:
            _log.error(_CANT_SYNC, self._path, self._sync_error)
            raise LedgerFull from self._sync_error

    def checkpoint(self) -> None:
        """Copy the write-ahead log to the database if it has grown; others go on meanwhile."""
        if not self._storage.is_durable or self._commits_to_copy < _CHECKPOINT_COMMITS:
            return
        self._commits_to_copy = 0
        self._storage.call(self._copy_log)
        # What was written meanwhile. A log that is copied whole is begun anew with the next write.
        with self.lock:
            self._storage.call(self._copy_log)

    def select(self, text: str, *values: object) -> list[sqlite3.Row]:
        """Return the rows of a query; raises ``LedgerDamaged``."""
        with self.connection() as connection:
            return connection.execute(text, values).fetchall()

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Lock the connection for the block; raises ``LedgerDamaged``."""
        with self.lock, self.damage.checked():
            yield self._connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write pending changes, then run a transaction that can't be deferred.

        Raises ``LedgerFull`` or ``LedgerDamaged`` where it can't be committed.
        """
        with self.lock, self.damage.checked():
            if not self.flush():
                raise LedgerDamaged if self.damage.is_found else LedgerFull
            try:
                with self._transaction(is_lasting=True):
                    yield self._connection
            except sqlite3.OperationalError as error:
                _log.warning("the ledger can't be written: %s", error)
                raise LedgerFull from error

    def write_job(self, job: Job) -> None:
        """Write the job's row, now or later."""
        with self.lock:
            self.pending_jobs[job.job_id] = job
            self._flush_unless_full()

    def write_files(self, job_id: str, files: Iterable[File]) -> None:
        """Write the rows of some of the job's files, now or later."""
        with self.lock:
            self.pending_files.update(((job_id, file.index), file) for file in files)
            self._flush_unless_full()

    def flush(self) -> bool:
        """Write pending changes; return whether that was possible."""
        with self.lock:
            if not self.pending_files and not self.pending_jobs:
                return True
            lasting_files = any(map(_is_lasting, self.pending_files.values()))
            lasting_jobs = any(map(_is_lasting, self.pending_jobs.values()))
            try:
                with self._transaction(is_lasting=lasting_files or lasting_jobs):
                    self._write_pending()
            except sqlite3.DatabaseError as error:
                self.damage.log_write_error(error)
                # Retrying all pending changes with each new one would take too long.
                self._retry_at = time.monotonic() + _RETRY_INTERVAL_S
                return False
            self.pending_files.clear()
            self.pending_jobs.clear()
            return True

    def _flush_unless_full(self) -> None:
        if time.monotonic() >= self._retry_at:
            self.flush()

    def _write_pending(self) -> None:
        for (job_id, index), file in self.pending_files.items():
            values = (*rows.file_changes(file), job_id, index)
            self._connection.execute(rows.UPDATE_FILE, values)
        for job_id, job in self.pending_jobs.items():
            self._connection.execute(rows.UPDATE_JOB, (*rows.job_changes(job), job_id))

    @contextmanager
    def _transaction(self, is_lasting: bool) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._lasting_commits += is_lasting
        self._commits_to_copy += 1

    def _sync_log(self, _: object) -> Mapping[int, OSError]:
        commits = self._lasting_commits
        log = self._path.with_name(f"{self._path.name}-wal")
        if self._synced_commits < 0:
            self._storage.sync([self._path, log], [self._path.parent])
        else:
            failed: dict[Path, OSError] = {}
            self._storage.call(lambda: failed.update(sync_each([log], ())))
            if failed:
                raise failed[log]
        self._synced_commits = commits
        return {}

    def _copy_log(self) -> None:
        """Copy the log through another connection, since only that may be used by this thread."""
        with closing(sqlite3.connect(self._path, _LOCK_TIMEOUT_S, isolation_level=None)) as other:
            other.execute("PRAGMA synchronous=NORMAL")
            other.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _is_lasting(changed: File | Job) -> bool:
    """Return whether the state must survive a loss of power; after one, all else begins again."""
    return changed.state not in (FileState.RUNNING, FileState.QUEUED, JobState.RUNNING)
