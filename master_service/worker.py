"""Carries out what the scheduler decides: one thread for each batch that is under way.

It is the engine behind ``service``: given the files of one pass, it comes back when each of them
has an outcome, and tells the listener of every step on the way.
"""

import logging
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from master_service.errors import Stopping
from master_service.events import (
    Action,
    Answered,
    Ended,
    Event,
    GiveUp,
    Keep,
    Requeue,
    RunAdded,
    Send,
    SlaveGone,
    SlaveUp,
    Tick,
    Trouble,
)
from master_service.scheduler import Scheduler
from master_service.slaves import Change
from master_service.transport import (
    Parcel,
    Shipment,
    SlaveFull,
    SlaveGarbled,
    SlaveLost,
    Transport,
    TransportError,
)
from slave_service.task_types import TaskType
from slave_service.wire import Outcome

_log = logging.getLogger(__name__)

_TROUBLES: dict[type[TransportError], Trouble] = {
    SlaveFull: Trouble.FULL,
    SlaveLost: Trouble.LOST,
    SlaveGarbled: Trouble.GARBLED,
}


class Listener(Protocol):
    """Who is told of each file's steps, by its position in the pass.

    ``handed_over`` and ``taken_back`` are called in the order in which things happened and must
    be quick; ``ended`` may take its time.
    """

    def handed_over(self, position: int, slave: str) -> None:
        """A slave is given the file."""
        ...

    def taken_back(self, position: int) -> None:
        """The file waits for another slave."""
        ...

    def ended(self, position: int, outcome: Outcome) -> None:
        """The file has its outcome."""
        ...


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over files of one type; given up when no slave was there for ``patience_s``."""

    task: TaskType
    parcels: Sequence[Parcel]
    survey: bool = False
    fit: object = None
    patience_s: float | None = None


@dataclass(slots=True)
class _Run:
    work: Pass
    listener: Listener
    left: int
    over: threading.Event = field(default_factory=threading.Event)


class Worker:
    """Runs passes over the slaves; any number of them at the same time."""

    def __init__(self, transport: Transport, max_attempts: int) -> None:
        self._transport = transport
        self._scheduler = Scheduler(max_attempts)
        self._runs: dict[str, _Run] = {}
        # Decisions, and the notes that follow from them, are made one at a time.
        self._lock = threading.Lock()

    def run(self, work: Pass, listener: Listener) -> None:
        """Come back when every file of the pass has its outcome."""
        if not work.parcels:
            return
        name = uuid.uuid4().hex
        run = _Run(work, listener, left=len(work.parcels))
        sizes = [parcel.size for parcel in work.parcels]
        with self._lock:
            self._runs[name] = run
        self._post(RunAdded(time.monotonic(), name, work.task.name, sizes, work.patience_s))
        run.over.wait()
        if run.left:
            raise Stopping
        with self._lock:
            del self._runs[name]

    def stop(self) -> None:
        """Let everybody go who waits for a pass."""
        for run in list(self._runs.values()):
            run.over.set()

    def slave_changed(self, change: Change) -> None:
        """Hear of a slave that came, changed, left or was lost."""
        now, record = time.monotonic(), change.record
        if change.gone:
            _log.info("slave %s %s", record.name, "is missing" if change.lost else "has left")
            self._post(SlaveGone(now, record.name, change.lost))
        else:
            details = record.details
            _log.info("slave %s: %d workers", record.name, details.workers)
            self._post(SlaveUp(now, record.name, details.workers, details.task_types))

    def resting(self) -> frozenset[str]:
        """Return the slaves ("ip:port") that are left alone for a while."""
        with self._lock:
            return self._scheduler.resting(time.monotonic())

    def tick(self, now: float) -> None:
        """Hear that time has passed."""
        self._post(Tick(now))

    def _post(self, event: Event) -> list[Action]:
        gave_up: list[GiveUp] = []
        with self._lock:
            actions = self._scheduler.handle(event)
            for action in actions:
                if isinstance(action, Send):
                    self._send(action)
                elif isinstance(action, Requeue):
                    self._runs[action.run].listener.taken_back(action.index)
                elif isinstance(action, GiveUp):
                    gave_up.append(action)
        for given_up in gave_up:
            self._end(given_up.run, given_up.index, given_up)
        return actions

    def _send(self, batch: Send) -> None:
        run = self._runs[batch.run]
        for index in batch.indexes:
            run.listener.handed_over(index, batch.slave)
        threading.Thread(target=self._carry, args=(batch, run.work), daemon=True).start()

    def _carry(self, batch: Send, work: Pass) -> None:
        """Bring one batch to its slave and the outcomes back."""
        trouble = None
        parcels = [work.parcels[index] for index in batch.indexes]
        shipment = Shipment(work.task, parcels, work.survey, work.fit)
        try:
            for position, outcome in self._transport.process(batch.slave, shipment):
                self._answered(batch, batch.indexes[position], outcome)
        except TransportError as error:
            trouble = _TROUBLES[type(error)]
            _log.warning("slave %s: %s (%s)", batch.slave, error, trouble.value)
        except Exception:  # noqa: BLE001 (border of a thread: its files must not stay with it)
            trouble = Trouble.GARBLED
            _log.exception("batch %d for slave %s failed", batch.batch, batch.slave)
        self._post(Ended(time.monotonic(), batch.batch, trouble))

    def _answered(self, batch: Send, index: int, outcome: Outcome) -> None:
        code = outcome.failure.code if outcome.failure else None
        actions = self._post(Answered(time.monotonic(), batch.batch, index, code))
        if Keep(batch.run, index) in actions:
            self._end(batch.run, index, outcome)

    def _end(self, name: str, index: int, how: Outcome | GiveUp) -> None:
        run = self._runs[name]
        if isinstance(how, GiveUp):
            how = Outcome(run.work.parcels[index].filename, failure=how.failure)
        try:
            run.listener.ended(index, how)
        finally:
            with self._lock:
                run.left -= 1
                over = run.left == 0
            if over:
                run.over.set()
