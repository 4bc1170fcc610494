"""Reading the head of a request, and refusing ambiguous ones."""

import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.server.request_head import (
    MAX_FIELDS,
    MAX_HEAD_BYTES,
    MAX_LINE_BYTES,
    BadHead,
    Head,
    read_head,
    read_line,
)

FIRST = b"POST /x HTTP/1.1\r\n"
HOST = b"Host: a\r\n"


def head_of(request: bytes) -> Head:
    """Return the head of a request."""
    stream = io.BytesIO(request)
    return read_head(read_line(stream), stream)


def with_fields(*lines: bytes) -> bytes:
    return FIRST + HOST + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def test_head_is_read() -> None:
    """Method, target, version and fields are read; white space around values is removed."""
    head = head_of(with_fields(b"X-Name:  \t a value \xe4\t ", b"content-length: 0017"))
    assert (head.method, head.target, head.version) == ("POST", "/x", "HTTP/1.1")
    assert head.fields[1] == ("X-Name", "a value ä")
    assert (head.content_length, head.chunked, head.closes, head.expects_continue) == (
        17,
        False,
        False,
        False,
    )


def test_body_stays_unread() -> None:
    """Nothing is read beyond the empty line that ends the head."""
    stream = io.BytesIO(with_fields(b"Content-Length: 4") + b"\r\nab")
    read_head(read_line(stream), stream)
    assert stream.read() == b"\r\nab"


def test_one_leading_empty_line_is_ignored() -> None:
    """One empty line before the request line is ignored (RFC 9112, section 2.2); two are not."""
    assert head_of(b"\r\n" + with_fields()).target == "/x"
    with pytest.raises(BadHead):
        head_of(b"\r\n\r\n" + with_fields())


def test_end_of_the_stream_is_an_empty_line() -> None:
    """At the end of the stream the request line is empty, and nothing is raised."""
    assert read_line(io.BytesIO(b"")) == b""


def test_chunked_body_is_known() -> None:
    """``Transfer-Encoding`` and ``Expect`` are read in any case."""
    head = head_of(with_fields(b"Transfer-Encoding: Chunked", b"Expect: 100-Continue"))
    assert (head.content_length, head.chunked, head.expects_continue) == (None, True, True)


