"""Reads the text of HTML (also the XHTML of EPUB books and the HTML of mails).

No tree is built, so nesting and length are not limited. A block becomes a line, a row of a table a
line with tabs between the cells; a row with one filled cell, as layouts have, keeps the cell's
lines. Left out are scripts, styles, and elements that are hidden by an attribute or a style of
their own.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from slave_service.formats.content import Content, Lines, warnings
from slave_service.formats.html.encoding import decode_html
from slave_service.formats.html.tokens import attribute, tokenize

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    """address article aside blockquote body br button caption center dd details dialog dir div dl
    dt fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html
    legend li main menu nav ol optgroup option p pre search section select summary table tbody
    textarea tfoot thead tr ul""".split()
)
_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset(
    """script style template noscript head title iframe object applet audio video canvas datalist
    noframes noembed annotation annotation-xml rp""".split()
)
_WITH_TITLE = ("head", "title")
_IN_HEAD = frozenset("title meta link style script base noscript template object".split())
_IMPLIED_ENDS = frozenset("p li td th tr dt dd option".split())
_HIDDEN_STYLE = re.compile(r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden", re.I)
_MAX_STYLE = 1000
_SPACE = re.compile(r"[ \t\n\r\f]+")
_META = {
    "author": "author",
    "dc.creator": "author",
    "dcterms.creator": "author",
    "description": "subject",
    "dc.subject": "subject",
    "generator": "creator",
    "dcterms.created": "created",
    "article:published_time": "created",
    "dcterms.modified": "modified",
    "article:modified_time": "modified",
}
_Line = tuple[str, int]


@dataclass(slots=True)
class _Row:
    cells: list[list[_Line]] = field(default_factory=list)

    def lines(self) -> Iterator[_Line]:
        """Yield the row as one line, or the lines of its only filled cell."""
        filled = [cell for cell in self.cells if cell]
        if len(filled) == 1:
            yield from filled[0]
        elif filled:
            joined = (" ".join(text for text, _ in cell) for cell in self.cells)
            yield "\t".join(joined).rstrip("\t"), 0


class _Reader:
    """Collects lines from tags and text."""

    def __init__(self, lines: Lines) -> None:
        self.metadata: dict[str, str] = {}
        self._lines = lines
        self._pieces: list[str] = []
        self._rows: list[_Row | None] = []
        """The open rows, from the outermost; None for a table without an open row."""
        self._unseen = ""
        """The element that is left out, and in ``_unseen_depth`` how many of its name are open."""
        self._unseen_depth = 0
        self._level = self._pre = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "meta":
            self._note(attributes)
            return
        if self._unseen == "head" and tag == "title":
            self._pieces.clear()
        if self._unseen and self._ends_unseen(tag):
            self._end_unseen()
        if self._unseen:
            self._unseen_depth += tag == self._unseen
        elif tag in _UNSEEN or _is_hidden(attributes):
            if tag in _WITH_TITLE or tag in _BLOCKS:
                self._end_line()
            self._unseen, self._unseen_depth = tag, 1
        elif tag in _BLOCKS or tag in _CELLS:
            self._begin_block(tag)

    def _ends_unseen(self, tag: str) -> bool:
        """Return whether a start tag ends the element that is left out, which has no end tag."""
        if self._unseen == "head":
            return tag not in _IN_HEAD
        return tag == self._unseen and tag in _IMPLIED_ENDS

    def _end_unseen(self) -> None:
        # In a head, text is collected for the title; a script may stand within a line of text.
        if self._unseen in _WITH_TITLE:
            self._pieces.clear()
        self._unseen = ""

    def _begin_block(self, tag: str) -> None:
        self._end_line()
        self._level = _HEADINGS.get(tag, self._level)
        self._pre += tag == "pre"
        if tag == "table":
            # A row with a table inside is a layout: what it has so far becomes lines.
            self._end_cells()
            self._rows.append(None)
        elif tag == "tr" and self._rows:
            self._end_cells()
            self._rows[-1] = _Row()
        elif tag in _CELLS and self._rows:
            row = self._rows[-1] = self._rows[-1] or _Row()
            row.cells.append([])

    def end(self, tag: str) -> None:
        if self._unseen:
            if tag == "title" and self._unseen in _WITH_TITLE:
                self.metadata.setdefault("title", _collapsed("".join(self._pieces)))
                self._pieces.clear()
            self._unseen_depth -= tag == self._unseen
            if self._unseen_depth == 0:
                self._end_unseen()
        elif tag in _BLOCKS or tag in _CELLS:
            self._end_line()
            self._level = 0 if tag in _HEADINGS else self._level
            self._pre = max(0, self._pre - (tag == "pre"))
            if tag in ("tr", "table") and self._rows:
                self._end_cells()
                self._rows[-1] = None
            if tag == "table" and self._rows:
                self._rows.pop()

    def data(self, text: str) -> None:
        if not self._unseen or self._unseen in _WITH_TITLE:
            self._pieces.append(text)

    def close(self) -> None:
        self._end_line()
        while self._rows:
            self._end_cells()
            self._rows.pop()

    def _note(self, attributes: Mapping[str, str]) -> None:
        name = (attributes.get("name") or attributes.get("property") or "").lower()
        if (key := _META.get(name)) and not self.metadata.get(key):
            self.metadata[key] = _collapsed(attribute(attributes, "content"))

    def _end_line(self) -> None:
        text = "".join(self._pieces).replace("\u00ad", "")
        self._pieces.clear()
        if self._pre:
            for line in text.strip("\n").split("\n"):
                self._add(line.rstrip())
        else:
            self._add(_collapsed(text))

    def _add(self, line: str) -> None:
        row = self._rows[-1] if self._rows else None
        if line and row and row.cells:
            row.cells[-1].append((line, self._level))
        elif line:
            self._lines.add(line, self._level)

    def _end_cells(self) -> None:
        """Add the lines of the innermost row; those around it were added before its table."""
        row = self._rows[-1] if self._rows else None
        if row is not None:
            for line, level in row.lines():
                self._lines.add(line, level)
            row.cells = [[]] if row.cells else []


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    style = attributes.get("style", "")
    return "hidden" in attributes or bool(style and _HIDDEN_STYLE.search(style[:_MAX_STYLE]))


def _collapsed(text: str) -> str:
    return _SPACE.sub(" ", text).strip(" ")


def read_into(lines: Lines, text: str) -> dict[str, str]:
    """Append the text of an HTML document to ``lines``, and return its metadata."""
    reader = _Reader(lines)
    tokenize(text.replace("\0", ""), reader)
    reader.close()
    return reader.metadata


def read(data: bytes) -> Content:
    """Read an HTML file; raises ``Unsupported`` where it is not a text, and ``TooLarge``."""
    decoded = decode_html(data)
    lines = Lines()
    metadata = read_into(lines, decoded.text)
    text = lines.text()
    about = decoded.warnings if decoded.damaged else []
    more: dict[str, object] = {"encoding": decoded.encoding}
    return Content("HTML", text, metadata, lines.outline, more, [*about, *warnings(text, {})])
