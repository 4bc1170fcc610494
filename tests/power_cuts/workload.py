"""Clients that send jobs of small files and record what they are told, until the power is cut."""

import contextlib
import random
import threading
import uuid
from collections.abc import Callable
from typing import Any

import requests

from tests.power_cuts.answers import Answers, Json, Part, Request

_CLIENTS = 3
_MAX_FILES = 8
_TIMEOUT_S = 30
CONTENTS = tuple(
    f"Text {number}: a good day, or a bad one. ".encode() * (1 + number**2 % 17 * 40)
    for number in range(12)
)
"""From 40 bytes to 24 KB: less and more than a page of memory. Few: all results are known."""


class RefusedError(Exception):
    """An answer had another status than it must have."""


class ConflictError(Exception):
    """Another client has cancelled or started the job meanwhile."""


class Workload:
    """Threads that act at random; ``seed`` decides what each of them does first."""

    def __init__(self, url: str, answers: Answers, seed: int) -> None:
        self._over = threading.Event()
        clients = [
            _Client(
                url,
                answers,
                random.Random(f"{seed} {number}"),  # noqa: S311 (repeatable)
                self._over,
            )
            for number in range(_CLIENTS)
        ]
        self._threads = [threading.Thread(target=client.run, daemon=True) for client in clients]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop the clients; what they wait for never comes if the master has been killed."""
        self._over.set()
        for thread in self._threads:
            thread.join(_TIMEOUT_S)


class _Client:
    """One client: it sends a job in one of several ways, and asks for the state of others."""

    def __init__(
        self, url: str, answers: Answers, chance: random.Random, over: threading.Event
    ) -> None:
        self._url = url
        self._answers = answers
        self._chance = chance
        self._over = over
        self._session = requests.Session()

    def run(self) -> None:
        """Act until the master is gone or ``over`` is set."""
        actions: list[Callable[[], None]] = [
            self._send_job,
            self._send_and_wait,
            self._send_in_parts,
            self._look,
            self._look,
            self._cancel,
            self._retry,
        ]
        try:
            while not self._over.is_set():
                with contextlib.suppress(ConflictError):
                    self._chance.choice(actions)()
        except (requests.RequestException, ValueError):
            return  # the power is off; an answer that was cut off is none
        except RefusedError as error:
            self._answers.refusals.append(str(error))
        finally:
            self._session.close()

    # Ways to send a job

    def _send_job(self) -> None:
        files = self._files()
        asked = Request("/assign_task", uuid.uuid4().hex, {"files": files})
        told = self._create(asked, 202)
        job = self._answers.job(told["job_id"])
        job.is_started = True
        self._answers.accepted(job.job_id, range(len(files)), files)
        self._answers.note()

    def _send_and_wait(self) -> None:
        files = self._files()
        told = self._call("POST", "/assign_task", 200, **_form({"files": files}))
        job = self._answers.job(told["job_id"])
        job.is_started, job.state = True, "done"
        self._answers.accepted(job.job_id, range(len(files)), files)
        job.summaries.append(told)
        self._answers.note()

    def _send_in_parts(self) -> None:
        told = self._create(Request("/jobs", uuid.uuid4().hex, {"task_type": "text"}), 201)
        job = self._answers.job(told["job_id"])
        self._answers.note()
        for _ in range(self._chance.randrange(3)):
            files = self._files()
            path = f"/jobs/{job.job_id}/files"
            indexes = self._create(Request(path, uuid.uuid4().hex, {"files": files}), 200)
            self._answers.accepted(job.job_id, indexes["indexes"], files)
            self._answers.note()
        if job.files and self._chance.random() < 0.8:
            self._call("POST", f"/jobs/{job.job_id}/start", 202)
            job.is_started = True
            self._answers.note()

    # Other calls on jobs

    def _look(self) -> None:
        if job_id := self._some_job():
            self._answers.described(self._call("GET", f"/jobs/{job_id}?limit=1000", 200))
            self._answers.note()

    def _cancel(self) -> None:
        if (job_id := self._some_job()) and self._chance.random() < 0.3:
            told = self._call("DELETE", f"/jobs/{job_id}", 200)
            job = self._answers.job(job_id)
            if told["state"] in ("done", "cancelled"):
                job.state = told["state"]
            self._answers.note()

    def _retry(self) -> None:
        job_id = self._some_job()
        if job_id is None or self._answers.job(job_id).state != "done":
            return
        old = self._call("GET", f"/jobs/{job_id}?limit=1000", 200)
        failed = [file["index"] for file in old["files"] if file["state"] == "failed"]
        if not failed:
            return
        told = self._create(Request(f"/jobs/{job_id}/retry", uuid.uuid4().hex, {}), 201)
        job, sent = self._answers.job(told["job_id"]), self._answers.job(job_id).files
        job.is_started = True
        self._answers.accepted(job.job_id, range(len(failed)), [sent[index] for index in failed])
        self._answers.note()

    def _some_job(self) -> str | None:
        with self._answers.came:
            return self._chance.choice(list(self._answers.jobs)[-6:] or [None])

    def _files(self) -> list[Part]:
        """Return some files; one in twelve is empty, and fails."""
        count = self._chance.randint(1, _MAX_FILES)
        # The same names come again, with the same and with other bytes.
        names = [f"{self._chance.randrange(300)}.txt" for _ in range(count)]
        return [(name, self._chance.choice((b"", *CONTENTS))) for name in names]

    def _create(self, asked: Request, status: int) -> Json:
        told = send(self._session, self._url, asked, status)
        self._answers.replied(asked, told)
        return told

    def _call(self, method: str, path: str, status: int, **content: Any) -> Json:
        return _call(self._session, method, self._url + path, status, **content)


def send(session: requests.Session, url: str, asked: Request, status: int | None = None) -> Json:
    """Send a request with its key; return the answer."""
    headers = {"Idempotency-Key": asked.key}
    if asked.path == "/assign_task":
        headers["Prefer"] = "respond-async"
    return _call(session, "POST", url + asked.path, status, headers=headers, **_form(asked.content))


def _form(content: Any) -> Json:
    if "files" in content:
        files = [("texts", part) for part in content["files"]]
        return {"files": files, "data": {"task_type": "text"}}
    return {"json": dict(content)} if content else {}


def _call(
    session: requests.Session, method: str, url: str, status: int | None, **content: Any
) -> Json:
    answer = session.request(method, url, timeout=_TIMEOUT_S, **content)
    if answer.status_code == 409:
        raise ConflictError
    if status is not None and answer.status_code != status:
        raise RefusedError(f"{method} {url}: {answer.status_code} {answer.text[:300]}")
    told: Json = answer.json()
    return told
