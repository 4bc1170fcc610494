"""Measures a job that loses one of two slaves: by SIGTERM, SIGKILL, or SIGSTOP and later SIGCONT.

A frozen slave may cost at most 10 s more than one that leaves. Each round begins with an
undisturbed run, so that the times of one round can be compared. ``python -m benchmarks.lost_slave``
"""

import argparse
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import requests

from scripts.local_cluster import LocalCluster, Program, running

BOUND_S = 10
_TEXT = b"The quick brown fox is good. " * 36_000
"""About a second of work for one worker."""

Loss = Callable[[Program], object]


def main() -> None:
    """Print how long a job takes with each kind of loss."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    for number in range(given.rounds):
        took = {name: _run(loss, given.files) for name, loss in LOSSES.items()}
        times = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in took.items())
        extra = took["frozen (SIGSTOP)"] - took["leaves (SIGTERM)"]
        print(f"round {number + 1}: {times}; the freeze cost {extra:.1f} s (bound {BOUND_S})")


def _run(loss: Loss, count: int) -> float:
    """Return the duration of the job in seconds; exits if a file was not done."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        running(Path(name), slaves=2, settings={"SLAVE_WORKERS": "1"}) as cluster,
    ):
        parts = [("texts", (f"{n}.txt", _TEXT)) for n in range(count)]
        answer = requests.post(
            f"{cluster.url}/assign_task",
            data={"task_type": "text"},
            files=parts,
            headers={"Prefer": "respond-async"},
            timeout=60,
        )
        path, began = answer.headers["Location"], time.perf_counter()
        _wait(cluster, path, count // 3)
        loss(cluster.slaves[0])
        _wait(cluster, path, count)
        took_s = time.perf_counter() - began
        _resume(cluster.slaves[0])
        job = requests.get(cluster.url + path, timeout=60).json()
        if (job["done_files"], job["failed_files"]) != (count, 0):
            raise SystemExit(f"files were lost: {job}")
    return took_s


def _wait(cluster: LocalCluster, path: str, done: int) -> None:
    while requests.get(f"{cluster.url}{path}?limit=0", timeout=60).json()["done_files"] < done:
        time.sleep(0.05)


def _processes(slave: Program) -> list[psutil.Process]:
    process = psutil.Process(slave.process.pid)
    return [process, *process.children(recursive=True)]


def _freeze(slave: Program) -> None:
    for process in _processes(slave):
        process.suspend()


def _resume(slave: Program) -> None:
    if slave.process.poll() is None:
        for process in _processes(slave):
            process.resume()
        # Wait for its late responses, which the master must ignore.
        time.sleep(2)


LOSSES: dict[str, Loss] = {
    "undisturbed": lambda slave: None,  # noqa: ARG005 (called like the others)
    "leaves (SIGTERM)": lambda slave: slave.process.send_signal(signal.SIGTERM),
    "killed (SIGKILL)": lambda slave: slave.process.kill(),
    "frozen (SIGSTOP)": _freeze,
}

if __name__ == "__main__":
    main()
