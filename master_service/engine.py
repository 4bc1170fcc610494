"""The interface of an engine, which brings the files of a run to workers and the outcomes back.

``worker.BuiltinEngine``, which sends files to registered slaves, is one implementation. Another
one is a module with a subclass of ``Engine`` and a line in ``app.py`` that creates it. An engine
imports this module and ``protocol``; it knows no jobs, no ledger and no results.

The way of one run: ``jobs.job_run`` calls ``begin`` with a ``RunRequest`` and a ``RunObserver``.
The engine reports every step of every file to the observer, and sets ``ActiveRun.finished`` when
all files have ended. The observer writes what it receives to the ledger; the engine stores
nothing. After a restart of the master, ``begin`` is called again with the files that have not
ended.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from master_service.errors import ShuttingDown
from protocol.options import Options, features
from protocol.task_types import TaskType
from protocol.wire import DataSink, Outcome


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to process: its name as uploaded, its path on the master, its size in bytes."""

    filename: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The files of one run, all of one task type; a file is identified by its position.

    ``inputs`` raises ``LookupError`` for a file that has ended. ``sizes`` are in bytes.
    ``blamed_by`` holds the slaves that blamed a file in earlier runs, by position. The files fail
    with ``NoSlave`` when no worker is reachable for ``no_slave_timeout_s`` seconds (None: never).
    ``options`` are those of the job. An open run may get more files (``Engine.extend``), which
    ``inputs`` has then too, until ``Engine.complete``. ``new_sink`` returns where an engine may
    write the bytes of a large result while they arrive, instead of holding them in memory.
    """

    task: TaskType
    inputs: Sequence[InputFile]
    sizes: Sequence[int]
    blamed_by: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    no_slave_timeout_s: float | None = None
    options: Options = field(default_factory=dict)
    is_open: bool = False
    new_sink: Callable[[], DataSink] | None = None

    @property
    def features(self) -> frozenset[str]:
        """What a worker must have besides the task type, such as ``ocr:deu``."""
        return features(self.options, self.task.options)


class RunObserver(Protocol):
    """Receives the steps of each file; implemented by ``jobs.progress_recorder``.

    A file is handed over, and then either requeued, to be handed over again, or ended. Each file
    ends once: by ``ended`` or, if it is withdrawn or its run cancelled, by ``cancelled``. Only a
    file that is handed over may end with a result; it may fail at any time.

    All methods but ``ended`` are called one at a time for a run; they do not block for long.
    ``ended`` may wait for a full disk; it may be called for several files at a time, and while
    another method runs. Exceptions of these methods are logged, and other files go on.
    """

    def handed_over(self, positions: Sequence[int], slave: str) -> None:
        """Record that the files are sent to a slave ("ip:port", or another name to show)."""
        ...

    def requeued(self, position: int, blamed_by: tuple[str, ...]) -> None:
        """Record that the file waits for a slave again, and which slaves have blamed it."""
        ...

    def cancelled(self, positions: Sequence[int]) -> None:
        """Record that these files are cancelled: they had no outcome when that was asked for."""
        ...

    def ended(self, position: int, outcome: Outcome) -> None:
        """Record the final outcome of the file, whose ``filename`` is of no importance.

        A result is saved soon after.

        The ``data`` of a result are the bytes to save; of a task type with a merge module, they are
        the partial result as JSON.
        """
        ...


@dataclass(slots=True)
class ActiveRun:
    """A run that an engine has begun.

    The engine counts ``unfinished`` down after the observer knows how a file has ended, and sets
    ``finished`` when it is 0. While the run is open, ``unfinished`` is one more. The name of the
    run may be used again when it has finished.
    """

    request: RunRequest
    observer: RunObserver
    unfinished: int = field(init=False)
    is_open: bool = field(init=False)
    finished: threading.Event = field(init=False, default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Count the files; a run without files has finished."""
        self.is_open = self.request.is_open
        self.unfinished = len(self.request.inputs) + self.is_open
        if not self.unfinished:
            self.finished.set()

    def wait(self) -> None:
        """Wait until every file has ended; raise ``ShuttingDown`` if the master stops first."""
        self.finished.wait()
        if self.unfinished:
            raise ShuttingDown


class Suspension(NamedTuple):
    """Why a slave gets no files now, for how long already, and for how much longer (seconds)."""

    reason: str
    elapsed_s: float
    remaining_s: float


