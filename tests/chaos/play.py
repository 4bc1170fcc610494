"""Plays one schedule on a stage, and says how it went. READ FIRST."""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from protocol.task_types import TASK_TYPES
from tests.chaos import checks
from tests.chaos.audit import Audit
from tests.chaos.calm import Calm
from tests.chaos.client import Client, SentJob
from tests.chaos.contents import Contents
from tests.chaos.schedule import PlannedJob, Schedule, Trouble
from tests.chaos.stage import Stage


@dataclass(slots=True)
class Verdict:
    """How one run went: what came of the files, and what was wrong."""

    schedule: Schedule
    states: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    """Of the failed files."""
    moved: int = 0
    """Files that were handed over again, which shows that the troubles have found work to hurt."""
    troubles: Counter[str] = field(default_factory=Counter)
    """Those that have happened, by kind."""
    complaints: list[str] = field(default_factory=list)
    ledgers: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0


def play(schedule: Schedule, stage: Stage, contents: Contents, calm: Calm) -> Verdict:
    """Let the jobs and the troubles of a schedule happen; then everything must come to its end."""
    client = Client(stage.url, contents, stage.over)
    calm.learn(client, schedule.jobs)
    stage.clear()
    before = client.job_ids()
    starts = {log: log.stat().st_size for log in stage.logs.glob("*.log")}
    verdict = Verdict(schedule)
    began = time.monotonic()
    with stage.looked_after():
        sent = _perform(schedule, stage, client, verdict)
        verdict.complaints += checks.wait_until_over(client, sent)
    verdict.ledgers = [client.job(job.job_id) for job in sent]
    full = any(trouble.kind == "disk fill" for trouble in schedule.troubles)
    audit = Audit(contents, calm, stage.spool, stage.results, full)
    for job, ledger in zip(sent, verdict.ledgers, strict=True):
        verdict.states.update(entry["state"] for entry in ledger["files"])
        verdict.codes.update(entry["code"] for entry in ledger["files"] if entry["code"])
        verdict.moved += sum(entry["attempts"] > _passes(ledger) for entry in ledger["files"])
        verdict.complaints += audit.complaints(job, ledger)
    verdict.complaints += _about_everything(verdict, stage, client, before)
    verdict.complaints += checks.about_program_logs(stage, starts)
    verdict.seconds = time.monotonic() - began
    return verdict


def _passes(ledger: dict[str, Any]) -> int:
    return 2 if TASK_TYPES[ledger["task_type"]].fit else 1


def _perform(
    schedule: Schedule, stage: Stage, client: Client, verdict: Verdict
) -> Sequence[SentJob]:
    """Send the jobs while the troubles happen; come back when both are over."""
    began = time.monotonic()

    def wait_for(at_s: float) -> bool:
        return not stage.over.wait(max(0.0, began + at_s - time.monotonic()))

    def suffer(lane: Sequence[Trouble]) -> None:
        actor = stage.actor(lane[0].actor)
        for trouble in lane:
            if wait_for(trouble.at_s):
                actor.inflict(trouble.what)
                try:
                    stage.over.wait(trouble.heal_after_s)
                finally:
                    actor.heal(trouble.what)

    def send(job: PlannedJob) -> SentJob | None:
        return client.send(job) if wait_for(job.at_s) else None

    lanes = _lanes(schedule, stage)
    verdict.troubles.update(trouble.kind for lane in lanes for trouble in lane)
    with ThreadPoolExecutor(len(lanes) + len(schedule.jobs)) as threads:
        troubles = [threads.submit(suffer, lane) for lane in lanes]
        jobs = [threads.submit(send, job) for job in schedule.jobs]
        try:
            for trouble in troubles:
                trouble.result()
            return _accepted(jobs, verdict)
        except BaseException:
            # The threads are waited for: nobody may go on sending or healing.
            stage.over.set()
            raise


def _lanes(schedule: Schedule, stage: Stage) -> list[list[Trouble]]:
    """Return the troubles that are possible here, those of one actor together."""
    possible = [t for t in schedule.troubles if stage.can(t.actor)]
    by_actor = sorted(possible, key=lambda trouble: (trouble.actor, trouble.at_s))
    return [list(lane) for _, lane in groupby(by_actor, key=lambda trouble: trouble.actor)]


def _accepted(jobs: Sequence["Future[SentJob | None]"], verdict: Verdict) -> list[SentJob]:
    sent = []
    for job in jobs:
        try:
            if (accepted := job.result()) is not None:
                sent.append(accepted)
        except Exception as error:  # noqa: BLE001 (whatever a client runs into is a finding)
            verdict.complaints.append(f"a job was not taken: {type(error).__name__}: {error}")
    return sent


def _about_everything(
    verdict: Verdict, stage: Stage, client: Client, before: Collection[str]
) -> Iterator[str]:
    yield from stage.complaints()
    yield from checks.about_cluster(stage)
    known = client.job_ids()
    yield from checks.about_jobs(stage, verdict.ledgers, known)
    sent = {ledger["job_id"] for ledger in verdict.ledgers}
    if strangers := set(known) - set(before) - sent:
        yield f"jobs that nobody has sent, or sent once: {sorted(strangers)}"
    yield from checks.about_further_work(client, [job.task_type for job in verdict.schedule.jobs])
    yield from checks.about_scheduler_logs(stage)
