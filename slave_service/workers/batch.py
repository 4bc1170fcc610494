"""Queues all files of one request in the pool and yields each outcome when its file is finished.

For a task type with a merge module, the master asks for partial results. A request that does not
gets results that are merged here, over the files of that request.
"""

import importlib
import itertools
import json
import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from protocol.options import Options, keywords
from protocol.server.multipart_receiver import Upload
from protocol.task_types import TaskType
from protocol.wire import Outcome
from slave_service.workers.pool import Pool
from slave_service.workers.worker_handle import FileTask

_KEEP_ALIVE_S = 1.0

Indexed = tuple[int, Outcome]


@dataclass(frozen=True, slots=True)
class Batch:
    """The files of one request to the slave, all of one task type.

    ``partial`` asks for partial results where the task type has a merge module.
    """

    task: TaskType
    uploads: Sequence[Upload]
    folder: Path
    partial: bool = False
    options: Options = field(default_factory=dict)


def process_batch(pool: Pool, batch: Batch) -> Iterator[Indexed | None]:
    """Yield index and outcome of each file when it is finished, and None in each idle second.

    Closing the iterator cancels the files that no worker has started.
    """
    outcomes = _process_files(pool, batch)
    if batch.partial or batch.task.merge_module is None:
        yield from outcomes
        return
    partials: dict[int, Outcome] = {}
    for ended in outcomes:
        if ended is None or ended[1].failure is not None:
            yield ended
        else:
            partials[ended[0]] = ended[1]
    yield from _merged(batch, partials)


def _merged(batch: Batch, partials: dict[int, Outcome]) -> Iterator[Indexed]:
    """Yield the results of the files that have partial results, in the order of their indexes."""
    module = importlib.import_module(str(batch.task.merge_module))
    with module.open_vocabulary(batch.folder) as builder:
        for partial in partials.values():
            builder.add(json.loads(partial.data or b""))
        embedder = module.Embedder(builder.finish())
    for index, partial in sorted(partials.items()):
        yield index, embedder.outcome(partial.filename, partial.data or b"")


def _process_files(pool: Pool, batch: Batch) -> Iterator[Indexed | None]:
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    queued: dict[int, Future[Outcome]] = {}
    chosen = keywords(batch.options, batch.task.options)
    for index, upload in enumerate(batch.uploads):
        file_task = FileTask(batch.task.name, upload.filename, upload.path, chosen)
        queued[index] = pool.submit(file_task)
    try:
        for index, future in queued.items():
            future.add_done_callback(partial(_put_index, ended, index))
        while queued:
            try:
                index = ended.get(timeout=_KEEP_ALIVE_S)
            except queue.Empty:
                yield None
                continue
            yield index, queued.pop(index).result()
    finally:
        for future in queued.values():
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
