"""Celery with Redis: a worker program with forked processes, one task for each call."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.runners.requests_loop import serve_engine
from scripts.local_cluster import free_port

_START_S = 60


def main() -> None:
    """Serve with the number of processes that the command line states."""
    with _redis() as url:
        os.environ["BENCHMARK_REDIS"] = url
        # Read from the environment when it is imported, as Celery's command line does.
        from celery import group

        from benchmarks.runners.celery_tasks import app, call

        def call_all(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Any]:
            signatures = [call.s(function.__name__, arguments) for arguments in calls]
            return list(group(signatures).apply_async().get(disable_sync_subtasks=False))

        with _worker(sys.argv[1]):
            deadline = time.monotonic() + _START_S
            while not app.control.ping(timeout=1):
                if time.monotonic() > deadline:
                    sys.exit("Celery's worker did not answer")
            serve_engine(call_all)


@contextmanager
def _redis() -> Iterator[str]:
    """Run a Redis server on loopback that writes nothing to the disk; yields its URL."""
    program, port = shutil.which("redis-server"), free_port()
    if program is None:
        sys.exit("Celery needs redis-server (on Debian: apt-get install redis-server)")
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _worker(processes: str) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "-A", "benchmarks.runners.celery_tasks", "worker"]
    options = ["--concurrency", processes, "--loglevel", "WARNING"]
    worker = subprocess.Popen([*command, *options], stdin=subprocess.DEVNULL, stdout=sys.stderr)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    main()
