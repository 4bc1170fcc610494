"""Knows what every file gives while nothing is wrong: the measure for all that follows."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.chaos.client import Client, Fault
from tests.chaos.schedule import PlannedJob, Sample, Way

_LIMIT_S = 60.0

_Key = tuple[str, str, tuple[str, ...]]
"""Task type, content, and the texts beside it that its result depends on."""


@dataclass(slots=True)
class Calm:
    """The SHA-256 of each result, learnt when it is first needed."""

    _results: dict[_Key, str] = field(default_factory=dict)

    def result(self, job: PlannedJob, sample: Sample) -> str:
        """Return the SHA-256 of the result that this file of the job must have."""
        return self._results[_key(job.task_type, sample.content, _beside(job))]

    def learn(self, client: Client, jobs: Iterable[PlannedJob]) -> None:
        """Have done, on a cluster that is well, what these jobs need and nobody has done yet."""
        wanted: dict[tuple[str, tuple[str, ...]], set[str]] = {}
        for job in jobs:
            beside = _beside(job)
            contents = {sample.content for sample in job.files}
            if any(
                _key(job.task_type, content, beside) not in self._results for content in contents
            ):
                wanted.setdefault((job.task_type, beside), set()).update(contents)
        for (task_type, beside), some in wanted.items():
            self._do(client, task_type, beside, sorted(some))

    def _do(
        self, client: Client, task_type: str, beside: tuple[str, ...], contents: list[str]
    ) -> None:
        files = tuple(Sample(f"calm {content}", content) for content in contents)
        plan = PlannedJob(0, task_type, Way.ASYNC, files, None)
        job_id = client.send(plan).job_id
        end = time.monotonic() + _LIMIT_S
        while not client.is_over(job_id):
            if time.monotonic() > end:
                raise Fault(f"a calm job of {task_type} took more than {_LIMIT_S:g} seconds")
            time.sleep(0.02)
        for sample, entry in zip(files, client.job(job_id)["files"], strict=True):
            if entry["code"] != sample.code:
                raise Fault(f"calm {task_type} {sample.content}: {entry}")
            # A bad file's result is no result.
            known = entry["result_sha256"] or ""
            self._results[_key(task_type, sample.content, beside)] = known


def _key(task_type: str, content: str, beside: tuple[str, ...]) -> _Key:
    return task_type, content, beside


def _beside(job: PlannedJob) -> tuple[str, ...]:
    if job.task_type != "embedding":
        return ()
    return tuple(sorted(sample.content for sample in job.files if sample.code is None))
