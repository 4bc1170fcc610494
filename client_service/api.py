"""The master's job API, and the only user of requests here: it turns its errors into ours.

Every call may be sent again: what creates something carries an ``Idempotency-Key``, the same on
each try, so that the master does it once.
"""

import contextlib
import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import requests
from requests_toolbelt import MultipartEncoder, MultipartEncoderMonitor

from client_service.ctrl_c import CtrlC
from client_service.errors import MasterError, MasterGone, UsageError
from client_service.files import Source
from client_service.patience import PATIENCE_S, Outage
from slave_service.session import new_session
from slave_service.tls import doubt
from slave_service.wire import LazyFile, SourceChanged, reason_of

Answer = dict[str, Any]
"""An object of the master's JSON: a job's head, a file of its ledger, …"""

_CONNECT_S = 10
_FIRST_ANSWER_S = 15
_ANSWER_S = 120
"""The master may be storing what it was sent, on a slow disk."""
_BRIEFLY_S = 3.0
"""For what is done on the way out."""
_PAGE = 1000
_BLOCK_BYTES = 1 << 18
_PASSING = frozenset({502, 503, 504, 507})
"""No room, too many jobs, stopping, or a proxy without its master: better later."""


class JobApi:
    """Speaks with one master; ``note`` is told, in a line, what is being waited for."""

    def __init__(
        self,
        master_url: str,
        token: str | None,
        note: Callable[[str], None],
        ctrl_c: CtrlC | None = None,
        authority: Path | None = None,
    ) -> None:
        self.master_url = master_url
        self._note = note
        self._ctrl_c = ctrl_c or CtrlC()
        self._session = new_session(token, _ANSWER_S, authority)
        self._has_answered = False

    def status(self) -> Answer:
        """Return what the master says of itself and its slaves; raises if it is no master."""
        status = self._json("GET", "/check_status", timeout_s=_FIRST_ANSWER_S)
        if status.get("status") != "alive":
            raise MasterError(f"the master at {self.master_url} is no master of this kind")
        return status

    def create(self, task_type: str) -> str:
        """Make a job that is open for files; returns its id."""
        return self._created("/jobs", {"task_type": task_type})

    def retry(self, job_id: str) -> str:
        """Make a job of those files of a job that failed; returns its id."""
        return self._created(f"{_job(job_id)}/retry", None)

    def add_files(
        self,
        job_id: str,
        field: str,
        files: Sequence[Source],
        first_index: int,
        progress: Callable[[float], None],
    ) -> None:
        """Send files to an open job, in which ``first_index`` are already.

        ``progress`` is told which part of the request is out, from 0 to 1. The files are read
        as they are sent, one open at a time, and again where it has to be sent again.
        """
        # Made of the place in the job, so that what a client that died had sent is not taken
        # twice from the one that goes on in its place.
        headers = {"Idempotency-Key": f"{job_id}-{first_index}"}

        def tell(sent: MultipartEncoderMonitor) -> None:
            self._ctrl_c.check()
            progress(sent.bytes_read / sent.len)

        def body() -> dict[str, Any]:
            encoder = _encode(field, files)
            monitor = MultipartEncoderMonitor(encoder, tell)
            kind = {"Content-Type": encoder.content_type}
            return {"data": monitor, "headers": headers | kind}

        indexes = self._json("POST", f"{_job(job_id)}/files", body).get("indexes")
        if indexes != list(range(first_index, first_index + len(files))):
            raise MasterError(
                f"somebody else is sending files to job {job_id}: cancel it and send it anew"
            )

    def start(self, job_id: str) -> None:
        """Close the job for files and have it processed."""
        self._json("POST", f"{_job(job_id)}/start")

    def cancel(self, job_id: str) -> Answer:
        """Cancel the job; returns its head."""
        return self._json("DELETE", _job(job_id))

    def abandon(self, job_id: str) -> Answer:
        """Cancel the job, without much waiting, where the client ends; returns its head."""
        self._ctrl_c.forget()
        return self._json("DELETE", _job(job_id), dict, _FIRST_ANSWER_S, _BRIEFLY_S)

    def drop(self, job_id: str, slave: str) -> int:
        """Have one slave do no more of this job; returns how many files it was relieved of."""
        answer = self._json("POST", f"{_job(job_id)}/drop", lambda: {"json": {"slave": slave}})
        return int(answer["files_moved"])

    def head(self, job_id: str) -> Answer:
        """Return the job without its files."""
        return self._json("GET", f"{_job(job_id)}?limit=0")

    def ledger(self, job_id: str) -> Iterator[Answer]:
        """Yield the job's files in upload order, a page in memory at a time."""
        yield from self._pages(_job(job_id), "files")

    def jobs(self) -> Iterator[Answer]:
        """Yield the heads of all jobs, newest first."""
        yield from self._pages("/jobs", "jobs")

    def download(self, task_type: str, name: str, target: BinaryIO) -> str:
        """Write one result to an empty file; returns its SHA-256."""
        path = f"/results/{quote(task_type, safe='')}/{quote(name, safe='')}"
        outage = Outage(self._note)
        while True:
            response = self._ask("GET", path, stream=True)
            try:
                return _store(response, target)
            except requests.RequestException as error:
                self._lost(error, outage)
                target.seek(0)
                target.truncate()

    def _created(self, path: str, body: object) -> str:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        return str(self._json("POST", path, lambda: {"json": body, "headers": headers})["job_id"])

    def _pages(self, path: str, key: str) -> Iterator[Answer]:
        offset = 0
        while True:
            page = self._json("GET", f"{path}?offset={offset}&limit={_PAGE}")[key]
            yield from page
            offset += len(page)
            if len(page) < _PAGE:
                return

    def _json(
        self,
        method: str,
        path: str,
        body: Callable[[], dict[str, Any]] = dict,
        timeout_s: float = _ANSWER_S,
        patience_s: float = PATIENCE_S,
    ) -> Answer:
        response = self._ask(method, path, body, timeout_s, patience_s)
        with contextlib.suppress(ValueError):
            answer = response.json()
            if isinstance(answer, dict):
                return answer
        raise MasterError(f"the master at {self.master_url} answers what no master would")

    def _ask(
        self,
        method: str,
        path: str,
        body: Callable[[], dict[str, Any]] = dict,
        timeout_s: float = _ANSWER_S,
        patience_s: float = PATIENCE_S,
        *,
        stream: bool = False,
    ) -> requests.Response:
        """Send a request until it is answered, or patience ends; ``body`` is made for each try."""
        outage = Outage(self._note, patience_s)
        timeouts = (_CONNECT_S, timeout_s)
        while True:
            self._ctrl_c.check()
            try:
                response = self._session.request(
                    method, self.master_url + path, timeout=timeouts, stream=stream, **body()
                )
            except SourceChanged as error:
                raise UsageError(str(error)) from error
            except requests.RequestException as error:
                self._lost(error, outage)
                continue
            self._has_answered = True
            if response.ok:
                return response
            refusal = _refusal(response)
            if response.status_code not in _PASSING:
                raise MasterError(refusal)
            if not outage.wait(refusal, _retry_after_s(response)):
                raise MasterGone(refusal)

    def _lost(self, error: requests.RequestException, outage: Outage) -> None:
        """Wait until the master may be back; raises when it was never there, or is for too long."""
        if doubtful := doubt(self.master_url, error):
            raise MasterError(doubtful) from error
        trouble = f"the master at {self.master_url} can't be reached or broke off"
        reason = reason_of(error)
        if not self._has_answered or not outage.wait(f"{trouble} ({reason})"):
            raise MasterGone(f"{trouble}: is it running there? ({reason})") from error


def _job(job_id: str) -> str:
    return f"/jobs/{quote(job_id, safe='')}"


def _encode(field: str, files: Sequence[Source]) -> MultipartEncoder:
    kind = "application/octet-stream"
    return MultipartEncoder(
        [(field, (file.name, LazyFile(file.path, file.size), kind)) for file in files]
    )


def _store(response: requests.Response, target: BinaryIO) -> str:
    sha256 = hashlib.sha256()
    with response:
        for block in response.iter_content(_BLOCK_BYTES):
            sha256.update(block)
            target.write(block)
    return sha256.hexdigest()


def _refusal(response: requests.Response) -> str:
    """Return what the master said no with."""
    if response.status_code == requests.codes.unauthorized:
        # Its own words are for who writes requests.
        return (
            "the master says no without its token: set CLUSTER_TOKEN in the environment or in .env "
            "to the one that the master was started with"
        )
    reason = None
    with contextlib.suppress(ValueError, AttributeError):
        reason = response.json().get("error")
    reason = reason or f"HTTP {response.status_code} {response.reason}"
    return f"the master says no: {reason}"


def _retry_after_s(response: requests.Response) -> float | None:
    """Return the seconds that the master asks to wait; None where it names none."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None
