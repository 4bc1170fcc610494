"""Receives a multipart request and writes each upload to a file of its own while it arrives.

At most one chunk of an upload is in memory and at most one file is open, so that memory does not
grow with the size of the uploads.

The parser is ``multipart``. Measured against Werkzeug's, it is 2 to 20 times faster on large files
and 5 times on many small ones. Parsing blocks all other requests of the process.
"""

import contextlib
import hashlib
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO

from multipart import MultipartError, MultipartSegment, PushMultipartParser
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
from werkzeug.http import parse_options_header

from protocol.cooperative_yield import YieldTimer
from protocol.counts import counted
from protocol.server.part_names import decoded_name, filename_of

_CHUNK_BYTES = 256 * 1024
_PARSER_OPTIONS: dict[str, Any] = {
    # This module decodes names, since not every client sends them in UTF-8.
    "header_charset": "latin-1",
    # Large, so that one file with a very long name does not fail the request.
    "max_header_size": 64 * 1024,
}
_MAX_FIELD_BYTES = 1024 * 1024
"""For one form field that is not a file."""
_MAX_FIELDS = 1000
_MAX_FIELDS_BYTES = 4 * 1024 * 1024
"""For all form fields that are not files, which are held in memory."""
_MAX_PARTS = 50_000
_MAX_NAMES_BYTES = 32 * 1024 * 1024
"""For the names of files, which are held in memory until the request ends. This many parts and
names need some 50 MB. A job may have any number of files, in several requests."""
_MAX_BOUNDARY = 200
"""In characters; RFC 2046 allows 70. The parser searches the whole body for the boundary."""


class UploadNotStored(HTTPException):
    """An upload can't be written to disk."""

    code = 507
    description = "The upload can't be stored."


@dataclass(slots=True)
class Upload:
    """One received file: its bytes are at ``path``, unless it was ``too_large``."""

    field: str
    filename: str
    path: Path
    size: int = 0
    sha256: str = ""
    too_large: bool = False


@dataclass(slots=True)
class Form:
    """The fields and uploads of one request, in the order in which they were sent."""

    fields: dict[str, str] = field(default_factory=dict)
    uploads: list[Upload] = field(default_factory=list)
    bytes_received: int = 0
    fields_without_filename: set[str] = field(default_factory=set)
    """The fields of parts with an empty file name; these parts are ignored."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file and the largest request, in bytes."""

    file_bytes: int
    request_bytes: int


UploadReceived = Callable[["Form", "Upload"], None]
"""Called with the form so far when an upload has been stored as a whole."""


def receive(
    stream: IO[bytes],
    content_type: str,
    content_length: int | None,
    folder: Path,
    limits: Limits,
    upload_received: UploadReceived = lambda _form, _upload: None,
) -> Form:
    """Store every file of the request in ``folder`` and return the form.

    A file over its limit is read to its end, not stored, and marked ``too_large``. Raises
    ``RequestEntityTooLarge`` over the request's limit, ``BadRequest`` for a malformed body, and
    ``UploadNotStored``; then the caller has to remove the files stored so far.
    """
    if content_length is not None and content_length > limits.request_bytes:
        raise _request_too_large(limits)
    kind, options = parse_options_header(content_type)
    kind = kind.lower()
    if kind == "application/x-www-form-urlencoded":
        # Browsers and curl send a form without files so.
        return Form(_urlencoded_fields(stream))
    if kind != "multipart/form-data":
        return Form()
    boundary = options.get("boundary", "")
    if not 0 < len(boundary) <= _MAX_BOUNDARY:
        raise BadRequest(
            "The form has no boundary, or one that is too long: send it as multipart/form-data."
        )
    receiver = _FormReceiver(folder, limits, upload_received)
    try:
        with PushMultipartParser(boundary, **_PARSER_OPTIONS) as parser:
            for chunk in _chunks(stream):
                receiver.count(chunk)
                for event in parser.parse(chunk):
                    receiver.handle(event)
    except MultipartError as error:
        raise BadRequest(f"The form can't be read: {error}") from error
    except OSError as error:
        raise UploadNotStored(
            f"The upload can't be stored ({error.strerror}): make room, then send it again."
        ) from error
    finally:
        receiver.close()
    return receiver.form


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    yield_timer = YieldTimer()
    # ``read`` waits for a whole chunk, and so for files after those that have arrived.
    read = getattr(stream, "read1", stream.read)
    try:
        while chunk := read(_CHUNK_BYTES):
            yield chunk
            # A fast sender's bytes have always arrived already, so reading never waits. Without
            # this, no other request would be served until the end of this one.
            yield_timer.yield_if_due()
    except OSError as error:
        raise _interrupted(error) from error


