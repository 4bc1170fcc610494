"""Makes the HTTP sessions with which slave, master and client call each other."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from slave_service.wire import bearer


class _PatientConnection(HTTPConnection):
    """Gives the other side as long to take the request as it has to answer it.

    urllib3 sends under the time limit for connecting, which is short: a receiver that pauses for
    a few seconds in the middle of a large file would count as gone.
    """

    patience_s: float | None = None

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(self.patience_s)


class _Adapter(HTTPAdapter):
    def __init__(self, patience_s: float | None) -> None:
        connection = type("Connection", (_PatientConnection,), {"patience_s": patience_s})
        self._pool = type("Pool", (HTTPConnectionPool,), {"ConnectionCls": connection})
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (requests' own)
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": self._pool}


def new_session(token: str | None = None, patience_s: float | None = None) -> requests.Session:
    """Return a session that carries the token and waits ``patience_s`` while it sends.

    None is to wait as long as the connection lasts.
    """
    session = requests.Session()
    # No proxy and no .netrc may get between the parts of a cluster.
    session.trust_env = False
    session.headers.update(bearer(token))
    session.mount("http://", _Adapter(patience_s))
    return session
