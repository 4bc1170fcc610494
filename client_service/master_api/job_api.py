"""Calls the master's job API and validates each response.

Every request can be repeated: those that create something have an ``Idempotency-Key``, the same for
each try, so that the master executes them once.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import quote

from client_service.errors import MasterError
from client_service.local_files import Source
from client_service.master_api import answers
from client_service.master_api.answers import Answer
from client_service.master_api.connection import ANSWER_S, Begun, Blocks, Connection
from client_service.master_api.http_exchange import Body, Request
from client_service.master_api.multipart_form import form_of
from client_service.master_api.retries import RETRY_FOR_S
from client_service.terminal.interrupt import InterruptHandler

T = TypeVar("T")

_FIRST_ANSWER_S = 15
_EXIT_RETRY_FOR_S = 3.0
"""Seconds of retries for requests that are sent when the client ends."""
_PAGE_SIZE = 1000


class JobApi:
    """The API of one master; ``notify`` is called with a line about each wait."""

    def __init__(
        self,
        master_url: str,
        token: str | None,
        notify: Callable[[str], None],
        interrupts: InterruptHandler | None = None,
        authority: Path | None = None,
    ) -> None:
        self.master_url = master_url
        self._interrupts = interrupts or InterruptHandler()
        self._connection = Connection(master_url, token, notify, self._interrupts, authority)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def status(self) -> Answer:
        """Return the status of the master and its slaves; raises if another program answers."""
        status = self._json(answers.status, "GET", "/check_status", timeout_s=_FIRST_ANSWER_S)
        if status.get("status") != "alive":
            raise self._connection.invalid_answer()
        # Without the token, the status of a slave looks the same as that of a master.
        self._connection.check_is_master("slaves" in status)
        return status

    def page_of(self, job_id: str) -> str:
        """Return the address of the page that shows a job."""
        return f"{self.master_url}/ui#{_job_path(job_id)}"

    def create(self, task_type: str, options: Mapping[str, str] | None = None) -> str:
        """Make a job that is open for files; returns its id."""
        chosen = {"options": dict(options)} if options else {}
        return self._created("/jobs", _json_body({"task_type": task_type, **chosen}))

    def retry(self, job_id: str) -> str:
        """Make a new job of the failed files of a job; returns its id."""
        return self._created(f"{_job_path(job_id)}/retry")

    def begin_files(
        self,
        job_id: str,
        field: str,
        files: Sequence[Source],
        first_index: int,
        progress: Callable[[float], None],
    ) -> "Upload":
        """Send all but the end of a request that brings files to an open job.

        The job will have ``first_index`` files when the end is sent. ``progress`` is called with
        the fraction of the request that is sent, from 0 to 1, again from 0 if it is sent again. The
        files are read as they are sent, one open at a time, and again for each retry.
        """
        # Made of the index, so that a client that resumes the upload of one that died does not
        # add the same files twice.
        headers = {"Idempotency-Key": f"{job_id}-{first_index}"}
        body = _reporting(form_of(field, files), progress)
        request = Request("POST", f"{_job_path(job_id)}/files", body, headers)
        begun = self._connection.begin(request)
        return Upload(self, job_id, range(first_index, first_index + len(files)), begun)

    def answer_to_files(self, begun: Begun) -> Answer:
        """Return the answer to a request that ``begin_files`` made."""
        return self._parsed(_unchecked, self._connection.answer(answers.bounded, begun))

    def start(self, job_id: str) -> None:
        """Start the job; it accepts no more files."""
        self._json(_unchecked, "POST", f"{_job_path(job_id)}/start")

    def cancel(self, job_id: str) -> Answer:
        """Cancel the job; returns its head."""
        return self._json(answers.head, "DELETE", _job_path(job_id))

    def abandon(self, job_id: str) -> Answer:
        """Cancel the job with few retries, since the client is ending; returns its head."""
        self._interrupts.reset()
        path = _job_path(job_id)
        return self._json(answers.head, "DELETE", path, None, _FIRST_ANSWER_S, _EXIT_RETRY_FOR_S)

    def drop(self, job_id: str, slave: str) -> int:
        """Exclude one slave from the job; returns how many files were taken from it."""
        path = f"{_job_path(job_id)}/drop"
        return self._json(answers.files_moved, "POST", path, _json_body({"slave": slave}))

    def head(self, job_id: str, wait_s: int = 0) -> Answer:
        """Return the job without its files, as soon as it has ended or ``wait_s`` have passed.

        Older masters do not wait.
        """
        wait = f"&wait={wait_s}" if wait_s else ""
        return self._json(answers.head, "GET", f"{_job_path(job_id)}?limit=0{wait}")

    def ledger(self, job_id: str) -> Iterator[Answer]:
        """Yield the job's files in upload order, a page in memory at a time."""
        last = -1
        for entry in self._pages(answers.entries, _job_path(job_id)):
            # A master that repeats one page would cause an endless loop.
            if entry["index"] <= last:
                raise self._connection.invalid_answer()
            last = entry["index"]
            yield entry

    def jobs(self, id_prefix: str = "") -> Iterator[Answer]:
        """Yield the heads of all jobs, or of those with the id prefix, newest first."""
        seen: set[str] = set()
        repeated = 0
        for head in self._pages(
            answers.heads, "/jobs", f"&id_prefix={id_prefix}" * bool(id_prefix)
        ):
            # New jobs shift a few known ones to the next page, but never a whole page.
            if head["job_id"] in seen:
                repeated += 1
                if repeated == _PAGE_SIZE:
                    raise self._connection.invalid_answer()
                continue
            seen.add(head["job_id"])
            repeated = 0
            yield head

    def begin_download(self, task_type: str, name: str) -> Begun:
        """Request one result."""
        path = f"/results/{quote(task_type, safe='')}/{quote(name, safe='')}"
        return self._connection.begin(Request("GET", path))

    def download(self, begun: Begun, target: BinaryIO) -> str:
        """Write the requested result to an empty file; returns its SHA-256."""
        return self._connection.answer(lambda blocks: _store(blocks, target), begun)

    def _created(self, path: str, body: Body | None = None) -> str:
        headers = {"Idempotency-Key": os.urandom(16).hex()}
        request = Request("POST", path, body, headers)
        return self._parsed(answers.job_id, self._connection.request(answers.bounded, request))

    def _pages(
        self, read: Callable[[Answer], list[Answer]], path: str, more: str = ""
    ) -> Iterator[Answer]:
        offset = 0
        while True:
            page = self._json(read, "GET", f"{path}?offset={offset}&limit={_PAGE_SIZE}{more}")
            yield from page
            offset += len(page)
            if len(page) < _PAGE_SIZE:
                return

    def _json(
        self,
        read: Callable[[Answer], T],
        method: str,
        path: str,
        body: Body | None = None,
        timeout_s: float = ANSWER_S,
        retry_for_s: float = RETRY_FOR_S,
    ) -> T:
        """Return the response, parsed and validated by ``read``; raises ``MasterError``."""
        request = Request(method, path, body)
        data = self._connection.request(answers.bounded, request, timeout_s, retry_for_s)
        return self._parsed(read, data)

    def _parsed(self, read: Callable[[Answer], T], data: bytes) -> T:
        try:
            return read(answers.parse(data))
        except answers.INVALID as error:
            raise self._connection.invalid_answer() from error


