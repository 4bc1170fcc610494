"""Sends requests to the master until they are answered, and reads the answers.

A request is retried until it is answered or the retries end. Responses are not trusted: they are
read in blocks and never decompressed, and redirects are not followed.
"""

import contextlib
import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from client_service.errors import MasterError, MasterUnavailable
from client_service.master_api import answers
from client_service.master_api.http_exchange import Exchange, HttpClient, Request, TransferError
from client_service.master_api.retries import RETRY_FOR_S, RetrySchedule
from client_service.terminal.interrupt import InterruptHandler
from client_service.terminal.safe_text import printable
from protocol import wrong_address
from protocol.tls import master_certificate_problem
from protocol.wire import bearer

T = TypeVar("T")
Blocks = Iterator[bytes]

ANSWER_S = 120
"""Read timeout in seconds; the master may be storing files on a slow disk."""
_RETRIED_STATUSES = frozenset({502, 503, 504, 507})
"""Statuses to retry: disk full, too many jobs, stopping, or a proxy that can't reach the master."""
_OK, _REDIRECTS = range(200, 300), range(300, 400)
"""A redirect is invalid from a master."""
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
        self._http = HttpClient(master_url, bearer(token), ANSWER_S, authority)
        self._has_answered = False
        self._is_master = False
        self._head = wrong_address.Head(0, "")

    def close(self) -> None:
        """Close all connections, and so break off the requests that are under way."""
        self._http.close()

    def begin(self, request: Request) -> "Begun":
        """Send a request but for the end of its body, once; ``Begun`` has the error if that fails.

        Raises ``UsageError`` if a file can't be read.
        """
        try:
            exchange = self._http.begin(request)
        except TransferError as error:
            return Begun(request, None, error)
        try:
            for piece in request.body.pieces() if request.body else ():
                self._interrupts.check()
                exchange.send(piece)
        except TransferError as error:
            exchange.close()
            return Begun(request, None, error)
        except BaseException:
            exchange.close()
            raise
        return Begun(request, exchange)

    def request(
        self,
        read_body: Callable[[Blocks], T],
        request: Request,
        timeout_s: float = ANSWER_S,
        retry_for_s: float = RETRY_FOR_S,
    ) -> T:
        """Send a request, and retry it until it is answered or ``retry_for_s`` seconds have passed.

        ``read_body`` reads the blocks of a successful response as they arrive. It is called again
        for the next response if one breaks off.
        """
        self._interrupts.check()
        return self.answer(read_body, self.begin(request), timeout_s, retry_for_s)

    def answer(
        self,
        read_body: Callable[[Blocks], T],
        begun: "Begun",
        timeout_s: float = ANSWER_S,
        retry_for_s: float = RETRY_FOR_S,
    ) -> T:
        """Do the same with a request that was begun."""
        retries = RetrySchedule(self._notify, retry_for_s)
        while True:
            try:
                with contextlib.closing(begun.exchange()) as exchange:
                    response = exchange.response(timeout_s)
                    self._head = wrong_address.head_of(
                        response.status, response.reason, response.headers
                    )
                    if response.status in _REDIRECTS:
                        raise self.invalid_answer()
                    if response.status in _OK:
                        result = read_body(_blocks(exchange, response))
                        self._has_answered = True
                        return result
                    refusal = self._refusal(exchange, response)
            except TransferError as error:
                self._retry_or_raise(error, retries)
            else:
                self._has_answered = True
                if response.status not in _RETRIED_STATUSES:
                    raise MasterError(refusal)
                if not retries.wait(refusal, _retry_after_s(response)):
                    raise MasterUnavailable(refusal)
            self._interrupts.check()
            begun = self.begin(begun.request)

    def check_is_master(self, is_sure: bool) -> None:
        """Raise ``MasterError`` if a slave answers; ``is_sure`` skips the request."""
        if not is_sure:
            said = self.request(answers.bounded, Request("GET", "/"))
            if said.startswith(wrong_address.SLAVE_IS_UP.encode()):
                raise MasterError(wrong_address.of_slave(self._master_url))
        self._is_master = True

    def invalid_answer(self) -> MasterError:
        """Return the error to raise for an invalid response."""
        if not self._is_master:
            return MasterError(wrong_address.of_web_server(self._master_url, self._head))
        return MasterError(f"the master at {self._master_url} answers what no master would")

    def _refusal(self, exchange: Exchange, response: http.client.HTTPResponse) -> str:
        """Return the master's refusal, or that another program has answered."""
        reason = answers.refusal(answers.bounded(_blocks(exchange, response)))
        if reason == wrong_address.PLAIN_TO_TLS:
            return wrong_address.with_tls(self._master_url)
        if reason is None and not self._is_master:
            # The master gives a reason with every refusal.
            return wrong_address.of_web_server(self._master_url, self._head)
        if response.status == http.client.UNAUTHORIZED:
            return _UNAUTHORIZED
        reason = reason or f"HTTP {response.status} {response.reason}"
        return f"the master refused the request: {printable(reason)}"

    def _retry_or_raise(self, error: TransferError, retries: RetrySchedule) -> None:
        """Wait before the next try; raises if the master never answered or the retries ended."""
        if doubtful := master_certificate_problem(self._master_url, error):
            raise MasterError(printable(doubtful)) from error
        trouble = f"the master at {self._master_url} can't be reached or broke off"
        reason = printable(str(error))
        if not self._has_answered or not retries.wait(f"{trouble} ({reason})"):
            raise MasterUnavailable(f"{trouble}: is it running there? ({reason})") from error


@dataclass(frozen=True, slots=True)
class Begun:
    """A request of which all but the end is sent, or why it could not be sent."""

    request: Request
    sent: Exchange | None
    error: TransferError | None = None

    def exchange(self) -> Exchange:
        """Return the exchange; raises the ``TransferError``."""
        if self.sent is None:
            raise self.error or AssertionError("either is set")
        return self.sent

    def close(self) -> None:
        """Break the request off."""
        if self.sent:
            self.sent.close()

    def end(self) -> None:
        """Send the end of the body; ``Connection.answer`` deals with an error of that."""
        with contextlib.suppress(TransferError):
            self.exchange().end()


def _blocks(exchange: Exchange, response: http.client.HTTPResponse) -> Blocks:
    """Yield the content as it arrives; nothing of a compressed one, which was not requested."""
    if response.headers.get("Content-Encoding", _IDENTITY).lower() == _IDENTITY:
        yield from exchange.blocks()


def _retry_after_s(response: http.client.HTTPResponse) -> float | None:
    """Return the seconds of the ``Retry-After`` header; None without it."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None
