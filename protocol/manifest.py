"""The rows of ``manifest.csv``, which has the state of each file of a job and where its result is.

RFC 4180 in UTF-8, without a byte order mark. No I/O, clocks or threads. Formulas are escaped here:
defusedcsv changes some cells so that they can't be restored, and leaves others as they are.
"""

import csv
from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = (
    "index",
    "source",
    "result",
    "task_type",
    "state",
    "code",
    "error",
    "sha256",
    "result_sha256",
    "job_id",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Characters with which a formula may begin in a spreadsheet (OWASP, "CSV Injection")."""
_MARK = "'"


class _Line:
    """The file that ``csv`` writes to; ``writerow`` returns what ``write`` returns."""

    def write(self, line: str) -> str:
        return line


_WRITER: Any = csv.writer(_Line())


def line(cells: Iterable[str]) -> str:
    """Return the cells as one line of CSV; formulas are not escaped."""
    return str(_WRITER.writerow(list(cells)))


def row(entry: Mapping[str, Any], result: str, task_type: str, job_id: str) -> str:
    """Return the line of one file; ``entry`` is its entry in ``GET /jobs/<id>``.

    ``result`` is the result's path relative to the manifest, empty if there is no result.
    """
    known = {**entry, "source": entry["filename"], "result": result}
    known |= {"task_type": task_type, "job_id": job_id}
    return line(escape_formula(_text(known.get(column))) for column in COLUMNS)


def escape_formula(cell: str) -> str:
    """Return the cell with ``'`` before it if a spreadsheet could read it as a formula.

    A cell that begins with ``'`` gets another one, so that ``unescape_formula`` restores every
    cell.
    """
    return _MARK + cell if cell.startswith((*_FORMULA, _MARK)) else cell


def unescape_formula(cell: str) -> str:
    """Return the cell that ``escape_formula`` was given."""
    return cell.removeprefix(_MARK)


def _text(value: object) -> str:
    # Lone surrogates, which JSON can contain and UTF-8 can't encode, are replaced.
    return "" if value is None else str(value).encode(errors="replace").decode()


HEADER = line(COLUMNS)
