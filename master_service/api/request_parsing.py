"""Parses requests: forms, small JSON bodies, page parameters, keys and preferences."""

import contextlib
import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from flask import request

from master_service.api.app_context import app_context
from master_service.errors import InvalidRequest, StorageFull
from master_service.jobs.idempotency_keys import IdempotencyKey
from master_service.jobs.model import FileState
from protocol.server.multipart_receiver import Form, UploadNotStored, receive
from protocol.wire import json_bytes, json_value

_MAX_JSON_BYTES = 64 * 1024
_ID_PREFIX = re.compile(r"[A-Za-z0-9_-]{4,64}")
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")


@contextlib.contextmanager
def received_form(*, new_job: bool = True) -> Iterator[Form]:
    """Store the request's uploads; delete those that were not moved to a job in the block.

    Raises a ``Refusal`` before reading the body where the disk or the job queue is full.
    """
    kind, length = request.content_type or "", request.content_length
    app_context().disk_space.check(length or 0)
    if new_job and "Idempotency-Key" not in request.headers:
        # With a key it may repeat a request that was accepted before.
        app_context().service.check_capacity()
    try:
        folder = app_context().service.store.spool.incoming()
    except OSError as error:
        raise StorageFull(f"SPOOL_DIR can't be written to ({error.strerror}).") from error
    try:
        yield _receive(kind, length, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _receive(kind: str, length: int | None, folder: Path) -> Form:
    try:
        return receive(request.stream, kind, length, folder, app_context().limits)
    except UploadNotStored as error:
        # A ``Refusal`` adds Retry-After.
        raise StorageFull(error.description or "") from error


def idempotency_key_of(form: Form | None = None, body: object = None) -> IdempotencyKey | None:
    """Return the request's ``Idempotency-Key`` with the fingerprint of its content.

    The fingerprint covers the parsed fields and uploads rather than the raw body, since the
    boundary of a form differs in each request.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise InvalidRequest("Idempotency-Key must be 1 to 255 printable characters of ASCII.")
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


def page(default_limit: int, maximum: int) -> tuple[int, int]:
    """Return ``offset`` and ``limit`` of the query string; raises ``InvalidRequest``."""
    return _number("offset", 0, 2**53), _number("limit", default_limit, maximum)


def file_state() -> FileState | None:
    """Return ``state`` of the query string, or None; raises ``InvalidRequest``."""
    text = request.args.get("state")
    try:
        return None if text is None else FileState(text)
    except ValueError:
        states = ", ".join(state.value for state in FileState)
        raise InvalidRequest(f"state must be one of {states}.") from None


def id_prefix() -> str:
    """Return ``id_prefix`` of the query string, or ""; raises ``InvalidRequest``."""
    text = request.args.get("id_prefix")
    if text is None:
        return ""
    if not _ID_PREFIX.fullmatch(text):
        raise InvalidRequest("id_prefix must be 4 to 64 of the characters a-z, A-Z, 0-9, _ and -.")
    return text


def respond_async() -> bool:
    """Return whether the request has ``Prefer: respond-async`` (RFC 7240)."""
    preferences = ",".join(request.headers.getlist("Prefer")).split(",")
    return any(p.partition(";")[0].strip().lower() == "respond-async" for p in preferences)


def _number(name: str, default: int, maximum: int) -> int:
    text = request.args.get(name, str(default))
    if text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= maximum:
        return int(text)
    raise InvalidRequest(f"{name} must be a whole number from 0 to {maximum}.")
