"""Stores jobs with their uploads: first the uploads in the spool, then the rows in the ledger.

What a call has stored when it returns survives the process. What a killed process left incomplete
is removed at the next start.
"""

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from master_service.errors import LedgerFull, NotFound
from master_service.storage.idempotency_keys import IdempotencyKey
from master_service.storage.ledger import Ledger
from master_service.storage.ledger_damage import LEDGER_FILE, LedgerEmpty
from master_service.storage.model import File, Job
from master_service.storage.spool import Spool

_log = logging.getLogger(__name__)
_PAGE_FILES = 1000
_YIELD_S = 0.0001
"""gevent switches threads only in a wait; a wait of zero does not switch."""


class JobStore:
    """The ledger and the spool of one master, and the operations that change both."""

    def __init__(self, folder: Path) -> None:
        self.spool = Spool(folder)
        path = folder / LEDGER_FILE
        if path.is_file() and not path.stat().st_size and any(self.spool.jobs()):
            # SQLite would make a new ledger of it, and the uploads of all jobs would be deleted.
            raise LedgerEmpty
        self.ledger = Ledger(path)
        self.ledger.recover()
        for job_id in self.spool.jobs():
            job = self.ledger.job(job_id)
            if job is None:
                self.spool.remove(job_id)
            elif not job.is_over:
                self.spool.remove_leftovers(job_id, job.total_files)

    def add(
        self,
        job: Job,
        files: Sequence[File],
        uploads: Sequence[Path],
        idempotency_key: IdempotencyKey | None,
    ) -> str:
        """Store a new job with its files; return its id, or the id stored for the same key.

        Raises ``LedgerFull`` where the disk is full; nothing of the job is left then.
        """
        with self._all_or_nothing(job, 0, 0):
            self.spool.adopt(job.job_id, 0, uploads)
            job_id = self.ledger.add(job, files, idempotency_key)
        if job_id != job.job_id:
            self.spool.remove(job.job_id)
        return job_id

    def add_copy(
        self,
        job: Job,
        files: Sequence[File],
        of: Job,
        indexes: Sequence[int],
        idempotency_key: IdempotencyKey | None,
    ) -> str:
        """Like ``add``, with the inputs ``indexes`` of the job ``of`` as uploads."""
        with self._all_or_nothing(job, 0, 0):
            self.spool.copy(of.job_id, indexes, job.job_id)
            job_id = self.ledger.add(job, files, idempotency_key)
        if job_id != job.job_id:
            self.spool.remove(job.job_id)
        return job_id

    def add_files(
        self,
        job: Job,
        files: Sequence[File],
        uploads: Sequence[Path],
        idempotency_key: IdempotencyKey | None,
    ) -> None:
        """Store more files of an open job; not to be called twice at a time for one job."""
        first = files[0].index
        with self._all_or_nothing(job, first, len(files)):
            self.spool.adopt(job.job_id, first, uploads)
            self.ledger.add_files(job, files, idempotency_key)

    def files(self, job_id: str) -> Iterator[File]:
        """Yield every file of a job in upload order, read in pages so that other threads run."""
        first = 0
        while page := self.ledger.files(job_id, first, _PAGE_FILES):
            yield from page
            first = page[-1].index + 1
            time.sleep(_YIELD_S)

    def remove(self, job_id: str) -> None:
        """Delete a job and its uploads."""
        self.ledger.remove(job_id)
        self.spool.remove(job_id)

    def remove_expired(self, finished_before: datetime, opened_before: datetime) -> int:
        """Delete jobs finished or left open before these times; return how many."""
        count = 0
        while (job_id := self.ledger.remove_expired(finished_before, opened_before)) is not None:
            self.spool.remove(job_id)
            count += 1
            time.sleep(_YIELD_S)
        return count

    @contextlib.contextmanager
    def _all_or_nothing(self, job: Job, first: int, count: int) -> Iterator[None]:
        """Delete the uploads at ``count`` indexes (0: all of the job) if the block fails."""
        try:
            yield
        except BaseException as error:
            if count:
                self.spool.discard(job.job_id, range(first, first + count))
            else:
                self.spool.remove(job.job_id)
            if isinstance(error, FileNotFoundError):
                raise NotFound("The uploads are no longer on the master's disk.") from error
            if isinstance(error, OSError):
                _log.warning("can't move an upload to its job: %s", error)
                raise LedgerFull from error
            raise
