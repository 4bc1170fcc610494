"""Prints the table of the master's jobs, and finds a job by the beginning of its id.

Jobs are printed as the pages of the list arrive; rich and tabulate need all rows before the first
line.
"""

import dataclasses
import itertools
import sys
from collections.abc import Iterable
from datetime import datetime, timezone

from client_service.arguments import Command
from client_service.errors import UsageError
from client_service.master_api.answers import Answer
from client_service.master_api.job_api import JobApi
from client_service.terminal import times
from client_service.terminal.safe_text import printable

_FULL_ID = 32
_SHORT_ID = 12
"""For terminals of 80 columns; 12 characters rarely collide, even among a million jobs."""
_ROW = "{job_id:{width}}  {task_type:9}  {state:9}  {files:>21}  {created}"
_CANDIDATE = "  {job_id}  {task_type:9}  {state:9}  {age}"
_MAX_CANDIDATES = 20


def show(heads: Iterable[Answer]) -> None:
    """Print a line for each job, with short ids on a terminal and full ones elsewhere."""
    # Fetched before the titles are printed: no table is printed if the master refuses.
    heads = iter(heads)
    first = list(itertools.islice(heads, 1))
    zone, width = times.local_zone(), _SHORT_ID if sys.stdout.isatty() else _FULL_ID
    titles = {"job_id": "JOB", "task_type": "TYPE", "state": "STATE"}
    files, created = "DONE/FAILED/ALL FILES", f"CREATED ({zone})"
    print(_ROW.format(**titles, files=files, created=created, width=width))
    for head in itertools.chain(first, heads):
        counts = (head["done_files"], head["failed_files"], head["total_files"])
        cells = {
            "job_id": head["job_id"][:width] if width < _FULL_ID else head["job_id"],
            "files": "/".join(map(str, counts)),
            "created": times.local(head["created_at"], zone),
        }
        print(printable(_ROW.format_map(head | cells | {"width": width})))


def with_full_id(api: JobApi, command: Command) -> Command:
    """Return the command with the full id of its job."""
    return dataclasses.replace(command, arguments=[full_id(api, command, command.arguments[0])])


def full_id(api: JobApi, command: Command, given: str) -> str:
    """Return the full id of the job whose id begins as given; a full id is not looked up.

    Raises ``UsageError`` if there is no such job, or several.
    """
    if len(given) >= _FULL_ID:
        return given.lower()
    prefix = given.lower()
    # Older masters do not support the filter and list all jobs.
    found = [head for head in api.jobs(prefix) if head["job_id"].startswith(prefix)]
    if len(found) == 1:
        return str(found[0]["job_id"])
    if not found:
        raise UsageError(
            f"the master has no job {given}… (finished ones are deleted after a while); to list "
            f"its jobs: {command.list_command()}"
        )
    raise UsageError(_ambiguous(given, found))


def _ambiguous(given: str, found: list[Answer]) -> str:
    now = datetime.now(timezone.utc)
    lines = [f"several jobs ({len(found)}) have an id that begins with {given}: give more of it"]
    for head in found[:_MAX_CANDIDATES]:
        age = times.age(head["created_at"], now)
        lines.append(printable(_CANDIDATE.format_map(head | {"age": age})))
    if more := len(found) - _MAX_CANDIDATES:
        lines += [f"  and {more} more"] if more > 0 else []
    return "\n".join(lines)
