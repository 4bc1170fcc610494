"""The calls on jobs as a test makes them: answers checked, and waited for with a bound."""

from collections.abc import Sequence
from typing import Any

import requests

from protocol.task_types import TASK_TYPES
from tests.contract.programs import Part, wait_until

Json = dict[str, Any]
LIMIT_S = 60


def call(url: str, method: str, path: str, status: int, **kwargs: Any) -> requests.Response:
    """Make one call, whose answer must have this status."""
    answer = requests.request(method, url + path, timeout=LIMIT_S, **kwargs)
    assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer


def form(task_type: str, parts: Sequence[Part]) -> Json:
    """Return what requests sends as the multipart form of these files."""
    field = TASK_TYPES[task_type].form_field
    return {"data": {"task_type": task_type}, "files": [(field, part) for part in parts]}


def texts(name: str, count: int) -> list[Part]:
    return [
        (f"{name} {number}.txt", f"{name} {number} is good".encode()) for number in range(count)
    ]


def send(url: str, task_type: str, parts: Sequence[Part], key: str | None = None) -> str:
    """Send a job in the background; return its id."""
    headers = {"Prefer": "respond-async"} | ({"Idempotency-Key": key} if key else {})
    answer = call(url, "POST", "/assign_task", 202, headers=headers, **form(task_type, parts))
    return str(answer.json()["job_id"])


def job(url: str, job_id: str, **page: int) -> Json:
    """Return a job and its ledger."""
    answer: Json = call(url, "GET", f"/jobs/{job_id}", 200, params=page).json()
    return answer


def finished(url: str, job_id: str, limit_s: float = LIMIT_S) -> Json:
    """Wait for the job to be over and return it."""
    over = ("done", "cancelled")
    wait_until(lambda: job(url, job_id, limit=0)["state"] in over, limit_s)
    return job(url, job_id)
