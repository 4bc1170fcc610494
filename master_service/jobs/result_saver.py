"""Saves the results of one run in groups: on stable storage first, then named, then recorded.

A result is written to disk when it comes, and is not kept in memory. Each step is on stable storage
before the next: a result with a name is whole, and one that the ledger has is there, also after a
loss of power.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from master_service.jobs.group_queue import GroupQueue
from master_service.jobs.result_sink import ResultSink
from master_service.jobs.running_job import JobCancelled, RunningJob
from master_service.storage.durability import StableStorage
from master_service.storage.model import File
from master_service.storage.results import Results, Saved, Staged
from protocol.cooperative_yield import YieldTimer
from protocol.counts import counted
from protocol.failures import Failure, Internal
from protocol.task_types import TaskType
from protocol.wire import Outcome

R = TypeVar("R")

_log = logging.getLogger(__name__)


class Ended(NamedTuple):
    """A file that has ended, its position in the run, and the bytes of its result."""

    position: int
    file: File
    result_bytes: int


class _Unsaved(NamedTuple):
    position: int
    file: File
    staged: Staged
    warnings: tuple[str, ...]


class ResultSaver:
    """Saves the results of one run.

    ``record`` is called with the files of a group: done, failed or, in a cancelled job, cancelled.
    """

    def __init__(
        self,
        running_job: RunningJob,
        task: TaskType,
        results: Results,
        storage: StableStorage,
        record: Callable[[Sequence[Ended]], None],
    ) -> None:
        self._running_job = running_job
        self._task = task
        self._results = results
        self._storage = storage
        self._record = record
        self._queue = GroupQueue(self._save_group)

    def put(self, position: int, file: File, outcome: Outcome, staged: Staged | None) -> None:
        """Write a result, unless it is written already, waiting while the disk is full.

        It is saved soon after.
        """
        sink, data = outcome.sink, outcome.data or b""
        written = staged or self._tried(
            file,
            sink.staged
            if isinstance(sink, ResultSink)
            else lambda: self._results.stage(self._task, data),
        )
        if isinstance(written, Staged):
            self._queue.put(_Unsaved(position, file, written, outcome.warnings))
        else:
            _end(file, written)
            self._record([Ended(position, file, 0)])

    def drain(self) -> None:
        """Wait until every result is saved."""
        self._queue.drain()

    def _save_group(self, group: Sequence[_Unsaved]) -> None:
        """Save results; those that can't be saved fail."""
        ended = []
        for result, ending in zip(group, self._named(group), strict=True):
            _end(result.file, ending, result.warnings)
            size = result.staged.size if isinstance(ending, Saved) else 0
            ended.append(Ended(result.position, result.file, size))
        try:
            self._record(ended)
        except Exception:  # noqa: BLE001 (border of a thread; the job finds out at its end)
            _log.exception("could not record the results of %s", counted(len(ended), "file"))

    def _named(self, group: Sequence[_Unsaved]) -> Sequence["_Ending"]:
        """Name results; return for each its name, its failure, or None where it is cancelled."""
        if failure := self._not_synced([result.staged.path for result in group], ()):
            for result in group:
                result.staged.discard()
            return [failure] * len(group)
        endings: list[_Ending] = []
        yield_timer = YieldTimer()
        for result in group:
            publish = partial(
                self._results.publish, self._task, result.file.filename, result.staged
            )
            endings.append(self._tried(result.file, publish))
            result.staged.discard()
            yield_timer.yield_if_due()
        if failure := self._not_synced((), self._results.folders(self._task)):
            return [failure if isinstance(ending, Saved) else ending for ending in endings]
        return endings

    def _not_synced(self, files: Sequence[Path], folders: Sequence[Path]) -> Failure | None:
        try:
            self._storage.sync(files, folders)
        except OSError as error:
            _log.error("results can't be put on stable storage: %s", error)
            return not_written(error)
        return None

    def _tried(self, file: File, write: Callable[[], R]) -> R | Failure | None:
        """Return what ``write`` returns, a failure, or None where the job was cancelled."""
        try:
            return self._running_job.retry_writes(write)
        except JobCancelled:
            return None
        except OSError as error:
            return not_written(error)
        except Exception:  # noqa: BLE001 (whatever the error, the file must end)
            job_id = self._running_job.job.job_id
            _log.exception("job %s: file %d: can't save its result", job_id, file.index)
            return _INTERNAL_ERROR


def not_written(error: OSError) -> Failure:
    """Return the failure of a file whose result can't be written to disk."""
    return Internal(
        f"The result could not be written on the master ({error.strerror}): make room or "
        "give access to RESULTS_DIR, then send the file again."
    ).as_failure()


_Ending = Saved | Failure | None
_INTERNAL_ERROR = Internal(
    "The result could not be saved because of an internal error; the log of the master "
    "has the details."
).as_failure()


def _end(file: File, ending: _Ending, warnings: tuple[str, ...] = ()) -> None:
    if isinstance(ending, Saved):
        file.finish(ending.path, ending.sha256, warnings)
    elif ending is None:
        file.cancel()
    else:
        file.fail(ending)
