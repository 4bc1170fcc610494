"""Reads Word documents from 1997 to 2003 (MS-DOC): text, tables, headings, notes and comments.

The stream WordDocument begins with the FIB, which says where the rest is. The text is divided into
pieces, each in UTF-16 or in bytes of Windows-1252, and into parts: the body, then footnotes,
headers, comments, endnotes and text boxes.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocol.failures import Corrupt, Encrypted, TooLarge, Unsupported
from slave_service.formats.content import MAX_CHARACTERS, Content, Lines, warnings
from slave_service.formats.ole import container, word_runs

if TYPE_CHECKING:
    from olefile import OleFileIO

STREAM = "WordDocument"
_FIB_BYTES = 0x1AA
_WORD_97 = 0xC1
_IS_ENCRYPTED, _IS_SECOND_TABLE = 0x0100, 0x0200
_PLACES = {"characters": 0xFA, "paragraphs": 0x102, "pieces": 0x1A2}
"""Where the FIB has the place and the length of each table."""
_PART_LENGTHS = 76
"""Where the FIB has the lengths of the parts: body, footnotes, headers, macros, comments, …"""
_PARTS, _MACROS, _COMMENTS = 8, 3, 4
_IN_BYTES = 1 << 30
_PARAGRAPH_END = re.compile("[\r\x07\x0c]")
_FIELD = re.compile("([\x13\x14\x15])")
_FIELD_BEGIN, _FIELD_RESULT, _CELL_END, _COMMENT_BEGIN = "\x13", "\x14", "\x07", "\x05"
_PAGE_NUMBER = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACED = dict.fromkeys(range(32)) | {0x09: "\t", 0x0B: "\n", 0x1E: "-"}
"""Characters with a meaning of their own: marks of pictures, notes and hyphens."""
_MAX_COMMENTS = 20_000
_OLD = "This is a Word document from before 1997; save it as DOCX or PDF and send that."
_LOCKED = "This document needs a password; save a copy without one and send that."
_DAMAGED = "This document is damaged and can't be read; save or export it again and send that."
_TOO_LARGE = (
    f"The text of this document is over the limit of {MAX_CHARACTERS:,} characters; split it "
    "into smaller files."
)


@dataclass(frozen=True, slots=True)
class _Piece:
    begin: int
    end: int
    """In characters of the whole text."""
    offset: int
    """In bytes of the stream."""
    width: int
    """Bytes of a character."""


def read(source: "OleFileIO") -> Content:
    """Read a document; raises Corrupt, Encrypted, TooLarge, and Unsupported for older ones."""
    text = container.stream(source, STREAM)
    if len(text) < _FIB_BYTES:
        raise Corrupt(_DAMAGED)
    (version,) = struct.unpack_from("<H", text, 2)
    (flags,) = struct.unpack_from("<H", text, 10)
    if flags & _IS_ENCRYPTED:
        raise Encrypted(_LOCKED)
    if version < _WORD_97:
        raise Unsupported(_OLD)
    tables = container.stream(source, "1Table" if flags & _IS_SECOND_TABLE else "0Table")
    reader = _Reader(text, {name: _table(text, tables, at) for name, at in _PLACES.items()})
    reader.read()
    result = reader.lines.text()
    more: dict[str, object] = {"table_count": reader.tables, "comments": reader.comments}
    return Content(
        "DOC", result, container.metadata(source), reader.lines.outline, more, warnings(result, {})
    )


def _table(text: bytes, tables: bytes, place: int) -> bytes:
    offset, length = struct.unpack_from("<2I", text, place)
    return tables[offset : offset + length]


class _Reader:
    def __init__(self, text: bytes, tables: dict[str, bytes]) -> None:
        self._text = text
        self._pieces = list(_pieces(tables["pieces"]))
        self._paragraphs = word_runs.paragraphs(text, tables["paragraphs"])
        self._hidden = word_runs.hidden(text, tables["characters"])
        self._fields: list[bool] = []
        self._instructions = 0
        self._paragraph: list[str] = []
        self._cell: list[str] = []
        self._row: list[str] = []
        self._is_after_row = False
        self.lines = Lines()
        self.tables = 0
        self.comments: list[dict[str, object]] = []

    def read(self) -> None:
        """Read all parts, with an empty line between them."""
        lengths = struct.unpack_from(f"<{_PARTS}I", self._text, _PART_LENGTHS)
        begin = 0
        for number, length in enumerate(lengths):
            if length and number != _MACROS:
                self._read_part(begin, begin + length, is_comments=number == _COMMENTS)
            begin += length

    def _read_part(self, begin: int, end: int, *, is_comments: bool) -> None:
        self.lines.add_gap()
        self._fields.clear()
        self._instructions = 0
        for text, offset, width in self._texts(begin, end):
            start = 0
            for found in _PARAGRAPH_END.finditer(text):
                self._paragraph.append(text[start : found.start()])
                start = found.end()
                value = self._paragraphs.at(offset + found.start() * width)
                self._end_paragraph(found[0], value, is_comments=is_comments)
            self._paragraph.append(text[start:])
        self._end_paragraph("\r", 0, is_comments=is_comments)

    def _texts(self, begin: int, end: int) -> Iterator[tuple[str, int, int]]:
        """Yield what is visible, its offset in the stream and the bytes of a character."""
        for piece in self._pieces:
            first, last = max(begin, piece.begin), min(end, piece.end)
            if first >= last:
                continue
            offset = piece.offset + (first - piece.begin) * piece.width
            until = min(offset + (last - first) * piece.width, len(self._text))
            for start, stop in self._hidden.without(offset, until):
                yield _decoded(self._text[start:stop], piece.width), start, piece.width

    def _end_paragraph(self, mark: str, value: int, *, is_comments: bool) -> None:
        raw = "".join(self._paragraph)
        self._paragraph.clear()
        text = self._visible(raw)
        if mark == _CELL_END:
            if value & word_runs.ROW_END:
                self._end_row()
            else:
                self._row.append(" ".join([*self._cell, text]).replace("\n", " ").strip())
                self._cell.clear()
        elif value & word_runs.IN_TABLE:
            self._cell.append(text)
        else:
            self._end_row()
            self._is_after_row = False
            self._add(text, value & word_runs.LEVEL)
            if is_comments:
                self._add_comment(text, is_new=raw.startswith(_COMMENT_BEGIN))

    def _end_row(self) -> None:
        if self._cell:
            self._row.append(" ".join(self._cell))
        if self._row:
            self.tables += not self._is_after_row
            self._is_after_row = True
            self.lines.add("\t".join(self._row))
        self._row.clear()
        self._cell.clear()

    def _add(self, text: str, level: int) -> None:
        if not text.strip():
            self.lines.add_gap()
        elif level:
            self.lines.add(text.replace("\n", " "), level)
        else:
            for line in text.split("\n"):
                self.lines.add(line)

    def _add_comment(self, text: str, *, is_new: bool) -> None:
        if is_new and len(self.comments) < _MAX_COMMENTS:
            self.comments.append({"author": "", "text": text.strip()})
        elif self.comments and text.strip() and not is_new:
            self.comments[-1]["text"] = f"{self.comments[-1]['text']}\n{text.strip()}"

    def _visible(self, text: str) -> str:
        """Return a paragraph without the instructions of fields, which can be longer than it."""
        kept = []
        last = ""
        for part in _FIELD.split(text):
            if part == _FIELD_BEGIN:
                self._fields.append(True)
                self._instructions += 1
            elif part == _FIELD_RESULT and self._fields:
                if not _PAGE_NUMBER.match(last):
                    self._instructions -= self._fields[-1]
                    self._fields[-1] = False
            elif _FIELD.fullmatch(part):
                self._instructions -= self._fields.pop() if self._fields else 0
            elif not self._instructions:
                kept.append(part)
            last = part
        joined = "".join(kept).translate(_REPLACED)
        if _SURROGATE.search(joined):
            joined = joined.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return joined


def _pieces(data: bytes) -> Iterator[_Piece]:
    """Yield the pieces of the text, from the table Clx."""
    place = 0
    while data[place : place + 1] == b"\x01":
        (length,) = struct.unpack_from("<H", data, place + 1)
        place += 3 + length
    if data[place : place + 1] != b"\x02":
        raise Corrupt(_DAMAGED)
    (length,) = struct.unpack_from("<I", data, place + 1)
    table = data[place + 5 : place + 5 + length]
    count = (len(table) - 4) // 12
    if count < 0:
        raise Corrupt(_DAMAGED)
    begins = struct.unpack_from(f"<{count + 1}I", table)
    if begins[-1] > MAX_CHARACTERS:
        raise TooLarge(_TOO_LARGE)
    for index in range(count):
        (offset,) = struct.unpack_from("<I", table, 4 * (count + 1) + 8 * index + 2)
        if begins[index] > begins[index + 1]:
            raise Corrupt(_DAMAGED)
        if offset & _IN_BYTES:
            yield _Piece(begins[index], begins[index + 1], (offset & ~_IN_BYTES) // 2, 1)
        else:
            yield _Piece(begins[index], begins[index + 1], offset, 2)


def _decoded(data: bytes, width: int) -> str:
    """Return one character for each one or two bytes."""
    if width == 1:
        return data.decode("cp1252", "replace")
    units = struct.unpack(f"<{len(data) // 2}H", data[: len(data) // 2 * 2])
    return "".join(map(chr, units))
