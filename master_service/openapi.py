"""Describes every call of the master, for programs (OpenAPI 3.1).

Written down here rather than made from the code, so that a change of the code that would change
what callers rely on shows: a test compares the two.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from master_service.openapi_parameters import CODE, ID_PREFIX, KEY, PREFER, STATE, page
from master_service.openapi_schemas import SCHEMAS
from protocol.task_types import DEFAULT_TASK_TYPE, TASK_TYPES
from protocol.wire import CONTRACT_VERSION

Described = dict[str, Any]

_REASONS = {
    400: "Something in the request makes no sense; the text says what.",
    401: "The cluster has a token, and it was missing or wrong.",
    403: "Without a token only this computer itself may call.",
    404: "There is no such job, file, result or slave.",
    409: "Not in the state that the job is in.",
    413: "Larger than the master takes.",
    422: "The Idempotency-Key came with another request before.",
    503: "No slave can do it, too many jobs or slaves are there, or the master shuts down.",
    507: "A disk of the master is full, or a folder can't be written to.",
}
_COMES_AGAIN = (503, 507)
"""Answers that say, in Retry-After, when it may be worth another try."""
_DOOR = (401, 403)
_ABOUT = (
    "Sends uploaded files to slaves, and keeps a ledger of each of them. Every call may also be "
    "answered with what concerns any request, in the same shape as other errors: 400 for what is "
    "no HTTP/1.1 to rely on, 404 and 405 for other addresses and methods, 408 for headers that "
    "come too slowly, 414 for addresses of more than 8000 bytes, 431 for more than 64 KiB or 100 "
    "lines of headers. Then, and after a large body that was refused, the connection ends."
)


def description() -> Described:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "File-processing cluster: the master",
            "version": str(CONTRACT_VERSION),
            "description": _ABOUT,
        },
        "paths": {path: _item(path, calls) for path, calls in _calls().items()},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _calls() -> dict[str, Described]:
    return {
        "/": {
            "get": _call(
                "Say that the master is up; who wants text/html is led to the page.",
                {200: _plain("text/plain"), 303: {"description": "Where the page is."}},
                door=(),
            )
        },
        "/check_status": {"get": _call("Say who is there.", {200: _json("Status")}, door=(403,))},
        "/register": {
            "post": _call(
                "Take a slave in; repeating it is the heartbeat.",
                {200: _json("Registered")},
                [400, 409, 413, 503],
                body=_json_body("Registration"),
            ),
            "delete": _call(
                "Let a slave go that leaves in good order.",
                {200: _json("Registered")},
                [400, 413],
                body=_json_body("Address"),
            ),
        },
        "/assign_task": {
            "post": _call(
                "Take files and wait until each has its end; with 'Prefer: respond-async' answer "
                "at once.",
                {200: _json("Summary"), 202: _named()},
                [400, 413, 422, 503, 507],
                headers=[PREFER, KEY],
                body=_form_with_type(),
            )
        },
        "/jobs": {
            "get": _call(
                "List jobs, the newest first.",
                {200: _json("Jobs")},
                [400],
                query=[page("offset", 0, 2**53), page("limit", 100, 1000), ID_PREFIX],
            ),
            "post": _call(
                "Make a job that takes files in several requests.",
                {201: _named()},
                [400, 413, 422, 503, 507],
                headers=[KEY],
                body=_json_body("NewJob"),
            ),
        },
        "/jobs/{job_id}": {
            "get": _call(
                "A job and a page of the ledger of its files.",
                {200: _json("Job")},
                [400, 404],
                query=[page("offset", 0, 2**53), page("limit", 1000, 10000), STATE, CODE],
            ),
            "delete": _call(
                "Cancel; a job that is over stays as it is.", {200: _json("Head")}, [404, 507]
            ),
        },
        "/jobs/{job_id}/files": {
            "post": _call(
                "Take files of an open job; they are safe once this is answered.",
                {200: _json("Indexes")},
                [400, 404, 409, 413, 422, 503, 507],
                headers=[KEY],
                body=_form(),
            )
        },
        "/jobs/{job_id}/start": {
            "post": _call("Let an open job begin.", {202: _named()}, [400, 404, 409, 503, 507])
        },
        "/jobs/{job_id}/retry": {
            "post": _call(
                "Make a new job of the failed files.",
                {201: _named()},
                [400, 404, 409, 422, 503, 507],
                headers=[KEY],
            )
        },
        "/jobs/{job_id}/drop": {
            "post": _call(
                "Let one slave do nothing more of this job; the others go on with it.",
                {200: _json("Dropped")},
                [400, 404, 409, 413],
                body=_json_body("Slave"),
            )
        },
        "/jobs/{job_id}/slaves": {
            "get": _call(
                "How many of its files each slave has done, and how fast while it worked on them.",
                {200: _json("BySlave")},
                [404],
            )
        },
        "/jobs/{job_id}/failures": {
            "get": _call(
                "How many of its files failed in which way.", {200: _json("ByCode")}, [404]
            )
        },
        "/jobs/{job_id}/results.zip": {
            "get": _call("Results so far, and a manifest.", {200: _plain("application/zip")}, [404])
        },
        "/jobs/{job_id}/inputs/{index}": {
            "get": _call("What was uploaded.", {200: _plain("application/octet-stream")}, [404])
        },
        "/jobs/{job_id}/events": {
            "get": _call(
                "A WebSocket: a Head as JSON whenever something has changed, the present one "
                "first, ten a second at most, the last one always; then it is closed.",
                {101: {"description": "The WebSocket begins."}},
                [400, 404],
            )
        },
        "/results/{task_type}/{name}": {
            "get": _call("One result.", {200: _plain("image/png", "application/json")}, [404])
        },
        "/activity": {
            "get": _call(
                "What the slaves hold, and how many files came to an end of late, by interval, the "
                "latest last.",
                {200: _json("Activity")},
            )
        },
        "/metrics": {"get": _call("Figures for Prometheus.", {200: _plain("text/plain")})},
        "/openapi.json": {"get": _call("This description.", {200: _json("Any")})},
    }


def _call(
    summary: str,
    answers: Mapping[int, Described],
    errors: Sequence[int] = (),
    *,
    query: Sequence[Described] = (),
    headers: Sequence[Described] = (),
    body: Described | None = None,
    door: Sequence[int] = _DOOR,
) -> Described:
    responses = {str(status): answer for status, answer in answers.items()}
    responses |= {str(status): _error(status) for status in sorted([*errors, *door])}
    call: Described = {"summary": summary, "responses": responses}
    if query or headers:
        call["parameters"] = [*query, *headers]
    if body is not None:
        call["requestBody"] = {"required": True, "content": body}
    return call


def _item(path: str, calls: Described) -> Described:
    """Add the parameters that stand in the path."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    kinds: Described = {"index": {"type": "integer", "minimum": 0}}
    kinds["task_type"] = {"type": "string", "enum": list(TASK_TYPES)}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": kinds.get(name, _TEXT)}
        for name in names
    ]
    return ({"parameters": parameters} if parameters else {}) | calls


