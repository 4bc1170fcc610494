"""The texts of ``/openapi.json`` that belong to no single call: errors, access and tags."""

from typing import Any

from master_service.api.models.fields import EXAMPLE_JOB_ID

ABOUT = (
    "Distributes uploaded files to slaves, and records the state of each. Any call may also be "
    "answered with one of these errors, in the same shape as others: 400 for invalid HTTP/1.1, 404 "
    "and 405 for other addresses and methods, 408 for headers that arrive too slowly, 414 for "
    "addresses of more than 8000 bytes, 431 for more than 64 KiB or 100 lines of headers. After "
    "one of these, and after a large body that was refused, the connection is closed."
)
TAGS = {
    "jobs": "Sending files, and following, cancelling and repeating jobs.",
    "results": "Downloading results and uploads.",
    "cluster": "The master, its slaves and what they do.",
    "slaves": "Calls that slaves make.",
}
SECURITY_SCHEMES: dict[str, Any] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The CLUSTER_TOKEN of the master. A master without one answers only to its "
        "own computer, and no token is needed.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "cluster_session",
        "description": "The cookie that the login at /login sets. Calls other than GET, and "
        "WebSockets, also need the header Origin with the master's own address.",
    },
}
ERRORS = {
    400: (
        "Something in the request is wrong or missing; the text says what.",
        "No files provided for text processing",
    ),
    401: (
        "The cluster has a token, and it was missing or wrong.",
        "This cluster needs its token: send the header 'Authorization: Bearer …' with the "
        "CLUSTER_TOKEN that the master was started with.",
    ),
    403: (
        "Without a token the master answers only to its own computer.",
        "Without CLUSTER_TOKEN only this computer itself may call: use http://localhost or "
        "http://127.0.0.1, or set CLUSTER_TOKEN.",
    ),
    404: (
        "There is no such job, file, result or slave.",
        f"There is no job {EXAMPLE_JOB_ID} (finished ones are deleted after JOB_RETENTION days).",
    ),
    409: (
        "The state of the job, or the version of the slave, does not allow it.",
        f"Job {EXAMPLE_JOB_ID} is done and takes no more files.",
    ),
    413: (
        "The request is larger than the master accepts.",
        "The request is larger than the 1000000 bytes that one may have: send the files in "
        "several requests, or raise MAX_JOB_SIZE on the master.",
    ),
    422: (
        "The Idempotency-Key was used before for another request.",
        "The Idempotency-Key 'holiday-pictures-1' was used before for another request: use a new "
        "key for each request, and repeat one only with the same content.",
    ),
    503: (
        "No slave can do it, there are too many jobs or slaves, or the master shuts down.",
        "No slaves available",
    ),
    507: (
        "A disk of the master is full, or a folder can't be written to.",
        "The disk of SPOOL_DIR on the master is full (0 bytes are free): make room, then send "
        "the files again.",
    ),
}
"""The description of each error status, and an example of its text."""
ERROR_HEADERS = {401: ("WWW-Authenticate",), 503: ("Retry-After",), 507: ("Retry-After",)}
"""The headers that errors have, by status."""
HEADERS: dict[str, dict[str, Any]] = {
    "Content-Disposition": {
        "description": "attachment, with a file name.",
        "schema": {"type": "string"},
    },
    "Location": {
        "description": "The path of the job.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {
        "description": "Seconds after which to repeat the request.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}},
}
