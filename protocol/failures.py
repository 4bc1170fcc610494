"""The ways in which a file can fail: a code for programs and a sentence for people.

A processor raises a ``FileError``. The worker process turns it into a ``Failure``, a value that is
sent and stored like a result::

    FileError
    ├── Unsupported   unsupported     not a kind of file that this task type can use
    ├── Corrupt       corrupt         the right kind, but damaged
    ├── Encrypted     encrypted       needs a password
    ├── Empty         empty           zero bytes
    ├── TooLarge      too_large       over a stated limit
    ├── TimedOut      timeout         took longer than FILE_TIMEOUT
    ├── OutOfMemory   out_of_memory   needed more than WORKER_MEMORY
    ├── Crashed       crashed         its worker process died
    ├── Internal      internal        an error of this program
    ├── NoSlave       no_slave        no slave was available
    └── NotProcessed  returned        not started by a slave that shuts down
    Unavailable                       this computer can't run a task type at all
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one file has no result: ``code`` for programs, ``error`` a sentence for people."""

    code: str
    error: str


class FileError(Exception):
    """One file can't be processed; the message says what is wrong and what to do about it."""

    code: ClassVar[str] = "internal"

    def as_failure(self) -> Failure:
        """Return the code and the message as a value."""
        return Failure(self.code, str(self))


class Unsupported(FileError):
    """The content is not of a kind that this task type can use."""

    code = "unsupported"


class Corrupt(FileError):
    """The content is of the right kind, but damaged."""

    code = "corrupt"


class Encrypted(FileError):
    """The content can't be read without a password."""

    code = "encrypted"


class Empty(FileError):
    """The file has no bytes."""

    code = "empty"


class TooLarge(FileError):
    """The file, or what it unpacks to, is over a stated limit."""

    code = "too_large"


class TimedOut(FileError):
    """The file took longer than FILE_TIMEOUT."""

    code = "timeout"


class OutOfMemory(FileError):
    """The file needed more than WORKER_MEMORY."""

    code = "out_of_memory"


class Crashed(FileError):
    """The worker process died while it processed the file."""

    code = "crashed"


class Internal(FileError):
    """An error of this program; nothing is known to be wrong with the file."""

    code = "internal"


class NoSlave(FileError):
    """No slave was available to process the file."""

    code = "no_slave"


class NotProcessed(FileError):
    """The file was not started: the slave shuts down, or the request has ended."""

    code = "returned"


class Unavailable(Exception):
    """This computer can't run a task type; the message says why and what to install."""


KNOWN_CODES = frozenset(
    kind.code
    for kind in (
        *(Unsupported, Corrupt, Encrypted, Empty, TooLarge, TimedOut, OutOfMemory),
        *(Crashed, Internal, NoSlave, NotProcessed),
    )
)
"""Every code that a failure can have."""

RETRIED_CODES = frozenset({Crashed.code, Internal.code})
"""The slave blames the file; the master tries it again, on another slave if there is one."""

UNBLAMED_CODES = frozenset({NotProcessed.code})
"""The slave did not process the file; the master sends it to another slave and counts nothing."""
