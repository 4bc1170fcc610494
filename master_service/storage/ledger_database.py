"""The ledger's connection to SQLite: transactions, and changes that wait for a full disk.

In WAL mode, what a call has written when it returns survives the process. After a loss of power
the latest changes may be missing, but the database is consistent.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from master_service.errors import LedgerDamaged, LedgerFull
from master_service.storage import ledger_rows as rows
from master_service.storage.ledger_damage import DamageLog
from master_service.storage.model import File, Job

_log = logging.getLogger(__name__)
_RETRY_INTERVAL_S = 1.0
_LOCK_TIMEOUT_S = 0.5
"""How long to wait for another program's lock on the file; after it the ledger counts as full."""


class LedgerDatabase:
    """One connection, used by several threads under ``lock``.

    ``write_jobs`` and ``write_files`` write at once where that is possible, else later: until
    then, the changes are in ``pending_jobs`` and ``pending_files`` (by job id and index).
    """

    def __init__(self, path: Path) -> None:
        # The lock serialises all calls, so sqlite3 need not check the thread.
        self._connection = sqlite3.connect(
            path, _LOCK_TIMEOUT_S, check_same_thread=False, isolation_level=None
        )
        self.lock = threading.RLock()
        self.damage = DamageLog(path)
        self.pending_files: dict[tuple[str, int], File] = {}
        self.pending_jobs: dict[str, Job] = {}
        self._retry_at = 0.0
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        rows.prepare(self._connection)

    def close(self) -> None:
        """Write pending changes, and close the connection."""
        with self.lock:
            self.flush()
            self._connection.close()

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
                with self._transaction():
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
            try:
                with self._transaction():
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
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
