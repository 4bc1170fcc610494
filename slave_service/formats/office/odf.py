"""Reads OpenDocument texts, sheets and presentations (ODF 1.3), within limits.

Paragraphs and headings are lines, rows have tabs between the cells. A repeated cell or row is
taken as often as the file states, up to a limit; empty ones are not repeated. Deleted text, which
tracked changes keep, is left out. odfpy (Apache or GPL, last release of 2020) builds a tree of
Python objects of the whole file and does not limit repetition.
"""

import re

from protocol.failures import Encrypted
from slave_service.formats import xml_events
from slave_service.formats.content import Content, Lines, warnings
from slave_service.formats.package import Package

CONTENT = "content.xml"
_MANIFEST = "META-INF/manifest.xml"
_TYPES = {"text": "ODT", "spreadsheet": "ODS", "presentation": "ODP", "drawing": "ODG"}
_MOST_REPEATED = 1000
_MOST_CELLS = 16_384
_MOST_SPACES = 1000
_MOST_NAME = 200
_LINES = frozenset({"p", "h"})
_UNSEEN = frozenset({"tracked-changes", "ruby-text", "forms", "note-citation"})
_CHARACTERS = {"tab": "\t", "line-break": "\n", "soft-hyphen": ""}
_METADATA = {
    "title": "title",
    "initial-creator": "author",
    "creator": "author",
    "subject": "subject",
    "generator": "creator",
    "creation-date": "created",
    "date": "modified",
}
_SPACE = re.compile(r"[ \t\r\n]+")
_ENCRYPTED = "This document needs a password; save a copy without one and send that."


