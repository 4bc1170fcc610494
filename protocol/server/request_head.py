"""Reads the head of an HTTP/1.1 request as strictly as RFC 9112 allows.

A proxy and this server must agree on where a body ends (request smuggling). So anything that they
could read differently, such as two lengths, an unusual number or a folded line, is refused.

No library fits: h11, httptools and gunicorn_h1c each accept at least ten of the requests that the
tests refuse, gevent's own parser over fifty. With the checks that the first three lack, this module
is longer than it is without them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

MAX_LINE_BYTES = 8000
"""The longest request line, which also limits the address."""
MAX_HEAD_BYTES = 64 * 1024
"""For all header lines of a request together."""
MAX_FIELDS = 100

_REQUEST_LINE = re.compile(rb"([A-Z][A-Z-]*) ([\x21-\x7e\x80-\xff]+) HTTP/([0-9])\.([0-9])\r\n")
# Both patterns match any bytes in one way only, so matching takes linear time.
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)\r\n")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_ABSOLUTE = re.compile(r"(?i:https?)://([^/?#@]+)(?=[/?]|$)")
_LENGTH = re.compile(r"[0-9]{1,18}")
_HOST = re.compile(r"[\x21-\x7e]*")

Field = tuple[str, str]


class BadHead(Exception):
    """A head that is refused before the application sees it; the message says why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Head:
    """The request line and the headers of a request."""

    method: str
    target: str
    version: str
    fields: Sequence[Field]
    content_length: int | None
    """None without the header, as for a chunked body."""
    chunked: bool
    closes: bool
    """The client wants the connection closed after the answer."""
    expects_continue: bool
    """The client waits for ``100 Continue`` before it sends the body."""


def read_line(stream: BinaryIO) -> bytes:
    """Return the request line; empty at the end of the stream. Raises ``BadHead`` 414."""
    line = stream.readline(MAX_LINE_BYTES + 1)
    if line == b"\r\n":  # some clients send an empty line after a body (RFC 9112, section 2.2)
        line = stream.readline(MAX_LINE_BYTES + 1)
    if len(line) > MAX_LINE_BYTES:
        raise BadHead(
            414, f"The address is too long: a request line may have {MAX_LINE_BYTES} bytes at most."
        )
    return line


def read_head(line: bytes, stream: BinaryIO) -> Head:
    """Return the head that begins with ``line``; raises ``BadHead`` 400 or 431."""
    parts = _REQUEST_LINE.fullmatch(line)
    if parts is None:
        raise _malformed("its first line is not METHOD /path HTTP/1.1 with CR LF at its end")
    method = parts[1].decode("ascii")
    target = _BEYOND_ASCII.sub(_percent_encoded, parts[2]).decode("ascii")
    if parts[3] != b"1":
        raise _malformed("this server speaks HTTP/1.1 alone")
    version = "HTTP/1.0" if parts[4] == b"0" else "HTTP/1.1"
    fields = _read_fields(stream)
    target, fields = _origin_form(target, fields)
    _check_host(fields, version)
    chunked = _is_chunked(fields, version)
    connection = _tokens(fields, "connection")
    closes = "close" in connection or (version == "HTTP/1.0" and "keep-alive" not in connection)
    return Head(
        method=method,
        target=target,
        version=version,
        fields=fields,
        content_length=_content_length(fields),
        chunked=chunked,
        closes=closes,
        expects_continue=version == "HTTP/1.1" and "100-continue" in _tokens(fields, "expect"),
    )


def _percent_encoded(byte: re.Match[bytes]) -> bytes:
    """Percent-encode a byte that some clients (curl with a raw address) fail to encode."""
    return b"%%%02X" % ord(byte[0])


def _malformed(why: str) -> BadHead:
    return BadHead(400, f"The request is not valid HTTP: {why}.")


def _read_fields(stream: BinaryIO) -> list[Field]:
    fields: list[Field] = []
    left = MAX_HEAD_BYTES
    while (line := stream.readline(left + 1)) != b"\r\n":
        left -= len(line)
        if left < 0 or len(fields) >= MAX_FIELDS:
            raise BadHead(
                431,
                f"The request has too many headers: at most {MAX_FIELDS} lines and "
                f"{MAX_HEAD_BYTES} bytes are allowed. Send fewer.",
            )
        field = _FIELD.fullmatch(line)
        if field is None:
            raise _malformed("a header line is not 'Name: value' with CR LF at its end")
        fields.append((field[1].decode("ascii"), field[2].decode("latin-1").strip(" \t")))
    return fields


def _values(fields: Sequence[Field], name: str) -> list[str]:
    return [value for key, value in fields if key.lower() == name]


def _tokens(fields: Sequence[Field], name: str) -> set[str]:
    return {word.strip().lower() for word in ",".join(_values(fields, name)).split(",")}


def _origin_form(target: str, fields: list[Field]) -> tuple[str, list[Field]]:
    """Return target and fields in origin form; a host in the target replaces the header's.

    Clients send a target with a host to a proxy (RFC 9112, section 3.2.2).
    """
    if target.startswith("/"):
        return target, fields
    absolute = _ABSOLUTE.match(target)
    if absolute is None:
        raise _malformed("its address does not begin with '/'")
    path = target[absolute.end() :]
    others = [field for field in fields if field[0].lower() != "host"]
    given = [("Host", absolute[1])] if len(others) < len(fields) else []
    # Repeated Host headers stay repeated, so that ``_check_host`` refuses them.
    repeated = [("Host", "")] * (len(fields) - len(others) - 1)
    return path if path.startswith("/") else "/" + path, [*others, *given, *repeated]


def _check_host(fields: Sequence[Field], version: str) -> None:
    hosts = _values(fields, "host")
    if len(hosts) > 1 or (not hosts and version != "HTTP/1.0"):
        raise _malformed("it needs one Host header")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise _malformed("its Host header is malformed")


def _is_chunked(fields: Sequence[Field], version: str) -> bool:
    codings = _values(fields, "transfer-encoding")
    if not codings:
        return False
    if version == "HTTP/1.0" or _values(fields, "content-length"):
        raise _malformed("Transfer-Encoding is not allowed with HTTP/1.0, or with a Content-Length")
    if [coding.lower() for coding in codings] != ["chunked"]:
        raise _malformed("the only Transfer-Encoding allowed is 'chunked'")
    return True


def _content_length(fields: Sequence[Field]) -> int | None:
    lengths = _values(fields, "content-length")
    if not lengths:
        return None
    if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]):
        raise _malformed("its Content-Length must be one whole number")
    return int(lengths[0])
