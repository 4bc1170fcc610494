"""Measures the master's CPU time while 1,000 slaves send heartbeats.

``python -m benchmarks.heartbeats --slaves 100 --seconds 5``. The slaves are connections of one
process (``runners.beating_slaves``).
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import raw_data
from benchmarks.measuring import measure, tree
from benchmarks.systems import UnfinishedError, cluster
from scripts.local_cluster import PROJECT, end_on_signals

_INTERVAL_S = 2.0
"""The default of HEARTBEAT_INTERVAL."""
_SETTLED_S = 3


def main() -> None:
    """Print the share of a core, and store it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slaves", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    end_on_signals()
    settings = dict(setting.split("=", 1) for setting in given.set)
    command = [sys.executable, "-m", "benchmarks.runners.beating_slaves"]
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        cluster(Path(name), slaves=0, settings=settings) as own,
        subprocess.Popen(
            [*command, str(own.local.port), str(given.slaves), str(_INTERVAL_S)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as slaves,
    ):
        if not (slaves.stdout and slaves.stdout.readline()):
            raise UnfinishedError("the slaves did not register")
        time.sleep(_SETTLED_S)
        taken = measure(
            lambda: {**own.kinds(), "slave": tree(slaves.pid)}, lambda: time.sleep(given.seconds)
        )
        ready = sum(slave["state"] == "ready" for slave in own.local.present())
        per_s = int(slaves.communicate()[0]) / (_SETTLED_S + taken.elapsed_s)
    share = 100 * taken.cpu_s["master"] / taken.elapsed_s
    print(
        f"{given.slaves} slaves, {ready} of them ready, {per_s:.0f} heartbeats a second: "
        f"{share:.1f} % of a core; others' CPU {taken.foreign_cpu_s:.1f} s of {taken.elapsed_s:.1f}"
    )
    data = {"cpu_percent": share, "ready": ready, "heartbeats_per_s": per_s, **taken.as_json()}
    raw_data.store("heartbeats", data, vars(given))


if __name__ == "__main__":
    main()
