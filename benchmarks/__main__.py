"""Runs all parts after one another, and writes the report (``make bench``).

``python -m benchmarks --quick`` tries every part in small sizes, and leaves the report alone.
"""

import argparse
import subprocess
import sys

from scripts.local_cluster import PROJECT

_PARTS = ("table", "waiting", "latency", "heartbeats", "starts")
_QUICK = {
    "table": ["--rounds", "1", "--scale", "0.02"],
    "waiting": ["--slaves", "2", "4", "--files", "40", "--rounds", "1"],
    "latency": ["--jobs", "20", "--beside", "200", "--clients", "10"],
    "heartbeats": ["--slaves", "50", "--seconds", "3"],
    "starts": ["--rounds", "1", "--idle", "3"],
}


def main() -> int:
    """Run the parts; returns the exit code of the first that fails, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", action="store_true", help="also Celery, Dask and Ray")
    parser.add_argument("--quick", action="store_true", help="small sizes, which say little")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the cluster"
    )
    given = parser.parse_args()
    for part in _PARTS:
        options = [f"--set={setting}" for setting in given.set]
        options += _QUICK[part] if given.quick else []
        options += ["--peers"] if given.peers and part == "table" else []
        if code := _run(part, options):
            return code
    return 0 if given.quick else _run("report", [])


def _run(module: str, options: list[str]) -> int:
    print(f"-- {module}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{module}", *options]
    return subprocess.run(command, cwd=PROJECT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
