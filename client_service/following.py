"""Waits until a job has ended, and shows its progress."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from client_service.errors import MasterError
from client_service.master_api.answers import Answer
from client_service.master_api.job_api import JobApi
from client_service.terminal import progress
from protocol.counts import counted

ENDED = frozenset({"done", "cancelled"})
_OPEN = "open"
_WAIT_S = 1
"""How long each request waits for the end; between two of them the progress is shown."""
_NOTICE_AFTER_S = 2.0
"""Every job waits briefly; a shorter wait is not reported."""


def follow(api: JobApi, job_id: str) -> Answer:
    """Show the job's progress until it ends; returns its last head."""
    head = api.head(job_id)
    if head["state"] == _OPEN:
        there = counted(head["total_files"], "is", "are")
        raise MasterError(
            f"job {job_id} still waits for files ({there} there): "
            f"finish its upload with --resume {job_id} and the same files, or cancel it"
        )
    wait_notice = _WaitNotice()
    what = f"Processing {head['task_type']}"
    with progress.of_job(what, head["total_files"], ended_files(head)) as bar:
        while True:
            progress.show(bar, ended_files(head), figures(head))
            if head["state"] in ENDED:
                return head
            began = time.monotonic()
            wait_notice.update(head.get("waiting_for"), began)
            head = api.head(job_id, _WAIT_S)
            if head["state"] not in ENDED:
                # Older masters answer at once, and so does one that shuts down.
                time.sleep(max(0.0, began + _WAIT_S - time.monotonic()))


@dataclass(slots=True)
class _WaitNotice:
    """Reports once why the job waits, when the reason has lasted for a while."""

    reason: str | None = None
    since: float = 0.0
    is_shown: bool = False

    def update(self, reason: str | None, now: float) -> None:
        if reason != self.reason:
            self.reason, self.since, self.is_shown = reason, now, False
        elif reason and not self.is_shown and now - self.since >= _NOTICE_AFTER_S:
            progress.write_stderr(f"the job waits: {reason}")
            self.is_shown = True


def figures(head: Answer) -> Iterator[str]:
    """Yield the rate, time left and failures of a job, as far as the master knows them."""
    if (rate := head.get("files_per_second")) is not None:
        shown = round(rate) if rate >= 10 else float(f"{rate:.2g}")
        yield f"{counted(shown, 'file')}/s"
    if (left_s := head.get("seconds_left")) is not None:
        yield f"{progress.clock(left_s)} left"
    if head["failed_files"]:
        yield f"{head['failed_files']} failed"


def ended_files(head: Answer) -> int:
    """Return how many files of a job are done, failed or cancelled."""
    return int(head["done_files"] + head["failed_files"] + head["cancelled_files"])
