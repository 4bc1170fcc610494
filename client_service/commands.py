"""Does what the command line asks for: READ FIRST.

``process`` is the whole story of files that are sent: check, send, start, follow, show, fetch.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from client_service import arguments as words
from client_service import bars, fetching, kinds, showing
from client_service.api import JobApi
from client_service.arguments import Order
from client_service.drill import drill
from client_service.errors import (
    ALL_DONE,
    INTERRUPTED,
    NOTHING_DONE,
    SOME_FAILED,
    ClientError,
    Interrupted,
    MasterError,
    MasterGone,
    UsageError,
)
from client_service.files import Heap, Source, check, walk
from client_service.following import follow
from client_service.sending import send, skip_sent
from client_service.slaves import why_unavailable
from slave_service.environment import Environment, SettingError, read_master_url
from slave_service.task_types import TASK_TYPES


@dataclass(frozen=True, slots=True)
class Load:
    """The files that are to become one job; ``walk`` yields them, as often as it is called."""

    task_type: str
    heap: Heap
    walk: Callable[[], Iterator[Source]]


def run(arguments: Sequence[str], env: Environment) -> int:
    """Do what the command line says; returns the exit code."""
    order = words.read(arguments)
    try:
        token = env.token()
        api = JobApi(read_master_url(env, token, order.master_url), token, bars.note)
        return _DO.get(order.word, _send_type)(api, order)
    except (ClientError, SettingError) as error:
        print(f"client.py: {error}", file=sys.stderr)
        return NOTHING_DONE
    except Interrupted as stop:
        print(f"client.py: stopped; {stop}", file=sys.stderr)
        return INTERRUPTED


def process(api: JobApi, order: Order, loads: Sequence[Load]) -> int:
    """Make a job of each load, and see them all to their end; returns the exit code."""
    if order.output:
        fetching.prepare(order.output)
    status = api.status()
    if order.resume:
        loads = _left(loads, api.head(order.resume)["task_type"])
    elif not order.background:
        for load in loads:
            if reason := why_unavailable(status, load.task_type):
                raise MasterError(f"the master can't do it now: {reason}")
    job_ids: list[str] = []
    for number, load in enumerate(loads):
        job_ids.append(_send(api, order, load, order.resume if number == 0 else None, job_ids))
    return _finish(api, order, job_ids)


def _send_type(api: JobApi, order: Order) -> int:
    heap = check(order.arguments)
    return process(api, order, [Load(order.word, heap, lambda: walk(order.arguments))])


def _send_auto(api: JobApi, order: Order) -> int:
    heaps = kinds.count(order.arguments)
    loads = [
        Load(name, heap, lambda name=name: kinds.of_type(order.arguments, name))  # type: ignore[misc] # mypy knows no defaults of lambdas
        for name, heap in heaps.items()
        if name is not None
    ]
    code = process(api, order, loads)
    if None not in heaps:
        return code
    showing.skipped(kinds.of_type(order.arguments, None))
    return max(code, SOME_FAILED)


def _left(loads: Sequence[Load], task_type: str) -> list[Load]:
    """Return the loads from the one of the job that is resumed on; those before it are sent."""
    types = [load.task_type for load in loads]
    if task_type not in types:
        raise UsageError(f"the job to resume is one of {task_type} files, not {', '.join(types)}")
    return list(loads[types.index(task_type) :])


def _send(api: JobApi, order: Order, load: Load, resumed: str | None, before: list[str]) -> str:
    """Bring the load to a job, new or resumed, and start that; returns its id."""
    sources, there = load.walk(), Heap()
    if resumed:
        if api.head(resumed)["state"] != "open":
            bars.note(f"job {resumed} has all its files already")
            return resumed
        there = skip_sent(api.ledger(resumed), sources)
    job_id = resumed or api.create(load.task_type)
    with _way_back(_to_resume(order, job_id, before)):
        send(api, job_id, TASK_TYPES[load.task_type].form_field, sources, load.heap, there)
        api.start(job_id)
    return job_id


def _finish(api: JobApi, order: Order, job_ids: Sequence[str]) -> int:
    """Say how to come back to the jobs, or wait until they are done and show how they went."""
    if order.background:
        for job_id in job_ids:
            print(f"Job: {job_id}")
            print(f"Status: {api.master_url}/jobs/{job_id}")
            print(f"Come back to it: {order.to_follow(job_id)}")
        return ALL_DONE
    codes = []
    for number, job_id in enumerate(job_ids):
        with _way_back(_to_follow(order, job_ids[number:])):
            head = follow(api, job_id)
            if number:
                print()
            codes.append(showing.summary(api, head))
            if order.output:
                codes.append(fetching.fetch(api, head, order.output))
    return max(codes)


def _follow(api: JobApi, order: Order) -> int:
    if order.output:
        fetching.prepare(order.output)
    api.status()
    return _finish(api, order, order.arguments)


def _retry(api: JobApi, order: Order) -> int:
    if order.output:
        fetching.prepare(order.output)
    api.status()
    return _finish(api, order, [api.retry(order.arguments[0])])


def _cancel(api: JobApi, order: Order) -> int:
    api.status()
    head = api.cancel(order.arguments[0])
    counts = f"{head['done_files']} of {head['total_files']} files processed"
    print(f"Job {head['job_id']}: {head['state']}, {counts}")
    return ALL_DONE


def _jobs(api: JobApi, order: Order) -> int:  # noqa: ARG001 (every word is called alike)
    api.status()
    showing.jobs(api.jobs())
    return ALL_DONE


def _drill(api: JobApi, order: Order) -> int:  # noqa: ARG001 (every word is called alike)
    return drill(api)


@contextlib.contextmanager
def _way_back(way: str) -> Iterator[None]:
    """Say how to come back, where it is worth it: whatever the master refuses, it will again."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(way) from None
    except (MasterGone, UsageError) as error:
        raise type(error)(f"{error}\n{way}") from error


def _to_resume(order: Order, job_id: str, started: Sequence[str]) -> str:
    way = f"to send the rest of the files:\n  {order.to_resume(job_id)}"
    return f"{way}\n{_to_follow(order, started)}" if started else way


def _to_follow(order: Order, job_ids: Sequence[str]) -> str:
    """Tell how to come back to jobs that go on without this client, or to stop them."""
    follows = [f"\n  {order.to_follow(job_id)}" for job_id in job_ids]
    cancels = [f"\n  {order.to_cancel(job_id)}" for job_id in job_ids]
    what = "the job goes on" if len(job_ids) == 1 else "the jobs go on"
    return f"{what}; to come back:{''.join(follows)}\nto stop instead:{''.join(cancels)}"


_DO: dict[str, Callable[[JobApi, Order], int]] = {
    words.AUTO: _send_auto,
    words.JOBS: _jobs,
    words.FOLLOW: _follow,
    words.RETRY: _retry,
    words.CANCEL: _cancel,
    words.DRILL: _drill,
}
"""What is done for each word; any other one is a task type."""
