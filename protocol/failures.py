"""Every way a file can fail: a code for programs and a sentence for people.

A processor raises, the worker process turns what was raised into a ``Failure`` once, and from
there on a failure is a value that travels beside the successes::

    FileError
    ├── Unsupported   unsupported     not a kind of file this task type can use
    ├── Corrupt       corrupt         the right kind, but damaged
    ├── Encrypted     encrypted       needs a password
    ├── Empty         empty           zero bytes
    ├── TooLarge      too_large       over a stated limit
    ├── TimedOut      timeout         took longer than FILE_TIMEOUT
    ├── OutOfMemory   out_of_memory   needed more than WORKER_MEMORY
    ├── Crashed       crashed         its worker process died
    ├── Internal      internal        a fault of this program
    ├── NoSlave       no_slave        no slave was there to do it
    └── Returned      returned        handed back undone by a slave that shuts down
    Unavailable                       this computer can't do a task type at all
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one file has no result: ``code`` for programs, ``error`` a sentence for people."""

    code: str
    error: str


class FileError(Exception):
    """One file can't be processed; its text says what is wrong and what to do about it."""

    code: ClassVar[str] = "internal"

    def as_failure(self) -> Failure:
        """Return the same as a value that can travel."""
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
    """The file took longer than it may."""

    code = "timeout"


class OutOfMemory(FileError):
    """The file needed more memory than a worker may take."""

    code = "out_of_memory"


class Crashed(FileError):
    """The worker process died while it held the file."""

    code = "crashed"


class Internal(FileError):
    """A fault of this program, not of the file as far as is known."""

    code = "internal"


class NoSlave(FileError):
    """No slave was there to process the file."""

    code = "no_slave"


class Returned(FileError):
    """A slave that shuts down hands the file back without having begun it."""

    code = "returned"


class Unavailable(Exception):
    """This computer can't do a task type; its text says why and what to install."""


KNOWN_CODES = frozenset(
    kind.code
    for kind in (
        *(Unsupported, Corrupt, Encrypted, Empty, TooLarge, TimedOut, OutOfMemory),
        *(Crashed, Internal, NoSlave, Returned),
    )
)
"""Every code that a failure can have."""

RETRIED_CODES = frozenset({Crashed.code, Internal.code})
"""The slave blames the file, but another try elsewhere may end better."""

UNBLAMED_CODES = frozenset({Returned.code})
"""The file was not tried at all; it goes to the next slave and nothing is counted."""
