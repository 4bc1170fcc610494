"""Creates the HTTP sessions with which slave and master call each other.

The server may be hostile: sessions follow no redirect, and bound heads and trailers of answers.
"""

from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from protocol.http.bounded_response import BoundedResponse
from protocol.wire import bearer


class _SendTimeout:
    """Mixed into a connection, sets the timeout for sending a request.

    urllib3 sends under the connect timeout, which is short: a receiver that pauses for a few
    seconds in the middle of a large file would end the request.
    """

    response_class = BoundedResponse
    send_timeout_s: float | None = None
    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc] # defined by the connection class
        self.sock.settimeout(self.send_timeout_s)


class _Adapter(HTTPAdapter):
    def __init__(self, send_timeout_s: float | None) -> None:
        own = {"send_timeout_s": send_timeout_s}
        plain = type("Plain", (_SendTimeout, HTTPConnection), own)
        secure = type("Secure", (_SendTimeout, HTTPSConnection), own)
        self._pools = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (requests' own)
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 (requests' own)
        """Follow no redirect: a server must not choose which other hosts this computer calls."""
        return None


def read_prefix(response: requests.Response, max_bytes: int) -> bytes:
    """Return the first bytes of an answer requested with ``stream``; leave the rest unread."""
    begin = bytearray()
    for piece in response.iter_content(max_bytes):
        begin += piece
        if len(begin) >= max_bytes:
            break
    return bytes(begin[:max_bytes])


def new_session(
    token: str | None = None, send_timeout_s: float | None = None, authority: Path | None = None
) -> requests.Session:
    """Return a session that sends the token, and raises if sending stalls for ``send_timeout_s``.

    With None it waits for as long as the connection lasts. ``authority`` is a file of CA
    certificates to trust instead of those that browsers trust.
    """
    session = _Session()
    # Ignore proxy settings and .netrc: the programs of a cluster call each other directly.
    session.trust_env = False
    # No program of a cluster compresses answers; one could unpack to 1,000 times its size.
    session.headers.update({"Accept-Encoding": "identity"} | bearer(token))
    if authority is not None:
        session.verify = str(authority)
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(send_timeout_s))
    return session
