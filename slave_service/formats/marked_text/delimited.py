"""Reads tables of text with delimiters (CSV, RFC 4180, and its variants with ; tab and |).

Nothing in such a file says what it is. It counts as a table only if every row has as many cells as
the first, so that prose with commas remains a text.
"""

import csv
import io
from collections.abc import Iterator
from itertools import islice

from slave_service.formats.content import Content, Lines
from slave_service.formats.text_decoding import Decoded

_DELIMITERS = ("\t", ";", ",", "|")
_NAMES = {"\t": "tab", ";": ";", ",": ",", "|": "|"}
_LEAST_ROWS = 3
_SAMPLE_ROWS = 200
_MAX_CELL = 200
"""Longest cell of the first rows, on average: cells are not paragraphs."""
_MAX_SPACED = 0.2
"""Share of delimiters before a space above which the text is prose."""


def read(decoded: Decoded) -> Content | None:
    """Return a table's text, with tabs between the cells; None for a text that is no table."""
    delimiter = _delimiter(decoded.text)
    if delimiter is None:
        return None
    lines = Lines()
    rows = 0
    columns = 0
    for row in _rows(decoded.text, delimiter):
        if row == [""] or any(cell.strip() for cell in row):
            rows += 1
            columns = columns or len(row)
            if len(row) != columns:
                return None
            lines.add("\t".join(" ".join(cell.split()) for cell in row))
    if rows < _LEAST_ROWS:
        return None
    more: dict[str, object] = {
        "encoding": decoded.encoding,
        "row_count": rows,
        "column_count": columns,
        "delimiter": _NAMES[delimiter],
    }
    return Content("CSV", lines.text(), more=more, warnings=decoded.warnings)


def _delimiter(text: str) -> str | None:
    """Return the delimiter with which the first rows have equal numbers of cells, 2 at least."""
    for delimiter in _DELIMITERS:
        rows = [row for row in islice(_rows(text, delimiter), _SAMPLE_ROWS) if row]
        widths = {len(row) for row in rows}
        if len(rows) >= _LEAST_ROWS and len(widths) == 1 and min(widths) > 1:
            cells = [cell for row in rows for cell in row]
            length = sum(map(len, cells)) / len(cells)
            spaced = sum(cell.startswith(" ") for row in rows for cell in row[1:])
            is_prose = spaced > _MAX_SPACED * (len(cells) - len(rows)) and delimiter != "|"
            # Statements end with ";", and indented lines begin with a tab.
            are_filled = all(any(row[column] for row in rows) for column in (0, -1))
            if length <= _MAX_CELL and are_filled and not is_prose:
                return delimiter
    return None


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows, ending with an unequal one if a cell is longer than 128 Ki characters."""
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error:
        yield [""]