@dataclass(frozen=True, slots=True)
class SlaveChange:
    """What has become of a registered slave ("ip:port").

    Unless it is ``gone``, it can be given files: it registered, can be called again, or changed
    ``workers`` or ``capabilities``: task types, and features. If it is gone, it gets no more files;
    those that it holds may still be answered or, if it is ``missing``, are to be requeued.
    """

    slave: str
    workers: int
    capabilities: frozenset[str]
    gone: bool = False
    missing: bool = False


class Engine(ABC):
    """Processes any number of runs at the same time.

    The methods are called from several threads. Those that are not abstract concern open runs, and
    slaves, which register with the master: an engine without open runs, or whose workers do not
    register, leaves them as they are.
    """

    has_open_runs = False
    """Whether runs may be open: else the files of a request are processed when it has arrived."""

    # Runs

    @abstractmethod
    def begin(self, name: str, request: RunRequest, observer: RunObserver) -> ActiveRun:
        """Begin a run under a name that no other run in progress has; does not wait for its end.

        Called by ``jobs.job_run`` for each run of a job, which then calls ``ActiveRun.wait``.
        """

    @abstractmethod
    def cancel(self, name: str) -> None:
        """Report files without an outcome as cancelled; those being saved still end with theirs.

        Called by ``jobs.runner``, also for a run that has ended or was not begun: does nothing
        then.
        """

    @abstractmethod
    def stop(self) -> None:
        """Set ``finished`` of all runs, so that ``ActiveRun.wait`` raises ``ShuttingDown``.

        Called by ``app.Master`` when the master shuts down; its process ends soon after. Outcomes
        that are reported later are recorded if there is time left.
        """

    # Open runs

    def extend(self, name: str, sizes: Sequence[int]) -> None:
        """Add files of these sizes in bytes to an open run; its ``inputs`` has them already.

        Called by ``jobs.job_run`` while a request arrives; does nothing for a run that was
        cancelled.
        """
        raise NotImplementedError

    def complete(self, name: str, no_slave_timeout_s: float | None) -> None:
        """End the time in which an open run gets files; ``no_slave_timeout_s`` applies from now on.

        Called by ``jobs.job_run``; does nothing for a run that was cancelled.
        """
        raise NotImplementedError

    def withdraw(self, name: str, positions: Collection[int]) -> None:
        """Report those of the files that have no outcome as cancelled.

        Called by ``jobs.job_run`` when a request breaks off.
        """
        raise NotImplementedError

    # Which files can be processed

    @abstractmethod
    def why_unavailable(self, task_type: str, features: frozenset[str] = frozenset()) -> str | None:
        """Return why no worker does a task type with features, as a sentence; None when one does.

        Called by ``jobs.service`` before it accepts a synchronous request, which it refuses with
        the reason, and for a job that makes no progress.
        """

    # Slaves

    def slave_refusal(self) -> str | None:
        """Return why slaves can't register with a master of this engine; None where they can.

        Called once by ``app``.
        """
        return None

    def registered_slaves(self, needed: frozenset[str]) -> list[str]:
        """Return the slaves with these capabilities that are not missing.

        Called by ``jobs.service`` before it calls ``exclude``.
        """
        return []

    def callable_slaves(self, needed: frozenset[str]) -> list[str]:
        """Return the registered slaves with these capabilities that the master can call.

        Called by ``jobs.service`` before it calls ``exclude``, and for a job without progress.
        """
        return []

    def exclude(self, name: str, slave: str) -> int:
        """Give a slave no more files of a run, and requeue those of it that the slave holds.

        Returns how many these are. Called by ``jobs.service``; the job is running, and another
        slave does its task type.
        """
        return 0

    def suspended(self) -> Mapping[str, Suspension]:
        """Return the slaves that get no files for a while; the API shows them as ``resting``.

        Called by ``jobs.service``, by the API and by the metrics.
        """
        return {}

    def not_answering(self) -> Collection[str]:
        """Return the slaves whose last request failed.

        Called every second by ``slaves.heartbeat_monitor``, which calls these slaves to find out
        whether they are reachable.
        """
        return ()

    def slave_changed(self, change: SlaveChange) -> None:
        """Handle that a slave can be given files, has changed, or is gone.

        Called by ``slaves.registry``, in the order of the changes and under its lock: it must not
        block for long.
        """
        return

    def tick(self, now: float, late_s: float) -> None:
        """Handle that time has passed; ``now`` is the time of ``time.monotonic``.

        Called four times a second by ``slaves.heartbeat_monitor``. The process of the master was
        stalled for ``late_s`` of these seconds, which do not count as silence of a slave.
        """
        return
