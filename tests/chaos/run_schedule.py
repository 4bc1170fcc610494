"""Runs one schedule on a cluster, and returns its verdict. READ FIRST."""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from tests.chaos import checks
from tests.chaos.audit import Audit
from tests.chaos.baseline import Baseline
from tests.chaos.client import Client, SentJob
from tests.chaos.cluster import ChaosCluster
from tests.chaos.contents import Contents
from tests.chaos.schedule import Fault, PlannedJob, Schedule


@dataclass(slots=True)
class Verdict:
    """The outcome of one run: the states of the files, and the violations."""

    schedule: Schedule
    states: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    """Of the failed files."""
    requeued_files: int = 0
    """Files that were handed over again, which shows that faults interrupted work."""
    faults: Counter[str] = field(default_factory=Counter)
    """Those that were injected, by kind."""
    violations: list[str] = field(default_factory=list)
    ledgers: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0


def run_schedule(
    schedule: Schedule, cluster: ChaosCluster, contents: Contents, baseline: Baseline
) -> Verdict:
    """Run the jobs and inject the faults of a schedule; afterwards, check everything."""
    client = Client(cluster.url, contents, cluster.over)
    baseline.compute(client, schedule.jobs)
    cluster.clear()
    before = client.job_ids()
    starts = {log: log.stat().st_size for log in cluster.logs.glob("*.log")}
    verdict = Verdict(schedule)
    began = time.monotonic()
    with cluster.restarting_ended_programs():
        sent = _run_jobs_and_faults(schedule, cluster, client, verdict)
        verdict.violations += checks.wait_until_over(client, sent)
    verdict.ledgers = [client.job(job.job_id) for job in sent]
    full = any(fault.kind == "disk fill" for fault in schedule.faults)
    audit = Audit(contents, baseline, cluster.spool, cluster.results, full)
    for job, ledger in zip(sent, verdict.ledgers, strict=True):
        verdict.states.update(entry["state"] for entry in ledger["files"])
        verdict.codes.update(entry["code"] for entry in ledger["files"] if entry["code"])
        verdict.requeued_files += sum(entry["attempts"] > 1 for entry in ledger["files"])
        verdict.violations += audit.violations(job, ledger)
    verdict.violations += _check_all(verdict, cluster, client, before)
    verdict.violations += checks.check_program_logs(cluster, starts)
    verdict.seconds = time.monotonic() - began
    return verdict


def _run_jobs_and_faults(
    schedule: Schedule, cluster: ChaosCluster, client: Client, verdict: Verdict
) -> Sequence[SentJob]:
    """Send the jobs and inject the faults at the same time; return when both are done."""
    began = time.monotonic()

    def wait_for(at_s: float) -> bool:
        return not cluster.over.wait(max(0.0, began + at_s - time.monotonic()))

    def inject_all(faults_of_target: Sequence[Fault]) -> None:
        target = cluster.target(faults_of_target[0].target)
        for fault in faults_of_target:
            if wait_for(fault.at_s):
                target.inject(fault.what)
                try:
                    cluster.over.wait(fault.recover_after_s)
                finally:
                    target.recover(fault.what)

    def send(job: PlannedJob) -> SentJob | None:
        return client.send(job) if wait_for(job.at_s) else None

    faults_by_target = _faults_by_target(schedule, cluster)
    verdict.faults.update(
        fault.kind for faults_of_target in faults_by_target for fault in faults_of_target
    )
    with ThreadPoolExecutor(len(faults_by_target) + len(schedule.jobs)) as threads:
        faults = [
            threads.submit(inject_all, faults_of_target) for faults_of_target in faults_by_target
        ]
        jobs = [threads.submit(send, job) for job in schedule.jobs]
        try:
            for fault in faults:
                fault.result()
            return _accepted(jobs, verdict)
        except BaseException:
            # Ends the other threads, which the executor waits for.
            cluster.over.set()
            raise


def _faults_by_target(schedule: Schedule, cluster: ChaosCluster) -> list[list[Fault]]:
    """Return the faults that are possible here, grouped by target."""
    possible = [t for t in schedule.faults if cluster.is_possible(t.target)]
    in_order = sorted(possible, key=lambda fault: (fault.target, fault.at_s))
    return [
        list(faults_of_target)
        for _, faults_of_target in groupby(in_order, key=lambda fault: fault.target)
    ]


def _accepted(jobs: Sequence["Future[SentJob | None]"], verdict: Verdict) -> list[SentJob]:
    sent = []
    for job in jobs:
        try:
            if (accepted := job.result()) is not None:
                sent.append(accepted)
        except Exception as error:  # noqa: BLE001 (any exception is a violation)
            verdict.violations.append(f"a job was not accepted: {type(error).__name__}: {error}")
    return sent


def _check_all(
    verdict: Verdict, cluster: ChaosCluster, client: Client, before: Collection[str]
) -> Iterator[str]:
    yield from cluster.violations()
    yield from checks.check_cluster(cluster)
    known = client.job_ids()
    yield from checks.check_jobs(cluster, verdict.ledgers, known)
    sent = {ledger["job_id"] for ledger in verdict.ledgers}
    if unknown := set(known) - set(before) - sent:
        yield f"jobs that were not sent, or sent once only: {sorted(unknown)}"
    yield from checks.check_further_work(client, [job.task_type for job in verdict.schedule.jobs])
    yield from checks.check_scheduler_logs(cluster)
