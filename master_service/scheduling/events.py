"""The events that the scheduler receives and the actions that it returns.

A *run* is one pass over the files of a job; a file is identified by its position in the run.
``at`` is in seconds of a monotonic clock. No I/O, clocks or threads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from protocol.failures import Failure


@dataclass(frozen=True, slots=True)
class SlaveUp:
    """A slave ("ip:port") has registered, can be called again, or has new capabilities."""

    at: float
    slave: str
    workers: int
    capabilities: frozenset[str]
    """Task types, and features such as ``ocr:deu``."""


@dataclass(frozen=True, slots=True)
class SlaveGone:
    """A slave gets no more files; if it is ``missing``, the files that it holds are requeued."""

    at: float
    slave: str
    missing: bool


@dataclass(frozen=True, slots=True)
class RunAdded:
    """A run of files of ``sizes`` bytes is to be processed.

    Its files fail once no slave was reachable for ``no_slave_timeout_s`` seconds (None: never).
    ``blamed_by`` holds the slaves that blamed a file before the master restarted, by position.
    Besides the task type, a slave must have all ``features``. An open run may get more files, until
    it is completed.
    """

    at: float
    run: str
    task_type: str
    sizes: Sequence[int]
    no_slave_timeout_s: float | None
    blamed_by: Mapping[int, Sequence[str]] = field(default_factory=dict)
    features: frozenset[str] = frozenset()
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class RunExtended:
    """An open run has more files, of ``sizes`` bytes, at the positions after the last one."""

    at: float
    run: str
    sizes: Sequence[int]


@dataclass(frozen=True, slots=True)
class RunCompleted:
    """An open run gets no more files, and ``no_slave_timeout_s`` applies from now on."""

    at: float
    run: str
    no_slave_timeout_s: float | None


@dataclass(frozen=True, slots=True)
class FilesWithdrawn:
    """Some files of a run are not to be processed; those that have ended are left out."""

    at: float
    run: str
    positions: Sequence[int]


@dataclass(frozen=True, slots=True)
class RunCancelled:
    """The run is cancelled: its remaining files are not to be processed."""

    at: float
    run: str


@dataclass(frozen=True, slots=True)
class SlaveExcluded:
    """The slave is excluded from this run; the files of the run that it holds are requeued."""

    at: float
    run: str
    slave: str


@dataclass(frozen=True, slots=True)
class AnswerBegun:
    """A slave has accepted a batch and begun to answer it."""

    at: float
    batch: int


@dataclass(frozen=True, slots=True)
class InputUnreadable:
    """A file of a batch can't be sent to any slave: the master can't read its upload."""

    at: float
    batch: int
    position: int


@dataclass(frozen=True, slots=True)
class FileAnswered:
    """A slave has answered one file; ``code`` is the code of the failure, None for a result."""

    at: float
    batch: int
    position: int
    code: str | None


class ExchangeFailure(Enum):
    """Why a request to a slave failed; the values are those of the log."""

    FULL = "full"
    """The slave reported that it is full."""
    CONNECTION_LOST = "connection lost"
    """The slave could not be reached, or stopped answering."""
    INVALID_ANSWER = "invalid answer"
    """The answer was invalid; any file of the batch may be the cause."""


@dataclass(frozen=True, slots=True)
class BatchEnded:
    """The exchange of one batch has ended; files without an answer were not processed."""

    at: float
    batch: int
    failure: ExchangeFailure | None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; the master process itself was stalled for ``late_s`` seconds of it."""

    at: float
    late_s: float = 0.0


Event = (
    SlaveUp
    | SlaveGone
    | RunAdded
    | RunExtended
    | RunCompleted
    | FilesWithdrawn
    | RunCancelled
    | SlaveExcluded
    | AnswerBegun
    | InputUnreadable
    | FileAnswered
    | BatchEnded
    | Tick
)


@dataclass(frozen=True, slots=True)
class Send:
    """Send these files of the run to the slave in one request."""

    batch: int
    slave: str
    run: str
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AcceptOutcome:
    """The outcome that the slave just sent is final."""

    run: str
    position: int


@dataclass(frozen=True, slots=True)
class Requeue:
    """The file waits for a slave again.

    ``blamed_by`` names the slaves that blamed it, one entry for each blame, oldest first.
    """

    run: str
    position: int
    blamed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FailFile:
    """The file fails without an outcome from a slave."""

    run: str
    position: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class CancelFile:
    """The file ends without an outcome: its run was cancelled, or it was withdrawn."""

    run: str
    position: int


Action = Send | AcceptOutcome | Requeue | FailFile | CancelFile