@dataclass(frozen=True, slots=True)
class Upload:
    """Files on their way to an open job, in one request; see ``JobApi.begin_files``."""

    api: JobApi
    job_id: str
    indexes: range
    begun: Begun

    def end(self) -> None:
        """Send the end of the request: the master can add the files to the job from now on."""
        self.begun.end()

    def finish(self) -> None:
        """Wait until the files are part of the job; send them again where that fails."""
        if self.api.answer_to_files(self.begun).get("indexes") != list(self.indexes):
            raise MasterError(
                f"another client is sending files to job {self.job_id}: cancel it and send it again"
            )


def _job_path(job_id: str) -> str:
    return f"/jobs/{quote(job_id, safe='')}"


def _json_body(value: object) -> Body:
    data = json.dumps(value).encode()
    return Body("application/json", len(data), data)


def _reporting(body: Body, progress: Callable[[float], None]) -> Body:
    """Return a body that reports which part of it was read."""

    def pieces() -> Iterator[bytes]:
        done = 0
        for piece in body.pieces():
            yield piece
            done += len(piece)
            progress(done / body.length)

    return replace(body, pieces=pieces)


def _unchecked(answer: Answer) -> Answer:
    return answer


def _store(blocks: Blocks, target: BinaryIO) -> str:
    # An earlier response may have broken off: start again.
    target.seek(0)
    target.truncate()
    import hashlib  # which only downloads need

    sha256 = hashlib.sha256()
    for block in blocks:
        sha256.update(block)
        target.write(block)
    return sha256.hexdigest()
