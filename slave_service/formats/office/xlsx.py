"""Reads Excel workbooks (ECMA-376): the sheets in order, a row a line, tabs between the cells.

Cells have the values that Excel stored at the last calculation. Empty rows are left out.
openpyxl (MIT, 3.1.5 of June 2024) opens the ZIP file by itself, without limits of its parts.
"""

import re

from slave_service.formats.content import Content, Lines, warnings
from slave_service.formats.office import numbers, parts
from slave_service.formats.package import Package

_CELL = re.compile("([A-Z]{1,3})[0-9]+")
_MOST_EMPTY = 100
"""Empty cells in a row that are kept between others; Excel has 16,384 columns."""
_LEFT_OUT = {"charts": ("chart", "chartEx"), "embedded files": ("package", "oleObject")}
_BOOLEANS = {"0": "FALSE", "1": "TRUE"}


class _Workbook:
    """Collects the names of the sheets and the identifiers of their relations."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.since_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            self.sheets.append((attributes.get("name", ""), attributes.get("id", "")))
        elif name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in ("1", "true")

    def end(self, name: str) -> None:
        pass

    def data(self, text: str) -> None:
        pass


class _Strings:
    """Collects the shared strings, without the phonetic readings beside them."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self._pieces: list[str] = []
        self._in_text = self._in_reading = False

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002
        self._in_text = name == "t" and not self._in_reading
        self._in_reading |= name == "rPh"

    def end(self, name: str) -> None:
        self._in_text = False
        if name == "rPh":
            self._in_reading = False
        elif name == "si":
            self.strings.append(_one_line("".join(self._pieces)))
            self._pieces.clear()

    def data(self, text: str) -> None:
        if self._in_text:
            self._pieces.append(text)


class _Sheet:
    """Adds the rows of a sheet to lines."""

    def __init__(
        self, lines: Lines, strings: list[str], kinds: list[str], since_1904: bool
    ) -> None:
        self._lines, self._strings, self._kinds = lines, strings, kinds
        self._since_1904 = since_1904
        self._row: list[str] = []
        self._column = self._written = 0
        """Columns of the present cell and of the last one in ``_row``, from 1."""
        self._type = self._style = ""
        self._pieces: list[str] = []
        self._is_read = self._in_reading = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self._row, self._column, self._written = [], 0, 0
        elif name == "c":
            self._column = _column(attributes.get("r", "")) or self._column + 1
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._pieces.clear()
        self._is_read = name in ("v", "t") and not self._in_reading
        self._in_reading |= name == "rPh"

    def end(self, name: str) -> None:
        self._is_read = False
        if name == "rPh":
            self._in_reading = False
        elif name == "c" and (value := self._value("".join(self._pieces))):
            gap = min(self._column - self._written, _MOST_EMPTY + 1)
            self._row += [""] * (gap - 1)
            self._row.append(value)
            self._written = self._column
        elif name == "row" and self._row:
            self._lines.check(sum(map(len, self._row)) + len(self._row))
            self._lines.add("\t".join(self._row))

    def data(self, text: str) -> None:
        if self._is_read:
            self._pieces.append(text)

    def _value(self, text: str) -> str:
        if self._type == "s":
            index = _index(text, len(self._strings))
            return "" if index is None else self._strings[index]
        if self._type == "b":
            return _BOOLEANS.get(text, text)
        if self._type == "n" and text:
            index = _index(self._style, len(self._kinds))
            kind = "" if index is None else self._kinds[index]
            return numbers.shown(text, kind, since_1904=self._since_1904)
        return _one_line(text)


def _one_line(text: str) -> str:
    # Excel writes characters that XML lacks as _x000D_.
    return " ".join(text.replace("_x000D_", "").split())


def _index(text: str, length: int) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) < 9
    return int(text) if is_number and int(text) < length else None


def _column(reference: str) -> int:
    """Return the number of the column, from 1, of a cell such as ``AB12``; 0 for none."""
    found = _CELL.fullmatch(reference)
    number = 0
    for letter in found[1] if found else "":
        number = 26 * number + ord(letter) - 64
    return number


def read(package: Package) -> Content:
    """Read a workbook; raises ``TooLarge`` and what ``package.damage_reported`` names."""
    main = parts.main_part(package)
    workbook, strings = _Workbook(), _Strings()
    parts.read_part(package, main, workbook)
    relations = package.relations(main)
    for part in parts.targets(relations, "sharedStrings"):
        parts.read_part(package, part, strings)
    styles = parts.targets(relations, "styles")
    kinds = numbers.read_kinds(package, styles[0]) if styles else []
    by_identifier = {part.identifier: part.target for part in relations}
    lines, comments = Lines(), parts.CommentReader()
    found = dict.fromkeys(_LEFT_OUT, 0)
    sheets = {by_identifier[key]: name for name, key in workbook.sheets if key in by_identifier}
    for part, name in sheets.items():
        lines.add_gap()
        lines.add(name, 1)
        sheet = _Sheet(lines, strings.strings, kinds, workbook.since_1904)
        parts.read_part(package, part, sheet)
        own = package.relations(part)
        parts.read_comments(package, own, comments, lines)
        drawings = parts.targets(own, "drawing")
        others = [relation for drawing in drawings for relation in package.relations(drawing)]
        for label, names in _LEFT_OUT.items():
            found[label] += len(parts.targets([*own, *others], *names))
    text = lines.text()
    more: dict[str, object] = {"sheet_count": len(sheets), "comments": comments.comments}
    metadata = parts.metadata(package)
    return Content("XLSX", text, metadata, lines.outline, more, warnings(text, found))
