"""Parses and checks requests: forms, small JSON bodies, query strings and headers."""

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import TypeVar

from annotated_types import Ge, Le
from flask import request
from pydantic import BaseModel, ValidationError

from master_service.api.app_context import app_context
from master_service.api.models.fields import Rule
from master_service.api.models.jobs import IdempotencyHeaders
from master_service.errors import InvalidRequest, StorageFull
from master_service.jobs.arrival import Arrival
from master_service.storage.idempotency_keys import IdempotencyKey
from protocol.server.multipart_receiver import Form, UploadNotStored, receive
from protocol.wire import json_bytes, json_value

_MAX_JSON_BYTES = 64 * 1024
M = TypeVar("M", bound=BaseModel)


@contextlib.contextmanager
def received_form(job_id: str | None = None) -> Iterator[tuple[Form, Arrival]]:
    """Store the request's uploads, for an open job or a new one; delete those not accepted.

    Raises a ``Refusal`` before reading the body where the disk or the job queue is full.
    """
    kind, length = request.content_type or "", request.content_length
    service, key = app_context().service, request.headers.get("Idempotency-Key")
    app_context().disk_space.check(length or 0)
    if job_id is None and key is None:
        # With a key it may repeat a request that was accepted before.
        service.check_capacity()
    try:
        arrival = service.arrive(key) if job_id is None else service.arrive_at(job_id, key)
    except OSError as error:
        raise StorageFull(f"SPOOL_DIR can't be written to ({error.strerror}).") from error
    with contextlib.closing(arrival):
        yield _receive(kind, length, arrival), arrival


def _receive(kind: str, length: int | None, arrival: Arrival) -> Form:
    try:
        return receive(
            request.stream,
            kind,
            length,
            arrival.folder,
            app_context().limits,
            arrival.upload_received,
        )
    except UploadNotStored as error:
        # A ``Refusal`` adds Retry-After.
        raise StorageFull(f"SPOOL_DIR can't be written to. {error.description}") from error


def idempotency_key(
    headers: IdempotencyHeaders, form: Form | None = None, body: object = None
) -> IdempotencyKey | None:
    """Return the request's ``Idempotency-Key`` with the fingerprint of its content.

    The fingerprint covers the parsed fields and uploads rather than the raw body, since the
    boundary of a form differs in each request.
    """
    key = headers.idempotency_key
    if key is None:
        return None
    content: dict[str, object] = {"method": request.method, "path": request.path, "body": body}
    if form is not None:
        content["fields"] = form.fields
        content["uploads"] = [
            [upload.field, upload.filename, upload.size, upload.sha256] for upload in form.uploads
        ]
    return IdempotencyKey(key, hashlib.sha256(json_bytes(content)).hexdigest())


def json_body() -> object:
    """Return the JSON body of the request; None for any other body."""
    request.max_content_length = _MAX_JSON_BYTES
    if not request.is_json:
        return None
    try:
        return json_value(request.get_data(as_text=True))
    except (ValueError, OSError, RecursionError):
        return None


def check(model: type[M], content: object) -> M:
    """Return the content of a body, query string or headers; raises ``InvalidRequest``."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise InvalidRequest(_refusal(model, error)) from None


def _refusal(model: type[BaseModel], error: ValidationError) -> str:
    """Return what is wrong first, as a sentence."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "value_error" and not first["loc"]:
        return str(first["ctx"]["error"])  # of the model as a whole
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    if first["type"] == "missing" or not first["loc"]:
        needed = {name: field for name, field in fields.items() if field.is_required()}
        such_as = {name: (field.examples or [""])[0] for name, field in needed.items()}
        return f"The body must be JSON with {' and '.join(needed)}: {json.dumps(such_as)}."
    name = str(first["loc"][0])
    return f"{name} must be {_rule(fields[name].metadata)}."


def _rule(metadata: Iterable[object]) -> str:
    """Return what a field must be: its ``Rule``, a number within its bounds, or a text."""
    bounds: list[object] = []
    for each in metadata:
        if isinstance(each, Rule):
            return each.text
        if isinstance(each, Ge | Le):
            bounds.append(each.ge if isinstance(each, Ge) else each.le)
    return f"a whole number from {bounds[0]} to {bounds[1]}" if bounds else "a text"
