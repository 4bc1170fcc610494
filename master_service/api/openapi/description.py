"""The OpenAPI 3.1 description of every call of the master.

It is written by hand rather than generated from the code, so that a change of the interface is
noticed: tests compare the two. Operation ids and schema names become names in generated clients, so
they must not change.
"""

from master_service.api.openapi.calls import TAGS, calls
from master_service.api.openapi.pieces import Described, in_path
from master_service.api.openapi.schemas import SCHEMAS
from protocol.wire import CONTRACT_VERSION

_ABOUT = (
    "Distributes uploaded files to slaves, and records the state of each. Any call may also be "
    "answered with one of these errors, in the same shape as others: 400 for invalid HTTP/1.1, 404 "
    "and 405 for other addresses and methods, 408 for headers that arrive too slowly, 414 for "
    "addresses of more than 8000 bytes, 431 for more than 64 KiB or 100 lines of headers. After "
    "one of these, and after a large body that was refused, the connection is closed."
)
_TOKEN: Described = {
    "type": "http",
    "scheme": "bearer",
    "description": "The CLUSTER_TOKEN of the master. A master without one answers only to its own "
    "computer, and no token is needed.",
}
_COOKIE: Described = {
    "type": "apiKey",
    "in": "cookie",
    "name": "cluster_session",
    "description": "The cookie that the login at /login sets. Calls other than GET, and "
    "WebSockets, also need the header Origin with the master's own address.",
}


def description() -> Described:
    """Return the whole description.

    Access is described once for all calls: for a call with its own ``security``, some generators
    make a client that requires a token.
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
