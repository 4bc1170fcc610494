"""Every reason for which the master refuses a request, with its HTTP status.

Refusal
├── UnknownTaskType      400
├── NoFiles              400
├── BadRegistration      400
├── ForeignContract      409   a slave of another version of the contract
├── NoSlaves             503
└── Stopping             503
"""

from typing import ClassVar


class Refusal(Exception):
    """A request that is not taken; its text tells the caller why and what to do."""

    status: ClassVar[int] = 400


class UnknownTaskType(Refusal):
    """There is no such task type."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown task type: {name}")


class NoFiles(Refusal):
    """The form brought no file in the field of its task type."""

    def __init__(self, task_type: str) -> None:
        super().__init__(f"No files provided for {task_type} processing")


class BadRegistration(Refusal):
    """A registration lacks a part, or has one that makes no sense."""


class ForeignContract(Refusal):
    """Master and slave would not understand each other."""

    status = 409


class NoSlaves(Refusal):
    """Nobody is there who could do it."""

    status = 503


class Stopping(Refusal):
    """The master was told to stop before every file had its end."""

    status = 503

    def __init__(self) -> None:
        super().__init__("The master is shutting down: send the request again when it is back.")
