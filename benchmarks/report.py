"""Writes the newest measurements into ``docs/performance.md``: tables between markers, and plots.

``python -m benchmarks.report``. Of each row of a table it takes the newest measurement of full
size by default settings, so that a part can be measured again alone.
"""

import re
from typing import Any

from benchmarks import plots, raw_data, report_tables
from benchmarks.workloads import WORKLOADS
from scripts.local_cluster import PROJECT

_DOCUMENT = PROJECT / "docs" / "performance.md"
_IMAGES = PROJECT / "docs" / "images"
_WAITING_FILES = 400


def main() -> None:
    """Replace every table of which there are measurements, and draw the plots."""
    text = _DOCUMENT.read_text(encoding="utf-8")
    rows, waiting = _table_rows(), _waiting_rows()
    found: dict[str, str] = {}
    if rows:
        found |= report_tables.comparison(rows)
        plots.ratios(rows, _IMAGES / "performance-ratios.svg")
    if waiting:
        found["waiting"] = report_tables.waiting(waiting)
        plots.scaling(waiting, _IMAGES / "performance-scaling.svg")
    for part, write in report_tables.SINGLE_PARTS.items():
        newest = [one for one in raw_data.stored(part) if not one["options"]["set"]]
        if newest:
            found[part] = write(newest[0])
    for name, table in found.items():
        text = replaced(text, name, table)
    _DOCUMENT.write_text(text, encoding="utf-8")
    print(f"wrote {', '.join(sorted(found))} into {_DOCUMENT.relative_to(PROJECT)}")


def replaced(text: str, name: str, table: str) -> str:
    """Return the document with a new content between the markers of this name."""
    begin, end = f"<!-- {name}: made by benchmarks.report -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"the document has no marker {begin}")
    return pattern.sub(lambda _: f"{begin}\n{table}\n{end}", text)


def _table_rows() -> dict[str, dict[str, Any]]:
    """Return by workload the newest measurement, of full size where there is one.

    It has the rounds, the options and the surroundings.
    """
    newest: dict[str, dict[str, Any]] = {}
    for name in WORKLOADS:
        rows = [one for one in raw_data.stored(f"table-{name}") if not one["options"]["set"]]
        if rows:
            newest[name] = max(rows, key=lambda one: one["options"]["scale"])
    return newest


def _waiting_rows() -> list[dict[str, Any]]:
    """Return the rows of the newest measurement of full size for each number of slaves."""
    newest: dict[int, list[dict[str, Any]]] = {}
    for measured in raw_data.stored("waiting"):
        by_slaves: dict[int, list[dict[str, Any]]] = {}
        for row in measured["rows"]:
            if (measured["options"]["files"], measured["options"]["set"]) == (_WAITING_FILES, []):
                by_slaves.setdefault(row["slaves"], []).append({**measured, **row})
        newest = by_slaves | newest
    return [row for slaves in sorted(newest) for row in newest[slaves]]


if __name__ == "__main__":
    main()
