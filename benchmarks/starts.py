"""Measures how long master and slave take to start, and what they use at rest.

``python -m benchmarks.starts --rounds 1 --idle 5``. The first start of each, after which files are
in the computer's memory, is not counted.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks import raw_data
from benchmarks.measuring import cpu_s, measure, memory_mb, tree
from benchmarks.systems import cluster
from scripts.local_cluster import LocalCluster, end_on_signals

_POLL_S = 0.05
_SETTLED_S = 3


def main() -> None:
    """Print start times, memory and CPU time at rest, and store all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle", type=float, default=20.0, help="seconds at rest")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    end_on_signals()
    settings = dict(setting.split("=", 1) for setting in given.set)
    starts = [start(settings) for _ in range(given.rounds + 1)][1:]
    for name in starts[0]:
        median = statistics.median(one[name] for one in starts)
        print(f"{name}: median {median:.2f} s", flush=True)
    raw_data.store("starts", {"starts": starts, "rest": rest(given.idle, settings)}, vars(given))


def start(settings: Mapping[str, str]) -> dict[str, float]:
    """Start a master and a slave; return their seconds, and CPU seconds, until they answer."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        local = LocalCluster(Path(name), {"SLAVE_WORKERS": "1", **settings}, poll_s=_POLL_S)
        try:
            began = time.perf_counter()
            master = local.start_master()
            master_s = time.perf_counter() - began
            master_cpu_s = cpu_s(tree(master.process.pid))
            began = time.perf_counter()
            slave = local.start_slaves(1)[0]
            slave_s = time.perf_counter() - began
            slave_cpu_s = cpu_s(tree(slave.process.pid))
        finally:
            local.stop()
    return {
        "master_s": master_s,
        "master_cpu_s": master_cpu_s,
        "slave_s": slave_s,
        "slave_cpu_s": slave_cpu_s,
    }


def rest(idle_s: float, settings: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Return memory in MB and the share of a core in percent, at rest, of each kind of process."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        cluster(Path(name), slaves=1, settings=settings) as own,
    ):
        time.sleep(_SETTLED_S)
        taken = measure(own.kinds, lambda: time.sleep(idle_s))
        memory = {kind: memory_mb(processes) for kind, processes in own.kinds().items()}
    found = {}
    for kind, used_mb in memory.items():
        share = 100 * taken.cpu_s[kind] / taken.elapsed_s
        found[kind] = {"memory_mb": used_mb, "cpu_percent": share}
        print(f"{kind} at rest: {used_mb:.0f} MB, {share:.2f} % of a core", flush=True)
    return found


if __name__ == "__main__":
    main()
