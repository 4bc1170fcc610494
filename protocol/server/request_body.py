"""Reads the body of a request, exactly to its end, with a minimum speed.

No library fits: h11, gunicorn_h1c and gevent's own parser accept malformed chunks, and do not pass
on the lines that would have to be checked. httptools does not report where a body ends, which is
where the next request of the connection begins.
"""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import gevent
from werkzeug.exceptions import BadRequest

from protocol.cooperative_yield import YieldTimer
from protocol.server.request_head import Head
from protocol.server.timeouts import Timeouts

_PIECE_BYTES = 256 * 1024
_MAX_SKIPPED_BYTES = 64 * 1024
"""The longest unread body that is read and discarded, so that the connection can be kept."""
_MAX_CHUNK_LINE_BYTES = 4096
_MAX_TRAILER_BYTES = 8 * 1024
# At most 16 digits and no white space, which parsers treat differently.
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n")


class Broken(BadRequest):
    """The body can't be read to its end; the answer is a 400."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The request's body can't be read to its end, {why}: send it again.")


class Stream(Protocol):
    """The methods of a connection's stream that ``Body`` uses."""

    def read1(self, size: int, /) -> bytes:
        """Return the bytes that have arrived, or that arrive next."""
        ...

    def readline(self, size: int, /) -> bytes:
        """Return a line, or its first ``size`` bytes."""
        ...


class Body:
    """The body as a stream; the first read calls ``send_continue`` if the client waits for it.

    ``simple_websocket``, which takes over the connection, reads the attribute ``rfile``.
    """

    def __init__(
        self, rfile: Stream, head: Head, send_continue: Callable[[], object], timeouts: Timeouts
    ) -> None:
        self.rfile = rfile
        self._chunked = head.chunked
        self._left = head.content_length or 0
        """Unread bytes of the body, or of the current chunk."""
        self._owes_continue = head.expects_continue and (head.chunked or self._left > 0)
        self._send_continue = send_continue
        self._timeouts = timeouts
        self._received = 0
        self._waited_s = 0.0
        self._yield_timer = YieldTimer()
        self._has_begun_chunk = False
        self._is_broken = False
        self.is_timed_out = False
        """Whether the body did not arrive, or arrived too slowly."""

    @property
    def is_at_end(self) -> bool:
        """Whether the body was read whole, so that the next bytes are another request."""
        return not (self._is_broken or self._chunked or self._left)

    @property
    def is_nearly_at_end(self) -> bool:
        """Whether so little is left that the server discards it and keeps the connection."""
        return self.is_at_end or not (
            self._is_broken
            or self._chunked
            or self._owes_continue
            or self._left > _MAX_SKIPPED_BYTES
        )

    def read(self, size: int | None = -1, /) -> bytes:
        """Return ``size`` bytes, or all; fewer only at the end. Raises ``Broken``."""
        wanted = size if size is not None and size >= 0 else None
        pieces = []
        while wanted is None or wanted > 0:
            piece = self._read_piece(_PIECE_BYTES if wanted is None else min(wanted, _PIECE_BYTES))
            if not piece:
                break
            pieces.append(piece)
            # A body in tiny chunks takes long to read even if all of it has arrived.
            self._yield_timer.yield_if_due()
            wanted = None if wanted is None else wanted - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read1(self, size: int, /) -> bytes:
        """Return the bytes that have arrived or arrive next, at most ``size``; empty at the end.

        Raises ``Broken``.
        """
        return self._read_piece(min(size, _PIECE_BYTES))

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the next line, or its first ``size`` bytes; slow, and only there for WSGI."""
        max_bytes = size if size is not None and size >= 0 else None
        line = bytearray()
        while (max_bytes is None or len(line) < max_bytes) and not line.endswith(b"\n"):
            byte = self._read_piece(1)
            if not byte:
                break
            line += byte
        return bytes(line)

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def _discard(self) -> None:
        """Discard a short rest, so that the connection can be kept; gevent calls this."""
        with contextlib.suppress(Broken):
            while self.is_nearly_at_end and self._read_piece(_PIECE_BYTES):
                pass

    def _read_piece(self, max_bytes: int) -> bytes:
        """Return the bytes that have arrived; empty at the end. Raises ``Broken``."""
        if self._is_broken:
            raise Broken("since an earlier read failed")
        self._is_broken = True  # reset below if nothing raises
        try:
            data = self._read_next(max_bytes)
        except TimeoutError as error:
            self.is_timed_out = True
            raise Broken("since it arrives too slowly") from error
        except OSError as error:
            raise Broken(f"since the connection failed ({error})") from error
        self._is_broken = False
        return data

    def _read_next(self, max_bytes: int) -> bytes:
        if self._owes_continue:
            self._owes_continue = False
            self._send_continue()
        if self._chunked and not self._left:
            self._begin_chunk()
        if not self._left:
            return b""
        data = self._timed(lambda: self.rfile.read1(min(max_bytes, self._left)))
        if not data:
            raise Broken("since the connection ended before it")
        self._left -= len(data)
        return data

    def _timed(self, read: Callable[[], bytes]) -> bytes:
        """Call ``read``, and raise ``TimeoutError`` below the minimum speed.

        Only the time spent in ``read`` counts, not the time between calls.
        """
        began = time.monotonic()
        data = read()
        self._received += len(data)
        self._waited_s += time.monotonic() - began
        if self._waited_s >= self._timeouts.idle_timeout_s:
            if self._received < self._timeouts.min_body_bytes:
                raise TimeoutError("the body arrives too slowly")
            self._received, self._waited_s = 0, 0.0
        return data

    def _begin_chunk(self) -> None:
        if self._has_begun_chunk and self._line(2) != b"\r\n":
            raise Broken("since a chunk does not have its announced size")
        self._has_begun_chunk = True
        line = _CHUNK_LINE.fullmatch(self._line(_MAX_CHUNK_LINE_BYTES))
        if line is None:
            raise Broken("since a chunk does not begin with its size")
        self._left = int(line[1], 16)
        if not self._left:
            self._end_chunks()

    def _end_chunks(self) -> None:
        left_bytes = _MAX_TRAILER_BYTES
        while (line := self._line(left_bytes)) != b"\r\n":
            left_bytes -= len(line)
            if not _TRAILER.fullmatch(line) or left_bytes < 2:
                raise Broken("since the lines after the last chunk are not headers")
        self._chunked = False

    def _line(self, max_bytes: int) -> bytes:
        # A line may arrive in many pieces, and ``_timed`` checks only after the whole line.
        with gevent.Timeout(
            self._timeouts.idle_timeout_s, TimeoutError("the body arrives too slowly")
        ):
            return self._timed(lambda: self.rfile.readline(max_bytes))
