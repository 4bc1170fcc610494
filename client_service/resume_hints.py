"""Builds the messages with commands to resume, follow or cancel jobs when the client ends early."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

from client_service.arguments import Command
from client_service.errors import (
    ClientError,
    Interrupted,
    MasterError,
    MasterUnavailable,
    UsageError,
)
from client_service.master_api.answers import Answer
from client_service.master_api.job_api import JobApi
from client_service.terminal import progress


@contextlib.contextmanager
def adding_hint(what: Callable[[BaseException], str]) -> Iterator[None]:
    """Add the hint that ``what`` returns, unless empty, to an exception that ends the block."""
    try:
        yield
    except KeyboardInterrupt as stop:
        if words := what(stop):
            raise Interrupted(words) from None
        raise
    except (ClientError, Interrupted) as error:
        if words := what(error):
            raise type(error)(f"{error}\n{words}") from error
        raise


@contextlib.contextmanager
def cancel_on_error(api: JobApi, job_id: str) -> Iterator[None]:
    """Cancel a job that this client made if an exception ends the block, and say so."""
    try:
        yield
    except (KeyboardInterrupt, ClientError, OSError) as why:
        progress.write_stderr(cancel_new_job(api, job_id, why))
        raise


def cancel_new_job(api: JobApi, job_id: str, why: BaseException) -> str:
    """Cancel a job that this client made, if the master answers soon; returns a message on it."""
    with contextlib.suppress(MasterError):
        # A master that was unavailable until the retries ended is not called again.
        if not isinstance(why, MasterUnavailable):
            return f"job {job_id} is {api.abandon(job_id)['state']}"
    return f"job {job_id} could not be cancelled; to do so later, use cancel {job_id}"


def is_final(why: BaseException) -> bool:
    """Return whether a repetition is useless, since the master would refuse it again."""
    return isinstance(why, MasterError) and not isinstance(why, MasterUnavailable)


def resume_hint(command: Command, job_id: str, why: BaseException) -> str:
    """Return how to send the rest of the files to a job."""
    first = "with that corrected or left out, " if isinstance(why, UsageError) else ""
    return f"{first}to send the rest of the files:\n  {command.resume_command(job_id)}"


def cancel_hint(command: Command, job_id: str) -> str:
    """Return how to cancel an open job to which no files can be sent."""
    return f"job {job_id} stays open; to cancel it:\n  {command.cancel_command(job_id)}"


def follow_hint(command: Command, job_ids: Sequence[str]) -> str:
    """Return how to follow or cancel jobs that go on without this client."""
    if not job_ids:
        return ""
    follows = [f"\n  {command.follow_command(job_id)}" for job_id in job_ids]
    cancels = [f"\n  {command.cancel_command(job_id)}" for job_id in job_ids]
    what = "the job goes on" if len(job_ids) == 1 else "the jobs go on"
    return f"{what}; to follow:{''.join(follows)}\nto cancel instead:{''.join(cancels)}"


def finished_hint(command: Command, head: Answer) -> str:
    """Return how to see the summary or download the results of a job that has ended."""
    what = "fetch its results" if command.output else "see how it went"
    job_id = head["job_id"]
    return f"job {job_id} is {head['state']}; to {what}:\n  {command.follow_command(job_id)}"