_TEXT = {"type": "string"}
_CONTENT: Described = {"application/json": {"type": "object"}}
"""What is not described as text."""


def _json(schema: str) -> Described:
    return {"description": schema, "content": _json_body(schema)}


def _json_body(schema: str) -> Described:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _named() -> Described:
    """An answer that says where the new job is, twice."""
    return _json("Named") | {"headers": {"Location": {"schema": _TEXT}}}


def _plain(*kinds: str) -> Described:
    content: Described = {kind: {"schema": _CONTENT.get(kind, _TEXT)} for kind in kinds}
    return {"description": "The content.", "content": content}


def _error(status: int) -> Described:
    answer = {"description": _REASONS[status], "content": _json_body("Error")}
    if status in _COMES_AGAIN:
        seconds = {"schema": {"type": "integer", "minimum": 0}}
        answer["headers"] = {"Retry-After": seconds}
    return answer


def _files(least: int = 0) -> Described:
    items = {"type": "string", "format": "binary"}
    return {"type": "array", "items": items, "minItems": least}


def _form() -> Described:
    fields = {task.form_field: _files() for task in TASK_TYPES.values()}
    return {"multipart/form-data": {"schema": {"type": "object", "properties": fields}}}


def _form_with_type() -> Described:
    """One of the task types, with at least one file in its field."""
    forms = []
    for task in TASK_TYPES.values():
        of_type = {"type": "string", "enum": [task.name]}
        needed = [task.form_field] + (["task_type"] if task.name != DEFAULT_TASK_TYPE else [])
        fields = {"task_type": of_type, task.form_field: _files(1)}
        forms.append({"type": "object", "required": needed, "properties": fields})
    return {"multipart/form-data": {"schema": {"anyOf": forms}}}
