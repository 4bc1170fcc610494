"""Draws the plots of ``docs/performance.md`` as SVG, by matplotlib."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.report_tables import COLUMNS, rounds_of
from benchmarks.table import ratio_to_bound
from benchmarks.workloads import WORKLOADS

_SIZE_INCHES = (8.0, 4.0)
_MOST = 3.0
"""Upper end of the axis of ratios; longer bars are cut, and their number is written on them."""

# The same picture has the same bytes, so that git sees no change where there is none.
mpl.rcParams["svg.hashsalt"] = "benchmarks"


def ratios(rows: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Draw for each workload the time of each system as a multiple of L."""
    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    axes = figure.subplots()
    rounds = {name: rounds_of(row) for name, row in rows.items()}
    columns = [name for name in COLUMNS if any(name in every[0] for every in rounds.values())]
    width = 0.8 / len(columns)
    for number, column in enumerate(columns):
        shift = (number - (len(columns) - 1) / 2) * width
        heights = {
            row + shift: statistics.median(ratio_to_bound(column, one) for one in every)
            for row, every in enumerate(rounds.values())
            if column in every[0]
        }
        shown = [min(height, _MOST) for height in heights.values()]
        axes.bar(list(heights), shown, width, label=COLUMNS[column])
        for place, height in heights.items():
            label = f"{height:.2f}"
            axes.annotate(
                label,
                (place, min(height, _MOST)),
                ha="center",
                va="bottom",
                fontsize=6,
                rotation=90,
            )
    axes.axhline(1.0, color="black", linewidth=0.8)
    axes.set_xticks(range(len(rounds)), [WORKLOADS[name].name for name in rounds])
    axes.set_ylim(0, _MOST * 1.3)  # with room for the legend
    axes.set_ylabel("time / L")
    axes.legend(ncols=len(columns), fontsize=8, loc="upper center")
    _save(figure, path)


def scaling(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw the files a second against the number of slaves, and the ideal."""
    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    axes = figure.subplots()
    slaves = sorted({row["slaves"] for row in rows})
    for kind, marker in (("uniform", "o"), ("skewed", "s")):
        speed_ups = [
            number
            / statistics.median(
                row["ratio"] for row in rows if (row["slaves"], row["kind"]) == (number, kind)
            )
            for number in slaves
        ]
        axes.plot(slaves, speed_ups, marker=marker, label=f"{kind} waits")
    axes.plot(slaves, slaves, color="black", linewidth=0.8, linestyle="--", label="ideal")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks(slaves, list(map(str, slaves)))
    axes.set_yticks(slaves, list(map(str, slaves)))
    axes.set_xlabel("slaves")
    axes.set_ylabel("times as fast as one slave without a master")
    axes.legend()
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})
