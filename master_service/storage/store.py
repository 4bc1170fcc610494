"""The ledger and the spool together: uploads first, then the rows in the ledger that list them.

Uploads are on stable storage before the ledger lists them, and what the ledger has is once it is
synced, as before each answer.
What a killed process left incomplete is removed at the next start.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from master_service.errors import LedgerFull, NotFound
from master_service.storage.durability import StableStorage, UnsyncedStorage
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

    def __init__(self, folder: Path, storage: StableStorage | None = None) -> None:
        self.storage = storage or UnsyncedStorage()
        self.spool = Spool(folder)
        path = folder / LEDGER_FILE
        if path.is_file() and not path.stat().st_size and any(self.spool.jobs()):
            # SQLite would make a new ledger of it, and the uploads of all jobs would be deleted.
            raise LedgerEmpty
        self.ledger = Ledger(path, self.storage)
        self.ledger.recover()
        for job_id in self.spool.jobs():
            job = self.ledger.job(job_id)
            if job is None:
                self.spool.remove(job_id)
            elif not job.is_over:
                uploads = {file.upload for file in self.files(job_id) if file.upload}
                self.spool.remove_leftovers(job_id, uploads)

    def add_copy(
        self,
        job: Job,
        files: Sequence[File],
        of: Job,
        originals: Sequence[File],
        idempotency_key: IdempotencyKey | None,
    ) -> str:
        """Store a new job whose uploads are those of files of another job; return its id.

        Returns the id that is stored for the same key, if there is one. Raises ``LedgerFull``
        where the disk is full; nothing of the new job is left then.
        """
        stored = None
        try:
            uploads = [str(file.upload) for file in originals]
            names = self.spool.copy(of.job_id, uploads, job.job_id)
            for file, name in zip(files, names, strict=True):
                file.upload = name
            self.sync_uploads([self.spool.path(job.job_id, name) for name in names])
            stored = self.ledger.add(job, files, idempotency_key)
        except FileNotFoundError as error:
            raise NotFound("The uploads are no longer on the master's disk.") from error
        except OSError as error:
            _log.warning("can't copy an upload to another job: %s", error)
            raise LedgerFull from error
        finally:
            if stored != job.job_id:
                self.spool.remove(job.job_id)
        return stored

    def sync_uploads(self, paths: Sequence[Path]) -> None:
        """Put uploads on stable storage; raises ``LedgerFull`` where that is not possible."""
        folders = {parent for path in paths for parent in self.spool.parents(path)}
        try:
            self.storage.sync(paths, folders)
        except OSError as error:
            _log.warning("can't put uploads on stable storage: %s", error)
            raise LedgerFull from error

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

    def remove_expired(self, finished_before: datetime, opened_before: datetime) -> Iterator[str]:
        """Delete jobs finished or left open before these times; yield the id of each."""
        while (job_id := self.ledger.remove_expired(finished_before, opened_before)) is not None:
            yield job_id
            # After a loss of power, an open job must not be there without its uploads.
            self.ledger.sync()
            self.spool.remove(job_id)
            time.sleep(_YIELD_S)