class _Reader:
    def __init__(self) -> None:
        self.lines = Lines()
        self.document_type = ""
        self.comments: list[dict[str, str]] = []
        self.tables = 0
        self._depth = 0
        self._unseen_at = 0
        self._in_body = False
        self._open: list[list[str]] = []
        """The pieces of the open paragraphs; one can be inside another, as in a text box."""
        self._levels: list[int] = []
        self._boxes: list[str] = []
        """Paragraphs of text boxes and notes, which follow the paragraph around them."""
        self._rows: list[tuple[list[list[str]], int]] = []
        """The cells of the open rows and how often each row is repeated."""
        self._repeats: list[int] = []
        self._comment: list[str] | None = None
        self._author = ""
        self._around_comment: tuple[list[list[str]], list[int], list[str]] = ([], [], [])
        """Open paragraphs, their levels and boxes, to which the comment's own do not belong."""
        self._in_author = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._unseen_at:
            return
        if name == "body":
            self._in_body = True
        elif name in _UNSEEN:
            self._unseen_at = self._depth
        elif self._in_body and not self.document_type:
            self.document_type = _TYPES.get(name, "OpenDocument")
        elif name in _LINES:
            self._open.append([])
            self._levels.append(_number(attributes.get("outline-level"), 15) if name == "h" else 0)
        elif name in _CHARACTERS:
            self._write(_CHARACTERS[name])
        elif name == "s":
            self._write(" " * _number(attributes.get("c"), _MOST_SPACES))
        elif name == "annotation" and self._comment is None:
            self._comment, self._author = [], ""
            self._around_comment = (self._open, self._levels, self._boxes)
            self._open, self._levels, self._boxes = [], [], []
        elif name == "creator":
            self._in_author = self._comment is not None and not self._open
        else:
            self._start_table(name, attributes)

    def _start_table(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self.tables += 1
            if self.document_type == "ODS" and (title := attributes.get("name")):
                self.lines.add_gap()
                self.lines.add(title, 1)
        elif name == "page" and self.document_type in ("ODP", "ODG"):
            self.lines.add_gap()
        elif name == "table-row":
            repeated = _number(attributes.get("number-rows-repeated"), _MOST_REPEATED)
            self._rows.append(([], repeated))
        elif name in ("table-cell", "covered-table-cell") and self._rows:
            self._rows[-1][0].append([])
            self._repeats.append(_number(attributes.get("number-columns-repeated"), _MOST_REPEATED))

    def end(self, name: str) -> None:
        depth, self._depth = self._depth, self._depth - 1
        if self._unseen_at:
            if self._unseen_at == depth:
                self._unseen_at = 0
        elif name in _LINES and self._open:
            self._end_paragraph()
        elif name == "annotation" and self._comment is not None:
            self._end_comment()
        elif name in ("table-cell", "covered-table-cell") and self._rows and self._repeats:
            cells, repeated = self._rows[-1][0], self._repeats.pop()
            if cells:
                cells += [cells[-1]] * min(repeated - 1, max(0, _MOST_CELLS - len(cells)))
        elif name == "table-row" and self._rows:
            self._end_row()
        elif name == "creator":
            self._in_author = False

    def data(self, text: str) -> None:
        if self._unseen_at:
            return
        if self._in_author:
            self._author = (self._author + text)[:_MOST_NAME]
        else:
            # Line breaks and indentation of the XML are white space (ODF 1.3 part 3, 6.1.2).
            self._write(_SPACE.sub(" ", text))

    def _write(self, text: str) -> None:
        if self._open:
            self._open[-1].append(text)

    def _end_paragraph(self) -> None:
        line, level = "".join(self._open.pop()).strip(" "), self._levels.pop()
        if self._open:
            self._boxes.append(line)
            return
        self._add(line, level)
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            self._add(box, 0)

    def _end_comment(self) -> None:
        text = "\n".join(self._comment or ()).strip()
        self._comment = None
        self._open, self._levels, self._boxes = self._around_comment
        if text:
            self.comments.append({"author": self._author.strip(), "text": text})
            self._boxes.append(text)
            if not self._open:
                self._add(self._boxes.pop(), 0)

    def _add(self, line: str, level: int) -> None:
        if self._comment is not None:
            self._comment.append(line)
        elif self._rows and self._rows[-1][0]:
            if line:
                self._rows[-1][0][-1].append(line)
        else:
            self.lines.add(line, level)

    def _end_row(self) -> None:
        cells, repeated = self._rows.pop()
        self.lines.check(sum(len(line) + 1 for cell in cells for line in cell) * repeated)
        row = "\t".join(" ".join(cell) for cell in cells).rstrip("\t")
        if not row:
            return
        for _ in range(repeated):
            self._add(row, 0)


def _number(value: str | None, most: int) -> int:
    """Return a count from 1 to ``most``; 1 where it is missing or none."""
    if value is None or not value.isascii() or not value.isdecimal():
        return 1
    return max(1, min(int(value[:9]), most))


def read(package: Package) -> Content:
    """Read a document; raises ``Encrypted``, ``TooLarge``, and as ``damage_reported``."""
    if _is_encrypted(package):
        raise Encrypted(_ENCRYPTED)
    reader = _Reader()
    with package.open(CONTENT) as stream:
        xml_events.read(stream, reader)
    if not reader.document_type:
        raise ValueError("a content.xml that is none of OpenDocument")
    text = reader.lines.text()
    objects = sum(
        name.startswith("object ") and name.endswith("/content.xml") for name in package.names()
    )
    more: dict[str, object] = {"table_count": reader.tables, "comments": reader.comments}
    about = warnings(text, {"embedded objects, such as charts": objects})
    return Content(
        reader.document_type, text, _metadata(package), reader.lines.outline, more, about
    )


def _is_encrypted(package: Package) -> bool:
    root = package.optional_tree(_MANIFEST) if _MANIFEST in package else None
    return root is not None and next(root.iter("{*}encryption-data"), None) is not None


def _metadata(package: Package) -> dict[str, str]:
    root = package.optional_tree("meta.xml") if "meta.xml" in package else None
    values: dict[str, str] = {}
    for element in () if root is None else root.iter("{*}*"):
        key = _METADATA.get(element.tag.rpartition("}")[2])
        if key and (text := " ".join((element.text or "").split())):
            values.setdefault(key, text)
    return values
