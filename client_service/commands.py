"""Runs the commands of the command line: READ FIRST.

``process`` shows all steps of sending files: check, send, start, follow, print, download.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from client_service import arguments as words
from client_service import listing, output
from client_service.arguments import Command
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
from client_service.local_files import FileTotals, Source, check, walk
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
from client_service.terminal.interrupt import InterruptHandler
from client_service.transfer import classification, downloading, output_folder
from client_service.transfer.uploading import send, skip_sent
from protocol.counts import counted
from protocol.settings.environment import Environment, SettingError, read_master_url
from protocol.task_types import TASK_TYPES

_NO_SLAVE = "start a slave with python slave.py, or send with --background"


@dataclass(frozen=True, slots=True)
class JobInput:
    """The files for one job; each call of ``walk`` yields all of them."""

    task_type: str
    totals: FileTotals
    walk: Callable[[], Iterator[Source]]


def run(command: Command, env: Environment, interrupts: InterruptHandler) -> int:
    """Run the command; returns the exit code."""
    try:
        token, authority = env.value("CLUSTER_TOKEN"), env.tls(serves=False).authority
        url = read_master_url(env, token)
        api = JobApi(url, token, progress.note, interrupts, authority)
        return _DO.get(command.word, _send_type)(api, command)
    except (ClientError, SettingError) as error:
        print(f"client.py: {error}", file=sys.stderr)
        return NOTHING_DONE
    except Interrupted as stop:
        print(f"client.py: stopped; {stop}", file=sys.stderr)
        return INTERRUPTED


def process(api: JobApi, command: Command, loads: Sequence[JobInput]) -> int:
    """Make a job of each input and wait for all of them; returns the exit code."""
    if command.output:
        output_folder.prepare(command.output)
    status = api.status()
    if command.resume:
        resume = listing.whole_id(api, command, command.resume)
        command = replace(command, resume=resume)
        loads = _left(loads, api.head(resume)["task_type"])
    elif not command.background:
        for load in loads:
            if reason := why_unavailable(status, load.task_type):
                raise MasterError(f"the master can't do it now ({_NO_SLAVE}): {reason}")
    job_ids: list[str] = []
    for number, load in enumerate(loads):
        job_ids.append(_send(api, command, load, command.resume if number == 0 else None, job_ids))
    return _finish(api, command, job_ids)


def _send_type(api: JobApi, command: Command) -> int:
    totals = check(command.arguments)
    return process(api, command, [JobInput(command.word, totals, lambda: walk(command.arguments))])


def _send_auto(api: JobApi, command: Command) -> int:
    totals_by_type = classification.count(command.arguments)
    loads = [
        JobInput(name, totals, lambda name=name: classification.of_type(command.arguments, name))  # type: ignore[misc] # mypy knows no defaults of lambdas
        for name, totals in totals_by_type.items()
        if name is not None
    ]
    code = process(api, command, loads)
    if None not in totals_by_type:
        return code
    output.skipped(classification.of_type(command.arguments, None))
    return max(code, SOME_FAILED)


def _left(loads: Sequence[JobInput], task_type: str) -> list[JobInput]:
    """Return the inputs from that of the resumed job on; those before it are already sent."""
    types = [load.task_type for load in loads]
    if task_type not in types:
        raise UsageError(f"the job to resume is one of {task_type} files, not {', '.join(types)}")
    return list(loads[types.index(task_type) :])


def _send(
    api: JobApi, command: Command, load: JobInput, resumed: str | None, before: list[str]
) -> str:
    """Send the input's files to a new or resumed job, and start it; returns the job's id."""
    with saying(lambda _: to_follow(command, before)):
        sources, there = load.walk(), FileTotals()
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
        with saying(lambda why: _unsent(api, command, job_id, why)):
            send(api, job_id, TASK_TYPES[load.task_type].form_field, sources, load.totals, there)
            api.start(job_id)
    return job_id


def _check_none_left(job_id: str, sources: Iterator[Source]) -> None:
    """Raise ``UsageError`` if there are files that the job was started without."""
    if source := next(sources, None):
        more = sum(1 for _ in sources)
        rest = f"{source.path}{f' and {more} more' if more else ''}"
        raise UsageError(f"job {job_id} was started without {rest}: send these as a new job")


def _unsent(api: JobApi, command: Command, job_id: str, why: BaseException) -> str:
    """Return how to send the rest; if the master refused a new job, cancel it instead."""
    if not is_final(why):
        return to_resume(command, job_id, why)
    return to_cancel(command, job_id) if command.resume == job_id else give_up(api, job_id, why)


def _finish(api: JobApi, command: Command, job_ids: Sequence[str]) -> int:
    """Wait for the jobs and print their summaries, or, in background, print how to follow them."""
    if command.background:
        for job_id in job_ids:
            print(f"Job: {job_id}")
            print(f"Status: {api.master_url}/jobs/{job_id}")
            print(f"Page: {api.page_of(job_id)}")
            print(f"Come back to it: {command.to_follow(job_id)}")
        return ALL_DONE
    code = ALL_DONE
    for number, job_id in enumerate(job_ids):
        if number:
            print()
        code = max(code, _see(api, command, job_id, job_ids[number + 1 :]))
    return code


def _see(api: JobApi, command: Command, job_id: str, later: Sequence[str]) -> int:
    """Wait for a job and print its summary; ``later`` are the other jobs that still run."""
    with saying(lambda why: to_follow(command, later if is_final(why) else [job_id, *later])):
        head = follow(api, job_id)
    with saying(lambda _: to_follow(command, later)), saying(lambda _: to_see_again(command, head)):
        code = output.summary(api, head)
        # After the paths: scripts read these from the line "Saved Files:" on.
        output.place(api, job_id)
        return max(code, downloading.fetch(api, head, command.output)) if command.output else code


def _follow(api: JobApi, command: Command) -> int:
    if command.output:
        output_folder.prepare(command.output)
    api.status()
    command = listing.with_whole_id(api, command)
    return _finish(api, command, command.arguments)


def _retry(api: JobApi, command: Command) -> int:
    if command.output:
        output_folder.prepare(command.output)
    api.status()
    command = listing.with_whole_id(api, command)
    return _finish(api, command, [api.retry(command.arguments[0])])


def _cancel(api: JobApi, command: Command) -> int:
    api.status()
    command = listing.with_whole_id(api, command)
    head = api.cancel(command.arguments[0])
    counts = f"{head['done_files']} of {counted(head['total_files'], 'file')} processed"
    print(f"Job {head['job_id']}: {head['state']}, {counts}")
    return ALL_DONE


def _jobs(api: JobApi, command: Command) -> int:  # noqa: ARG001 (all commands have one signature)
    api.status()
    listing.show(api.jobs())
    return ALL_DONE


def _drill(api: JobApi, command: Command) -> int:  # noqa: ARG001 (all commands have one signature)
    return drill(api)


_DO: dict[str, Callable[[JobApi, Command], int]] = {
    words.AUTO: _send_auto,
    words.JOBS: _jobs,
    words.FOLLOW: _follow,
    words.RETRY: _retry,
    words.CANCEL: _cancel,
    words.DRILL: _drill,
}
"""The function of each command word; any other word is a task type."""
