"""Jobs and their files: what is known of each, and which changes are allowed. Pure.

A file's way, and with it everything a ledger can say::

    queued ──► running ──► done
       ▲          │  └────► failed
       └──────────┘         cancelled (from queued or running)

It goes back to *queued* when it is handed to another slave, after the first of two passes, and
when the master that watched over it was killed. A job is *queued* until a slave is given its first
file; it goes back to *queued* when the master was killed. It may end without having run: cancelled,
or done with files that all failed before any was handed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from protocol.counts import counted
from protocol.failures import Failure


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


FILE_TRANSITIONS: Mapping[FileState, frozenset[FileState]] = {
    FileState.QUEUED: frozenset({FileState.RUNNING, FileState.FAILED, FileState.CANCELLED}),
    FileState.RUNNING: frozenset(
        {FileState.QUEUED, FileState.DONE, FileState.FAILED, FileState.CANCELLED}
    ),
    FileState.DONE: frozenset(),
    FileState.FAILED: frozenset(),
    FileState.CANCELLED: frozenset(),
}

JOB_TRANSITIONS: Mapping[JobState, frozenset[JobState]] = {
    JobState.OPEN: frozenset({JobState.QUEUED, JobState.CANCELLED}),
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.DONE, JobState.CANCELLED}),
    JobState.RUNNING: frozenset({JobState.QUEUED, JobState.DONE, JobState.CANCELLED}),
    JobState.DONE: frozenset(),
    JobState.CANCELLED: frozenset(),
}

_MAX_HISTORY = 20
"""Of a file's history, the latest: a file may be handed over any number of times."""


class TransitionError(Exception):
    """A change that the tables do not allow: a fault of the program."""


@dataclass(slots=True)
class File:
    """One upload inside a job, known by its index, since names repeat.

    ``blamed_by`` are the slaves ("ip:port") that blamed it, once for each time: what counts
    against MAX_ATTEMPTS, while ``attempts`` counts every hand-over.
    """

    index: int
    filename: str
    size: int
    sha256: str
    state: FileState = FileState.QUEUED
    attempts: int = 0
    blamed_by: tuple[str, ...] = ()
    slave: str | None = None
    saved_file: str | None = None
    result_sha256: str | None = None
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()
    """What the result leaves out, as its slave tells."""
    history: tuple[str, ...] = ()
    """The states it has left, the oldest first, since this process knows it."""

    def hand_over(self, slave: str) -> None:
        """Note that ``slave`` ("ip:port") was given the file: one attempt more."""
        self._change(FileState.RUNNING)
        self.slave = slave
        self.attempts += 1

    def requeue(self, blamed_by: tuple[str, ...] | None = None) -> None:
        """Note that the file waits again, and by whom it is now blamed where that has changed."""
        self._change(FileState.QUEUED)
        if blamed_by is not None:
            self.blamed_by = blamed_by

    def finish(self, saved_file: str, result_sha256: str, warnings: tuple[str, ...] = ()) -> None:
        """Note that the result lies at ``saved_file``, and what it leaves out."""
        self._change(FileState.DONE)
        self.saved_file = saved_file
        self.result_sha256 = result_sha256
        self.warnings = warnings

    def fail(self, failure: Failure) -> None:
        """Note that there will be no result, and why."""
        self._change(FileState.FAILED)
        self.failure = failure

    def cancel(self) -> None:
        """Note that nobody wants the result any more."""
        self._change(FileState.CANCELLED)

    def _change(self, state: FileState) -> None:
        if state not in FILE_TRANSITIONS[self.state]:
            way = " > ".join([*self.history, self.state.value])
            raise TransitionError(
                f"file {self.index} can't go from {self.state.value} to {state.value}; "
                f"its history: {way}, last with slave {self.slave}, {self.attempts} attempts"
            )
        self.history = (*self.history, self.state.value)[-_MAX_HISTORY:]
        self.state = state


@dataclass(slots=True)
class Job:
    """One accepted request: its state, and how many of its files have ended in which way."""

    job_id: str
    task_type: str
    created_at: datetime
    state: JobState = JobState.OPEN
    started_at: datetime | None = None
    finished_at: datetime | None = None
    bytes_received: int = 0
    total_files: int = 0
    done_files: int = 0
    failed_files: int = 0
    cancelled_files: int = 0

    def change(self, state: JobState, at: datetime) -> None:
        """Go to another state; ``at`` is the time in UTC."""
        if state not in JOB_TRANSITIONS[self.state]:
            raise TransitionError(
                f"job {self.job_id} can't go from {self.state.value} to {state.value}; "
                f"{self.ended_files} of {counted(self.total_files, 'file')} have ended"
            )
        self.state = state
        if state is JobState.RUNNING:
            self.started_at = self.started_at or at
        if self.is_over:
            self.finished_at = at

    def count(self, file: File) -> None:
        """Count a file that has just come to its end."""
        self.done_files += file.state is FileState.DONE
        self.failed_files += file.state is FileState.FAILED
        self.cancelled_files += file.state is FileState.CANCELLED

    @property
    def ended_files(self) -> int:
        """How many files have an end."""
        return self.done_files + self.failed_files + self.cancelled_files

    @property
    def is_over(self) -> bool:
        """Whether nothing about the job will change any more."""
        return not JOB_TRANSITIONS[self.state]
