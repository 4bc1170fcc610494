"""Keeps jobs and their uploads: the ledger speaks only of uploads that lie in the spool already.

What a call has stored when it returns outlives the process. What a killed process has left half
done is removed when the next one starts.
"""

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from master_service.errors import LedgerFull, NotFound
from master_service.jobs.idempotency_keys import IdempotencyKey
from master_service.jobs.ledger import Ledger
from master_service.jobs.ledger_damage import LEDGER_FILE, LedgerEmpty
from master_service.jobs.model import File, Job
from master_service.jobs.spool import Spool

_log = logging.getLogger(__name__)
_YIELD_S = 0.0001


class JobStore:
    """The ledger and the spool of one master, which may be asked directly, and what needs both."""

    def __init__(self, folder: Path) -> None:
        self.spool = Spool(folder)
        path = folder / LEDGER_FILE
        if path.is_file() and not path.stat().st_size and any(self.spool.jobs()):
            # SQLite would take it for a new one, and the uploads would be removed as nobody's.
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
        """Take a new job with its files; returns its id, or that of the job with the same claim.

        Raises ``LedgerFull`` where the disk does not take it; then nothing of it is there.
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
        """Like ``add``, with inputs that another job has under these indexes."""
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
        """Take more files of an open job; one call for a job at a time."""
        first = files[0].index
        with self._all_or_nothing(job, first, len(files)):
            self.spool.adopt(job.job_id, first, uploads)
            self.ledger.add_files(job, files, idempotency_key)

    def remove(self, job_id: str) -> None:
        """Forget a job and delete its uploads."""
        self.ledger.remove(job_id)
        self.spool.remove(job_id)

    def remove_expired(self, finished_before: datetime, opened_before: datetime) -> int:
        """Forget the jobs that have been kept for long enough; returns how many."""
        count = 0
        while (job_id := self.ledger.remove_expired(finished_before, opened_before)) is not None:
            self.spool.remove(job_id)
            count += 1
            # Under gevent nobody else gets a turn until a thread waits, and a zero wait is none.
            time.sleep(_YIELD_S)
        return count

    @contextlib.contextmanager
    def _all_or_nothing(self, job: Job, first: int, count: int) -> Iterator[None]:
        """Delete what was put into the spool when it can't be entered; all, where count is 0."""
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
                _log.warning("an upload can't be moved to its job: %s", error)
                raise LedgerFull from error
            raise
