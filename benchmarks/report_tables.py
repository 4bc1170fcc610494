"""Turns measurements into the tables of ``docs/performance.md``."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.measuring import Measurement
from benchmarks.table import cpu_ratio_to_bound, ratio_to_bound
from benchmarks.workloads import WORKLOADS

COLUMNS = {
    "request": "one request",
    "client": "client.py",
    "process": "`DURABILITY=process`",
    "celery": "Celery",
    "dask": "Dask",
    "ray": "Ray",
}
"""The systems that are compared with L, by their name in the measurements."""

_KINDS = ("master", "slave", "worker")
_MS = 1000

Rounds = Sequence[Mapping[str, Measurement]]


def comparison(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the tables of times, of CPU times and of memory, by the names of their markers."""
    measured = {name: rounds_of(row) for name, row in rows.items()}
    columns = [name for name in COLUMNS if any(name in rounds[0] for rounds in measured.values())]
    head = ["workload", "pool", "L", *(COLUMNS[name] for name in columns), "others"]
    times = [
        [_title(rows[name], name), *_times(rounds, columns), _foreign(rounds)]
        for name, rounds in measured.items()
    ]
    cpu_times = [
        [_title(rows[name], name), *_cpu_times(rounds, columns)]
        for name, rounds in measured.items()
    ]
    peaks = [[_title(rows[name], name), *_peaks(rounds)] for name, rounds in measured.items()]
    about = surroundings(*rows.values())
    return {
        "times": f"{about}\n\n{_table(head, times)}{_embedding_note(measured)}",
        "cpu-times": _table(head[:-1], cpu_times),
        "memory": _table(["workload", *_KINDS], peaks),
    }


def waiting(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of the jobs that only wait."""
    head = ["slaves", "uniform", "skewed", "master, ms a file", "all, ms a file", "others"]
    lines = []
    for slaves in sorted({row["slaves"] for row in rows}):
        mine = [row for row in rows if row["slaves"] == slaves]
        ratios = {
            kind: statistics.median(row["ratio"] for row in mine if row["kind"] == kind)
            for kind in ("uniform", "skewed")
        }
        master_ms, all_ms = (
            statistics.median(row[name] for row in mine) for name in ("master_ms", "all_ms")
        )
        foreign = statistics.median(_share(row) for row in mine)
        figures = (ratios["uniform"], ratios["skewed"], master_ms, all_ms)
        lines.append([str(slaves), *(f"{figure:.2f}" for figure in figures), f"{foreign:.0f} %"])
    return f"{surroundings(*rows)}\n\n{_table(head, lines)}"


def latency(measured: Mapping[str, Any]) -> str:
    """Return the table of response times."""
    options = measured["options"]
    titles = {
        "alone": "on an idle cluster, one after another",
        "beside": f"beside a job of {options['beside']:,} files, one after another",
        "clients": f"{options['clients']} clients at once",
    }
    lines = [
        [title, str(len(found["times_s"]))]
        + [f"{_MS * found[name]:.0f} ms" for name in ("p50_s", "p99_s")]
        + [f"{_share({**measured, **found}):.0f} %"]
        for name, title in titles.items()
        for found in (measured[name],)
    ]
    head = ["jobs of one file", "jobs", "p50", "p99", "others"]
    return f"{surroundings(measured)}\n\n{_table(head, lines)}"


def starts(measured: Mapping[str, Any]) -> str:
    """Return the tables of start times, and of what the programs use at rest."""
    programs = {"master": "master.py answers", "slave": "slave.py is registered"}
    started = [
        [title]
        + [
            f"{statistics.median(one[f'{name}_{what}'] for one in measured['starts']):.2f} s"
            for what in ("s", "cpu_s")
        ]
        for name, title in programs.items()
    ]
    resting = [
        [kind, f"{found['memory_mb']:.0f} MB", f"{found['cpu_percent']:.2f} %"]
        for kind, found in measured["rest"].items()
    ]
    return "\n\n".join(
        [
            surroundings(measured),
            _table(["start", "after", "CPU time"], started),
            _table(["at rest", "memory", "of a core"], resting),
        ]
    )


def heartbeats(measured: Mapping[str, Any]) -> str:
    """Return a sentence on the master's CPU time for heartbeats."""
    per_s, percent = measured["heartbeats_per_s"], measured["cpu_percent"]
    each_ms = _MS * percent / 100 / per_s
    return (
        f"{surroundings(measured)}\n\n{measured['options']['slaves']:,} slaves, {per_s:.0f} "
        f"heartbeats a second: {percent:.0f} % of a core, {each_ms:.2f} ms each; "
        f"others {_share(measured):.0f} %."
    )


SINGLE_PARTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "latency": latency,
    "starts": starts,
    "heartbeats": heartbeats,
}
"""The parts of which the newest measurement is the whole table."""