@pytest.mark.parametrize(
    ("version", "connection", "closes"),
    [
        (b"1.1", b"", False),
        (b"1.1", b"Connection: close\r\n", True),
        (b"1.1", b"Connection: TE\r\nConnection: Keep-Alive, Close\r\n", True),
        (b"1.0", b"", True),
        (b"1.0", b"Connection: Keep-Alive\r\n", False),
        (b"1.9", b"", False),
    ],
)
def test_connection_header_is_read(version: bytes, connection: bytes, closes: bool) -> None:
    """HTTP/1.1 keeps a connection unless the header says ``close``, 1.0 only on ``keep-alive``."""
    assert (
        head_of(b"GET / HTTP/" + version + b"\r\n" + HOST + connection + b"\r\n").closes is closes
    )


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        (b"http://b:1/x?y", "/x?y", "b:1"),
        (b"HTTPS://b", "/", "b"),
        (b"http://b?y", "/?y", "b"),
    ],
)
def test_host_in_the_target_replaces_the_header(target: bytes, path: str, host: str) -> None:
    """A target with a host is split; its host replaces the header's (RFC 9112, section 3.2.2)."""
    head = head_of(b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    assert head.target == path
    assert head.fields == [("Host", host)]


def test_address_beyond_ascii_is_encoded() -> None:
    """Bytes of the target that are not ASCII are percent-encoded."""
    head = head_of("GET /ä?b=".encode() + b"\xe4 HTTP/1.1\r\n" + HOST + b"\r\n")
    assert head.target == "/%C3%A4?b=%E4"


REFUSED = {
    "lower-case method": b"post /x HTTP/1.1\r\nHost: a\r\n\r\n",
    "no version": b"GET /x\r\n\r\n",
    "version 0.9": b"GET /x HTTP/0.9\r\nHost: a\r\n\r\n",
    "version 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "version of two digits": b"GET /x HTTP/1.10\r\nHost: a\r\n\r\n",
    "two blanks": b"GET  /x HTTP/1.1\r\nHost: a\r\n\r\n",
    "blank in the address": b"GET /x y HTTP/1.1\r\nHost: a\r\n\r\n",
    "blank ahead": b" GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
    "tab": b"GET\t/x HTTP/1.1\r\nHost: a\r\n\r\n",
    "NUL in the address": b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    "no slash": b"GET x HTTP/1.1\r\nHost: a\r\n\r\n",
    "other scheme": b"GET ftp://a/x HTTP/1.1\r\nHost: a\r\n\r\n",
    "user in the address": b"GET http://b@a/x HTTP/1.1\r\nHost: a\r\n\r\n",
    "no host in the address": b"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
    "for a proxy": b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "line feed alone": b"GET /x HTTP/1.1\nHost: a\n\n",
    "line feed alone in the fields": b"GET /x HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
    "carriage return alone": b"GET /x HTTP/1.1\r\nHost: a\rX: y\r\n\r\n",
    "carriage return before it": b"GET /x HTTP/1.1\r\r\nHost: a\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
    "nothing": b"\r\n\r\n",
    "cut off": b"GET /x HTTP/1.1\r\nHost: a\r\n",
    "cut off in the first line": b"GET /x HTT",
    "no Host": FIRST + b"\r\n",
    "two Hosts": FIRST + HOST + HOST + b"\r\n",
    "two Hosts and a third": b"GET http://b/ HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "Host of two words": FIRST + b"Host: a b\r\n\r\n",
    "Host beyond ASCII": FIRST + b"Host: \xe4\r\n\r\n",
}
FIELDS = {
    "no colon": b"X-Field",
    "no name": b": x",
    "blank before the colon": b"X-Field : x",
    "blank in the name": b"X Field: x",
    "folded": b"X-Field: a\r\n b",
    "folded at once": b" b",
    "NUL": b"X-Field: a\0b",
    "NUL in the name": b"X\0: a",
    "bell": b"X-Field: \a",
    "delete": b"X-Field: \x7f",
    "name beyond ASCII": b"X-F\xe4ld: a",
    **{
        f"length {length!r}": b"Content-Length: " + length
        for length in (
            b"+5",
            b"-1",
            b"1_0",
            b"5 5",
            b"0x5",
            b"5,5",
            b"",
            b"five",
            b"5.0",
            b"9" * 30,
        )
    },
    "length in other digits": "Content-Length: ٥".encode(),
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6",
    "one length twice": b"Content-Length: 5\r\nContent-Length: 5",
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    **{
        f"coding {coding!r}": b"Transfer-Encoding: " + coding
        for coding in (
            b"xchunked",
            b"chunked, identity",
            b"identity",
            b"gzip, chunked",
            b"chunked, chunked",
            b"chunked\r\nTransfer-Encoding: chunked",
            b"chunked\r\nTransfer-Encoding: x",
            b"\x0bchunked",
            b'"chunked"',
            b"",
        )
    },
}
REFUSED |= {name: with_fields(line) for name, line in FIELDS.items()}
REFUSED["chunks in 1.0"] = b"POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("name", REFUSED)
def test_ambiguous_head_is_refused(name: str) -> None:
    """A malformed head, or one that parsers read differently, is a 400 that says what is wrong."""
    with pytest.raises(BadHead) as refusal:
        head_of(REFUSED[name])
    assert refusal.value.status == 400
    assert str(refusal.value).endswith(".")


def test_address_has_a_limit() -> None:
    """A request line as long as the limit is read; a longer one is a 414, and not read further."""
    fixed = len(b"GET  HTTP/1.1\r\n")
    line = b"GET /" + b"x" * (MAX_LINE_BYTES - fixed - 1) + b" HTTP/1.1\r\n"
    assert len(head_of(line + HOST + b"\r\n").target) == MAX_LINE_BYTES - fixed
    for longer in (b"x" + line, b"x" * 1_000_000):
        stream = io.BytesIO(longer)
        with pytest.raises(BadHead) as refusal:
            read_line(stream)
        assert refusal.value.status == 414
        assert stream.tell() == MAX_LINE_BYTES + 1


@pytest.mark.parametrize(
    "fields",
    [b"X: y\r\n" * MAX_FIELDS, b"X: " + b"y" * MAX_HEAD_BYTES, b"X: yyyyyyyyyy\r\n" * 10_000],
)
def test_headers_have_a_limit(fields: bytes) -> None:
    """Too many or too long headers are a 431, after a bounded number of bytes."""
    stream = io.BytesIO(FIRST + HOST + fields + b"\r\n" * 2)
    with pytest.raises(BadHead) as refusal:
        read_head(read_line(stream), stream)
    assert refusal.value.status == 431
    assert stream.tell() <= len(FIRST) + MAX_HEAD_BYTES + 1


def test_a_hundred_headers_are_read() -> None:
    """As many headers as the limit are allowed."""
    head = head_of(with_fields(*[b"X: y"] * (MAX_FIELDS - 1)))
    assert len(head.fields) == MAX_FIELDS


@given(st.binary(max_size=80), st.integers(0, 60))
@settings(derandomize=True, database=None, deadline=None)
def test_no_head_breaks_the_parser(noise: bytes, place: int) -> None:
    """Random bytes in a head give a head or ``BadHead``, never another error."""
    whole = with_fields(b"Content-Length: 3")
    with contextlib.suppress(BadHead):
        assert head_of(whole[:place] + noise + whole[place:]).target.startswith("/")
