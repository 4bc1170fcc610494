"""The rows of ``manifest.csv``, which says of each file of a job what became of it. Pure.

RFC 4180 in UTF-8, without a byte order mark.
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
"""What a spreadsheet may take for the beginning of a formula (OWASP, "CSV Injection")."""
_MARK = "'"


class _Line:
    """What ``csv`` writes to; its writer returns what this one does."""

    def write(self, line: str) -> str:
        return line


_WRITER: Any = csv.writer(_Line())


def line(cells: Iterable[str]) -> str:
    """Return the cells as one line of CSV, as they are."""
    return str(_WRITER.writerow(list(cells)))


def row(entry: Mapping[str, Any], result: str, task_type: str, job_id: str) -> str:
    """Return the line of one file, which ``entry`` describes as the ledger does.

    ``result`` is its path relative to the manifest, empty where there is none.
    """
    known = {**entry, "source": entry["filename"], "result": result}
    known |= {"task_type": task_type, "job_id": job_id}
    return line(escape_formula(_text(known.get(column))) for column in COLUMNS)


def escape_formula(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: what looks like one begins with ``'``.

    So does a cell that began with ``'`` itself, and ``unescape_formula`` gives each back.
    """
    return _MARK + cell if cell.startswith((*_FORMULA, _MARK)) else cell


def unescape_formula(cell: str) -> str:
    """Return what ``escape_formula`` was given."""
    return cell.removeprefix(_MARK)


def _text(value: object) -> str:
    # What JSON may bring and UTF-8 does not know is replaced.
    return "" if value is None else str(value).encode(errors="replace").decode()


HEADER = line(COLUMNS)
