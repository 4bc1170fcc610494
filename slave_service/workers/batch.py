"""Queues all files of one request in the pool and yields each outcome when its file is finished.

For a task type with two runs, the master asks for a survey or sends a fit. A request with neither
gets both runs here: the fit is computed from the files of that request.
"""

import importlib
import itertools
import json
import queue
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from protocol.server.multipart_receiver import Upload
from protocol.task_types import TaskType
from protocol.wire import Outcome
from slave_service.workers.pool import Pool
from slave_service.workers.worker import FileTask

_KEEP_ALIVE_S = 1.0

Indexed = tuple[int, Outcome]


@dataclass(frozen=True, slots=True)
class Batch:
    """The files of one request to the slave, all of one task type.

    ``survey`` asks for the first run of a type with two runs; ``fit`` is the input of the second.
    """

    task: TaskType
    uploads: Sequence[Upload]
    folder: Path
    survey: bool = False
    fit: object = None


def process_batch(pool: Pool, batch: Batch) -> Iterator[Indexed | None]:
    """Yield index and outcome of each file when it is finished, and None in each idle second.

    Closing the iterator cancels the files that no worker has started.
    """
    all_indexes = range(len(batch.uploads))
    if batch.survey or batch.task.fit is None or batch.fit is not None:
        yield from _process_files(pool, batch, all_indexes, batch.survey, batch.fit)
        return
    surveys: dict[int, Outcome] = {}
    for ended in _process_files(pool, batch, all_indexes, survey=True, fit=None):
        if ended is None or ended[1].failure is not None:
            yield ended
        else:
            surveys[ended[0]] = ended[1]
    fit = _fit(batch, surveys.values())
    yield from _process_files(pool, batch, sorted(surveys), survey=False, fit=fit)


def _fit(batch: Batch, surveys: Iterable[Outcome]) -> object:
    module = importlib.import_module(str(batch.task.fit))
    with module.open_fit(batch.folder) as fit:
        for outcome in surveys:
            fit.add(json.loads(outcome.data or b""))
        return fit.finish()


def _process_files(
    pool: Pool, batch: Batch, indexes: Iterable[int], survey: bool, fit: object
) -> Iterator[Indexed | None]:
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    waiting: dict[int, Future[Outcome]] = {}
    for index in indexes:
        upload = batch.uploads[index]
        file_task = FileTask(batch.task.name, upload.filename, upload.path, survey, fit)
        waiting[index] = pool.submit(file_task)
    try:
        for index, future in waiting.items():
            future.add_done_callback(partial(_put_index, ended, index))
        while waiting:
            try:
                index = ended.get(timeout=_KEEP_ALIVE_S)
            except queue.Empty:
                yield None
                continue
            yield index, waiting.pop(index).result()
    finally:
        for future in waiting.values():
            future.cancel()


def _put_index(ended: "queue.SimpleQueue[int]", index: int, _: "Future[Outcome]") -> None:
    ended.put(index)


def in_upload_order(events: Iterator[Indexed | None]) -> Iterator[Outcome | None]:
    """Yield the outcomes in the order of their indexes, and pass on each None."""
    finished: dict[int, Outcome] = {}
    indexes = itertools.count()
    next_index = next(indexes)
    for event in events:
        if event is None:
            yield None
            continue
        finished[event[0]] = event[1]
        while next_index in finished:
            yield finished.pop(next_index)
            next_index = next(indexes)
