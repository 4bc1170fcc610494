"""Compares the project with bare processes, and with other engines, on the same files.

``python -m benchmarks.table --only text --rounds 1 --scale 0.1``. In each round every system
processes the files once, so that a change in the computer's speed affects all; ratios are taken
within a round. All are warm: each has processed a few files of the workload before.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import raw_data
from benchmarks.measuring import Measurement
from benchmarks.systems import PEERS, PEERS_PYTHON, Run, engine, peers, started
from benchmarks.workloads import WORKLOADS, Workload
from scripts.local_cluster import end_on_signals

_WARM_UP_FILES = 4
ENGINES = ("pool", "script", *PEERS)
"""The systems that are given paths."""

Rounds = list[dict[str, Measurement]]
"""Of each round, what each system took."""


def main() -> None:
    """Measure the chosen workloads; print and store each row when it is done."""
    given = _arguments()
    end_on_signals()
    settings = dict(setting.split("=", 1) for setting in given.set)
    for name in given.only or WORKLOADS:
        rounds = measure_row(WORKLOADS[name], given, settings)
        print_row(WORKLOADS[name], rounds)
        stored = [{system: one[system].as_json() for system in one} for one in rounds]
        raw_data.store(f"table-{name}", {"rounds": stored}, vars(given))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=WORKLOADS, help="these workloads")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", action="store_true", help="also Celery, Dask and Ray")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the files")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the cluster"
    )
    given = parser.parse_args()
    if given.peers and not PEERS_PYTHON.exists():
        parser.error("the other engines are not installed: make bench PEERS=1 does it")
    return given


def measure_row(
    workload: Workload, given: argparse.Namespace, settings: Mapping[str, str]
) -> Rounds:
    """Return the measurements of every system in each round."""
    files = workload.files(given.scale)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        systems = started(stack, folder, settings)
        if workload.task_type == "embedding":
            systems["script"] = stack.enter_context(engine("script", folder / "script")).run
        if given.peers:
            systems |= peers(stack, folder)
        _warm_up(systems, workload)
        return [_run_all(systems, workload, files) for _ in range(given.rounds)]


def _warm_up(systems: Mapping[str, Run], workload: Workload) -> None:
    files = workload.files(_WARM_UP_FILES / workload.count)
    for name, run in systems.items():
        if name in ENGINES:
            run(workload, [])
        run(workload, files)


def _run_all(
    systems: Mapping[str, Run], workload: Workload, files: Sequence[Path]
) -> dict[str, Measurement]:
    measured = {}
    for name, run in systems.items():
        # What others have written must not be carried to the disk in this system's time.
        os.sync()
        measured[name] = run(workload, files)
    return measured


def print_row(workload: Workload, rounds: Rounds) -> None:
    """Print the medians of each system, and its ratio to L in time and in CPU time."""
    print(workload.title)
    for name in rounds[0]:
        elapsed_s, cpu_s, ratio, cpu_ratio, foreign_s = (
            statistics.median(get(name, one) for one in rounds)
            for get in (_elapsed_s, _cpu_s, ratio_to_bound, cpu_ratio_to_bound, _foreign_cpu_s)
        )
        peaks = ", ".join(
            f"{kind} {max(one[name].peak_mb[kind] for one in rounds):.0f} MB"
            for kind in rounds[0][name].peak_mb
        )
        print(
            f"  {name:10}{elapsed_s:7.2f} s{ratio:6.2f} L;  CPU{cpu_s:7.2f} s{cpu_ratio:6.2f} L;  "
            f"others' CPU{foreign_s:6.2f} s;  {peaks}",
            flush=True,
        )


def ratio_to_bound(name: str, measured: Mapping[str, Measurement]) -> float:
    """Return the time of a system divided by L, that of the bare pool and of taking the upload in.

    Other engines are given paths, so the time of taking the upload in is added to theirs.
    """
    return _with_ingest(name, measured, _elapsed_s) / _with_ingest("pool", measured, _elapsed_s)


def cpu_ratio_to_bound(name: str, measured: Mapping[str, Measurement]) -> float:
    """Return the same of CPU time, which other programs of the computer disturb less."""
    return _with_ingest(name, measured, _cpu_s) / _with_ingest("pool", measured, _cpu_s)


def _with_ingest(
    name: str,
    measured: Mapping[str, Measurement],
    get: Callable[[str, Mapping[str, Measurement]], float],
) -> float:
    return get(name, measured) + (get("ingest", measured) if name in ENGINES else 0.0)


def _elapsed_s(name: str, measured: Mapping[str, Measurement]) -> float:
    return measured[name].elapsed_s


def _cpu_s(name: str, measured: Mapping[str, Measurement]) -> float:
    return measured[name].total_cpu_s


def _foreign_cpu_s(name: str, measured: Mapping[str, Measurement]) -> float:
    return measured[name].foreign_cpu_s


if __name__ == "__main__":
    main()
