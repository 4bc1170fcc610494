"""Reading a request's body: whole, and exactly to its end."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.server.request_body import Body, Broken
from protocol.server.request_head import Head
from protocol.server.timeouts import Timeouts

NEXT = b"GET /next HTTP/1.1\r\n\r\n"


def body_of(
    sent: bytes, length: int | None = None, continued: list[str] | None = None
) -> tuple[Body, io.BytesIO]:
    """Return a body and its stream; the body is chunked unless it has a length."""
    head = Head(
        method="POST",
        target="/",
        version="HTTP/1.1",
        fields=[],
        content_length=length,
        chunked=length is None,
        closes=False,
        expects_continue=continued is not None,
    )
    rfile = io.BytesIO(sent + NEXT)

    def send_continue() -> None:
        assert continued is not None
        continued.append("go")

    return Body(rfile, head, send_continue, Timeouts()), rfile


def chunks_of(*datas: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(data), data) for data in datas if data) + b"0\r\n\r\n"


@pytest.mark.parametrize("sizes", [[-1], [1], [3, 2], [100_000]])
def test_body_with_a_length_ends_there(sizes: list[int]) -> None:
    """A body is read whole with reads of any sizes; the next request stays unread."""
    data = bytes(range(256)) * 800
    body, rfile = body_of(data, len(data))
    received = bytearray()
    while piece := body.read(sizes[len(received) % len(sizes)]):
        received += piece
        if len(sizes) > 1 or sizes == [1]:
            received += body.read()
    assert (bytes(received), body.is_at_end) == (data, True)
    assert rfile.read() == NEXT


@given(st.lists(st.binary(max_size=50), max_size=5), st.integers(1, 20))
@settings(derandomize=True, database=None, deadline=None)
def test_chunks_are_put_together(datas: list[bytes], size: int) -> None:
    """A body in chunks of any sizes is read whole; the next request stays unread."""
    body, rfile = body_of(chunks_of(*datas))
    received = bytearray()
    while piece := body.read(size):
        received += piece
    assert (bytes(received), body.is_at_end) == (b"".join(datas), True)
    assert rfile.read() == NEXT


@pytest.mark.parametrize(
    "sent",
    [b"5;name=value\r\nhello\r\n0;x\r\n\r\n", b"0005\r\nhello\r\n0\r\nX-Check: 1\r\nY:\r\n\r\n"],
)
def test_extensions_and_trailers_are_ignored(sent: bytes) -> None:
    """Chunk extensions and trailers are read and ignored."""
    body, rfile = body_of(sent)
    assert body.read() == b"hello"
    assert rfile.read() == NEXT


BROKEN = {
    "sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "minus": b"-5\r\nhello\r\n0\r\n\r\n",
    "prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "blank ahead": b" 5\r\nhello\r\n0\r\n\r\n",
    "blank behind": b"5 \r\nhello\r\n0\r\n\r\n",
    "underscore": b"1_0\r\nhello\r\n0\r\n\r\n",
    "thirty digits": b"5" * 30 + b"\r\nhello\r\n0\r\n\r\n",
    "no size": b"\r\nhello\r\n0\r\n\r\n",
    "no number": b"five\r\nhello\r\n0\r\n\r\n",
    "line feed alone": b"5\nhello\n0\n\n",
    "longer than it says": b"4\r\nhello\r\n0\r\n\r\n",
    "shorter than it says": b"6\r\nhello\r\n0\r\n\r\n",
    "NUL in an extension": b"5;\0\r\nhello\r\n0\r\n\r\n",
    "endless extension": b"5;" + b"x" * 10_000 + b"\r\nhello\r\n0\r\n\r\n",
    "malformed trailer": b"5\r\nhello\r\n0\r\nno trailer\r\n\r\n",
    "folded trailer": b"5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n",
    "endless trailers": b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_malformed_chunks_break_the_body(name: str) -> None:
    """After a malformed chunk, every further read raises, and the connection can't be kept."""
    body, _ = body_of(BROKEN[name])
    with pytest.raises(Broken):
        body.read()
    with pytest.raises(Broken):
        body.read(1)
    assert (body.is_at_end, body.is_nearly_at_end) == (False, False)


@pytest.mark.parametrize("length", [1000, None])
def test_connection_that_ends_early_is_an_error(length: int | None) -> None:
    """An incomplete body raises ``Broken`` instead of being shorter."""
    body, _ = body_of(b"fff\r\nonly a part" if length is None else b"only a part", length)
    with pytest.raises(Broken, match="ended"):
        body.read()
    assert not body.is_at_end


def test_continue_is_sent_once_at_the_first_read() -> None:
    """A client that waits for ``100 Continue`` gets it at the first read, and only once."""
    continued: list[str] = []
    body, _ = body_of(b"hello", 5, continued)
    assert (continued, body.is_nearly_at_end) == ([], False)
    assert (body.read(2), body.read(), continued) == (b"he", b"llo", ["go"])


def test_lines_can_be_read() -> None:
    """The stream can be read in lines, as WSGI requires."""
    body, rfile = body_of(chunks_of(b"a\nb", b"b\n", b"c"))
    assert list(body) == [b"a\n", b"bb\n", b"c"]
    assert rfile.read() == NEXT


def test_short_rest_is_discarded_for_the_next_request() -> None:
    """``_discard`` reads a short unread body to its end, and nothing of a long one."""
    small, rfile = body_of(b"x" * 100, 100)
    small._discard()
    assert (small.is_at_end, rfile.read()) == (True, NEXT)
    large, rfile = body_of(b"x" * 1_000_000, 1_000_000)
    large._discard()
    assert (large.is_nearly_at_end, len(rfile.read())) == (False, 1_000_000 + len(NEXT))
