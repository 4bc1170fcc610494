"""Prints the table of the master's jobs, and finds a job by the beginning of its id."""

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
"""On a terminal, where 80 columns are common: among a million jobs two rarely share so much."""
_ROW = "{job_id:{width}}  {task_type:9}  {state:9}  {files:>21}  {created}"
_CANDIDATE = "  {job_id}  {task_type:9}  {state:9}  {age}"
_MOST_CANDIDATES = 20


def show(heads: Iterable[Answer]) -> None:
    """Print a line for each job: ids are whole where a program reads them, and else shortened."""
    # Asked for before the titles are printed: a master that refuses has no table.
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


def with_whole_id(api: JobApi, command: Command) -> Command:
    """Return the order of a job with that job's whole id."""
    return dataclasses.replace(command, arguments=[whole_id(api, command, command.arguments[0])])


def whole_id(api: JobApi, command: Command, given: str) -> str:
    """Return the id that begins as given; a whole one is not looked up.

    Raises ``UsageError`` where none does, or several do.
    """
    if len(given) >= _FULL_ID:
        return given
    prefix = given.lower()
    # A master that does not know the filter yet lists all.
    found = [head for head in api.jobs(prefix) if head["job_id"].startswith(prefix)]
    if len(found) == 1:
        return str(found[0]["job_id"])
    if not found:
        raise UsageError(
            f"the master has no job {given}… (finished ones are forgotten after a while); to list "
            f"its jobs: {command.to_list()}"
        )
    raise UsageError(_ambiguous(given, found))


def _ambiguous(given: str, found: list[Answer]) -> str:
    now = datetime.now(timezone.utc)
    lines = [f"several jobs ({len(found)}) have an id that begins with {given}: give more of it"]
    for head in found[:_MOST_CANDIDATES]:
        age = times.age(head["created_at"], now)
        lines.append(printable(_CANDIDATE.format_map(head | {"age": age})))
    if more := len(found) - _MOST_CANDIDATES:
        lines += [f"  and {more} more"] if more > 0 else []
    return "\n".join(lines)
