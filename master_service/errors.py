"""Every refusal of a request by the master, with its HTTP status.

Refusal
├── UnknownTaskType      400
├── NoFiles              400
├── InvalidRequest       400   an invalid body, parameter or header
├── NotFound             404   no such job, file, result or slave
├── StateConflict        409   not possible in the state of the job
├── ProtocolMismatch     409   a slave with another version of the protocol
├── JobTooLarge          413
├── KeyReused            422   an Idempotency-Key used before for another request
├── LedgerDamaged        500   the database of jobs is malformed
├── NoSlaves             503
├── TooManyJobs          503
├── TooManyOpenJobs      503
├── TooManySlaves        503
├── CantCompare          503   the comparison of a job's files
├── ShuttingDown         503
└── StorageFull          507   a disk is full, or a folder can't be written to
    └── LedgerFull
"""

from typing import ClassVar

from protocol.counts import counted


class Refusal(Exception):
    """A request that is refused; the text says why and what to do.

    ``retry_after_s`` is when to repeat the request (seconds); None where repeating doesn't help.
    """

    status: ClassVar[int] = 400
    retry_after_s: ClassVar[int | None] = None


class UnknownTaskType(Refusal):
    """There is no such task type."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown task type: {name}")


class NoFiles(Refusal):
    """The form has no file in the field of its task type, or the job has no files."""


class InvalidRequest(Refusal):
    """A header, parameter or body of the request is invalid."""


class NotFound(Refusal):
    """The job, file, result or slave does not exist."""

    status = 404


class StateConflict(Refusal):
    """The operation is not possible in the state of the job."""

    status = 409


class ProtocolMismatch(Refusal):
    """Master and slave have different versions of the protocol."""

    status = 409


class JobTooLarge(Refusal):
    """The files of the job together exceed MAX_JOB_SIZE."""

    status = 413

    def __init__(self, max_bytes: int) -> None:
        super().__init__(
            f"The job would be larger than the {counted(max_bytes, 'byte')} that one "
            "may have: make several jobs of it, or raise MAX_JOB_SIZE on the master."
        )


class KeyReused(Refusal):
    """The ``Idempotency-Key`` was used before for another request."""

    status = 422

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The Idempotency-Key {key!r} was used before for another request: use a new key for "
            "each request, and repeat one only with the same content."
        )


class NoSlaves(Refusal):
    """No slave can do the task type."""

    status = 503
    retry_after_s = 10


class TooManyJobs(Refusal):
    """MAX_WAITING_JOBS jobs are queued or running."""

    status = 503
    retry_after_s = 30

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{counted(limit, 'job waits', 'jobs wait')} already, and the master takes no "
            "more: try again when some are done, or raise MAX_WAITING_JOBS on the master."
        )


class TooManyOpenJobs(Refusal):
    """MAX_WAITING_JOBS jobs are open."""

    status = 503
    retry_after_s = 30

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{counted(limit, 'job is', 'jobs are')} open already, with an upload begun and "
            "not started: start or cancel some (each is deleted after a day), or raise "
            "MAX_WAITING_JOBS on the master."
        )


class TooManySlaves(Refusal):
    """The registry is full."""

    status = 503
    retry_after_s = 30

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{counted(limit, 'slave is', 'slaves are')} registered already, and the master takes "
            "no more: stop some, or give this one to another master."
        )


class CantCompare(Refusal):
    """The files of a job can't be compared now."""

    status = 503
    retry_after_s = 30


class ShuttingDown(Refusal):
    """The master shuts down before the job is over."""

    status = 503
    retry_after_s = 10

    def __init__(self, job_id: str = "") -> None:
        what = f"job {job_id} resumes" if job_id else "send the request again"
        super().__init__(f"The master is shutting down: {what} when it is back.")


class StorageFull(Refusal):
    """A disk is full, or a folder can't be written to."""

    status = 507
    retry_after_s = 30


class LedgerDamaged(Refusal):
    """The file of the ledger is malformed; ``ledger_damage`` logs what to do."""

    status = 500

    def __init__(self) -> None:
        super().__init__(
            "The master's ledger of jobs is damaged, so this can't be done: the master's log says "
            "how to begin a new one. Results that were saved are safe."
        )


class LedgerFull(StorageFull):
    """The ledger or the spool can't be written."""

    def __init__(self) -> None:
        super().__init__(
            "The master can't write to SPOOL_DIR (is its disk full?): make room there, then try "
            "again."
        )
