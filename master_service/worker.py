"""The built-in engine: carries out the scheduler's actions, with one thread for each batch.

``jobs.execution`` gives it the files of a run. It sends them to slaves, reports every step of each
file to an observer, and sets an event when all files have ended.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial

from typing_extensions import assert_never

from master_service.engine import (
    ActiveRun,
    Engine,
    RunObserver,
    RunRequest,
    SlaveChange,
    Suspension,
)
from master_service.reused_threads import ReusedThreads
from master_service.scheduling.events import (
    AcceptOutcome,
    Action,
    AnswerBegun,
    BatchEnded,
    CancelFile,
    Event,
    ExchangeFailure,
    FailFile,
    FileAnswered,
    FilesWithdrawn,
    InputUnreadable,
    Requeue,
    RunAdded,
    RunCancelled,
    RunCompleted,
    RunExtended,
    Send,
    SlaveExcluded,
    SlaveGone,
    SlaveUp,
    Tick,
)
from master_service.scheduling.replay_log import EventLog
from master_service.scheduling.scheduler import Scheduler
from master_service.slaves.registry import Registry
from master_service.slaves.transport import (
    BatchRequest,
    ConnectionLost,
    InvalidAnswer,
    SlaveFull,
    Transport,
    TransportError,
)
from protocol.wire import Outcome

_log = logging.getLogger(__name__)

EXCHANGE_FAILURES: dict[type[TransportError], ExchangeFailure] = {
    SlaveFull: ExchangeFailure.FULL,
    ConnectionLost: ExchangeFailure.CONNECTION_LOST,
    InvalidAnswer: ExchangeFailure.INVALID_ANSWER,
}

_YIELD_EVERY_FILES = 100
_YIELD_S = 0.0001
"""Under gevent other threads run only while this one waits, and a sleep of 0 s is no wait."""


class BuiltinEngine(Engine):
    """Processes any number of runs on the slaves at the same time."""

    has_open_runs = True

    def __init__(
        self,
        registry: Registry,
        transport: Transport,
        max_attempts: int,
        event_log: EventLog | None = None,
    ) -> None:
        self._registry = registry
        self._transport = transport
        self._scheduler = Scheduler(max_attempts)
        self._event_log = event_log
        self._threads = ReusedThreads()
        self._runs: dict[str, ActiveRun] = {}
        # Serializes the scheduler's decisions and the observer calls that follow from them.
        self._lock = threading.RLock()

    def begin(self, name: str, request: RunRequest, observer: RunObserver) -> ActiveRun:
        """Add the files to those that the scheduler assigns to slaves."""
        active_run = ActiveRun(request, observer)
        if not active_run.unfinished:
            return active_run
        with self._lock:
            self._runs[name] = active_run
        now, task_type = time.monotonic(), request.task.name
        self._handle(
            RunAdded(
                now,
                name,
                task_type,
                request.sizes,
                request.no_slave_timeout_s,
                request.blamed_by,
                request.features,
                request.is_open,
            )
        )
        return active_run

    def extend(self, name: str, sizes: Sequence[int]) -> None:
        """Add files to an open run."""
        # Under one lock, since the run may be completed or cancelled meanwhile.
        with self._lock:
            run = self._runs.get(name)
            if run is not None and run.is_open:
                run.unfinished += len(sizes)
                self._handle(RunExtended(time.monotonic(), name, sizes))

    def complete(self, name: str, no_slave_timeout_s: float | None) -> None:
        """Close an open run: it finishes when its last file has ended."""
        with self._lock:
            self._handle(RunCompleted(time.monotonic(), name, no_slave_timeout_s))
            self._close(name)

    def withdraw(self, name: str, positions: Collection[int]) -> None:
        """Cancel some files of a run, unless they have ended."""
        self._handle(FilesWithdrawn(time.monotonic(), name, tuple(positions)))

    def cancel(self, name: str) -> None:
        """Cancel a run; files whose outcome is being saved now still end with that outcome."""
        with self._lock:
            self._handle(RunCancelled(time.monotonic(), name))
            self._close(name)

    def exclude(self, name: str, slave: str) -> int:
        """Exclude a slave from a run; return how many of the run's files it held."""
        actions = self._handle(SlaveExcluded(time.monotonic(), name, slave))
        return sum(isinstance(action, Requeue) for action in actions)

    def stop(self) -> None:
        """Wake all threads that wait for a run; ``ActiveRun.wait`` raises ``ShuttingDown``."""
        for run in list(self._runs.values()):
            run.finished.set()

    def why_unavailable(self, task_type: str, features: frozenset[str] = frozenset()) -> str | None:
        """Return why no registered slave does the type with these features; None when one does."""
        return self._registry.why_unavailable(task_type, features)

    def registered_slaves(self, needed: frozenset[str]) -> list[str]:
        """Return the slaves ("ip:port") with these capabilities that are not missing."""
        return self._registry.registered_for(needed)

    def callable_slaves(self, needed: frozenset[str]) -> list[str]:
        """Return the slaves ("ip:port") with these capabilities that the master can call."""
        return self._registry.capable_of(needed)

    def slave_changed(self, change: SlaveChange) -> None:
        """Tell the scheduler that a slave can be given files, has changed, or is gone."""
        now = time.monotonic()
        if change.gone:
            # A slave that leaves would wait for the end of these connections.
            self._transport.close_idle(change.slave)
            self._handle(SlaveGone(now, change.slave, change.missing))
        else:
            self._handle(SlaveUp(now, change.slave, change.workers, change.capabilities))

    def suspended(self) -> dict[str, Suspension]:
        """Return the slaves ("ip:port") that get no files now: backing off or quarantined."""
        with self._lock:
            return self._scheduler.suspended(time.monotonic())

    def not_answering(self) -> set[str]:
        """Return the slaves ("ip:port") whose last request failed."""
        with self._lock:
            return self._scheduler.not_answering()

    def tick(self, now: float, late_s: float) -> None:
        """Handle that time has passed; the master was stalled for ``late_s`` seconds of it."""
        self._transport.close_long_idle()
        self._handle(Tick(now, late_s))

    def _handle(self, event: Event) -> list[Action]:
        with self._lock:
            # A tick without runs changes nothing, so that the log leaves it out.
            is_logged = bool(self._runs) or not isinstance(event, Tick)
            actions = self._scheduler.handle(event)
            # The actions come first: writing the log must not delay them.
            self._apply(actions)
            if self._event_log and is_logged:
                self._event_log.write(event, actions)
        failed = [action for action in actions if isinstance(action, FailFile)]
        for number, action in enumerate(failed, start=1):
            self._finish_file(action.run, action.position, action)
            if number % _YIELD_EVERY_FILES == 0:
                time.sleep(_YIELD_S)
        return actions

    def _apply(self, actions: Sequence[Action]) -> None:
        cancelled: dict[str, list[int]] = {}
        for action in actions:
            if isinstance(action, Send):
                self._send(action)
            elif isinstance(action, Requeue):
                observer = self._runs[action.run].observer
                _notify(observer.requeued, action.position, action.blamed_by)
            elif isinstance(action, CancelFile):
                cancelled.setdefault(action.run, []).append(action.position)
            elif not isinstance(action, AcceptOutcome | FailFile):
                assert_never(action)  # the callers handle these two
        for name, positions in cancelled.items():
            _notify(self._runs[name].observer.cancelled, positions)
            self._files_finished(name, len(positions))

    def _send(self, batch: Send) -> None:
        run = self._runs[batch.run]
        # Copied now: ``inputs`` forgets files that end, and the thread starts later.
        inputs = [run.request.inputs[position] for position in batch.positions]
        _notify(run.observer.handed_over, batch.positions, batch.slave)
        request = run.request
        batch_request = BatchRequest(request.task, inputs, request.options, request.new_sink)
        self._threads.run(partial(self._exchange_batch, batch, batch_request))

    def _exchange_batch(self, batch: Send, batch_request: BatchRequest) -> None:
        """Send one batch to its slave and handle the outcomes that it answers."""
        failure = None

        def is_in_progress() -> bool:
            return self._scheduler.is_in_progress(batch.batch)

        try:
            for answered in self._transport.process(batch.slave, batch_request, is_in_progress):
                if answered is None:
                    self._handle(AnswerBegun(time.monotonic(), batch.batch))
                else:
                    self._file_answered(batch, batch.positions[answered[0]], answered[1])
        except TransportError as error:
            failure = EXCHANGE_FAILURES.get(type(error), ExchangeFailure.CONNECTION_LOST)
            if is_in_progress():
                _log.warning(
                    "request to slave %s failed (%s): %s", batch.slave, failure.value, error
                )
        except Exception:  # noqa: BLE001 (border of a thread: its files must be requeued)
            failure = ExchangeFailure.INVALID_ANSWER
            _log.exception("batch %d for slave %s failed", batch.batch, batch.slave)
        self._handle(BatchEnded(time.monotonic(), batch.batch, failure))

    def _file_answered(self, batch: Send, position: int, outcome: Outcome | None) -> None:
        if outcome is None:
            self._handle(InputUnreadable(time.monotonic(), batch.batch, position))
            return
        code = outcome.failure.code if outcome.failure else None
        actions = self._handle(FileAnswered(time.monotonic(), batch.batch, position, code))
        if AcceptOutcome(batch.run, position) in actions:
            self._finish_file(batch.run, position, outcome)
        elif outcome.sink is not None:
            outcome.sink.discard()

    def _finish_file(self, name: str, position: int, ending: Outcome | FailFile) -> None:
        run = self._runs[name]
        if isinstance(ending, FailFile):
            ending = Outcome("", failure=ending.failure)
        _notify(run.observer.ended, position, ending)
        with self._lock:
            self._files_finished(name, 1)

    def _close(self, name: str) -> None:
        run = self._runs.get(name)
        if run is not None and run.is_open:
            run.is_open = False
            self._files_finished(name, 1)

    def _files_finished(self, name: str, ended: int) -> None:
        run = self._runs[name]
        run.unfinished -= ended
        if run.unfinished == 0:
            # Removed first: the next run may take the name as soon as the event is set.
            del self._runs[name]
            run.finished.set()


def _notify(step: Callable[..., None], *values: object) -> None:
    """Call a method of an observer; its exceptions are logged, so that other files go on."""
    try:
        step(*values)
    except Exception:  # noqa: BLE001 (border to the observer; the job finds out at its end)
        _log.exception("could not record a step of a file")
