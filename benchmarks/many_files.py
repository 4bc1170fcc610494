"""Measures a job of 100,000 files: memory of client and master, and response times of the ledger.

``client.py`` sends two folders, one with a hundred times the files of the other. If memory does
not grow with the number of files, the peaks hardly differ. ``python -m benchmarks.many_files``
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import requests

from scripts.local_cluster import PROJECT, LocalCluster, clean_environment, running

BOUND_MB = 30
"""Bound for the growth of the client's peak; most of it is the sorted names of one folder."""


class LedgerPoller(threading.Thread):
    """Requests the jobs and the ledger continuously, and records the response times in seconds."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._stopped = threading.Event()
        self.waits_s: list[float] = []

    def run(self) -> None:
        """Send requests ten times a second."""
        with requests.Session() as session:
            while not self._stopped.wait(0.1):
                jobs = self._request(session, "/jobs?limit=20")["jobs"]
                if jobs:
                    half = jobs[0]["total_files"] // 2
                    self._request(session, f"/jobs/{jobs[0]['job_id']}?offset={half}&limit=1000")

    def stop(self) -> float:
        """Stop; returns the longest response time."""
        self._stopped.set()
        self.join()
        return max(self.waits_s, default=0.0)

    def _request(self, session: requests.Session, path: str) -> Any:  # noqa: ANN401 (JSON)
        began = time.perf_counter()
        answer = session.get(self._url + path, timeout=60).json()
        self.waits_s.append(time.perf_counter() - began)
        return answer


class Peak(threading.Thread):
    """Records the peak resident memory of a process, in MB, until it ends or ``stop``."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self._stopped = threading.Event()
        self.mb = 0.0

    def run(self) -> None:
        """Sample twenty times a second."""
        while not self._stopped.wait(0.05):
            try:
                self.mb = max(self.mb, self._process.memory_info().rss / 1e6)
            except psutil.NoSuchProcess:
                return

    def stop(self) -> float:
        """Stop; returns the peak."""
        self._stopped.set()
        self.join()
        return self.mb


def main() -> None:
    """Print the peaks for each number of files, and their difference."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, nargs=2, default=[1000, 100_000])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folders = [_fill(Path(name) / f"files-{count}", count) for count in given.files]
        with running(Path(name) / "c", slaves=2, settings={"SLAVE_WORKERS": "1"}) as cluster:
            peaks = [_measure(cluster, folder) for folder in folders]
    print(f"the client's peak grew by {peaks[-1] - peaks[0]:.0f} MB (bound {BOUND_MB})")


def _fill(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"a small text {number:06}.txt").write_text(f"It is good to be number {number}.")
    return folder


def _measure(cluster: LocalCluster, folder: Path) -> float:
    """Send a folder, print the measurements, and return the client's peak in MB."""
    if cluster.master is None:
        raise SystemExit("the master does not run")
    master = Peak(cluster.master.process.pid)
    master.start()
    poller = LedgerPoller(cluster.url)
    poller.start()
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, str(PROJECT / "client.py"), cluster.url, "text", str(folder)],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as client:
        peak = Peak(client.pid)
        peak.start()
        lines = sum(1 for _ in client.stdout or [])
    elapsed_s = time.perf_counter() - began
    client_mb, master_mb, wait_s = peak.stop(), master.stop(), poller.stop()
    print(
        f"{folder.name}: exit code {client.returncode}, {lines} lines in {elapsed_s:.0f} s; peak "
        f"of the client {client_mb:.0f} MB, of the master {master_mb:.0f} MB; longest of "
        f"{len(poller.waits_s)} calls for the ledger {wait_s:.2f} s",
        flush=True,
    )
    return client_mb


if __name__ == "__main__":
    main()
