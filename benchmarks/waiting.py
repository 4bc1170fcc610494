"""Measures how well slaves are fed: jobs of files that only wait, on 2 to 32 real slaves.

The ideal is the sum of all waits divided by the number of slaves. A slave is the real program, of
which one processor is replaced by one that waits (``waiting_processor``).
``python -m benchmarks.waiting --slaves 2 8 --files 100 --rounds 1``
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks import raw_data, waiting_processor
from benchmarks.measuring import Measurement
from benchmarks.systems import Cluster
from benchmarks.workloads import Workload
from scripts.local_cluster import PROJECT, LocalCluster, end_on_signals

WAIT_S = 0.05
LONG_WAIT_S = 10 * WAIT_S
"""Of one file in ten of a skewed job."""

_FEW_SLAVES = 4
"""Up to as many slaves, one round is enough: it takes long, and one measurement differs little."""


def main() -> None:
    """Measure each number of slaves, print a line for each kind of job, and store all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slaves", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    end_on_signals()
    rows = []
    for slaves in given.slaves:
        rounds = 1 if slaves <= _FEW_SLAVES else given.rounds
        files = given.files if slaves > 1 else given.files // 4
        jobs = {"uniform": uniform(files), "skewed": skewed(files)}
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            folder = Path(name)
            with waiting_cluster(folder, slaves, given.set) as cluster:
                for number in range(-1, rounds):
                    for kind, waits_s in jobs.items():
                        # The first run is a small one, after which connections are open.
                        chosen = waits_s if number >= 0 else waits_s[: 2 * slaves]
                        measured = run(cluster, folder / "files", chosen)
                        if number >= 0:
                            rows.append(_row(kind, slaves, chosen, measured))
        _print_rows(rows, slaves)
    raw_data.store("waiting", {"rows": rows}, vars(given))


def uniform(count: int) -> list[float]:
    """Return the seconds that each file waits: all the same."""
    return [WAIT_S] * count


def skewed(count: int) -> list[float]:
    """Return the seconds that each file waits: one in ten, in random order, ten times as long."""
    waits_s = np.full(count, WAIT_S)
    waits_s[: count // 10] = LONG_WAIT_S
    return [float(wait_s) for wait_s in np.random.default_rng(5).permutation(waits_s)]


@contextmanager
def waiting_cluster(folder: Path, slaves: int, settings: Sequence[str]) -> Iterator[Cluster]:
    """Run a master and slaves of one worker each whose texts only wait."""
    own = {"SLAVE_WORKERS": "1", "SLAVE_TASK_TYPES": "text"}
    own |= dict(setting.split("=", 1) for setting in settings)
    script = waiting_slave(folder / "program")
    local = LocalCluster(folder / "cluster", own, slave_script=script)
    try:
        local.start_master()
        local.start_slaves(slaves)
        yield Cluster(local)
    finally:
        local.stop()


def waiting_slave(folder: Path) -> Path:
    """Copy the slave's program into a folder, with the waiting processor; returns its script."""
    folder.mkdir(parents=True)
    without_caches = shutil.ignore_patterns("__pycache__")
    for package in ("protocol", "slave_service"):
        shutil.copytree(PROJECT / package, folder / package, ignore=without_caches)
    shutil.copy(waiting_processor.__file__, folder / "slave_service" / "text_processing.py")
    return Path(shutil.copy(PROJECT / "slave.py", folder))


def run(cluster: Cluster, folder: Path, waits_s: Sequence[float]) -> Measurement:
    """Send one request of files that wait as long as stated, and wait for its answer."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for number, wait_s in enumerate(waits_s):
        (folder / f"wait {number:05}.txt").write_text(f"{wait_s} seconds, file {number}")
    job = Workload("waiting", "waiting", "text", len(waits_s), lambda *_: None)
    return cluster.run_request(job, sorted(folder.iterdir()))


def _row(
    kind: str, slaves: int, waits_s: Sequence[float], measured: Measurement
) -> dict[str, object]:
    ideal_s = sum(waits_s) / slaves
    return {
        "kind": kind,
        "slaves": slaves,
        "files": len(waits_s),
        "ideal_s": ideal_s,
        "ratio": measured.elapsed_s / ideal_s,
        "master_ms": 1000 * measured.cpu_s["master"] / len(waits_s),
        "all_ms": 1000 * measured.total_cpu_s / len(waits_s),
        **measured.as_json(),
    }


def _print_rows(rows: Sequence[dict[str, object]], slaves: int) -> None:
    for kind in ("uniform", "skewed"):
        chosen = [row for row in rows if (row["slaves"], row["kind"]) == (slaves, kind)]
        ratio, master_ms, all_ms, foreign_s = (
            statistics.median(float(str(row[name])) for row in chosen)
            for name in ("ratio", "master_ms", "all_ms", "foreign_cpu_s")
        )
        print(
            f"{slaves} slaves, {kind}: {ratio:.2f} of the ideal; CPU of the master {master_ms:.2f} "
            f"ms a file, of all {all_ms:.2f} ms; others' CPU {foreign_s:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
