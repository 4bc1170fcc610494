"""Builds the parts of an OpenAPI operation: answers, parameters, bodies."""

from collections.abc import Mapping, Sequence
from typing import Any

from master_service.api.openapi.examples import ERRORS, EXAMPLES
from master_service.api.openapi.schemas import BINARY, SECONDS, TEXT, ref

Described = dict[str, Any]

OCTETS = "application/octet-stream"

_REASONS = {
    400: "Something in the request is wrong or missing; the text says what.",
    401: "The cluster has a token, and it was missing or wrong.",
    403: "Without a token the master answers only to its own computer.",
    404: "There is no such job, file, result or slave.",
    409: "The state of the job, or the version of the slave, does not allow it.",
    413: "The request is larger than the master accepts.",
    422: "The Idempotency-Key was used before for another request.",
    503: "No slave can do it, there are too many jobs or slaves, or the master shuts down.",
    507: "A disk of the master is full, or a folder can't be written to.",
}
_RETRY_AFTER = (503, 507)
"""Answers that may come with ``Retry-After``."""
ACCESS = (401, 403)
"""Answers of every call that needs the token."""


def call(
    name: str,
    summary: str,
    answers: Mapping[int, Described],
    refusals: Mapping[int, str] | None = None,
    *,
    parameters: Sequence[Described] = (),
    body: Described | None = None,
    access: Sequence[int] = ACCESS,
) -> Described:
    """Return an operation; ``name`` is its operationId, ``refusals`` comes from ``errors``."""
    responses = {str(status): answer for status, answer in answers.items()}
    texts = {**(refusals or {}), **errors(*access)}
    responses |= {str(status): _error(status, text) for status, text in sorted(texts.items())}
    described: Described = {"operationId": name, "summary": summary}
    if parameters:
        described["parameters"] = list(parameters)
    if body is not None:
        described["requestBody"] = {"required": True, "content": body}
    return described | {"responses": responses}


def errors(*statuses: int, bad: str = "") -> dict[int, str]:
    """Return an example text by status; ``bad`` is the one for a 400."""
    return {status: ERRORS[status] for status in statuses} | ({400: bad} if bad else {})


def json_answer(schema: str, description: str) -> Described:
    """Return a JSON answer."""
    return {"description": description, "content": json_content(schema)}


def json_content(schema: str) -> Described:
    """Return a JSON body with the schema's examples."""
    return {"application/json": _with_examples(schema)}


def form_content(schema: str) -> Described:
    """Return a multipart form as body, with the schema's examples."""
    return {"multipart/form-data": _with_examples(schema)}


def job_reference(description: str) -> Described:
    """Return the answer that names a job, in its body and in ``Location``."""
    location = _header("The path of the job.", TEXT | {"format": "uri-reference"})
    return json_answer("JobReference", description) | {"headers": {"Location": location}}


def text_answer(description: str, example: str) -> Described:
    """Return a plain-text answer."""
    content = {"text/plain": {"schema": TEXT, "examples": {"text": {"value": example}}}}
    return {"description": description, "content": content}


def binary_answer(description: str, *kinds: str) -> Described:
    """Return an answer of bytes, of one of the media types ``kinds`` or, if asked for, ``OCTETS``.

    ``OCTETS`` comes before JSON: some generated clients parse every answer as the first media type
    that they know.
    """
    content: Described = {kind: {"schema": BINARY} for kind in [*kinds, OCTETS]}
    return {"description": description, "content": content}


def attachment(answer: Described) -> Described:
    """Add the ``Content-Disposition`` header to an answer."""
    name = _header("attachment, with a file name.", TEXT)
    return answer | {"headers": {"Content-Disposition": name}}


def query(name: str, schema: Described, description: str = "") -> Described:
    """Return a parameter of the query string."""
    described = {"description": description} if description else {}
    return {"name": name, "in": "query"} | described | {"schema": schema}


def page(default_limit: int, maximum: int) -> list[Described]:
    """Return ``offset`` and ``limit``, the parameters of a paged list."""
    return [
        query("offset", _whole(0, 2**53), "How many to skip at the beginning."),
        query("limit", _whole(default_limit, maximum), "How many to return at most."),
    ]


def in_path(name: str) -> Described:
    """Return a parameter of the path."""
    return {"name": name, "in": "path", "required": True} | _IN_PATH[name]


_IN_PATH: dict[str, Described] = {
    "job_id": {"schema": TEXT, "description": "The id of a job."},
    "index": {"schema": SECONDS, "description": "The place of the file in the upload."},
    "task_type": {"schema": ref("TaskType")},
    "name": {"schema": TEXT, "description": "The last part of saved_file."},
}
IDEMPOTENCY_KEY: Described = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A text of the caller's own, a new one for each request. The same key with the "
    "same content gives the same answer again; with other content it is a 422.",
    "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,253}[!-~])?$"},
    "example": "holiday-pictures-1",
}
PREFER: Described = {
    "name": "Prefer",
    "in": "header",
    "description": "respond-async: answer 202 at once instead of waiting for the job (RFC 7240).",
    "schema": TEXT,
    "example": "respond-async",
}


def _whole(default: int, maximum: int) -> Described:
    return {"type": "integer", "minimum": 0, "maximum": maximum, "default": default}


def _with_examples(schema: str) -> Described:
    described: Described = {"schema": ref(schema)}
    if schema in EXAMPLES:
        named = EXAMPLES[schema]
        described["examples"] = {name: {"value": value} for name, value in named.items()}
    return described


def _header(description: str, schema: Described) -> Described:
    return {"description": description, "schema": schema}


def _error(status: int, text: str) -> Described:
    content = {"schema": ref("Error"), "examples": {"error": {"value": {"error": text}}}}
    answer: Described = {
        "description": _REASONS[status],
        "content": {"application/json": content},
    }
    if status in _RETRY_AFTER:
        after = _header("Seconds after which to repeat the request.", SECONDS)
        answer["headers"] = {"Retry-After": after}
    elif status == 401:
        answer["headers"] = {"WWW-Authenticate": _header("Bearer", TEXT)}
    return answer
