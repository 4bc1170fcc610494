"""Makes the HTTP sessions with which slave, master and client call each other."""

from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from slave_service.wire import bearer


class _Patient:
    """Gives the other side as long to take the request as it has to answer it.

    urllib3 sends under the time limit for connecting, which is short: a receiver that pauses for
    a few seconds in the middle of a large file would count as gone.
    """

    patience_s: float | None = None
    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc] # of the connection that it is mixed into
        self.sock.settimeout(self.patience_s)


class _Adapter(HTTPAdapter):
    def __init__(self, patience_s: float | None) -> None:
        own = {"patience_s": patience_s}
        plain = type("Plain", (_Patient, HTTPConnection), own)
        secure = type("Secure", (_Patient, HTTPSConnection), own)
        self._pools = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (requests' own)
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools


def new_session(
    token: str | None = None, patience_s: float | None = None, authority: Path | None = None
) -> requests.Session:
    """Return a session that carries the token and waits ``patience_s`` while it sends.

    None is to wait as long as the connection lasts. ``authority`` is a file of the certificates
    that are trusted to vouch for others, instead of those that browsers trust.
    """
    session = requests.Session()
    # No proxy and no .netrc may get between the parts of a cluster.
    session.trust_env = False
    session.headers.update(bearer(token))
    if authority is not None:
        session.verify = str(authority)
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(patience_s))
    return session
