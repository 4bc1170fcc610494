"""Reads the properties of characters and paragraphs in a Word document (MS-DOC, 2.8 and 2.9).

They are in pages of 512 bytes, each about a range of bytes of the text.
"""

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator

_PAGE_BYTES = 512
_MAX_PAGES = 100_000
_IN_TABLE, _IS_ROW_END, _OUTLINE_LEVEL = 0x2416, 0x2417, 0x2640
_IS_HIDDEN, _IS_DELETED = 0x083C, 0x0800
_OPERAND_BYTES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
"""By the three highest bits of a property's code; 6 has a length of its own."""
_HEADING_STYLES = range(1, 10)
"""The first styles of each document are Normal and the nine headings."""
_BODY_LEVEL = 9
LEVEL, IN_TABLE, ROW_END = 15, 16, 32
"""The parts of a paragraph's value: the level of a heading from 1, and two flags."""

Run = tuple[int, int, int]
"""Begin and end in bytes of the text's stream, and a value."""


class Runs:
    """Values of ranges of bytes; 0 where there is none."""

    def __init__(self, runs: Iterator[Run]) -> None:
        self._runs = sorted(run for run in runs if run[2] and run[0] < run[1])
        self._begins = [run[0] for run in self._runs]

    def at(self, place: int) -> int:
        """Return the value at a byte."""
        index = bisect_right(self._begins, place) - 1
        return self._runs[index][2] if index >= 0 and place < self._runs[index][1] else 0

    def without(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of a range that have no value."""
        index = max(0, bisect_right(self._begins, begin) - 1)
        while index < len(self._runs) and self._begins[index] < end:
            run_begin, run_end, _ = self._runs[index]
            if begin < run_begin:
                yield begin, run_begin
            begin = max(begin, run_end)
            index += 1
        if begin < end:
            yield begin, end


def paragraphs(text: bytes, table: bytes) -> Runs:
    """Return the value of each paragraph, made of ``LEVEL``, ``IN_TABLE`` and ``ROW_END``.

    ``text`` is the stream WordDocument, ``table`` the list of pages (PlcBtePapx).
    """
    return Runs(_runs(text, table, 13, _paragraph))


def hidden(text: bytes, table: bytes) -> Runs:
    """Return 1 for hidden and deleted characters; ``table`` is PlcBteChpx."""
    return Runs(_runs(text, table, 1, _character))


def _runs(
    text: bytes, table: bytes, entry_bytes: int, value: Callable[[bytes, int], int]
) -> Iterator[Run]:
    count = min((len(table) - 4) // 8, _MAX_PAGES)
    if count < 1:
        return
    numbers = struct.unpack_from(f"<{count}I", table, 4 * (count + 1))
    # A page that is named several times would be read as often.
    for number in dict.fromkeys(numbers):
        begin = (number & 0x3FFFFF) * _PAGE_BYTES
        page = text[begin : begin + _PAGE_BYTES]
        if len(page) < _PAGE_BYTES:
            continue
        runs = page[-1]
        if 4 * (runs + 1) + runs * entry_bytes >= _PAGE_BYTES:
            continue
        places = struct.unpack_from(f"<{runs + 1}I", page)
        for index in range(runs):
            offset = 2 * page[4 * (runs + 1) + index * entry_bytes]
            found = value(page, offset) if offset else 0
            yield places[index], places[index + 1], found


def _character(page: bytes, offset: int) -> int:
    properties = _properties(page[offset + 1 : offset + 1 + page[offset]])
    return int(any(code in (_IS_HIDDEN, _IS_DELETED) and on & 1 for code, on in properties))


def _paragraph(page: bytes, offset: int) -> int:
    length = 2 * page[offset] - 1
    offset += 1
    if length < 0:
        length = 2 * page[offset]
        offset += 1
    if offset + 2 > _PAGE_BYTES:
        return 0
    (style,) = struct.unpack_from("<H", page, offset)
    level, flags = style if style in _HEADING_STYLES else 0, 0
    for code, operand in _properties(page[offset + 2 : offset + length]):
        if code == _OUTLINE_LEVEL:
            level = operand + 1 if operand < _BODY_LEVEL else 0
        elif operand:
            flags |= {_IN_TABLE: IN_TABLE, _IS_ROW_END: ROW_END}.get(code, 0)
    return level | flags


def _properties(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the code and the first byte of the operand of each property (Prl)."""
    place = 0
    while place + 3 <= len(data):
        (code,) = struct.unpack_from("<H", data, place)
        size = _OPERAND_BYTES.get(code >> 13, 1 + data[place + 2])
        if code in (0xD608, 0xC615):  # tables and tabs have other lengths, and come last
            return
        yield code, data[place + 2]
        place += 2 + size
