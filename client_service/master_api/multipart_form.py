"""Encodes files as a form (multipart/form-data), and reads them as they are sent."""

import errno
from collections.abc import Iterator, Sequence
from pathlib import Path

from client_service.errors import UsageError
from client_service.local_files import Source
from client_service.master_api.http_exchange import Body, TransferError
from protocol.http.form_heads import file_head, form_end, new_boundary

_PIECE_BYTES = 1 << 18
_FIRST_PIECE_BYTES = 1 << 14
"""Small, so that the receiver is soon at work."""
_LINE_END = b"\r\n"
_TRANSIENT_ERRNOS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors of this process, which lacks file descriptors or memory, and not of the file."""


def form_of(field: str, files: Sequence[Source]) -> Body:
    """Return a form that has all files in one field; they are opened one at a time."""
    boundary = new_boundary()
    heads = [file_head(boundary, field, file.name) for file in files]
    end = form_end(boundary)
    length = sum(map(len, heads)) + sum(file.size + len(_LINE_END) for file in files)
    kind = f"multipart/form-data; boundary={boundary}"
    return Body(kind, length + len(end), end, lambda: _pieces(heads, files))


def _pieces(heads: Sequence[bytes], files: Sequence[Source]) -> Iterator[bytes]:
    """Yield the parts of small files together, and blocks of large ones."""
    piece, wanted = bytearray(), _FIRST_PIECE_BYTES
    for head, file in zip(heads, files, strict=True):
        piece += head
        for block in _blocks(file.path, file.size):
            if len(block) == _PIECE_BYTES:
                # Of a large file, which is not copied.
                yield bytes(piece)
                yield block
                piece = bytearray()
                continue
            piece += block
            if len(piece) >= wanted:
                yield bytes(piece)
                piece, wanted = bytearray(), _PIECE_BYTES
        piece += _LINE_END
    yield bytes(piece)


def _blocks(path: Path, size: int) -> Iterator[bytes]:
    """Yield ``size`` bytes of a file; raises ``UsageError`` if they can't be read."""
    left = size
    if not left:
        return
    try:
        with path.open("rb", buffering=0) as file:
            while left:
                block = file.read(min(left, _PIECE_BYTES))
                if not block:
                    raise UsageError(f"{path} has become shorter while it was sent")
                left -= len(block)
                yield block
    except OSError as error:
        if error.errno in _TRANSIENT_ERRNOS:
            raise TransferError(str(error)) from error
        raise UsageError(f"{path} can't be read ({error.strerror})") from error
