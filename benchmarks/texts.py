"""Measures a job of 10,000 texts: the master's memory, and whether its slaves stay registered.

``python -m benchmarks.texts``
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

import psutil

from benchmarks.whole_job import send_and_wait
from scripts import samples
from scripts.local_cluster import LocalCluster, running

BOUND_MB = 200
"""Upper bound of the master's memory."""


class Observer(threading.Thread):
    """Samples the master's memory, its slaves and the response time of its status."""

    def __init__(self, cluster: LocalCluster) -> None:
        super().__init__(daemon=True)
        self._cluster = cluster
        self._stopped = threading.Event()
        self.peak_mb = self.slowest_s = 0.0
        self.fewest = 10**6

    def run(self) -> None:
        """Sample until ``stop``."""
        if self._cluster.master is None:
            return
        master = psutil.Process(self._cluster.master.process.pid)
        while not self._stopped.wait(0.1):
            self.peak_mb = max(self.peak_mb, master.memory_info().rss / 1e6)
            began = time.perf_counter()
            self.fewest = min(self.fewest, len(self._cluster.present()))
            self.slowest_s = max(self.slowest_s, time.perf_counter() - began)

    def stop(self) -> None:
        """Stop sampling."""
        self._stopped.set()
        self.join()


def main() -> None:
    """Print the measurements of a text job and an embedding job."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        texts = samples.texts(Path(name) / "texts", given.texts, 2000)
        with running(Path(name) / "c", slaves=2, settings={"SLAVE_WORKERS": "1"}) as cluster:
            for task_type in ("text", "embedding"):
                _measure(cluster, task_type, texts)


def _measure(cluster: LocalCluster, task_type: str, texts: list[Path]) -> None:
    observer = Observer(cluster)
    observer.start()
    began = time.perf_counter()
    head = send_and_wait(cluster, task_type, texts)
    elapsed_s = time.perf_counter() - began
    observer.stop()
    print(
        f"{task_type}: {head['done_files']} of {len(texts)} in {elapsed_s:.1f} s; "
        f"master's peak {observer.peak_mb:.0f} MB (bound {BOUND_MB}); slowest status "
        f"{observer.slowest_s:.2f} s; never fewer than {observer.fewest} slaves present",
        flush=True,
    )


if __name__ == "__main__":
    main()
