"""Sends requests to the master; alone in the client it uses requests and translates its errors.

A request is retried until it is answered or the retries end. Responses are not trusted: they are
read in blocks and never decompressed, and redirects are not followed.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import requests

from client_service.errors import MasterError, MasterUnavailable, UsageError
from client_service.master_api import answers
from client_service.master_api.retries import RETRY_FOR_S, RetrySchedule
from client_service.terminal.interrupt import InterruptHandler
from client_service.terminal.safe_text import printable
from protocol import wrong_address
from protocol.http_client import new_session
from protocol.tls import master_certificate_problem
from protocol.wire import SourceChanged, root_cause

T = TypeVar("T")
Blocks = Iterator[bytes]
Body = Callable[[], dict[str, Any]]
"""Returns the arguments for requests, body and headers, anew for each try."""

ANSWER_S = 120
"""Read timeout in seconds; the master may be storing files on a slow disk."""
_CONNECT_S = 10
_BLOCK_BYTES = 1 << 18
_RETRIED_STATUSES = frozenset({502, 503, 504, 507})
"""Statuses to retry: disk full, too many jobs, stopping, or a proxy that can't reach the master."""
_REDIRECTS = range(300, 400)
"""Invalid from a master; the session follows none."""
_UNAUTHORIZED = (
    "the master refuses requests without its token: set CLUSTER_TOKEN in the environment or in "
    ".env to the one that the master was started with"
)
"""Replaces the master's own message, which is for authors of HTTP requests."""
_IDENTITY = "identity"
"""No other content encoding is accepted, since a few bytes could decompress to gigabytes."""


class Connection:
    """The connection to one master; ``notify`` is called with a line about each wait."""

    def __init__(
        self,
        master_url: str,
        token: str | None,
        notify: Callable[[str], None],
        interrupts: InterruptHandler,
        authority: Path | None,
    ) -> None:
        self._master_url = master_url
        self._notify = notify
        self._interrupts = interrupts
        self._session = new_session(token, ANSWER_S, authority)
        self._has_answered = False
        self._is_master = False
        self._head = wrong_address.Head(0, "")

    def request(
        self,
        read_body: Callable[[Blocks], T],
        method: str,
        path: str,
        body: Body = dict,
        timeout_s: float = ANSWER_S,
        retry_for_s: float = RETRY_FOR_S,
    ) -> T:
        """Send a request, and retry it until it is answered or ``retry_for_s`` seconds have passed.

        ``read_body`` reads the blocks of a successful response as they arrive. It is called again
        for the next response if one breaks off.
        """
        retries = RetrySchedule(self._notify, retry_for_s)
        while True:
            self._interrupts.check()
            try:
                with self._session.request(
                    method,
                    self._master_url + path,
                    timeout=(_CONNECT_S, timeout_s),
                    stream=True,
                    **body(),
                ) as response:
                    self._head = wrong_address.head_of(
                        response.status_code, response.reason, response.headers
                    )
                    if response.status_code in _REDIRECTS:
                        raise self.invalid_answer()
                    if response.ok:
                        result = read_body(_blocks(response))
                        self._has_answered = True
                        return result
                    refusal = self._refusal(response)
            except SourceChanged as error:
                raise UsageError(str(error)) from error
            except requests.RequestException as error:
                self._retry_or_raise(error, retries)
                continue
            self._has_answered = True
            if response.status_code not in _RETRIED_STATUSES:
                raise MasterError(refusal)
            if not retries.wait(refusal, _retry_after_s(response)):
                raise MasterUnavailable(refusal)

    def check_is_master(self, is_sure: bool) -> None:
        """Raise ``MasterError`` if a slave answers; ``is_sure`` skips the request."""
        if not is_sure:
            said = self.request(answers.bounded, "GET", "/")
            if said.startswith(wrong_address.SLAVE_IS_UP.encode()):
                raise MasterError(wrong_address.of_slave(self._master_url))
        self._is_master = True

    def invalid_answer(self) -> MasterError:
        """Return the error to raise for an invalid response."""
        if not self._is_master:
            return MasterError(wrong_address.of_web_server(self._master_url, self._head))
        return MasterError(f"the master at {self._master_url} answers what no master would")

    def _refusal(self, response: requests.Response) -> str:
        """Return the master's refusal, or that another program has answered."""
        reason = answers.refusal(answers.bounded(_blocks(response)))
        if reason == wrong_address.PLAIN_TO_TLS:
            return wrong_address.with_tls(self._master_url)
        if reason is None and not self._is_master:
            # The master gives a reason with every refusal.
            return wrong_address.of_web_server(self._master_url, self._head)
        if response.status_code == requests.codes.unauthorized:
            return _UNAUTHORIZED
        reason = reason or f"HTTP {response.status_code} {response.reason}"
        return f"the master refused the request: {printable(reason)}"

    def _retry_or_raise(self, error: requests.RequestException, retries: RetrySchedule) -> None:
        """Wait before the next try; raises if the master never answered or the retries ended."""
        if doubtful := master_certificate_problem(self._master_url, error):
            raise MasterError(printable(doubtful)) from error
        trouble = f"the master at {self._master_url} can't be reached or broke off"
        reason = printable(root_cause(error))
        if not self._has_answered or not retries.wait(f"{trouble} ({reason})"):
            raise MasterUnavailable(f"{trouble}: is it running there? ({reason})") from error


def _blocks(response: requests.Response) -> Blocks:
    """Yield the content as it arrives; nothing of a compressed one, which was not requested."""
    if response.headers.get("Content-Encoding", _IDENTITY).lower() == _IDENTITY:
        yield from response.iter_content(_BLOCK_BYTES)


def _retry_after_s(response: requests.Response) -> float | None:
    """Return the seconds of the ``Retry-After`` header; None without it."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None
