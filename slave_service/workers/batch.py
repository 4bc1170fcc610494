"""Has the files of one request processed: queued at once, told about as they end.

A type that works in two passes is fitted over the request's own files, unless the request brings
a fit along, as the master's do.
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

_SIGN_OF_LIFE_S = 1.0

Indexed = tuple[int, Outcome]


@dataclass(frozen=True, slots=True)
class Request:
    """Files of one task type, and the pass that is asked for."""

    task: TaskType
    uploads: Sequence[Upload]
    folder: Path
    survey: bool = False
    fit: object = None


def outcomes(pool: Pool, request: Request) -> Iterator[Indexed | None]:
    """Yield each file's index and outcome as it ends, and None about once a second until then.

    Closing the iterator takes back the files that no worker has begun.
    """
    everyone = range(len(request.uploads))
    if request.survey or request.task.fit is None or request.fit is not None:
        yield from _one_pass(pool, request, everyone, request.survey, request.fit)
        return
    surveys: dict[int, Outcome] = {}
    for ended in _one_pass(pool, request, everyone, survey=True, fit=None):
        if ended is None or ended[1].failure is not None:
            yield ended
        else:
            surveys[ended[0]] = ended[1]
    fit = _fit(request, surveys.values())
    yield from _one_pass(pool, request, sorted(surveys), survey=False, fit=fit)


def _fit(request: Request, surveys: Iterable[Outcome]) -> object:
    module = importlib.import_module(str(request.task.fit))
    with module.open_fit(request.folder) as fit:
        for outcome in surveys:
            fit.add(json.loads(outcome.data or b""))
        return fit.finish()


def _one_pass(
    pool: Pool, request: Request, indexes: Iterable[int], survey: bool, fit: object
) -> Iterator[Indexed | None]:
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    waiting: dict[int, Future[Outcome]] = {}
    for index in indexes:
        upload = request.uploads[index]
        order = FileTask(request.task.name, upload.filename, upload.path, survey, fit)
        waiting[index] = pool.submit(order)
    try:
        for index, future in waiting.items():
            future.add_done_callback(partial(_tell, ended, index))
        while waiting:
            try:
                index = ended.get(timeout=_SIGN_OF_LIFE_S)
            except queue.Empty:
                yield None
                continue
            yield index, waiting.pop(index).result()
    finally:
        for future in waiting.values():
            future.cancel()


def _tell(ended: "queue.SimpleQueue[int]", index: int, _: "Future[Outcome]") -> None:
    ended.put(index)


def in_upload_order(events: Iterator[Indexed | None]) -> Iterator[Outcome | None]:
    """Yield the outcomes by index; None whenever there was nothing new to tell."""
    early: dict[int, Outcome] = {}
    expected = itertools.count()
    following = next(expected)
    for event in events:
        if event is None:
            yield None
            continue
        early[event[0]] = event[1]
        while following in early:
            yield early.pop(following)
            following = next(expected)
