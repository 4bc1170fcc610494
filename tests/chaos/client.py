"""Sends jobs with an idempotency key, and repeats each request until it is answered."""

import contextlib
import socket
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from protocol.task_types import TASK_TYPES
from tests.chaos.contents import Contents
from tests.chaos.schedule import PlannedJob, Sample, SendMode

_TIMEOUT_S = (2.0, 5.0)
_RETRY_INTERVAL_S = 0.1
_LIMIT_S = 60.0
_HANG_UP_AFTER_S = 0.3
_BATCH_FILES = 6
_PREFER = {"Prefer": "respond-async"}


class Violation(Exception):
    """The system under test violated its contract."""


@dataclass(slots=True)
class SentJob:
    """A job that was accepted, and how the master answered when it was cancelled, if it was."""

    plan: PlannedJob
    job_id: str
    cancel_answer: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """Calls the master at ``url`` until ``over`` is set."""

    url: str
    contents: Contents
    over: threading.Event = field(default_factory=threading.Event)

    def send(self, plan: PlannedJob) -> SentJob:
        """Send a job, and cancel it where that is planned; return once this is done."""
        if plan.mode is SendMode.BATCHES:
            sent = SentJob(plan, self._send_in_batches(plan))
        else:
            sent = SentJob(plan, self._send_whole(plan))
        if plan.cancel_after_s is not None and not self.over.wait(plan.cancel_after_s):
            sent.cancel_answer = self.cancel(sent.job_id)
        return sent

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Cancel the job, and return it when it has ended."""
        while True:
            job: dict[str, Any] = self._ask("DELETE", f"/jobs/{job_id}", 200).json()
            if job["state"] in ("done", "cancelled") or self.over.wait(_RETRY_INTERVAL_S):
                return job

    def job(self, job_id: str) -> dict[str, Any]:
        """Return the job with all its files."""
        job: dict[str, Any] = self._ask("GET", f"/jobs/{job_id}", 200).json()
        return job

    def is_over(self, job_id: str) -> bool:
        """Tell whether the job has ended."""
        job = self._ask("GET", f"/jobs/{job_id}?limit=0", 200).json()
        return job["state"] in ("done", "cancelled")

    def job_ids(self) -> list[str]:
        """Return the ids of the jobs that the master knows, the newest first."""
        jobs = self._ask("GET", "/jobs?limit=1000", 200).json()["jobs"]
        return [job["job_id"] for job in jobs]

    def process(self, task_type: str, files: Sequence[Sample]) -> dict[str, Any]:
        """Process files by a synchronous request; there must be no faults."""
        answer = requests.post(
            f"{self.url}/assign_task", **self._form(task_type, files), timeout=_LIMIT_S
        )
        if answer.status_code != 200:
            raise Violation(f"{task_type} was refused: {answer.status_code} {answer.text[:300]}")
        summary: dict[str, Any] = answer.json()
        return summary

    def _send_whole(self, plan: PlannedJob) -> str:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        form = self._form(plan.task_type, plan.files)
        if plan.mode is SendMode.DISCONNECT:
            with contextlib.suppress(requests.RequestException):
                url, timeout = f"{self.url}/assign_task", (_TIMEOUT_S[0], _HANG_UP_AFTER_S)
                requests.post(url, headers=headers, timeout=timeout, **form)
        elif plan.mode is SendMode.INTERRUPTED:
            with contextlib.suppress(OSError):
                self._send_half(headers, form)
        answer = self._ask("POST", "/assign_task", 202, headers=headers | _PREFER, **form)
        return str(answer.json()["job_id"])

    def _send_half(self, headers: dict[str, str], form: dict[str, Any]) -> None:
        url = f"{self.url}/assign_task"
        request = requests.Request("POST", url, headers=headers | _PREFER, **form).prepare()
        host = urllib.parse.urlsplit(url)
        lines = [f"POST {request.path_url} HTTP/1.1", f"Host: {host.netloc}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        body = request.body if isinstance(request.body, bytes) else b""
        address = (host.hostname or "", host.port or 0)
        with socket.create_connection(address, timeout=_TIMEOUT_S[0]) as connection:
            connection.sendall("\r\n".join([*lines, "\r\n"]).encode() + body[: len(body) // 2])

    def _send_in_batches(self, plan: PlannedJob) -> str:
        # Each call creates something, and needs a key of its own.
        key = uuid.uuid4().hex
        job = {"task_type": plan.task_type}
        job_id = str(self._ask("POST", "/jobs", 201, _key(key, "job"), json=job).json()["job_id"])
        for first in range(0, len(plan.files), _BATCH_FILES):
            batch = plan.files[first : first + _BATCH_FILES]
            form = self._form(plan.task_type, batch)
            headers = _key(key, f"files {first}")
            answer = self._ask("POST", f"/jobs/{job_id}/files", 200, headers, **form).json()
            if answer["indexes"] != list(range(first, first + len(batch))):
                raise Violation(
                    f"job {job_id} has numbered {len(batch)} files at {first}: {answer}"
                )
        self._ask("POST", f"/jobs/{job_id}/start", 202)
        return job_id

    def _ask(
        self,
        method: str,
        path: str,
        expected: int,
        headers: dict[str, str] | None = None,
        **content: Any,
    ) -> requests.Response:
        """Repeat the request until there is a response other than 503 and 507."""

        def ask() -> requests.Response:
            url = self.url + path
            return requests.request(method, url, headers=headers, timeout=_TIMEOUT_S, **content)

        answer = self._until_answered(ask)
        if answer.status_code != expected:
            raise Violation(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def _until_answered(self, ask: Callable[[], requests.Response]) -> requests.Response:
        end = time.monotonic() + _LIMIT_S
        while True:
            try:
                answer = ask()
                if answer.status_code not in (503, 507):
                    return answer
                last = f"{answer.status_code} {answer.text[:300]}"
            except requests.RequestException as error:
                last = str(error)
            if self.over.wait(_RETRY_INTERVAL_S) or time.monotonic() > end:
                raise Violation(f"no answer in {_LIMIT_S:g} seconds; the last one: {last}")

    def _form(self, task_type: str, files: Sequence[Sample]) -> dict[str, Any]:
        name = TASK_TYPES[task_type].form_field
        parts = [
            (name, (file.filename, self.contents.get(task_type, file.content))) for file in files
        ]
        return {"data": {"task_type": task_type}, "files": parts}


def _key(key: str, part: str) -> dict[str, str]:
    return {"Idempotency-Key": f"{key} {part}"}
