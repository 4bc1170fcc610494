"""Sends files in one multipart request, in the same way to every server.

A file is read whole and sent at once, which costs this program less CPU time than a library's
streaming of small blocks would; files of the workloads have a few megabytes at most.
"""

import http.client
import json
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_BOUNDARY = "a-boundary-that-no-workload-holds"
_TIMEOUT_S = 600


class RefusedError(Exception):
    """The server did not answer with 200 or 202; the text is its answer."""


def post_files(
    url: str,
    field: str,
    paths: Sequence[Path],
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Send the files and return the answer's JSON; raises ``RefusedError`` for any refusal."""
    parts = urllib.parse.urlsplit(url)
    heads = [_head(field, path.name) for path in paths]
    first = b"".join(_field(name, value) for name, value in (fields or {}).items())
    last = f"--{_BOUNDARY}--\r\n".encode()
    sizes = [len(head) + path.stat().st_size + 2 for head, path in zip(heads, paths, strict=True)]
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request(
            "POST",
            parts.path,
            _body(first, heads, paths, last),
            {
                "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
                "Content-Length": str(len(first) + sum(sizes) + len(last)),
                **(headers or {}),
            },
        )
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status not in (200, 202):
        raise RefusedError(f"{response.status}: {answer[:500]!r}")
    return dict(json.loads(answer))


def _head(field: str, name: str) -> bytes:
    return (
        f"--{_BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()


def _field(name: str, value: str) -> bytes:
    return (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
    ).encode()


def _body(
    first: bytes, heads: Sequence[bytes], paths: Sequence[Path], last: bytes
) -> Iterator[bytes]:
    """Yield blocks of 64 kB or more, so that small files do not cost a system call each."""
    block = bytearray(first)
    for head, path in zip(heads, paths, strict=True):
        block += head
        block += path.read_bytes()
        block += b"\r\n"
        if len(block) >= 65536:
            yield bytes(block)
            block.clear()
    yield bytes(block + last)
