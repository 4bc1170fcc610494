"""Carries out what the scheduler decides: one thread for each batch that is under way.

It is the engine behind ``service``: given the files of one pass, it comes back when each of them
has an outcome, and tells the listener of every step on the way.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from master_service.errors import ShuttingDown
from master_service.scheduling.events import (
    Accept,
    Action,
    AnswerBegun,
    BatchEnded,
    Discard,
    Event,
    ExchangeFailure,
    FileAnswered,
    GiveUp,
    InputUnreadable,
    Requeue,
    RunAdded,
    RunCancelled,
    Send,
    SlaveExcluded,
    SlaveGone,
    SlaveUp,
    Tick,
)
from master_service.scheduling.replay_log import EventLog
from master_service.scheduling.scheduler import Scheduler
from master_service.scheduling.state import Suspension
from master_service.slaves.registry import Change
from master_service.slaves.transport import (
    BatchRequest,
    InputFile,
    InvalidAnswer,
    SlaveFull,
    SlaveLost,
    Transport,
    TransportError,
)
from protocol.counts import counted
from protocol.task_types import TaskType
from protocol.wire import Outcome

_log = logging.getLogger(__name__)

_EXCHANGE_FAILURES: dict[type[TransportError], ExchangeFailure] = {
    SlaveFull: ExchangeFailure.FULL,
    SlaveLost: ExchangeFailure.LOST,
    InvalidAnswer: ExchangeFailure.INVALID,
}

_YIELD_EVERY_FILES = 100
_YIELD_S = 0.0001
"""Under gevent nobody else gets a turn until a thread waits, and a zero wait is none."""


class Listener(Protocol):
    """Who is told of each file's steps, by its position in the pass.

    All but ``ended`` are called in the order in which things happened and must be quick;
    ``ended`` may take its time.
    """

    def handed_over(self, positions: Sequence[int], slave: str) -> None:
        """A slave is given files."""
        ...

    def requeued(self, position: int, blamed_by: tuple[str, ...]) -> None:
        """The file waits for another slave, blamed by these until now."""
        ...

    def discarded(self, positions: Sequence[int]) -> None:
        """The pass was given up before these files had an outcome."""
        ...

    def ended(self, position: int, outcome: Outcome) -> None:
        """The file has its outcome."""
        ...


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One pass over files of one type; given up when no slave was there for ``patience_s``.

    ``sizes`` are in bytes; ``blamed_by`` says which slaves blamed a file before, by position.
    """

    task: TaskType
    inputs: Sequence[InputFile]
    sizes: Sequence[int]
    blamed_by: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    survey: bool = False
    fit: object = None
    patience_s: float | None = None


