"""Runs the commands of the command line: READ FIRST.

``process`` shows all steps of sending files: check, send, start, follow, print, download.
What sending files does not need is imported in functions, since each import delays the first byte.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from client_service import arguments as words
from client_service import output
from client_service.arguments import Command
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
    adding_hint,
    cancel_hint,
    cancel_new_job,
    finished_hint,
    follow_hint,
    is_final,
    resume_hint,
)
from client_service.slaves import why_unavailable
from client_service.terminal import progress
from client_service.terminal.interrupt import InterruptHandler
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
        with closing(JobApi(url, token, progress.write_stderr, interrupts, authority)) as api:
            return _COMMANDS.get(command.word, _send_type)(api, command)
    except (ClientError, SettingError) as error:
        print(f"client.py: {error}", file=sys.stderr)
        return NOTHING_DONE
    except Interrupted as stop:
        print(f"client.py: stopped; {stop}", file=sys.stderr)
        return INTERRUPTED


def process(api: JobApi, command: Command, inputs: Sequence[JobInput]) -> int:
    """Make a job of each input and wait for all of them; returns the exit code."""
    _prepare_output(command)
    status = api.status()
    if command.resume:
        from client_service import listing

        resume = listing.full_id(api, command, command.resume)
        command = replace(command, resume=resume)
        inputs = _inputs_to_resume(inputs, api.head(resume)["task_type"])
    elif not command.background:
        for job_input in inputs:
            if reason := why_unavailable(status, job_input.task_type):
                raise MasterError(f"the master can't do it now ({_NO_SLAVE}): {reason}")
    job_ids: list[str] = []
    for number, job_input in enumerate(inputs):
        job_ids.append(
            _send(api, command, job_input, command.resume if number == 0 else None, job_ids)
        )
    return _report(api, command, job_ids)


def _send_type(api: JobApi, command: Command) -> int:
    totals = check(command.arguments)
    return process(api, command, [JobInput(command.word, totals, lambda: walk(command.arguments))])


def _send_auto(api: JobApi, command: Command) -> int:
    from client_service.transfer import classification

    totals_by_type = classification.count(command.arguments)
    inputs = [
        JobInput(name, totals, lambda name=name: classification.of_type(command.arguments, name))  # type: ignore[misc] # mypy knows no defaults of lambdas
        for name, totals in totals_by_type.items()
        if name is not None
    ]
    code = process(api, command, inputs)
    if None not in totals_by_type:
        return code
    output.print_skipped(classification.of_type(command.arguments, None))
    return max(code, SOME_FAILED)


def _inputs_to_resume(inputs: Sequence[JobInput], task_type: str) -> list[JobInput]:
    """Return the inputs from that of the resumed job on; those before it are already sent."""
    types = [job_input.task_type for job_input in inputs]
    if task_type not in types:
        raise UsageError(f"the job to resume is one of {task_type} files, not {', '.join(types)}")
    return list(inputs[types.index(task_type) :])


def _send(
    api: JobApi, command: Command, job_input: JobInput, resumed: str | None, before: list[str]
) -> str:
    """Send the input's files to a new or resumed job, and start it; returns the job's id."""
    with adding_hint(lambda _: follow_hint(command, before)):
        sources, sent = job_input.walk(), FileTotals()
        if resumed:
            state = api.head(resumed)["state"]
            if state == "cancelled":
                raise UsageError(f"job {resumed} was cancelled: send the files as a new job")
            sent = skip_sent(api.ledger(resumed), sources)
            if state != "open":
                _check_none_left(resumed, sources)
                progress.write_stderr(f"job {resumed} has all its files already")
                return resumed
        job_id = resumed or api.create(job_input.task_type, command.options)
        with adding_hint(lambda why: _upload_hint(api, command, job_id, why)):
            form_field = TASK_TYPES[job_input.task_type].form_field
            send(api, job_id, form_field, sources, job_input.totals, sent)
            api.start(job_id)
    return job_id


def _check_none_left(job_id: str, sources: Iterator[Source]) -> None:
    """Raise ``UsageError`` if there are files that the job was started without."""
    if source := next(sources, None):
        more = sum(1 for _ in sources)
        rest = f"{source.path}{f' and {more} more' if more else ''}"
        raise UsageError(f"job {job_id} was started without {rest}: send these as a new job")


def _upload_hint(api: JobApi, command: Command, job_id: str, why: BaseException) -> str:
    """Return how to send the rest; if the master refused a new job, cancel it instead."""
    if not is_final(why):
        return resume_hint(command, job_id, why)
    if command.resume == job_id:
        return cancel_hint(command, job_id)
    return cancel_new_job(api, job_id, why)


def _report(api: JobApi, command: Command, job_ids: Sequence[str]) -> int:
    """Wait for the jobs and print their summaries, or, in background, print how to follow them."""
    if command.background:
        for job_id in job_ids:
            print(f"Job: {job_id}")
            print(f"Status: {api.master_url}/jobs/{job_id}")
            print(f"Page: {api.page_of(job_id)}")
            print(f"Follow it with: {command.follow_command(job_id)}")
        return ALL_DONE
    code = ALL_DONE
    for number, job_id in enumerate(job_ids):
        if number:
            print()
        code = max(code, _wait_for_job(api, command, job_id, job_ids[number + 1 :]))
    return code


def _wait_for_job(api: JobApi, command: Command, job_id: str, later: Sequence[str]) -> int:
    """Wait for a job and print its summary; ``later`` are the other jobs that still run."""
    with adding_hint(
        lambda why: follow_hint(command, later if is_final(why) else [job_id, *later])
    ):
        head = follow(api, job_id)
    with (
        adding_hint(lambda _: follow_hint(command, later)),
        adding_hint(lambda _: finished_hint(command, head)),
    ):
        code = output.print_summary(api, head)
        # After the paths: scripts read these from the line "Saved Files:" on.
        output.print_job(api, job_id)
        if command.output is None:
            return code
        from client_service.transfer import downloading

        return max(code, downloading.fetch(api, head, command.output))


def _prepare_output(command: Command) -> None:
    if command.output:
        from client_service.transfer import output_folder

        output_folder.prepare(command.output)


def _with_full_id(api: JobApi, command: Command) -> Command:
    """Return the command with the full id of its job, after a check that the master is one."""
    from client_service import listing

    api.status()
    return listing.with_full_id(api, command)


def _follow(api: JobApi, command: Command) -> int:
    _prepare_output(command)
    command = _with_full_id(api, command)
    return _report(api, command, command.arguments)


def _retry(api: JobApi, command: Command) -> int:
    _prepare_output(command)
    command = _with_full_id(api, command)
    return _report(api, command, [api.retry(command.arguments[0])])


def _cancel(api: JobApi, command: Command) -> int:
    command = _with_full_id(api, command)
    head = api.cancel(command.arguments[0])
    counts = f"{head['done_files']} of {counted(head['total_files'], 'file')} processed"
    print(f"Job {head['job_id']}: {head['state']}, {counts}")
    return ALL_DONE


def _jobs(api: JobApi, command: Command) -> int:  # noqa: ARG001 (all commands have one signature)
    from client_service import listing

    api.status()
    listing.show(api.jobs())
    return ALL_DONE


def _drill(api: JobApi, command: Command) -> int:  # noqa: ARG001 (all commands have one signature)
    from client_service.drill import drill

    return drill(api)


_COMMANDS: dict[str, Callable[[JobApi, Command], int]] = {
    words.AUTO: _send_auto,
    words.JOBS: _jobs,
    words.FOLLOW: _follow,
    words.RETRY: _retry,
    words.CANCEL: _cancel,
    words.DRILL: _drill,
}
"""The function of each command word; any other word is a task type."""
