"""Every way the command line can end early, and its exit codes.

One place, ``commands.run``, turns what was raised into a line and an exit code::

    ClientError
    ├── UsageError      nothing was done, or it can't go on as asked
    └── MasterError     the master says no
        └── MasterGone  it can't be reached or has no room, for as long as the client waits
    Interrupted         Ctrl-C; its text says how to come back
"""

ALL_DONE, SOME_FAILED, NOTHING_DONE, INTERRUPTED = 0, 1, 2, 130


class ClientError(Exception):
    """What was asked for was not done; the text says why."""


class UsageError(ClientError):
    """The arguments, or the files they name, can't be used."""


class MasterError(ClientError):
    """The master says no, or answers what no master would."""


class MasterUnavailable(MasterError):
    """The master can't be reached, or broke off and did not come back, or has no room."""


class Interrupted(Exception):
    """The user stopped the client; the text says how to come back to the job."""
