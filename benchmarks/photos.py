"""Compares two slaves of one worker each with the same processor in two bare processes, on photos.

The ratio shows the overhead of the system. Both sides read the same files and alternate, so that a
change in the machine's speed affects both. ``python -m benchmarks.photos``.
"""

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.whole_job import send_and_wait
from scripts import samples
from scripts.local_cluster import LocalCluster, running

BOUND = 1.3
"""Upper bound of the ratio."""


def gray_to_disk(path: Path, folder: Path) -> int:
    """Process one photo without the cluster; returns the size of the result in bytes."""
    from slave_service.processing import process

    with path.open("rb") as source:
        result = process(source)
    return (folder / f"processed_{path.stem}.png").write_bytes(result)


def run_bare(executor: ProcessPoolExecutor, photos: list[Path], folder: Path) -> float:
    """Return the seconds that two bare processes take."""
    began = time.perf_counter()
    list(executor.map(gray_to_disk, photos, [folder] * len(photos)))
    return time.perf_counter() - began


def run_cluster(cluster: LocalCluster, photos: list[Path]) -> float:
    """Return the seconds that the cluster takes, from the first byte sent to the end of the job."""
    began = time.perf_counter()
    head = send_and_wait(cluster, "image", photos)
    elapsed_s = time.perf_counter() - began
    if head["done_files"] != len(photos):
        raise SystemExit(f"not all files were done: {head}")
    return elapsed_s


def main() -> None:
    """Print each round's times and the median of their ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        photos = samples.photos(folder / "photos", given.photos)
        size = sum(photo.stat().st_size for photo in photos) / len(photos)
        print(f"{len(photos)} photos of {size / 1e6:.2f} MB on average")
        context = get_context("spawn")
        with ProcessPoolExecutor(2, mp_context=context) as executor:
            run_bare(executor, photos[:4], folder)
            with running(folder / "c", slaves=2, settings={"SLAVE_WORKERS": "1"}) as cluster:
                run_cluster(cluster, photos[:4])
                for number in range(1, given.rounds + 1):
                    alone_s = run_bare(executor, photos, folder)
                    cluster_s = run_cluster(cluster, photos)
                    ratios.append(cluster_s / alone_s)
                    print(
                        f"round {number}: bare {alone_s:.2f} s, cluster {cluster_s:.2f} s, "
                        f"ratio {ratios[-1]:.3f}",
                        flush=True,
                    )
    print(f"ratio cluster / bare: median {statistics.median(ratios):.3f} (bound {BOUND})")


if __name__ == "__main__":
    main()
