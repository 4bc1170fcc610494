"""Jobs and their files: what is known of each, and which changes are allowed. Pure.

A file's way, and with it everything a ledger can say::

    queued ──► running ──► done
       ▲          │  └────► failed
       └──────────┘         cancelled (from queued or running)

It goes back to *queued* when it is handed to another slave, and after the first of two passes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from slave_service.errors import Failure


class FileState(str, Enum):
    """Where one file stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobState(str, Enum):
    """Where a job stands; an *open* one still takes files."""

    OPEN = "open"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


FILE_TRANSITIONS: dict[FileState, frozenset[FileState]] = {
    FileState.QUEUED: frozenset({FileState.RUNNING, FileState.FAILED, FileState.CANCELLED}),
    FileState.RUNNING: frozenset(
        {FileState.QUEUED, FileState.DONE, FileState.FAILED, FileState.CANCELLED}
    ),
    FileState.DONE: frozenset(),
    FileState.FAILED: frozenset(),
    FileState.CANCELLED: frozenset(),
}

JOB_TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.OPEN: frozenset({JobState.QUEUED, JobState.CANCELLED}),
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.DONE, JobState.CANCELLED}),
    JobState.RUNNING: frozenset({JobState.DONE, JobState.CANCELLED}),
    JobState.DONE: frozenset(),
    JobState.CANCELLED: frozenset(),
}


class TransitionError(Exception):
    """A change that the tables do not allow: a fault of the program."""


@dataclass(slots=True)
class File:
    """One upload inside a job, known by its index, since names repeat."""

    index: int
    filename: str
    size: int
    sha256: str
    state: FileState = FileState.QUEUED
    attempts: int = 0
    slave: str | None = None
    saved_file: str | None = None
    result_sha256: str | None = None
    failure: Failure | None = None

    def hand_over(self, slave: str) -> None:
        """Note that ``slave`` ("ip:port") was given the file: one attempt more."""
        self._change(FileState.RUNNING)
        self.slave = slave
        self.attempts += 1

    def take_back(self) -> None:
        """Note that the file waits for its next slave, or for its second pass."""
        self._change(FileState.QUEUED)

    def finish(self, saved_file: str, result_sha256: str) -> None:
        """Note that the result lies at ``saved_file``."""
        self._change(FileState.DONE)
        self.saved_file = saved_file
        self.result_sha256 = result_sha256

    def fail(self, failure: Failure) -> None:
        """Note that there will be no result, and why."""
        self._change(FileState.FAILED)
        self.failure = failure

    def cancel(self) -> None:
        """Note that nobody wants the result any more."""
        self._change(FileState.CANCELLED)

    def _change(self, state: FileState) -> None:
        if state not in FILE_TRANSITIONS[self.state]:
            raise TransitionError(
                f"file {self.index} can't go from {self.state.value} to {state.value}"
            )
        self.state = state


@dataclass(slots=True)
class Job:
    """One accepted request and its files, in upload order."""

    job_id: str
    task_type: str
    created_at: datetime
    files: list[File] = field(default_factory=list)
    state: JobState = JobState.OPEN
    finished_at: datetime | None = None
    bytes_received: int = 0

    def change(self, state: JobState, at: datetime) -> None:
        """Go to another state; ``at`` is the time in UTC."""
        if state not in JOB_TRANSITIONS[self.state]:
            raise TransitionError(
                f"job {self.job_id} can't go from {self.state.value} to {state.value}"
            )
        self.state = state
        if not JOB_TRANSITIONS[state]:
            self.finished_at = at

    def in_state(self, state: FileState) -> list[File]:
        """Return the files that stand there, in upload order."""
        return [file for file in self.files if file.state is state]