@dataclass(slots=True)
class ActiveRun:
    """A pass that has begun."""

    request: RunRequest
    listener: Listener
    unfinished: int
    finished: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Come back when every file has its end; raises ``ShuttingDown`` when the master stops."""
        self.finished.wait()
        if self.unfinished:
            raise ShuttingDown


class Worker:
    """Runs passes over the slaves; any number of them at the same time."""

    def __init__(
        self, transport: Transport, max_attempts: int, event_log: EventLog | None = None
    ) -> None:
        self._transport = transport
        self._scheduler = Scheduler(max_attempts)
        self._event_log = event_log
        self._runs: dict[str, ActiveRun] = {}
        # Decisions, and the notes that follow from them, are made one at a time.
        self._lock = threading.Lock()

    def begin(self, run: str, request: RunRequest, listener: Listener) -> ActiveRun:
        """Begin a pass under a name that no other one has while it is under way."""
        active_run = ActiveRun(request, listener, unfinished=len(request.inputs))
        if not active_run.unfinished:
            active_run.finished.set()
            return active_run
        with self._lock:
            self._runs[run] = active_run
        now, task_type = time.monotonic(), request.task.name
        self._handle(
            RunAdded(now, run, task_type, request.sizes, request.patience_s, request.blamed_by)
        )
        return active_run

    def cancel(self, run: str) -> None:
        """Give up a pass; files whose outcome is being taken in now end with it."""
        self._handle(RunCancelled(time.monotonic(), run))

    def drop(self, run: str, slave: str) -> int:
        """Give a slave nothing more of a pass; returns how many of its files it held."""
        actions = self._handle(SlaveExcluded(time.monotonic(), run, slave))
        return sum(isinstance(action, Requeue) for action in actions)

    def stop(self) -> None:
        """Let everybody go who waits for a pass."""
        for run in list(self._runs.values()):
            run.finished.set()

    def slave_changed(self, change: Change) -> None:
        """Hear of a slave that came, changed, left, became unreachable or was lost."""
        now, record = time.monotonic(), change.record
        if change.gone:
            if record.unreachable and not change.lost:
                _log.warning("slave %s is unreachable: %s", record.name, record.unreachable)
            else:
                _log.info("slave %s %s", record.name, "is missing" if change.lost else "has left")
            self._handle(SlaveGone(now, record.name, change.lost))
        else:
            capabilities = record.capabilities
            _log.info("slave %s: %s", record.name, counted(capabilities.workers, "worker"))
            self._handle(SlaveUp(now, record.name, capabilities.workers, capabilities.task_types))

    def resting(self) -> dict[str, Suspension]:
        """Return the slaves ("ip:port") that are given nothing now."""
        with self._lock:
            return self._scheduler.suspended(time.monotonic())

    def suspects(self) -> set[str]:
        """Return the slaves ("ip:port") whose last request failed on the way."""
        with self._lock:
            return self._scheduler.suspects()

    def tick(self, now: float, late_s: float) -> None:
        """Hear that time has passed, and for how much of it the master stood still."""
        self._handle(Tick(now, late_s))

    def _handle(self, event: Event) -> list[Action]:
        with self._lock:
            # Time that passes while nothing is to be done changes nothing.
            is_news = bool(self._runs) or not isinstance(event, Tick)
            actions = self._scheduler.handle(event)
            # First what was decided, then the log of it, which must never be in the way.
            self._apply(actions)
            if self._event_log and is_news:
                self._event_log.write(event, actions)
        given_up = [action for action in actions if isinstance(action, GiveUp)]
        for number, action in enumerate(given_up, start=1):
            self._finish_file(action.run, action.index, action)
            if number % _YIELD_EVERY_FILES == 0:
                time.sleep(_YIELD_S)
        return actions

    def _apply(self, actions: Sequence[Action]) -> None:
        discarded: dict[str, list[int]] = {}
        for action in actions:
            if isinstance(action, Send):
                self._send(action)
            elif isinstance(action, Requeue):
                listener = self._runs[action.run].listener
                _notify(listener.requeued, action.index, action.blamed_by)
            elif isinstance(action, Discard):
                discarded.setdefault(action.run, []).append(action.index)
        for name, positions in discarded.items():
            _notify(self._runs[name].listener.discarded, positions)
            self._count_finished(name, len(positions))

    def _send(self, batch: Send) -> None:
        run = self._runs[batch.run]
        # Made now: a file that ends elsewhere meanwhile is forgotten.
        inputs = [run.request.inputs[index] for index in batch.indexes]
        _notify(run.listener.handed_over, batch.indexes, batch.slave)
        batch_request = BatchRequest(run.request.task, inputs, run.request.survey, run.request.fit)
        threading.Thread(
            target=self._exchange_batch, args=(batch, batch_request), daemon=True
        ).start()

    def _exchange_batch(self, batch: Send, batch_request: BatchRequest) -> None:
        """Bring one batch to its slave and the outcomes back."""
        trouble = None

        def is_wanted() -> bool:
            return self._scheduler.wants(batch.batch)

        try:
            for answered in self._transport.process(batch.slave, batch_request, is_wanted):
                if answered is None:
                    self._handle(AnswerBegun(time.monotonic(), batch.batch))
                else:
                    self._file_answered(batch, batch.indexes[answered[0]], answered[1])
        except TransportError as error:
            trouble = _EXCHANGE_FAILURES[type(error)]
            if is_wanted():
                _log.warning("slave %s: %s (%s)", batch.slave, error, trouble.value)
        except Exception:  # noqa: BLE001 (border of a thread: its files must not stay with it)
            trouble = ExchangeFailure.INVALID
            _log.exception("batch %d for slave %s failed", batch.batch, batch.slave)
        self._handle(BatchEnded(time.monotonic(), batch.batch, trouble))

    def _file_answered(self, batch: Send, index: int, outcome: Outcome | None) -> None:
        if outcome is None:
            self._handle(InputUnreadable(time.monotonic(), batch.batch, index))
            return
        code = outcome.failure.code if outcome.failure else None
        actions = self._handle(FileAnswered(time.monotonic(), batch.batch, index, code))
        if Accept(batch.run, index) in actions:
            self._finish_file(batch.run, index, outcome)

    def _finish_file(self, name: str, index: int, how: Outcome | GiveUp) -> None:
        run = self._runs[name]
        if isinstance(how, GiveUp):
            how = Outcome(run.request.inputs[index].filename, failure=how.failure)
        _notify(run.listener.ended, index, how)
        with self._lock:
            self._count_finished(name, 1)

    def _count_finished(self, name: str, ended: int) -> None:
        run = self._runs[name]
        run.unfinished -= ended
        if run.unfinished == 0:
            # The name may be taken by the next pass as soon as somebody hears of the end.
            del self._runs[name]
            run.finished.set()


def _notify(step: Callable[..., None], *values: object) -> None:
    """Tell a listener; its trouble is its own, and must not keep the other files from going on."""
    try:
        step(*values)
    except Exception:  # noqa: BLE001 (border to whoever listens; the job finds out at its end)
        _log.exception("a step of a file could not be noted")
