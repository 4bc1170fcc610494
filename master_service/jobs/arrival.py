"""The uploads of one request, from its first byte until the request is accepted or refused."""

from master_service.storage.spool import Spool


class Arrival:
    """A request whose uploads are received in ``folder``, as those of the job ``job_id``."""

    def __init__(self, spool: Spool, job_id: str) -> None:
        """Create the folder; raises ``OSError``."""
        self.job_id = job_id
        self.folder = spool.request_folder(job_id)
        self._spool = spool
        self._is_accepted = False

    def accept(self) -> None:
        """Keep the uploads, which the ledger now lists."""
        self._is_accepted = True

    def close(self) -> None:
        """Delete the uploads unless they were accepted."""
        if not self._is_accepted:
            self._spool.discard(self.folder)
