"""Looks over the whole cluster once everything is healed: is anything lost, left over or unwell?"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.chaos.client import Client, Fault, SentJob
from tests.chaos.programs import processes_of
from tests.chaos.schedule import SLAVES, Sample
from tests.chaos.stage import Stage

_LIMIT_S = 45.0
_PROCESSES = 1 + SLAVES * 3
"""The master; each slave with its guard and its worker."""
_UNWELL = (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)

Look = Callable[[], list[str]]


def wait_for_nothing(look: Look, limit_s: float = _LIMIT_S) -> list[str]:
    """Look again and again until nothing is found; return what is still found at the limit."""
    end = time.monotonic() + limit_s
    while (found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def wait_until_over(client: Client, sent: Iterable[SentJob]) -> list[str]:
    """Wait until every job is over; return those that are not."""
    left = list(sent)

    def look() -> list[str]:
        left[:] = [job for job in left if not client.is_over(job.job_id)]
        return [f"job {job.job_id} is not over: {_brief(client.job(job.job_id))}" for job in left]

    return wait_for_nothing(look, limit_s=60)


def _brief(job: dict[str, Any]) -> dict[str, Any]:
    states = [entry["state"] for entry in job["files"]]
    return {name: job[name] for name in ("state", "waiting_for")} | {"files": states}


def about_cluster(stage: Stage) -> list[str]:
    """Wait until every process is there and well, and nothing temporary is left."""

    def look() -> list[str]:
        return [*_about_slaves(stage), *_about_processes(stage), *_about_leftovers(stage)]

    return wait_for_nothing(look)


def _about_slaves(stage: Stage) -> Iterator[str]:
    status = stage.status()
    if len(status.get("slaves", ())) != SLAVES or status.get("missing"):
        yield f"not every slave is present: {status}"


def _about_processes(stage: Stage) -> Iterator[str]:
    for program in (stage.master, *stage.slaves):
        if program.process.poll() is not None:
            yield f"{program.name} has ended: {program.said()}"
    lines = [line for process in processes_of(stage.temporary) if (line := _describe(process))]
    unwell = [line for line in lines if line.startswith(_UNWELL)]
    if len(lines) != _PROCESSES or unwell:
        yield f"{_PROCESSES} processes should run, and there are: {lines}"


def _describe(process: psutil.Process) -> str:
    try:
        return f"{process.status()} {' '.join(process.cmdline()[1:])}"
    except psutil.NoSuchProcess:
        return ""


def _about_leftovers(stage: Stage) -> Iterator[str]:
    own = list(stage.temporary.iterdir())
    if len(own) != SLAVES:
        yield f"each slave has one temporary folder, and there are: {sorted(map(str, own))}"
    # A worker has a folder of its own there, empty but for what it works on.
    temporary = [path for path in stage.temporary.rglob("*") if not path.is_dir()]
    temporary += stage.temporary.glob("*/request-*")
    temporary += (stage.spool / "incoming").iterdir()
    temporary += stage.results.glob("*/.*")
    for path in temporary:
        yield f"left over: {path.relative_to(stage.folder)}"


def about_jobs(stage: Stage, jobs: Sequence[dict[str, Any]], known: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the spool and the results as a whole.

    ``jobs`` are those of this run with their ledgers, ``known`` all that the master speaks of.
    """
    for folder in (stage.spool / "jobs").iterdir():
        if folder.name not in known:
            yield f"inputs without a job: {folder.name}"
    for job in jobs:
        folder = stage.spool / "jobs" / job["job_id"]
        expected = {str(entry["index"]) for entry in job["files"]}
        if found := {path.name for path in folder.iterdir()} - expected:
            yield f"job {job['job_id']} has strange inputs: {sorted(found)}"
    told = {Path(e["saved_file"]).name for job in jobs for e in job["files"] if e["saved_file"]}
    there = {path.name for path in stage.results.glob("*/*")}
    # A result may be written in the moment in which its job is cancelled.
    if there - told and not any(job["cancelled_files"] for job in jobs):
        yield f"results of which no ledger speaks: {sorted(there - told)}"


def about_further_work(client: Client, task_types: Iterable[str]) -> Iterator[str]:
    """Have one more file of each type done, as anybody might after the troubles."""
    for task_type in sorted(set(task_types)):
        try:
            summary = client.process(task_type, [Sample(f"further {task_type}", "good 0")])
        except (Fault, OSError) as error:
            yield f"a further file of {task_type} was not done: {error}"
            continue
        if summary["total_files_processed"] != 1:
            yield f"a further file of {task_type} was not done: {summary['failed_files']}"


def about_scheduler_logs(stage: Stage) -> Iterator[str]:
    """Replay what the scheduler was told, in every log there is: the same must come of it."""
    from master_service.scheduling import replay_log

    for log in stage.scheduler_logs():
        try:
            replay_log.replay(log)
        except Exception as error:  # noqa: BLE001 (whatever a replay runs into is a finding)
            yield f"{log.name} does not replay: {type(error).__name__}: {error}"


def about_program_logs(stage: Stage, starts: dict[Path, int]) -> Iterator[str]:
    """Yield the tracebacks that the programs have logged since ``starts`` (offsets in bytes)."""
    for log in sorted(stage.logs.glob("*.log")):
        with log.open("rb") as lines:
            lines.seek(starts.get(log, 0))
            text = lines.read().decode(errors="replace")
        if (place := text.find("Traceback (most recent call last)")) >= 0:
            yield f"{log.name}: {text[max(0, place - 300) : place + 3000]}"
