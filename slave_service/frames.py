"""How outcomes travel from this project's own slaves to its master: framed, each as it ends.

Asked for by ``Accept``. A frame is one line of JSON, ``{"index", "filename", "bytes"}`` or
``{"index", "filename", "error", "code"}``, followed by as many bytes of result as the line says.
Blank lines between frames are signs of life. Beside the Base64 of the plain answer this saves a
third of the bytes, and most of the time that master and slave spend on them.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from slave_service.errors import Failure
from slave_service.wire import Outcome, WireError, json_bytes

FRAMES_TYPE = "application/vnd.file-cluster.outcomes"
SIGN_OF_LIFE = b"\n"
_MAX_HEAD_BYTES = 1024 * 1024


def encode_frame(index: int, outcome: Outcome) -> Iterator[bytes]:
    """Yield the pieces of one frame."""
    head: dict[str, object] = {"index": index, "filename": outcome.filename}
    if outcome.failure is not None:
        head |= {"error": outcome.failure.error, "code": outcome.failure.code}
        yield json_bytes(head) + b"\n"
    else:
        data = outcome.data or b""
        yield json_bytes(head | {"bytes": len(data)}) + b"\n"
        yield data


def decode_frames(chunks: Iterable[bytes], expected: int) -> Iterator[tuple[int, Outcome]]:
    """Put the chunks of an answer to ``expected`` files together into indexes and outcomes.

    Raises ``WireError`` for what is no frame, and for one that breaks off.
    """
    reader = _Reader(chunks)
    while (line := reader.line()) is not None:
        if line:
            head = _head(line)
            index = _whole(head.get("index"))
            if index >= expected:
                raise WireError(f"the answer speaks of file {index}, which was not sent")
            yield index, _outcome(head, reader)


def _head(line: bytes) -> dict[str, Any]:
    try:
        head = json.loads(line)
    except ValueError as error:
        raise WireError("a frame does not begin with JSON") from error
    if not isinstance(head, dict):
        raise WireError("a frame does not begin with an object")
    return head


def _outcome(head: dict[str, Any], reader: "_Reader") -> Outcome:
    filename = str(head.get("filename", ""))
    if "error" in head:
        failure = Failure(str(head.get("code") or "internal"), str(head["error"]))
        return Outcome(filename, failure=failure)
    return Outcome(filename, data=reader.exactly(_whole(head.get("bytes"))))


def _whole(number: object) -> int:
    if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
        return number
    raise WireError(f"{number!r} stands where a whole number should")


class _Reader:
    """Lines and counted bytes out of chunks, each byte copied once."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def line(self) -> bytes | None:
        """Return the next line without its end; None at the end of everything."""
        line = b""
        while self._rest or self._next():
            before, end, _ = bytes(self._rest[:_MAX_HEAD_BYTES]).partition(b"\n")
            self._rest = self._rest[len(before) + len(end) :]
            line += before
            if end:
                return line
            if len(line) >= _MAX_HEAD_BYTES:
                raise WireError("a frame's first line has no end")
        if line:
            raise WireError("the answer broke off")
        return None

    def exactly(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        pieces: list[memoryview] = []
        while count:
            if not self._rest and not self._next():
                raise WireError("the answer broke off")
            pieces.append(self._rest[:count])
            self._rest = self._rest[count:]
            count -= len(pieces[-1])
        return b"".join(pieces)

    def _next(self) -> bool:
        # An empty chunk is no end.
        for chunk in self._chunks:
            if chunk:
                self._rest = memoryview(chunk)
                return True
        return False
