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
    """Lines and counted bytes out of chunks, each byte copied twice at most."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._chunk = b""
        self._at = 0

    def line(self) -> bytes | None:
        """Return the next line without its end; None at the end of everything."""
        pieces: list[bytes] = []
        while self._more():
            end = self._chunk.find(b"\n", self._at)
            pieces.append(self._take(end if end >= 0 else len(self._chunk)))
            if end >= 0:
                self._at += 1
                return b"".join(pieces)
            if sum(map(len, pieces)) > _MAX_HEAD_BYTES:
                raise WireError("a frame's first line has no end")
        if pieces:
            raise WireError("the answer broke off")
        return None

    def exactly(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        pieces: list[bytes] = []
        while count:
            if not self._more():
                raise WireError("the answer broke off")
            pieces.append(self._take(min(self._at + count, len(self._chunk))))
            count -= len(pieces[-1])
        return b"".join(pieces)

    def _take(self, end: int) -> bytes:
        piece = self._chunk[self._at : end]
        self._at = end
        return piece

    def _more(self) -> bool:
        """Tell whether there is a byte to take; an empty chunk is no end."""
        while self._at == len(self._chunk):
            following = next(self._chunks, None)
            if following is None:
                return False
            self._chunk, self._at = following, 0
        return True
