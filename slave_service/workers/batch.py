"""Queues all files of one request in the pool and yields each outcome when its file is finished.

For a task type with two runs, the master asks for term counts or sends a vocabulary. A request with
neither gets both runs here: the vocabulary is that of the files of that request.
"""

import importlib
import itertools
import json
import queue
from collections.abc import Iterable, Iterator, Sequence
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

    ``count_terms`` asks for the first run of a type with two runs; ``vocabulary`` is the input of
    the second.
    """

    task: TaskType
    uploads: Sequence[Upload]
    folder: Path
    count_terms: bool = False
    vocabulary: object = None
    options: Options = field(default_factory=dict)


def process_batch(pool: Pool, batch: Batch) -> Iterator[Indexed | None]:
    """Yield index and outcome of each file when it is finished, and None in each idle second.

    Closing the iterator cancels the files that no worker has started.
    """
    all_indexes = range(len(batch.uploads))
    if batch.count_terms or batch.task.vocabulary_module is None or batch.vocabulary is not None:
        yield from _process_files(pool, batch, all_indexes, batch.count_terms, batch.vocabulary)
        return
    counted_terms: dict[int, Outcome] = {}
    for ended in _process_files(pool, batch, all_indexes, count_terms=True, vocabulary=None):
        if ended is None or ended[1].failure is not None:
            yield ended
        else:
            counted_terms[ended[0]] = ended[1]
    vocabulary = _vocabulary(batch, counted_terms.values())
    yield from _process_files(
        pool, batch, sorted(counted_terms), count_terms=False, vocabulary=vocabulary
    )


def _vocabulary(batch: Batch, counted_terms: Iterable[Outcome]) -> object:
    module = importlib.import_module(str(batch.task.vocabulary_module))
    with module.open_vocabulary(batch.folder) as builder:
        for outcome in counted_terms:
            builder.add(json.loads(outcome.data or b""))
        return builder.finish()


def _process_files(
    pool: Pool, batch: Batch, indexes: Iterable[int], count_terms: bool, vocabulary: object
) -> Iterator[Indexed | None]:
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    queued: dict[int, Future[Outcome]] = {}
    chosen = keywords(batch.options, batch.task.options)
    for index in indexes:
        upload = batch.uploads[index]
        file_task = FileTask(
            batch.task.name, upload.filename, upload.path, count_terms, vocabulary, chosen
        )
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