def rounds_of(row: Mapping[str, Any]) -> Rounds:
    """Return the rounds of a stored row."""
    return [{name: Measurement(**one[name]) for name in one} for one in row["rounds"]]


def surroundings(*measured: Mapping[str, Any]) -> str:
    """Return a sentence on when, where and with which versions measurements were made."""
    one = measured[0]
    versions = ", ".join(f"{name} {number}" for name, number in one["versions"].items())
    dates = ", ".join(sorted({each["date"][:10] for each in measured}))
    commits = ", ".join(sorted({each["commit"] for each in measured}))
    loads = sorted(each["load_average"] for each in measured)
    load = f"{loads[0]:.1f}" + (f" to {loads[-1]:.1f}" if loads[-1] > loads[0] else "")
    return (
        f"*{dates}, commit {commits}, {one['cpus']} × {one['cpu']}, Python {one['python']}, "
        f"{versions}; load average {load}.*"
    )


def _title(row: Mapping[str, Any], name: str) -> str:
    scale = row["options"]["scale"]
    of_files = "" if scale == 1.0 else f" (only {scale:.0%} of the files)"
    return WORKLOADS[name].title + of_files


def _times(rounds: Rounds, columns: Sequence[str]) -> list[str]:
    pool_s = statistics.median(one["pool"].elapsed_s for one in rounds)
    bound_s = statistics.median(one["pool"].elapsed_s + one["ingest"].elapsed_s for one in rounds)
    return [f"{pool_s:.2f} s", f"{bound_s:.2f} s"] + [
        _cell(name, rounds, bound_s, ratio_to_bound) for name in columns
    ]


def _cpu_times(rounds: Rounds, columns: Sequence[str]) -> list[str]:
    pool_s = statistics.median(one["pool"].total_cpu_s for one in rounds)
    bound_s = statistics.median(
        one["pool"].total_cpu_s + one["ingest"].total_cpu_s for one in rounds
    )
    return [f"{pool_s:.2f} s", f"{bound_s:.2f} s"] + [
        _cell(name, rounds, bound_s, cpu_ratio_to_bound) for name in columns
    ]


def _cell(
    name: str,
    rounds: Rounds,
    bound_s: float,
    ratio: Callable[[str, Mapping[str, Measurement]], float],
) -> str:
    """Return the median ratio to L within a round, and the seconds that it means."""
    if name not in rounds[0]:
        return "–"
    median = statistics.median(ratio(name, one) for one in rounds)
    return f"{median:.2f} ({median * bound_s:.2f} s)"


def _foreign(rounds: Rounds) -> str:
    shares = [_foreign_share(taken) for one in rounds for taken in one.values()]
    return f"{statistics.median(shares):.0f} %"


def _foreign_share(taken: Measurement) -> float:
    total_s = taken.foreign_cpu_s + taken.total_cpu_s
    return 100 * taken.foreign_cpu_s / total_s if total_s else 0.0


def _share(row: Mapping[str, Any]) -> float:
    """Return others' share of all CPU time that was used, in percent."""
    total_s = row["foreign_cpu_s"] + sum(row["cpu_s"].values())
    return float(100 * row["foreign_cpu_s"] / total_s) if total_s else 0.0


def _peaks(rounds: Rounds) -> list[str]:
    own = [one[name] for one in rounds for name in ("request", "client")]
    return [f"{max(taken.peak_mb[kind] for taken in own):.0f} MB" for kind in _KINDS]


def _embedding_note(measured: Mapping[str, Rounds]) -> str:
    rounds = measured.get("embedding", [])
    if not rounds or "script" not in rounds[0]:
        return ""
    alone_s = statistics.median(one["script"].elapsed_s for one in rounds)
    ratio = statistics.median(one["request"].elapsed_s / one["script"].elapsed_s for one in rounds)
    return (
        f"\n\nscikit-learn alone, in one process, takes {alone_s:.2f} s for the texts of the "
        f"embedding job; one request takes {ratio:.1f} times as long."
    )


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
