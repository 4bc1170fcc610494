"""Builds bodies of multipart forms, and streams that deliver them slowly or break."""

import io
from collections.abc import Iterable
from pathlib import Path

from protocol.server.multipart_receiver import Form, Limits, receive

BOUNDARY = "XyZ"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
PLENTY = Limits(file_bytes=10**9, request_bytes=10**9)


def file_part(field: str, filename: str | bytes, data: bytes) -> bytes:
    """Return the part of one uploaded file."""
    name = filename if isinstance(filename, bytes) else filename.encode()
    head = f'Content-Disposition: form-data; name="{field}"; filename="'.encode() + name + b'"'
    return head + b"\r\nContent-Type: application/octet-stream\r\n\r\n" + data


def field_part(field: str, value: bytes) -> bytes:
    """Return a part without a file name."""
    return f'Content-Disposition: form-data; name="{field}"\r\n\r\n'.encode() + value


def form_of(parts: Iterable[bytes]) -> bytes:
    """Return the body of a form."""
    opened = b"".join(b"--XyZ\r\n" + part + b"\r\n" for part in parts)
    return opened + b"--XyZ--\r\n"


class Trickle(io.BytesIO):
    """A stream whose reads return at most the given numbers of bytes, in rotation."""

    def __init__(self, body: bytes, sizes: list[int]) -> None:
        super().__init__(body)
        self._sizes = sizes
        self._reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Return at most the next number of bytes."""
        most = self._sizes[self._reads % len(self._sizes)]
        self._reads += 1
        return super().read(most if size is None or size < 0 else min(size, most))

    def read1(self, size: int | None = -1, /) -> bytes:
        """The same: the receiver prefers it."""
        return self.read(size)


class Broken(io.BytesIO):
    """A stream whose connection is reset at its end."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the bytes left, then raise."""
        if data := super().read(size):
            return data
        raise ConnectionResetError("the connection was reset")

    def read1(self, size: int | None = -1, /) -> bytes:
        """The same: the receiver prefers it."""
        return self.read(size)


def take(
    body: bytes | io.BytesIO,
    folder: Path,
    limits: Limits = PLENTY,
    content_type: str = CONTENT_TYPE,
    content_length: int | None = None,
) -> Form:
    """Receive a body, given as bytes or as a stream."""
    stream = io.BytesIO(body) if isinstance(body, bytes) else body
    return receive(stream, content_type, content_length, folder, limits)
