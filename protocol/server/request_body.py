"""Reads the body of a request: to its end and not a byte further, and at a least pace."""

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
"""What is read of a body that nobody wanted, to use the connection again."""
_CHUNK_LINE_BYTES = 4096
_TRAILER_BYTES = 8 * 1024
# No number that a long line of others could hide in, and no white space to disagree about.
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n")


class Broken(BadRequest):
    """The body can't be read to its end. Whoever reads it has nothing to do about that."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The request's body can't be read to its end, {why}: send it again.")


class Stream(Protocol):
    """What of a connection's stream is used here."""

    def read1(self, size: int, /) -> bytes:
        """Return what is there, or what arrives next."""
        ...

    def readline(self, size: int, /) -> bytes:
        """Return a line, or as much of it."""
        ...


class Body:
    """The stream that the program reads from; ``send_continue`` tells a client that waits to go on.

    ``rfile`` is known by this name to ``simple_websocket``, which takes the connection over.
    """

    def __init__(
        self, rfile: Stream, head: Head, send_continue: Callable[[], object], timeouts: Timeouts
    ) -> None:
        self.rfile = rfile
        self._chunked = head.chunked
        self._left = head.content_length or 0
        """Bytes of the body, or of the chunk that has begun."""
        self._owes_continue = head.expects_continue and (head.chunked or self._left > 0)
        self._send_continue = send_continue
        self._timeouts = timeouts
        self._received = 0
        self._waited_s = 0.0
        self._yield_timer = YieldTimer()
        self._has_begun_chunk = False
        self._is_broken = False
        self.is_timed_out = False
        """It did not come, or too slowly."""

    @property
    def is_at_end(self) -> bool:
        """Tell whether what comes next on the connection is another request."""
        return not (self._is_broken or self._chunked or self._left)

    @property
    def is_nearly_at_end(self) -> bool:
        """Tell whether so little is left that it is as well read as not."""
        return self.is_at_end or not (
            self._is_broken
            or self._chunked
            or self._owes_continue
            or self._left > _MAX_SKIPPED_BYTES
        )

    def read(self, size: int | None = -1, /) -> bytes:
        """Return that many bytes, or all; fewer only at the end. Raises ``Broken``."""
        wanted = size if size is not None and size >= 0 else None
        pieces = []
        while wanted is None or wanted > 0:
            piece = self._read_piece(_PIECE_BYTES if wanted is None else min(wanted, _PIECE_BYTES))
            if not piece:
                break
            pieces.append(piece)
            # A body in tiny chunks takes long to read though it is all there.
            self._yield_timer.yield_if_due()
            wanted = None if wanted is None else wanted - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return what there is up to a line's end. Nothing here reads a body by the line."""
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
        """Read a small rest, so that the connection can be used again; the server calls it."""
        with contextlib.suppress(Broken):
            while self.is_nearly_at_end and self._read_piece(_PIECE_BYTES):
                pass

    def _read_piece(self, max_bytes: int) -> bytes:
        """Return the bytes of one arrival; nothing at the end."""
        if self._is_broken:
            raise Broken("as was found before")
        self._is_broken = True  # unless it goes well
        try:
            data = self._read_next(max_bytes)
        except TimeoutError as error:
            self.is_timed_out = True
            raise Broken("since it comes too slowly") from error
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
            raise Broken("since the connection ended before")
        self._left -= len(data)
        return data

    def _timed(self, read: Callable[[], bytes]) -> bytes:
        """Count the time that goes by in waiting: none of the time in which nobody reads."""
        began = time.monotonic()
        data = read()
        self._received += len(data)
        self._waited_s += time.monotonic() - began
        if self._waited_s >= self._timeouts.idle_timeout_s:
            if self._received < self._timeouts.min_body_bytes:
                raise TimeoutError("it came too slowly")
            self._received, self._waited_s = 0, 0.0
        return data

    def _begin_chunk(self) -> None:
        if self._has_begun_chunk and self._line(2) != b"\r\n":
            raise Broken("since a chunk is not as long as it says")
        self._has_begun_chunk = True
        line = _CHUNK_LINE.fullmatch(self._line(_CHUNK_LINE_BYTES))
        if line is None:
            raise Broken("since a chunk does not begin with its size")
        self._left = int(line[1], 16)
        if not self._left:
            self._end_chunks()

    def _end_chunks(self) -> None:
        room = _TRAILER_BYTES
        while (line := self._line(room)) != b"\r\n":
            room -= len(line)
            if not _TRAILER.fullmatch(line) or room < 2:
                raise Broken("since what follows the last chunk is no header")
        self._chunked = False

    def _line(self, max_bytes: int) -> bytes:
        # A line may come in many pieces, during which nothing would be counted.
        with gevent.Timeout(self._timeouts.idle_timeout_s, TimeoutError("it came too slowly")):
            return self._timed(lambda: self.rfile.readline(max_bytes))
