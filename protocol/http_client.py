"""Makes the HTTP sessions with which slave, master and client call each other.

What answers may mean harm: no redirect is followed, and no head or trailer goes on for ever.
"""

import http.client
import io
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from protocol.wire import bearer

_MAX_LINE_BYTES = 65536
_MAX_LINES = 500
"""One after the other, with no content between: http.client itself takes 100 in each head."""


class _BoundedReader(io.BufferedReader):
    """What comes over a connection, with bounds where http.client and urllib3 have none.

    They would go on reading for as long as interim answers (100 Continue) or trailers come, and an
    older urllib3 takes in a chunk's first line however long it is.
    """

    _lines_in_a_row = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self._lines_in_a_row += 1
        if self._lines_in_a_row > _MAX_LINES:
            raise http.client.HTTPException("the answer has lines without end")
        line = super().readline(_MAX_LINE_BYTES + 1 if size is None or size < 0 else size)
        if len(line) > _MAX_LINE_BYTES:
            raise http.client.LineTooLong("line")
        return line

    def read(self, size: int | None = -1, /) -> bytes:
        self._lines_in_a_row = 0
        return super().read(size)

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 (anything that can be written to)
        self._lines_in_a_row = 0
        return super().readinto(buffer)


class _Response(http.client.HTTPResponse):
    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (http.client's own)
        super().__init__(*args, **kwargs)
        self.fp = _BoundedReader(self.fp.detach())


class _SendTimeout:
    """Gives the other side as long to take the request as it has to answer it.

    urllib3 sends under the time limit for connecting, which is short: a receiver that pauses for
    a few seconds in the middle of a large file would count as gone.
    """

    response_class = _Response
    send_timeout_s: float | None = None
    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc] # of the connection that it is mixed into
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
        """Follow nothing: who answers has no say in whom else this computer calls."""
        return None


def read_prefix(response: requests.Response, max_bytes: int) -> bytes:
    """Return the first bytes of an answer asked for with ``stream``, and leave the rest unread."""
    begin = bytearray()
    for piece in response.iter_content(max_bytes):
        begin += piece
        if len(begin) >= max_bytes:
            break
    return bytes(begin[:max_bytes])


def new_session(
    token: str | None = None, send_timeout_s: float | None = None, authority: Path | None = None
) -> requests.Session:
    """Return a session that carries the token and waits ``send_timeout_s`` while it sends.

    None is to wait as long as the connection lasts. ``authority`` is a file of the certificates
    that are trusted to vouch for others, instead of those that browsers trust.
    """
    session = _Session()
    # No proxy and no .netrc may get between the parts of a cluster.
    session.trust_env = False
    # Nothing here answers compressed, and what is can unpack to a thousand times its size.
    session.headers.update({"Accept-Encoding": "identity"} | bearer(token))
    if authority is not None:
        session.verify = str(authority)
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(send_timeout_s))
    return session
