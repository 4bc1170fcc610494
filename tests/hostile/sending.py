"""Sends a job and follows it to its end: when each of its files ended, and how."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from protocol.task_types import TASK_TYPES
from tests.hostile.corpus import Case
from tests.hostile.multipart import form

_LOOK_S = 0.05
_ANSWER_S = 120.0
MOST_SILENT_S = 90.0
"""Longer than anything may take: a job in which nothing ends for so long is stuck."""
_KILLING = ("timeout", "crashed")
"""Whoever comes after one of these on the same slave waits for a new worker too."""
_MERGED_TYPES = frozenset(row.name for row in TASK_TYPES.values() if row.merge_module)
"""All files of a job of these end when the last one has been processed."""

Times = dict[int, float]
"""Seconds by the index of a file."""


class JobTimeout(Exception):
    """A job that does not end in time."""


@dataclass(slots=True)
class EndedJob:
    """A job that has ended: the entry of each file, and what was measured."""

    job_id: str
    entries: list[dict[str, Any]]
    seconds: float = 0.0
    longest_silence_s: float = 0.0
    """The longest time in which no file ended."""
    file_seconds: Times = field(default_factory=dict)
    """By index; to within a look, and only where no new worker had to be waited for."""


def send(url: str, cases: Sequence[Case]) -> EndedJob:
    """Send the files as one job and wait for its end; raises ``JobTimeout``."""
    task_type = cases[0].task_type
    kind, body = form(task_type, [(case.filename, case.data) for case in cases])
    answer = requests.post(
        f"{url}/assign_task",
        data=body,
        headers={"Content-Type": kind, "Prefer": "respond-async"},
        timeout=_ANSWER_S,
    )
    if answer.status_code != 202:
        raise JobTimeout(f"the master refused a job: {answer.status_code} {answer.text[:300]}")
    return _watch(url, str(answer.json()["job_id"]))


@dataclass(slots=True)
class _Clock:
    """Since when each slave is idle, as far as the job shows; None where it needs a worker."""

    begin: float
    free_since: dict[str, float | None] = field(default_factory=dict)
    _tried_again: int = 0

    def look(self, files: list[dict[str, Any]], news: list[dict[str, Any]], now: float) -> Times:
        """Distribute the time since the last end on a slave over the files that ended since."""
        times: Times = {}
        for slave in {entry["slave"] for entry in news}:
            own = [entry for entry in news if entry["slave"] == slave]
            since = self.free_since.get(slave, self.begin)
            if since is not None:
                times |= {entry["index"]: (now - since) / len(own) for entry in own}
            is_lost = any(entry["code"] in _KILLING for entry in own)
            self.free_since[slave] = None if is_lost else now
        tried_again = sum(max(0, entry["attempts"] - 1) for entry in files)
        if tried_again != self._tried_again:
            # A worker has crashed; the job does not say of which slave.
            self._tried_again = tried_again
            self.free_since = dict.fromkeys(entry["slave"] for entry in files)
        return times


def _watch(url: str, job_id: str) -> EndedJob:
    begin = last = time.monotonic()
    ended: set[int] = set()
    done = EndedJob(job_id, [])
    clock = _Clock(begin)
    with requests.Session() as session:
        while True:
            job = session.get(f"{url}/jobs/{job_id}?limit=10000", timeout=_ANSWER_S).json()
            now = time.monotonic()
            news = [e for e in job["files"] if _is_over(e) and e["index"] not in ended]
            if news:
                done.longest_silence_s = max(done.longest_silence_s, now - last)
                last = now
            done.file_seconds |= clock.look(job["files"], news, now)
            ended |= {entry["index"] for entry in news}
            if job["state"] in ("done", "cancelled"):
                if job["task_type"] in _MERGED_TYPES:
                    done.file_seconds.clear()
                done.entries, done.seconds = job["files"], now - begin
                return done
            if now - last > MOST_SILENT_S:
                open_ones = [e["index"] for e in job["files"] if not _is_over(e)]
                session.delete(f"{url}/jobs/{job_id}", timeout=_ANSWER_S)
                raise JobTimeout(
                    f"nothing ended for {now - last:.0f} s in {job_id}: {open_ones[:5]}"
                )
            time.sleep(_LOOK_S)


def _is_over(entry: dict[str, Any]) -> bool:
    return entry["state"] in ("done", "failed", "cancelled")
