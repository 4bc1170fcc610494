"""The runs in progress, and their batches in flight. No I/O, clocks or threads."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from master_service.dask_engine.messages import Message
from master_service.dask_engine.run_files import BATCHES_PER_THREAD, Batch, RunFiles
from master_service.engine import ActiveRun, RunObserver

Needed = frozenset[str]


@dataclass(slots=True)
class Run:
    """One run; ``needed`` are the capabilities that a worker must have for its files."""

    active: ActiveRun
    files: RunFiles
    needed: Needed
    no_slave_timeout_s: float | None
    no_slave_since: float | None = None

    @property
    def observer(self) -> RunObserver:
        """Who is told about each step of a file."""
        return self.active.observer

    @classmethod
    def of(cls, active: ActiveRun) -> "Run":
        """Return a run whose files all wait."""
        request = active.request
        return cls(
            active,
            RunFiles.of(request.sizes, request.blamed_by),
            request.features | {request.task.name},
            request.no_slave_timeout_s,
        )


class Flight:
    """Runs by name, and the batches in flight by number."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        """The first one is served next."""
        self.batches: dict[int, Batch] = {}
        self._numbers = itertools.count(1)

    def take_batch(self, threads: Callable[[Needed], int]) -> Batch | None:
        """Take the next batch of the runs in turn; None where there is no room, or no file waits.

        ``threads`` returns how many threads the workers with some capabilities have.
        """
        if len(self.batches) >= BATCHES_PER_THREAD * threads(frozenset()):
            return None
        for name, run in self.runs.items():
            capable = threads(run.needed)
            if run.files.waiting and len(run.files.batches) < BATCHES_PER_THREAD * capable:
                self.runs[name] = self.runs.pop(name)
                positions = run.files.take(capable)
                batch = Batch(next(self._numbers), name, positions, set(positions))
                self.batches[batch.number] = run.files.batches[batch.number] = batch
                return batch
        return None

    def forget(self, batch: Batch) -> Run:
        """Remove a batch, whose further messages are ignored; return its run."""
        del self.batches[batch.number]
        run = self.runs[batch.run]
        del run.files.batches[batch.number]
        return run

    def submission(self, batch: Batch) -> Message:
        """Return the message that submits a batch."""
        run = self.runs[batch.run]
        request = run.active.request
        inputs = [request.inputs[position] for position in batch.positions]
        submitted = {
            "number": batch.number,
            "task_type": request.task.name,
            "features": sorted(request.features),
            "options": dict(request.options),
            "files": [(str(each.path), each.size) for each in inputs],
            "filenames": [each.filename for each in inputs],
            "avoid": run.files.avoided(batch.positions),
        }
        return {"submit": submitted}
