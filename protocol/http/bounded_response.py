"""Bounds the heads and trailers of HTTP answers, where ``http.client`` has no bounds.

Imports only the standard library, so that the client starts quickly.
"""

import http.client
import io
from typing import Any

_MAX_LINE_BYTES = 65536
_MAX_LINES = 500
"""Consecutive lines, with no content between them. http.client allows 100 in each head."""


class BoundedResponse(http.client.HTTPResponse):
    """An answer whose heads and trailers have a bounded number of lines, each of bounded length."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (http.client's own)
        super().__init__(*args, **kwargs)
        self.fp = _BoundedReader(self.fp.detach())


class _BoundedReader(io.BufferedReader):
    """Reads from a connection, with bounds where http.client and urllib3 have none.

    Those read any number of interim answers (100 Continue) and trailers, and older versions of
    urllib3 accept a chunk-size line of any length.
    """

    _lines_in_a_row = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self._lines_in_a_row += 1
        if self._lines_in_a_row > _MAX_LINES:
            raise http.client.HTTPException(f"the answer has over {_MAX_LINES} lines in a row")
        line = super().readline(_MAX_LINE_BYTES + 1 if size is None or size < 0 else size)
        if len(line) > _MAX_LINE_BYTES:
            raise http.client.LineTooLong("line")
        return line

    def read(self, size: int | None = -1, /) -> bytes:
        self._lines_in_a_row = 0
        return super().read(size)

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 (anything that can be written to)
        self._lines_in_a_row = 0
        return super().readinto(buffer)
