"""Brings the files of runs to the workers of a Dask cluster. READ FIRST.

The engine keeps a few batches of files in flight, and decides what becomes of their outcomes.
Which worker processes a batch is up to Dask.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from master_service.dask_engine.flight import Flight, Run
from master_service.dask_engine.messages import Message
from master_service.dask_engine.outcomes import Found, no_worker, outcomes
from master_service.dask_engine.run_files import Batch
from master_service.dask_engine.workers import Workers
from master_service.engine import ActiveRun, Engine, RunObserver, RunRequest
from master_service.slaves.registry import Registry
from protocol.failures import RETRIED_CODES, UNBLAMED_CODES, Failure
from protocol.wire import Outcome

_log = logging.getLogger(__name__)
_MIN_SAVING_BATCHES = 4
SLAVE_REFUSAL = (
    "This master gives its files to a Dask cluster (ENGINE=dask) and takes no slaves: start a Dask "
    "worker instead (docs/scaling.md), or unset ENGINE on the master."
)


class Client(Protocol):
    """The Dask client process, as the engine uses it; ``client.Client`` is one."""

    def send(self, message: Message) -> None:
        """Send a message to the process, if there is one."""
        ...

    def stop(self) -> None:
        """Let the process end."""
        ...


Connect = Callable[[Callable[[Message, Sequence[bytes]], None], Callable[[], None]], Client]
"""Starts the client process; its arguments are told each message, and the end of a process."""


class DaskEngine(Engine):
    """Processes any number of runs at the same time on the workers of one Dask cluster."""

    has_open_runs = True

    def __init__(self, registry: Registry, max_attempts: int, connect: Connect) -> None:
        self._workers = Workers(registry)
        self._max_attempts = max_attempts
        self._flight = Flight()
        self._saving = 0
        """Batches whose outcomes are being recorded; their results are in memory."""
        # Serializes decisions and the observer calls that follow from them.
        self._lock = threading.Lock()
        self._client = connect(self._on_message, self._on_client_end)

    # Runs

    def begin(self, name: str, request: RunRequest, observer: RunObserver) -> ActiveRun:
        """Add the files to those that wait for workers."""
        active = ActiveRun(request, observer)
        run = Run.of(active)
        if active.unfinished:
            with self._lock:
                self._flight.runs[name] = run
                self._submit_batches()
        return active

    def extend(self, name: str, sizes: Sequence[int]) -> None:
        """Add files to an open run."""
        with self._lock:
            run = self._flight.runs.get(name)
            if run is not None and run.active.is_open:
                run.active.unfinished += len(sizes)
                run.files.extend(sizes)
                self._submit_batches()

    def complete(self, name: str, no_slave_timeout_s: float | None) -> None:
        """Close an open run, which ends when all of its files have."""
        with self._lock:
            if (run := self._flight.runs.get(name)) is not None:
                run.no_slave_timeout_s = no_slave_timeout_s
                self._close(name, run)

    def withdraw(self, name: str, positions: Collection[int]) -> None:
        """Cancel some files of a run, unless they have ended or their outcome is being saved."""
        with self._lock:
            if (run := self._flight.runs.get(name)) is not None:
                self._withdraw(name, run, positions)

    def cancel(self, name: str) -> None:
        """Cancel a run; files whose outcome is being saved now still end with that outcome."""
        with self._lock:
            if (run := self._flight.runs.get(name)) is not None:
                self._withdraw(name, run, range(len(run.files.sizes)))
                self._close(name, run)

    def exclude(self, name: str, slave: str) -> int:
        """Give a worker no more files of a run, and requeue those that it has begun."""
        with self._lock:
            if (run := self._flight.runs.get(name)) is None:
                return 0
            run.files.excluded.add(slave)
            held = [batch for batch in run.files.batches.values() if batch.worker == slave]
            # Those that wait in Dask may be waiting for this worker.
            queued = [batch for batch in run.files.batches.values() if batch.worker is None]
            for batch in held + queued:
                self._put_back(batch)
            self._submit_batches()
            return sum(len(batch.unanswered) for batch in held)

    def stop(self) -> None:
        """Wake all threads that wait for a run, and let the client process end."""
        for run in list(self._flight.runs.values()):
            run.active.finished.set()
        self._client.stop()

    # Workers

    def why_unavailable(self, task_type: str, features: frozenset[str] = frozenset()) -> str | None:
        """Return why no Dask worker does the type with these features; None when one does."""
        return self._workers.why_unavailable(task_type, features)

    def registered_slaves(self, needed: frozenset[str]) -> list[str]:
        """Return the workers ("ip:port") with these capabilities."""
        return self._workers.names(needed)

    def callable_slaves(self, needed: frozenset[str]) -> list[str]:
        """Return the workers ("ip:port") with these capabilities."""
        return self._workers.names(needed)

    def slave_refusal(self) -> str | None:
        """Return why slaves can't register with this master."""
        return SLAVE_REFUSAL

    def tick(self, now: float, late_s: float) -> None:
        """Fail the files of runs that have been without workers for too long."""
        failed: list[tuple[str, Run, int, Outcome]] = []
        with self._lock:
            self._workers.heartbeat(now)
            for name, run in self._flight.runs.items():
                if self._workers.threads(run.needed):
                    run.no_slave_since = None
                    continue
                since = run.no_slave_since
                run.no_slave_since = now if since is None else since + late_s
                limit_s = run.no_slave_timeout_s
                if limit_s is not None and now - run.no_slave_since >= limit_s:
                    outcome = Outcome("", failure=no_worker(run.active.request, limit_s))
                    failed += [(name, run, at, outcome) for at in run.files.take_all()]
        for each in failed:
            self._end(*each)

    # Batches: the lock is held

    def _submit_batches(self) -> None:
        most_saving = max(_MIN_SAVING_BATCHES, self._workers.threads())
        while self._saving < most_saving:
            batch = self._flight.take_batch(self._workers.threads)
            if batch is None:
                return
            self._client.send(self._flight.submission(batch))

    def _close(self, name: str, run: Run) -> None:
        if run.active.is_open:
            run.active.is_open = False
            self._files_finished(name, run, 1)

    def _withdraw(self, name: str, run: Run, positions: Collection[int]) -> None:
        removed = run.files.withdraw(positions)
        for batch in list(run.files.batches.values()):
            if not batch.unanswered:
                self._flight.forget(batch)
                self._client.send({"cancel": batch.number})
        if removed:
            _notify(run.observer.cancelled, removed)
            self._files_finished(name, run, len(removed))
        self._submit_batches()

    def _put_back(self, batch: Batch) -> None:
        """Let the files of a batch wait again, without counting an attempt."""
        run = self._flight.forget(batch)
        self._client.send({"cancel": batch.number})
        run.files.put_back(batch.unanswered)
        if batch.worker is not None:
            for position in sorted(batch.unanswered):
                self._requeued(run, position)

    def _requeued(self, run: Run, position: int) -> None:
        _notify(run.observer.requeued, position, run.files.blames(position))

    def _begun(self, batch: Batch, worker: str) -> None:
        """Record that a worker has begun the batch, unless that is known."""
        if batch.worker is None and worker:
            batch.worker = worker
            observer = self._flight.runs[batch.run].observer
            _notify(observer.handed_over, sorted(batch.unanswered), worker)

    # Messages of the client process

    def _on_client_end(self) -> None:
        with self._lock:
            self._workers.update([], "the Dask client process has ended", time.monotonic())
            for batch in list(self._flight.batches.values()):
                self._put_back(batch)

    def _on_message(self, message: Message, data: Sequence[bytes]) -> None:
        event = message["event"]
        with self._lock:
            if event == "cluster":
                self._workers.update(message["workers"], message["problem"], time.monotonic())
            elif (batch := self._flight.batches.get(message["batch"])) is None:
                return
            elif event == "begun":
                self._begun(batch, message["worker"])
            elif event == "lost":
                _log.info("files are submitted again: %s", message["reason"])
                self._put_back(batch)
            else:
                self._ended(batch, message, data)
            self._submit_batches()

    def _ended(self, batch: Batch, message: Message, data: Sequence[bytes]) -> None:
        self._begun(batch, message["worker"])
        run = self._flight.forget(batch)
        run.files.answered(len(batch.positions), message["elapsed_s"])
        found = outcomes(batch.positions, message["files"], data)
        wanted = [each for each in found if each.position in batch.unanswered]
        self._saving += 1
        # Recording an outcome may wait for a full disk, and messages must not.
        threading.Thread(target=self._record, args=(batch, run, wanted), daemon=True).start()

    def _record(self, batch: Batch, run: Run, found: Sequence[Found]) -> None:
        """Report the outcomes of a batch, but for files that are to be tried again."""
        try:
            for each in found:
                with self._lock:
                    failure = None if each.is_final else each.outcome.failure
                    again = failure and self._tries_again(batch, run, each.position, failure)
                if not again:
                    self._end(batch.run, run, each.position, each.outcome)
        finally:
            with self._lock:
                self._saving -= 1
                self._submit_batches()

    def _tries_again(self, batch: Batch, run: Run, position: int, failure: Failure) -> bool:
        """Return whether a file waits for another attempt, or was withdrawn meanwhile."""
        if failure.code not in RETRIED_CODES | UNBLAMED_CODES:
            return False
        if position in run.files.withdrawn:
            _notify(run.observer.cancelled, [position])
            self._files_finished(batch.run, run, 1)
        elif failure.code in UNBLAMED_CODES:
            run.files.put_back([position])
            self._requeued(run, position)
        elif run.files.blame(position, batch.worker or "", self._max_attempts):
            self._requeued(run, position)
        else:
            return False
        return True

    def _end(self, name: str, run: Run, position: int, outcome: Outcome) -> None:
        _notify(run.observer.ended, position, outcome)
        with self._lock:
            self._files_finished(name, run, 1)

    def _files_finished(self, name: str, run: Run, ended: int) -> None:
        run.active.unfinished -= ended
        if run.active.unfinished == 0:
            # Removed first: the next run may take the name as soon as the event is set.
            self._flight.runs.pop(name, None)
            run.active.finished.set()


def _notify(step: Callable[..., None], *values: object) -> None:
    """Call a method of an observer; its exceptions are logged, so that other files go on."""
    try:
        step(*values)
    except Exception:  # noqa: BLE001 (border to the observer; the job finds out at its end)
        _log.exception("could not record a step of a file")
