"""What the scheduler is told and what it answers: events in, actions out. Pure.

A *run* is one pass over the files of a job; its files are meant by their position in it. ``at``
is a time in seconds of any one clock that never goes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from protocol.failures import Failure


@dataclass(frozen=True, slots=True)
class SlaveUp:
    """A slave ("ip:port") can be given work; also when what it can do has changed."""

    at: float
    slave: str
    workers: int
    task_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class SlaveGone:
    """A slave gets no more work; when it is *lost*, what it holds is lost with it."""

    at: float
    slave: str
    lost: bool


@dataclass(frozen=True, slots=True)
class RunAdded:
    """Files of ``sizes`` bytes are to be done; given up ``patience_s`` after the last slave.

    ``blamed_by`` has the slaves that blamed a file in an earlier life of the master, by position.
    """

    at: float
    run: str
    task_type: str
    sizes: Sequence[int]
    patience_s: float | None
    blamed_by: Mapping[int, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunCancelled:
    """Nobody wants the rest of the run any more."""

    at: float
    run: str


@dataclass(frozen=True, slots=True)
class SlaveExcluded:
    """The slave is not to work on this run any more; what it holds of it is not waited for."""

    at: float
    run: str
    slave: str


@dataclass(frozen=True, slots=True)
class AnswerBegun:
    """A slave has taken a batch and begun to answer it."""

    at: float
    batch: int


@dataclass(frozen=True, slots=True)
class InputUnreadable:
    """A file of a batch can't be sent to anybody: its upload is no longer to be had."""

    at: float
    batch: int
    index: int


@dataclass(frozen=True, slots=True)
class FileAnswered:
    """A slave has answered one file; ``code`` is that of its failure, None for a result."""

    at: float
    batch: int
    index: int
    code: str | None


class ExchangeFailure(Enum):
    """How an exchange with a slave went wrong."""

    FULL = "full"
    """It says that it has enough for now."""
    LOST = "lost"
    """It can't be reached, or fell silent."""
    INVALID = "garbled"
    """It answered something that is no answer: any file in it may be the cause."""


@dataclass(frozen=True, slots=True)
class BatchEnded:
    """The exchange over one batch is over; what was not answered was not done."""

    at: float
    batch: int
    trouble: ExchangeFailure | None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; for ``late_s`` of it the master itself stood still."""

    at: float
    late_s: float = 0.0


Event = (
    SlaveUp
    | SlaveGone
    | RunAdded
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
    """Hand these files of the run to the slave, in one request."""

    batch: int
    slave: str
    run: str
    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Accept:
    """The outcome just answered is the file's end."""

    run: str
    index: int


@dataclass(frozen=True, slots=True)
class Requeue:
    """The file waits for another slave; ``blamed_by`` counts those that blamed it, in order."""

    run: str
    index: int
    blamed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The file ends without an answer from a slave."""

    run: str
    index: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class Discard:
    """The file ends without an outcome: nobody wants it any more."""

    run: str
    index: int


Action = Send | Accept | Requeue | GiveUp | Discard
