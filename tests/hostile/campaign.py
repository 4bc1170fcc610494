"""Sends the corpus job by job, and checks the cluster and the results after each job."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from tests.chaos.checks import wait_for_nothing
from tests.hostile import corpus
from tests.hostile.alone import COSTLY, send_alone
from tests.hostile.cluster import FILE_TIMEOUT_S, MAX_ATTEMPTS, RESTART_S, HostileCluster
from tests.hostile.corpus import Case, Plan
from tests.hostile.good_file import TASK_TYPES, GoodFiles
from tests.hostile.report import Report
from tests.hostile.sending import EndedJob, JobTimeout, send
from tests.hostile.verification import Violation, violations

_WINDOW_FILES = 500
_JOB_FILES = 60
_JOB_BYTES = 200 * 1024 * 1024
WARM_UP_FILES = 1000
_MOST_GROWTH = 0.10
_MOST_GROWTH_BYTES = 16 * 1024 * 1024
_IDLE_LIMIT_S = 30.0
_START_S = 15.0
_LONGEST_FILE_S = 1.5
"""What a file that ends by itself may take on an average of a job, on two busy cores."""

Tell = Callable[[Report], None]


class Campaign:
    """One campaign on a cluster; ``report`` has the results so far."""

    def __init__(self, cluster: HostileCluster, seed: int) -> None:
        self._cluster = cluster
        self._good = GoodFiles(cluster.url)
        self._seen_alone: set[bytes] = set()
        self.report = Report(seed)

    def run(self, plans: Sequence[Plan], tell: Tell) -> Report:
        """Send all the plans; ``tell`` is called after each job."""
        report = self.report
        report.begin = time.monotonic()
        self._add_violation(self._good.measure())
        warm_up = min(WARM_UP_FILES, max(1, len(plans) // 4))
        for cases in jobs(plans):
            self._job(cases)
            if not report.memory_before and report.files >= warm_up:
                self._settle()
                report.warm_up_files, report.memory_before = (
                    report.files,
                    self._cluster.memory_bytes(),
                )
            report.memory_now = self._cluster.memory_bytes()
            report.seconds = time.monotonic() - report.begin
            tell(report)
        for task_type in TASK_TYPES:
            self._add_violation(self._good.check(task_type)[1])
        self._settle()
        report.memory_after = self._cluster.memory_bytes()
        self._add_violation(_growths(report))
        report.seconds = time.monotonic() - report.begin
        return report

    def _job(self, cases: Sequence[Case]) -> None:
        try:
            done = send(self._cluster.url, cases)
        except JobTimeout as timeout:
            numbers = [case.number for case in cases]
            self._add_violation([f"{timeout} (files {numbers[0]} to {numbers[-1]})"])
            return
        self.report.add(cases, done)
        for violation in violations(cases, done, self._cluster.results):
            self.report.add_violation(violation, cases)
        self._add_violation(_too_slow(cases, done))
        for case, entry in zip(cases, done.entries, strict=False):
            if entry["code"] in COSTLY:
                self._alone(case)
        self._add_violation(self._good.check(cases[0].task_type)[1])
        self._add_violation(self._cluster.ended_programs())
        self._add_violation(self._cluster.errors_in_logs())
        self._settle()

    def _alone(self, case: Case) -> None:
        """Send it again alone, unless the same bytes were sent alone before."""
        digest = hashlib.sha256(case.task_type.encode() + case.data).digest()
        if digest in self._seen_alone:
            return
        self._seen_alone.add(digest)
        alone = send_alone(self._cluster.url, case, self._good)
        self.report.add_alone(alone)
        for text in alone.violations:
            about = f"file {case.number} ({case.task_type}; {case.what})"
            self.report.add_violation(Violation(f"{about}: {text}", case.number), [case])

    def _settle(self) -> None:
        """Wait until the cluster is idle and complete, without leftover files."""
        self._add_violation(wait_for_nothing(self._cluster.leftovers, _IDLE_LIMIT_S))
        self._add_violation(self._cluster.stray_files())

    def _add_violation(self, texts: Iterator[str] | Sequence[str]) -> None:
        for text in texts:
            self.report.add_violation(Violation(text), ())


def jobs(plans: Sequence[Plan]) -> Iterator[list[Case]]:
    """Yield the files of each job: neighbours in the corpus of the same task type."""
    left = iter(plans)
    while window := list(islice(left, _WINDOW_FILES)):
        for task_type in dict.fromkeys(plan.task_type for plan in window):
            job: list[Case] = []
            for planned in (plan for plan in window if plan.task_type == task_type):
                job.append(corpus.make(planned))
                if len(job) >= _JOB_FILES or sum(len(case.data) for case in job) > _JOB_BYTES:
                    yield job
                    job = []
            if job:
                yield job


def _too_slow(cases: Sequence[Case], done: EndedJob) -> Iterator[str]:
    """Compare the time of the job with the most that its files may take."""
    about = f"the job of files {cases[0].number} to {cases[-1].number} ({cases[0].task_type})"
    lost = sum(
        entry["attempts"] if entry["code"] == "crashed" else 1
        for entry in done.entries
        if entry["code"] in COSTLY
    )
    cost_s = FILE_TIMEOUT_S + 2 + RESTART_S
    most_s = _START_S + _LONGEST_FILE_S * len(cases) + lost * cost_s
    if done.seconds > most_s:
        yield f"{about} took {done.seconds:.0f} s, and {most_s:.0f} were to be enough"
    if done.longest_silence_s > MAX_ATTEMPTS * cost_s:
        yield f"{about}: nothing ended for {done.longest_silence_s:.0f} s"


def _growths(report: Report) -> Iterator[str]:
    for name, before in report.memory_before.items():
        grown = report.memory_after[name] - before
        if grown > max(_MOST_GROWTH * before, _MOST_GROWTH_BYTES):
            yield f"{name} holds {grown / 2**20:.0f} MiB more than after the warm-up"
