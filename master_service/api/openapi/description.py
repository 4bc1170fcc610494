"""Describes every call of the master, for programs (OpenAPI 3.1).

Written down here rather than made from the code, so that a change of the code that would change
what callers rely on shows: tests compare the two. Operation ids and the names of schemas are the
names in generated clients, and stay as they are.
"""

from master_service.api.openapi.calls import TAGS, calls
from master_service.api.openapi.pieces import Described, in_path
from master_service.api.openapi.schemas import SCHEMAS
from protocol.wire import CONTRACT_VERSION

_ABOUT = (
    "Sends uploaded files to slaves, and keeps a ledger of each of them. Any call may also be "
    "answered with an error that concerns every request, in the same shape as other errors: 400 "
    "for what is not proper HTTP/1.1, 404 and 405 for other addresses and methods, 408 for headers "
    "that come too slowly, 414 for addresses of more than 8000 bytes, 431 for more than 64 KiB or "
    "100 lines of headers. Then, and after a large body that was refused, the connection ends."
)
_TOKEN: Described = {
    "type": "http",
    "scheme": "bearer",
    "description": "The CLUSTER_TOKEN of the master. Without one it answers to its own computer "
    "alone, and no token is needed.",
}
_COOKIE: Described = {
    "type": "apiKey",
    "in": "cookie",
    "name": "cluster_session",
    "description": "What a browser has after the login at /login. Calls other than GET, and "
    "WebSockets, also need the header Origin with the master's own address.",
}


def description() -> Described:
    """Return the whole description.

    Access is described once for all calls: for a call with a description of its own, some
    generators make a client that has to have a token.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "File-processing cluster: the master",
            "version": str(CONTRACT_VERSION),
            "description": _ABOUT,
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"cookie": []}, {}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": {path: _path_parameters(path) | methods for path, methods in calls().items()},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": _TOKEN, "cookie": _COOKIE},
        },
    }


def _path_parameters(path: str) -> Described:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return {"parameters": [in_path(name) for name in names]} if names else {}
