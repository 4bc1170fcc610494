"""Defines the exceptions that end the command line early, and its exit codes.

``commands.run`` alone turns an exception into a line and an exit code::

    ClientError
    ├── UsageError              the arguments or the files can't be used
    └── MasterError             the master refuses, or its response is invalid
        └── MasterUnavailable   it can't be reached or has no room until the retries end
    Interrupted                 Ctrl-C; the text has the commands to continue
"""

ALL_DONE, SOME_FAILED, NOTHING_DONE, INTERRUPTED = 0, 1, 2, 130


class ClientError(Exception):
    """The command failed; the text says why."""


class UsageError(ClientError):
    """The arguments, or the files they name, can't be used."""


class MasterError(ClientError):
    """The master refuses the request, or its response is invalid."""


class MasterUnavailable(MasterError):
    """The master can't be reached or has no room, and retries did not help."""


class Interrupted(Exception):
    """The user stopped the client; the text has the commands to continue."""
