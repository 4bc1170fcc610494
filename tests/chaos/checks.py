"""Checks the whole cluster after the faults: processes, leftover files, jobs, logs."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.chaos.client import Client, SentJob, Violation
from tests.chaos.cluster import ChaosCluster
from tests.chaos.programs import processes_of
from tests.chaos.schedule import SLAVES, Sample

_LIMIT_S = 45.0
_PROCESSES = 1 + SLAVES * 3
"""The master; each slave with its orphan reaper and its worker."""
_UNHEALTHY = (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)

Check = Callable[[], list[str]]


def wait_for_nothing(check: Check, limit_s: float = _LIMIT_S) -> list[str]:
    """Repeat the check until it finds nothing; return what it finds at the time limit."""
    end = time.monotonic() + limit_s
    while (found := check()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def wait_until_over(client: Client, sent: Iterable[SentJob]) -> list[str]:
    """Wait until every job is over; return those that are not."""
    left = list(sent)

    def check() -> list[str]:
        left[:] = [job for job in left if not client.is_over(job.job_id)]
        return [f"job {job.job_id} is not over: {_brief(client.job(job.job_id))}" for job in left]

    return wait_for_nothing(check, limit_s=60)


def _brief(job: dict[str, Any]) -> dict[str, Any]:
    states = [entry["state"] for entry in job["files"]]
    return {name: job[name] for name in ("state", "waiting_for")} | {"files": states}


def check_cluster(cluster: ChaosCluster) -> list[str]:
    """Wait until every process runs, and no temporary file is left."""

    def check() -> list[str]:
        return [*_check_slaves(cluster), *_check_processes(cluster), *_check_leftovers(cluster)]

    return wait_for_nothing(check)


def _check_slaves(cluster: ChaosCluster) -> Iterator[str]:
    status = cluster.status()
    if len(status.get("slaves", ())) != SLAVES or status.get("missing"):
        yield f"not every slave is present: {status}"


def _check_processes(cluster: ChaosCluster) -> Iterator[str]:
    for program in (cluster.master, *cluster.slaves):
        if program.process.poll() is not None:
            yield f"{program.name} has ended: {program.said()}"
    lines = [line for process in processes_of(cluster.temporary) if (line := _describe(process))]
    unhealthy = [line for line in lines if line.startswith(_UNHEALTHY)]
    if len(lines) != _PROCESSES or unhealthy:
        yield f"{_PROCESSES} processes should run, and there are: {lines}"


def _describe(process: psutil.Process) -> str:
    try:
        return f"{process.status()} {' '.join(process.cmdline()[1:])}"
    except psutil.NoSuchProcess:
        return ""


def _check_leftovers(cluster: ChaosCluster) -> Iterator[str]:
    own = list(cluster.temporary.iterdir())
    if len(own) != SLAVES:
        yield f"each slave has one temporary folder, and there are: {sorted(map(str, own))}"
    # A worker has a folder of its own there, empty except for the file that it processes.
    temporary = [path for path in cluster.temporary.rglob("*") if not path.is_dir()]
    temporary += cluster.temporary.glob("*/request-*")
    temporary += cluster.results.glob("*/.*")
    for path in temporary:
        yield f"left over: {path.relative_to(cluster.folder)}"


def check_jobs(
    cluster: ChaosCluster, jobs: Sequence[dict[str, Any]], known: Sequence[str]
) -> Iterator[str]:
    """Yield what is wrong with the spool and with the folder of results.

    ``jobs`` are those of this run with their files, ``known`` the ids of all listed jobs.
    """
    for folder in (cluster.spool / "jobs").iterdir():
        if folder.name not in known:
            yield f"inputs without a job: {folder.name}"
    for job in jobs:
        folder = cluster.spool / "jobs" / job["job_id"]
        found = [path for path in folder.rglob("*") if path.is_file()]
        if len(found) > len(job["files"]):
            yield f"job {job['job_id']} has unexpected inputs: {sorted(map(str, found))}"
    listed = {Path(e["saved_file"]).name for job in jobs for e in job["files"] if e["saved_file"]}
    there = {path.name for path in cluster.results.glob("*/*")}
    # A result may be written in the moment in which its job is cancelled.
    if there - listed and not any(job["cancelled_files"] for job in jobs):
        yield f"results that no job lists: {sorted(there - listed)}"


def check_further_work(client: Client, task_types: Iterable[str]) -> Iterator[str]:
    """Process one more file of each type."""
    for task_type in sorted(set(task_types)):
        try:
            summary = client.process(task_type, [Sample(f"further {task_type}", "good 0")])
        except (Violation, OSError) as error:
            yield f"a further file of {task_type} was not done: {error}"
            continue
        if summary["total_files_processed"] != 1:
            yield f"a further file of {task_type} was not done: {summary['failed_files']}"


def check_scheduler_logs(cluster: ChaosCluster) -> Iterator[str]:
    """Replay every scheduler log: the actions must be the logged ones."""
    from master_service.scheduling import replay_log

    for log in cluster.scheduler_logs():
        try:
            replay_log.replay(log)
        except Exception as error:  # noqa: BLE001 (any exception is a violation)
            yield f"{log.name} does not replay: {type(error).__name__}: {error}"


def check_program_logs(cluster: ChaosCluster, starts: dict[Path, int]) -> Iterator[str]:
    """Yield the tracebacks that the programs have logged since ``starts`` (offsets in bytes)."""
    for log in sorted(cluster.logs.glob("*.log")):
        with log.open("rb") as lines:
            lines.seek(starts.get(log, 0))
            text = lines.read().decode(errors="replace")
        if (place := text.find("Traceback (most recent call last)")) >= 0:
            yield f"{log.name}: {text[max(0, place - 300) : place + 3000]}"