def _interrupted(error: OSError) -> BadRequest:
    return BadRequest(f"The upload broke off before its end ({error}): send it again.")


def _urlencoded_fields(stream: IO[bytes]) -> dict[str, str]:
    try:
        text = stream.read(_MAX_FIELD_BYTES).decode("utf-8", errors="replace")
    except OSError as error:
        raise _interrupted(error) from error
    try:
        return dict(urllib.parse.parse_qsl(text, max_num_fields=_MAX_FIELDS))
    except ValueError as error:
        raise BadRequest(f"The form can't be read: {error}") from error


def _request_too_large(limits: Limits) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(
        f"The request is larger than the {counted(limits.request_bytes, 'byte')} that one may "
        "have: send the files in several requests, or raise MAX_JOB_SIZE on the master."
    )


@dataclass(slots=True)
class _OpenUpload:
    """The upload whose bytes are arriving."""

    upload: Upload
    file: BinaryIO
    max_bytes: int
    sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, data: bytes | bytearray) -> None:
        self.upload.size += len(data)
        if self.upload.size <= self.max_bytes:
            self.sha256.update(data)
            self.file.write(data)
        elif not self.upload.too_large:
            self.upload.too_large = True
            self.file.truncate(0)

    def finish(self) -> Upload:
        self.file.close()
        if self.upload.too_large:
            self.upload.path.unlink()
        self.upload.sha256 = "" if self.upload.too_large else self.sha256.hexdigest()
        return self.upload


class _FormReceiver:
    """Builds the form from the parser's events; has at most one open upload or field."""

    def __init__(self, folder: Path, limits: Limits, upload_received: UploadReceived) -> None:
        self.form = Form()
        self._folder = folder
        self._limits = limits
        self._upload_received = upload_received
        self._upload: _OpenUpload | None = None
        self._field: tuple[str, bytearray] | None = None
        self._parts = 0
        self._names_bytes = 0
        self._fields_bytes = 0

    def count(self, chunk: bytes) -> None:
        self.form.bytes_received += len(chunk)
        if self.form.bytes_received > self._limits.request_bytes:
            raise _request_too_large(self._limits)

    def handle(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        """Handle an event: a segment begins a part, bytes are its content, None ends it."""
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            self._end()
        elif self._upload is not None:
            self._upload.add(event)
        elif self._field is not None and len(self._field[1]) <= _MAX_FIELD_BYTES:
            self._field[1].extend(event)

    def close(self) -> None:
        # Closing writes the file's buffer, which fails on a full disk.
        with contextlib.suppress(OSError):
            if self._upload is not None:
                self._upload.file.close()

    def _begin(self, part: MultipartSegment) -> None:
        filename = filename_of(part)
        self._parts += 1
        self._names_bytes += len(filename or "") + len(part.name)
        if self._parts > _MAX_PARTS or self._names_bytes > _MAX_NAMES_BYTES:
            raise RequestEntityTooLarge(
                f"The form has more than {_MAX_PARTS} parts, or names of more than "
                f"{_MAX_NAMES_BYTES} bytes: send the files in several requests of one job "
                "(POST /jobs, then /jobs/<id>/files)."
            )
        if filename is None:
            self._field = (decoded_name(part.name), bytearray())
        elif not filename:
            # A browser sends this if the user chose no file.
            self.form.fields_without_filename.add(decoded_name(part.name))
        else:
            path = self._folder / str(len(self.form.uploads))
            upload = Upload(decoded_name(part.name), filename, path)
            self._upload = _OpenUpload(upload, path.open("wb"), self._limits.file_bytes)

    def _end(self) -> None:
        if self._upload is not None:
            upload = self._upload.finish()
            self.form.uploads.append(upload)
            self._upload_received(self.form, upload)
        elif self._field is not None:
            name, value = self._field
            # No call has fields this large or this many, so the rest is ignored.
            self._fields_bytes += len(name) + len(value)
            few = len(self.form.fields) < _MAX_FIELDS and self._fields_bytes <= _MAX_FIELDS_BYTES
            if (few or name == "task_type") and len(value) <= _MAX_FIELD_BYTES:
                self.form.fields.setdefault(name, value.decode("utf-8", errors="replace"))
        self._upload = self._field = None
