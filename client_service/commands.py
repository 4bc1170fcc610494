"""Does what the command line asks for: READ FIRST.

``process`` is the whole story of files that are sent: check, send, start, follow, show, fetch.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from client_service import arguments as words
from client_service import listing, output
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
    UsageError,
)
from client_service.following import follow
from client_service.local_files import Heap, Source, check, walk
from client_service.master_api.job_api import JobApi
from client_service.resume_hints import (
    give_up,
    is_final,
    saying,
    to_cancel,
    to_follow,
    to_resume,
    to_see_again,
)
from client_service.slaves import why_unavailable
from client_service.terminal import progress
from client_service.terminal.interrupt import CtrlC
from client_service.transfer import classification, downloading, output_folder
from client_service.transfer.uploading import send, skip_sent
from protocol.counts import counted
from protocol.settings.environment import Environment, SettingError, read_master_url
from protocol.task_types import TASK_TYPES

_NO_SLAVE = "start a slave with python slave.py, or send with --background"


@dataclass(frozen=True, slots=True)
class Load:
    """The files that are to become one job; ``walk`` yields them, as often as it is called."""

    task_type: str
    heap: Heap
    walk: Callable[[], Iterator[Source]]


def run(order: Order, env: Environment, ctrl_c: CtrlC) -> int:
    """Do what the command line says; returns the exit code."""
    try:
        token, authority = env.value("CLUSTER_TOKEN"), env.tls(serves=False).authority
        url = read_master_url(env, token)
        api = JobApi(url, token, progress.note, ctrl_c, authority)
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
        output_folder.prepare(order.output)
    status = api.status()
    if order.resume:
        resume = listing.whole_id(api, order, order.resume)
        order = replace(order, resume=resume)
        loads = _left(loads, api.head(resume)["task_type"])
    elif not order.background:
        for load in loads:
            if reason := why_unavailable(status, load.task_type):
                raise MasterError(f"the master can't do it now ({_NO_SLAVE}): {reason}")
    job_ids: list[str] = []
    for number, load in enumerate(loads):
        job_ids.append(_send(api, order, load, order.resume if number == 0 else None, job_ids))
    return _finish(api, order, job_ids)


def _send_type(api: JobApi, order: Order) -> int:
    heap = check(order.arguments)
    return process(api, order, [Load(order.word, heap, lambda: walk(order.arguments))])


def _send_auto(api: JobApi, order: Order) -> int:
    heaps = classification.count(order.arguments)
    loads = [
        Load(name, heap, lambda name=name: classification.of_type(order.arguments, name))  # type: ignore[misc] # mypy knows no defaults of lambdas
        for name, heap in heaps.items()
        if name is not None
    ]
    code = process(api, order, loads)
    if None not in heaps:
        return code
    output.skipped(classification.of_type(order.arguments, None))
    return max(code, SOME_FAILED)


def _left(loads: Sequence[Load], task_type: str) -> list[Load]:
    """Return the loads from the one of the job that is resumed on; those before it are sent."""
    types = [load.task_type for load in loads]
    if task_type not in types:
        raise UsageError(f"the job to resume is one of {task_type} files, not {', '.join(types)}")
    return list(loads[types.index(task_type) :])


def _send(api: JobApi, order: Order, load: Load, resumed: str | None, before: list[str]) -> str:
    """Bring the load to a job, new or resumed, and start that; returns its id."""
    with saying(lambda _: to_follow(order, before)):
        sources, there = load.walk(), Heap()
        if resumed:
            state = api.head(resumed)["state"]
            if state == "cancelled":
                raise UsageError(f"job {resumed} was cancelled: send the files as a new job")
            there = skip_sent(api.ledger(resumed), sources)
            if state != "open":
                _check_none_left(resumed, sources)
                progress.note(f"job {resumed} has all its files already")
                return resumed
        job_id = resumed or api.create(load.task_type)
        with saying(lambda why: _unsent(api, order, job_id, why)):
            send(api, job_id, TASK_TYPES[load.task_type].form_field, sources, load.heap, there)
            api.start(job_id)
    return job_id


def _check_none_left(job_id: str, sources: Iterator[Source]) -> None:
    """Raise where there are files that a job was started without."""
    if source := next(sources, None):
        more = sum(1 for _ in sources)
        rest = f"{source.path}{f' and {more} more' if more else ''}"
        raise UsageError(f"job {job_id} was started without {rest}: send these as a new job")


def _unsent(api: JobApi, order: Order, job_id: str, why: BaseException) -> str:
    """Say how to send the rest; a new job that the master won't have is cancelled instead."""
    if not is_final(why):
        return to_resume(order, job_id, why)
    return to_cancel(order, job_id) if order.resume == job_id else give_up(api, job_id, why)


def _finish(api: JobApi, order: Order, job_ids: Sequence[str]) -> int:
    """Say how to come back to the jobs, or wait until they are done and show how they went."""
    if order.background:
        for job_id in job_ids:
            print(f"Job: {job_id}")
            print(f"Status: {api.master_url}/jobs/{job_id}")
            print(f"Page: {api.page_of(job_id)}")
            print(f"Come back to it: {order.to_follow(job_id)}")
        return ALL_DONE
    code = ALL_DONE
    for number, job_id in enumerate(job_ids):
        if number:
            print()
        code = max(code, _see(api, order, job_id, job_ids[number + 1 :]))
    return code


def _see(api: JobApi, order: Order, job_id: str, later: Sequence[str]) -> int:
    """Wait for a job's end and show how it went; the ``later`` ones are under way as well."""
    with saying(lambda why: to_follow(order, later if is_final(why) else [job_id, *later])):
        head = follow(api, job_id)
    with saying(lambda _: to_follow(order, later)), saying(lambda _: to_see_again(order, head)):
        code = output.summary(api, head)
        # Below the paths, which scripts read from the line "Saved Files:" on.
        output.place(api, job_id)
        return max(code, downloading.fetch(api, head, order.output)) if order.output else code


def _follow(api: JobApi, order: Order) -> int:
    if order.output:
        output_folder.prepare(order.output)
    api.status()
    order = listing.with_whole_id(api, order)
    return _finish(api, order, order.arguments)


def _retry(api: JobApi, order: Order) -> int:
    if order.output:
        output_folder.prepare(order.output)
    api.status()
    order = listing.with_whole_id(api, order)
    return _finish(api, order, [api.retry(order.arguments[0])])


def _cancel(api: JobApi, order: Order) -> int:
    api.status()
    order = listing.with_whole_id(api, order)
    head = api.cancel(order.arguments[0])
    counts = f"{head['done_files']} of {counted(head['total_files'], 'file')} processed"
    print(f"Job {head['job_id']}: {head['state']}, {counts}")
    return ALL_DONE


def _jobs(api: JobApi, order: Order) -> int:  # noqa: ARG001 (every word is called alike)
    api.status()
    listing.show(api.jobs())
    return ALL_DONE


def _drill(api: JobApi, order: Order) -> int:  # noqa: ARG001 (every word is called alike)
    return drill(api)


_DO: dict[str, Callable[[JobApi, Order], int]] = {
    words.AUTO: _send_auto,
    words.JOBS: _jobs,
    words.FOLLOW: _follow,
    words.RETRY: _retry,
    words.CANCEL: _cancel,
    words.DRILL: _drill,
}
"""What is done for each word; any other one is a task type."""
