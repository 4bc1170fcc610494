"""Every reason for which the master refuses a request, with its HTTP status.

Refusal
├── UnknownTaskType      400
├── NoFiles              400
├── BadRegistration      400
├── InvalidRequest       400   a key, number or body that is not valid
├── NotFound             404   no such job, file, result or slave
├── StateConflict        409   not in the state that the job is in
├── ProtocolMismatch     409   a slave of another version of the contract
├── JobTooLarge          413
├── KeyReused            422   an Idempotency-Key that came with something else
├── LedgerDamaged        500   the database of jobs is malformed
├── NoSlaves             503
├── TooManyJobs          503
├── TooManyOpenJobs      503
├── TooManySlaves        503
├── ShuttingDown         503
└── StorageFull          507   a disk is full, or a folder can't be written to
    └── LedgerFull
"""

from typing import ClassVar

from protocol.counts import counted


class Refusal(Exception):
    """A request that is not taken; its text tells the caller why and what to do.

    ``retry_after_s`` is when it may be worth another try; None where it would be the same again.
    """

    status: ClassVar[int] = 400
    retry_after_s: ClassVar[int | None] = None


class UnknownTaskType(Refusal):
    """There is no such task type."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown task type: {name}")


class NoFiles(Refusal):
    """The form brought no file in the field of its task type, or a job has none."""


class BadRegistration(Refusal):
    """A registration lacks a part, or has one that makes no sense."""


class InvalidRequest(Refusal):
    """Something in the request makes no sense."""


class NotFound(Refusal):
    """What the request is about is not there."""

    status = 404


class StateConflict(Refusal):
    """The job is in no state in which this could be done."""

    status = 409


class ProtocolMismatch(Refusal):
    """Master and slave would not understand each other."""

    status = 409


class JobTooLarge(Refusal):
    """All files of the job together are over the limit."""

    status = 413

    def __init__(self, max_bytes: int) -> None:
        super().__init__(
            f"The job would be larger than the {counted(max_bytes, 'byte')} that one "
            "may have: make several jobs of it, or raise MAX_JOB_SIZE on the master."
        )


class KeyReused(Refusal):
    """The same ``Idempotency-Key`` came with something else before."""

    status = 422

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The Idempotency-Key {key!r} came with another request before: use a new key for "
            "each request, and repeat one only with the very same content."
        )


class NoSlaves(Refusal):
    """Nobody is there who could do it."""

    status = 503
    retry_after_s = 10


class TooManyJobs(Refusal):
    """As many jobs wait as the master takes."""

    status = 503
    retry_after_s = 30

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{counted(limit, 'job waits', 'jobs wait')} already, and the master takes no "
            "more: try again when some are done, or raise MAX_WAITING_JOBS on the master."
        )


class TooManyOpenJobs(Refusal):
    """As many uploads are begun as the master takes."""

    status = 503
    retry_after_s = 30

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{counted(limit, 'job is', 'jobs are')} open already, with an upload begun and "
            "not started: start or cancel some (each is forgotten after a day), or raise "
            "MAX_WAITING_JOBS on the master."
        )


class TooManySlaves(Refusal):
    """As many slaves are there as the master takes."""

    status = 503
    retry_after_s = 30

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{counted(limit, 'slave is', 'slaves are')} registered already, and the master takes "
            "no more: stop some, or give this one to another master."
        )


class ShuttingDown(Refusal):
    """The master was told to stop before the job was over."""

    status = 503
    retry_after_s = 10

    def __init__(self, job_id: str = "") -> None:
        what = f"job {job_id} goes on" if job_id else "send the request again"
        super().__init__(f"The master is shutting down: {what} when it is back.")


class StorageFull(Refusal):
    """A disk is full, or a folder can't be written to."""

    status = 507
    retry_after_s = 30


class LedgerDamaged(Refusal):
    """The file of the ledger is malformed."""

    status = 500

    def __init__(self) -> None:
        super().__init__(
            "The master's ledger of jobs is damaged, so this can't be done: the master's log says "
            "how to begin a new one. Results that were saved are safe."
        )


class LedgerFull(StorageFull):
    """The disk does not take what would have to be noted."""

    def __init__(self) -> None:
        super().__init__(
            "The master can't write to SPOOL_DIR (is its disk full?): make room there, then try "
            "again."
        )
