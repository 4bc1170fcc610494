"""Measures how long a job of one small text takes: alone, beside a large job, and with 50 clients.

``python -m benchmarks.latency --jobs 20 --beside 500 --clients 10``. Each job is one request to
``/assign_task``, on a connection of its own, until its answer.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import requests

from benchmarks import raw_data
from benchmarks.measuring import measure
from benchmarks.sending import post_files
from benchmarks.systems import Cluster, UnfinishedError, cluster
from benchmarks.workloads import Workload, make_texts
from scripts.local_cluster import end_on_signals

_POLL_S = 0.2


def main() -> None:
    """Print the response times of each situation, and store all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200, help="of one file, one after another")
    parser.add_argument("--beside", type=int, default=5000, help="files of the large job")
    parser.add_argument("--clients", type=int, default=50, help="at once, of one job each")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    end_on_signals()
    large = Workload("latency", "texts", "text", given.beside, make_texts).files()
    settings = dict(setting.split("=", 1) for setting in given.set)
    data = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        small = _different_texts(Path(name) / "small", 4 * given.jobs + given.clients)
        with cluster(Path(name) / "cluster", settings=settings) as own:
            _run_jobs(own, small[:10])
            situations: dict[str, Callable[[], list[float]]] = {
                "alone": lambda: _run_jobs(own, small[: given.jobs]),
                "beside": lambda: _run_beside(own, small[given.jobs : -given.clients], large),
                "clients": lambda: _run_clients(own, small[-given.clients :]),
            }
            for situation, act in situations.items():
                data[situation] = _measured(own, situation, act)
    raw_data.store("latency", data, vars(given))


def _measured(own: Cluster, situation: str, act: Callable[[], list[float]]) -> dict[str, object]:
    times_s: list[float] = []

    taken = measure(own.kinds, lambda: times_s.extend(act()))
    p50_s, p99_s = np.percentile(times_s, [50, 99])
    print(
        f"{situation}: {len(times_s)} jobs, p50 {1000 * p50_s:.1f} ms, p99 {1000 * p99_s:.1f} ms, "
        f"longest {1000 * max(times_s):.1f} ms; others' CPU {taken.foreign_cpu_s:.1f} s in "
        f"{taken.elapsed_s:.1f} s",
        flush=True,
    )
    return {"p50_s": float(p50_s), "p99_s": float(p99_s), "times_s": times_s, **taken.as_json()}


def _different_texts(folder: Path, count: int) -> list[Path]:
    """Write small texts under different names, so that no result is saved twice."""
    folder.mkdir()
    for number in range(count):
        (folder / f"small {number:05}.txt").write_text(f"It is good to be number {number}.\n" * 20)
    return sorted(folder.iterdir())


def _run_jobs(own: Cluster, texts: Sequence[Path]) -> list[float]:
    return [_run_job(own, text) for text in texts]


def _run_job(own: Cluster, text: Path) -> float:
    """Return the seconds of one job of one file."""
    began = time.perf_counter()
    answer = post_files(f"{own.local.url}/assign_task", "texts", [text], {"task_type": "text"})
    elapsed_s = time.perf_counter() - began
    if answer["total_files_processed"] != 1:
        raise UnfinishedError(f"a small job was not done: {answer}")
    return elapsed_s


def _run_beside(own: Cluster, texts: Sequence[Path], large: Sequence[Path]) -> list[float]:
    """Run small jobs, one after another, from the start of a large job to its end."""
    answer = post_files(
        f"{own.local.url}/assign_task",
        "texts",
        large,
        {"task_type": "text"},
        {"Prefer": "respond-async"},
    )
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(own, answer["status_url"], ended))
    watcher.start()
    times_s = []
    for text in texts:
        if ended.is_set():
            break
        times_s.append(_run_job(own, text))
    watcher.join()
    return times_s


def _watch(own: Cluster, path: str, ended: threading.Event) -> None:
    with requests.Session() as session:
        while session.get(f"{own.local.url}{path}?limit=0", timeout=60).json()["state"] != "done":
            time.sleep(_POLL_S)
    ended.set()


def _run_clients(own: Cluster, texts: Sequence[Path]) -> list[float]:
    """Run one job for each text, all at once."""
    barrier = threading.Barrier(len(texts))

    def run(text: Path) -> float:
        barrier.wait()
        return _run_job(own, text)

    with ThreadPoolExecutor(len(texts)) as executor:
        return list(executor.map(run, texts))


if __name__ == "__main__":
    main()
