"""Describes every call of the master, for programs (OpenAPI 3.1).

Written down here rather than made from the code, so that a change of the code that would change
what callers rely on shows: a test compares the two.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from master_service.openapi_schemas import SCHEMAS
from slave_service.task_types import TASK_TYPES
from slave_service.wire import CONTRACT_VERSION

Described = dict[str, Any]

_REASONS = {
    400: "Something in the request makes no sense; the text says what.",
    401: "The cluster has a token, and it was missing or wrong.",
    403: "Without a token only this computer itself may call.",
    404: "There is no such job, file, result or slave.",
    409: "Not in the state that the job is in.",
    413: "Larger than the master takes.",
    422: "The Idempotency-Key came with another request before.",
    503: "No slave can do it, too many jobs wait, or the master is shutting down.",
    507: "A disk of the master is full, or a folder can't be written to.",
}
_COMES_AGAIN = (503, 507)
"""Answers that say, in Retry-After, when it may be worth another try."""
_DOOR = (401, 403)


def description() -> Described:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "File-processing cluster: the master",
            "version": str(CONTRACT_VERSION),
            "description": "Sends uploaded files to slaves, and keeps a ledger of each of them.",
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
        "/": {"get": _call("Say that the master is up.", {200: _plain("text/plain")}, door=())},
        "/check_status": {"get": _call("Say who is there.", {200: _json("Status")}, door=(403,))},
        "/register": {
            "post": _call(
                "Take a slave in; repeating it is the heartbeat.",
                {200: _json("Registered")},
                [400, 409, 413],
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
                {200: _json("Summary"), 202: _json("Named")},
                [400, 413, 422, 503, 507],
                headers=[_PREFER, _KEY],
                body=_form(with_type=True),
            )
        },
        "/jobs": {
            "get": _call(
                "List jobs, the newest first.",
                {200: _json("Jobs")},
                [400],
                query=[_page("offset", 0), _page("limit", 100, 1000)],
            ),
            "post": _call(
                "Make a job that takes files in several requests.",
                {201: _json("Named")},
                [400, 413, 422, 503, 507],
                headers=[_KEY],
                body=_json_body("NewJob"),
            ),
        },
        "/jobs/{job_id}": {
            "get": _call(
                "A job and a page of the ledger of its files.",
                {200: _json("Job")},
                [400, 404],
                query=[_page("offset", 0), _page("limit", 1000, 10000)],
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
                headers=[_KEY],
                body=_form(with_type=False),
            )
        },
        "/jobs/{job_id}/start": {
            "post": _call(
                "Let an open job begin.", {202: _json("Named")}, [400, 404, 409, 503, 507]
            )
        },
        "/jobs/{job_id}/retry": {
            "post": _call(
                "Make a new job of the failed files.",
                {201: _json("Named")},
                [400, 404, 409, 422, 503, 507],
                headers=[_KEY],
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
        "/jobs/{job_id}/results.zip": {
            "get": _call("All results that are there.", {200: _plain("application/zip")}, [404])
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
            "get": _call("One result.", {200: _plain("application/octet-stream")}, [404])
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
_KEY: Described = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same content gives the same answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_PREFER: Described = {
    "name": "Prefer",
    "in": "header",
    "description": "respond-async: answer 202 at once.",
    "schema": _TEXT,
}


def _page(name: str, default: int, most: int | None = None) -> Described:
    schema: Described = {"type": "integer", "minimum": 0, "default": default}
    if most is not None:
        schema["maximum"] = most
    return {"name": name, "in": "query", "schema": schema}


def _json(schema: str) -> Described:
    return {"description": schema, "content": _json_body(schema)}


def _json_body(schema: str) -> Described:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _plain(kind: str) -> Described:
    return {"description": "The content.", "content": {kind: {"schema": {"type": "string"}}}}


def _error(status: int) -> Described:
    answer = {"description": _REASONS[status], "content": _json_body("Error")}
    if status in _COMES_AGAIN:
        seconds = {"schema": {"type": "integer", "minimum": 0}}
        answer["headers"] = {"Retry-After": seconds}
    return answer


def _form(*, with_type: bool) -> Described:
    fields: Described = {
        task.form_field: {"type": "array", "items": {"type": "string", "format": "binary"}}
        for task in TASK_TYPES.values()
    }
    if with_type:
        fields["task_type"] = {"type": "string", "enum": list(TASK_TYPES)}
    return {"multipart/form-data": {"schema": {"type": "object", "properties": fields}}}
