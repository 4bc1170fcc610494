"""Jobs and their files as data, with their states and allowed transitions.

No I/O, clocks or threads. The states of a file::

    queued ──► running ──► done
       ▲          │  └────► failed
       └──────────┘         cancelled (from queued or running)

A file that fails before a slave has it (too large, no slave) goes from *queued* to *failed*. A file
goes back to *queued* when it needs another slave, and after a restart of the master. A job is
*queued* until its first file is handed to a slave, and again after a restart of the master. It may
end without having run: cancelled, or done when all of its files failed before any was handed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from protocol.counts import counted
from protocol.failures import Failure
from protocol.options import Options, features
from protocol.task_types import TASK_TYPES


class FileState(str, Enum):
    """The states of a file."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    __str__ = str.__str__


class JobState(str, Enum):
    """The states of a job; an *open* one still receives files."""

    OPEN = "open"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"

    __str__ = str.__str__


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
"""States kept in a file's history: a file may be handed over any number of times."""


class TransitionError(Exception):
    """A transition that the tables do not allow: a bug in the program."""


@dataclass(slots=True)
class File:
    """One upload inside a job, identified by its index, since names repeat.

    ``blamed_by`` are the slaves ("ip:port") that blamed it for a failure, once for each failure;
    its length counts against MAX_ATTEMPTS. ``attempts`` counts every hand-over.
    """

    index: int
    filename: str
    size: int
    sha256: str
    upload: str | None = None
    """The name of its upload in the job's folder of the spool; None where it was not kept."""
    state: FileState = FileState.QUEUED
    attempts: int = 0
    blamed_by: tuple[str, ...] = ()
    slave: str | None = None
    saved_file: str | None = None
    result_sha256: str | None = None
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()
    """What the result leaves out, as sentences of its slave."""
    history: tuple[str, ...] = ()
    """Previous states, oldest first; not kept across a restart."""

    def hand_over(self, slave: str) -> None:
        """Record that ``slave`` ("ip:port") has the file, as a new attempt."""
        self._change(FileState.RUNNING)
        self.slave = slave
        self.attempts += 1

    def requeue(self, blamed_by: tuple[str, ...] | None = None) -> None:
        """Record that the file waits for a slave; ``blamed_by`` replaces the list unless None."""
        self._change(FileState.QUEUED)
        if blamed_by is not None:
            self.blamed_by = blamed_by

    def finish(self, saved_file: str, result_sha256: str, warnings: tuple[str, ...] = ()) -> None:
        """Record the path of the result, and its warnings."""
        self._change(FileState.DONE)
        self.saved_file = saved_file
        self.result_sha256 = result_sha256
        self.warnings = warnings

    def fail(self, failure: Failure) -> None:
        """Record that the file has failed, and why."""
        self._change(FileState.FAILED)
        self.failure = failure

    def cancel(self) -> None:
        """Record that the file was cancelled."""
        self._change(FileState.CANCELLED)

    def _change(self, state: FileState) -> None:
        if state not in FILE_TRANSITIONS[self.state]:
            history = " > ".join([*self.history, self.state.value])
            raise TransitionError(
                f"file {self.index} can't go from {self.state.value} to {state.value}; "
                f"its history: {history}, last with slave {self.slave}, {self.attempts} attempts"
            )
        self.history = (*self.history, self.state.value)[-_MAX_HISTORY:]
        self.state = state


@dataclass(slots=True)
class Job:
    """The files of one or several requests: their state, and how many have ended in which way."""

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
    options: Options = field(default_factory=dict)

    def change(self, state: JobState, at: datetime) -> None:
        """Move to another state at the time ``at`` (UTC)."""
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

    def add_files(self, files: Sequence[File], bytes_received: int) -> None:
        """Count new files of a request of that many bytes; some may have failed already."""
        self.total_files += len(files)
        self.failed_files += sum(file.state is FileState.FAILED for file in files)
        self.bytes_received += bytes_received

    def remove_files(self, files: Sequence[File], bytes_received: int) -> None:
        """Undo ``add_files``."""
        self.total_files -= len(files)
        self.failed_files -= sum(file.state is FileState.FAILED for file in files)
        self.bytes_received -= bytes_received

    def count(self, file: File) -> None:
        """Count a file that has just reached its end state."""
        self.done_files += file.state is FileState.DONE
        self.failed_files += file.state is FileState.FAILED
        self.cancelled_files += file.state is FileState.CANCELLED

    @property
    def features(self) -> frozenset[str]:
        """What a slave must have for its options, besides the task type."""
        return features(self.options, TASK_TYPES[self.task_type].options)

    @property
    def needed(self) -> frozenset[str]:
        """The capabilities that a slave must have to process its files."""
        return self.features | {self.task_type}

    @property
    def ended_files(self) -> int:
        """How many files are done, failed or cancelled."""
        return self.done_files + self.failed_files + self.cancelled_files

    @property
    def is_over(self) -> bool:
        """Whether the job is in an end state: done or cancelled."""
        return not JOB_TRANSITIONS[self.state]
