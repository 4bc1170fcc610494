"""Processes each file without faults; its result is the expected one in runs with faults."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.chaos.client import Client, Violation
from tests.chaos.schedule import PlannedJob, Sample, SendMode

_LIMIT_S = 60.0

_Key = tuple[str, str, tuple[str, ...]]
"""Task type, content, and the texts beside it that its result depends on."""


@dataclass(slots=True)
class Baseline:
    """The SHA-256 of each result, computed when it is first needed."""

    _results: dict[_Key, str] = field(default_factory=dict)

    def result(self, job: PlannedJob, sample: Sample) -> str:
        """Return the SHA-256 of the result that this file of the job must have."""
        return self._results[_key(job.task_type, sample.content, _context(job))]

    def compute(self, client: Client, jobs: Iterable[PlannedJob]) -> None:
        """Process the files of these jobs whose results are not known yet; there are no faults."""
        wanted: dict[tuple[str, tuple[str, ...]], set[str]] = {}
        for job in jobs:
            context = _context(job)
            contents = {sample.content for sample in job.files}
            if any(
                _key(job.task_type, content, context) not in self._results for content in contents
            ):
                wanted.setdefault((job.task_type, context), set()).update(contents)
        for (task_type, context), some in wanted.items():
            self._do(client, task_type, context, sorted(some))

    def _do(
        self, client: Client, task_type: str, context: tuple[str, ...], contents: list[str]
    ) -> None:
        files = tuple(Sample(f"baseline {content}", content) for content in contents)
        plan = PlannedJob(0, task_type, SendMode.ASYNC, files, None)
        job_id = client.send(plan).job_id
        end = time.monotonic() + _LIMIT_S
        while not client.is_over(job_id):
            if time.monotonic() > end:
                raise Violation(
                    f"a job without faults of {task_type} took more than {_LIMIT_S:g} seconds"
                )
            time.sleep(0.05)
        for sample, entry in zip(files, client.job(job_id)["files"], strict=True):
            if entry["code"] != sample.code:
                raise Violation(f"without faults, {task_type} {sample.content}: {entry}")
            # A file that fails has no result.
            known = entry["result_sha256"] or ""
            self._results[_key(task_type, sample.content, context)] = known


def _key(task_type: str, content: str, context: tuple[str, ...]) -> _Key:
    return task_type, content, context


def _context(job: PlannedJob) -> tuple[str, ...]:
    if job.task_type != "embedding":
        return ()
    return tuple(sorted(sample.content for sample in job.files if sample.code is None))
