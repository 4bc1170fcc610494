"""Says what becomes of jobs, and how to come back to them, when the client ends before they do."""

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
def saying(what: Callable[[BaseException], str]) -> Iterator[None]:
    """Add, to whatever ends the block early, what is to be said of it; that may be nothing."""
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
def or_cancelled(api: JobApi, job_id: str) -> Iterator[None]:
    """Cancel a job of the client's own when the block does not come to its end, and say so."""
    try:
        yield
    except (KeyboardInterrupt, ClientError, OSError) as why:
        progress.note(give_up(api, job_id, why))
        raise


def give_up(api: JobApi, job_id: str, why: BaseException) -> str:
    """Cancel a job of the client's own, if that can be done soon; says how that went."""
    with contextlib.suppress(MasterError):
        # A master that was waited for in vain is not asked once more.
        if not isinstance(why, MasterUnavailable):
            return f"job {job_id} is {api.abandon(job_id)['state']}"
    return f"job {job_id} could not be cancelled; that is still to be done, with cancel {job_id}"


def is_final(why: BaseException) -> bool:
    """Tell whether coming back is of no use: what the master refuses, it will again."""
    return isinstance(why, MasterError) and not isinstance(why, MasterUnavailable)


def to_resume(command: Command, job_id: str, why: BaseException) -> str:
    """Tell how to send the rest of the files to a job."""
    first = "with that put right or left out, " if isinstance(why, UsageError) else ""
    return f"{first}to send the rest of the files:\n  {command.to_resume(job_id)}"


def to_cancel(command: Command, job_id: str) -> str:
    """Tell how to be rid of a job that nothing can be sent to."""
    return f"job {job_id} stays open; to cancel it:\n  {command.to_cancel(job_id)}"


def to_follow(command: Command, job_ids: Sequence[str]) -> str:
    """Tell how to come back to jobs that go on without this client, or to stop them."""
    if not job_ids:
        return ""
    follows = [f"\n  {command.to_follow(job_id)}" for job_id in job_ids]
    cancels = [f"\n  {command.to_cancel(job_id)}" for job_id in job_ids]
    what = "the job goes on" if len(job_ids) == 1 else "the jobs go on"
    return f"{what}; to come back:{''.join(follows)}\nto stop instead:{''.join(cancels)}"


def to_see_again(command: Command, head: Answer) -> str:
    """Tell how to come back to a job that has ended."""
    what = "fetch its results" if command.output else "see how it went"
    job_id = head["job_id"]
    return f"job {job_id} is {head['state']}; to {what}:\n  {command.to_follow(job_id)}"
