"""Starts a Dask scheduler and Dask workers as processes, for a master with ENGINE=dask."""

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scripts.local_cluster import PROJECT, LocalCluster, Program, clean_environment, free_port

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="no Dask (requirements-dask.txt)"
)


@dataclass(slots=True)
class DaskCluster(LocalCluster):
    """A master, and the Dask cluster that processes its files; ``slaves`` are Dask workers."""

    scheduler: Program | None = None
    scheduler_port: int = 0
    _started: list[Program] = field(default_factory=list)

    @property
    def scheduler_url(self) -> str:
        """Return the address of the scheduler."""
        self.scheduler_port = self.scheduler_port or free_port()
        return f"tcp://127.0.0.1:{self.scheduler_port}"

    def start_master(self, script: Path = PROJECT / "master.py", **settings: str) -> Program:
        """Start the scheduler unless it was started before, and a master that uses it."""
        if self.scheduler is None:
            self.start_scheduler()
        dask = {"ENGINE": "dask", "DASK_SCHEDULER": self.scheduler_url}
        return LocalCluster.start_master(self, script, **(dask | settings))

    def start_scheduler(self) -> Program:
        """Start the scheduler without waiting for it, on its earlier port if it had one."""
        assert self.scheduler_url
        port = str(self.scheduler_port)
        self.scheduler = self._start_dask("scheduler", "--port", port)
        return self.scheduler

    def start_slave(self, **settings: str) -> Program:
        """Start a Dask worker of one thread without waiting for it."""
        threads = settings.pop("SLAVE_WORKERS", self.settings.get("SLAVE_WORKERS", "1"))
        options = ["--nthreads", threads, "--no-nanny", "--memory-limit", "0"]
        worker = self._start_dask("worker", self.scheduler_url, *options, **settings)
        self.slaves.append(worker)
        return worker

    def stop(self) -> None:
        """Stop master, workers and scheduler."""
        if self.master is not None:
            self.master.stop()
        # The scheduler, which was started first, ends last: a worker without one takes 30 s to end.
        for program in reversed(self._started):
            program.stop()

    def _start_dask(self, command: str, *arguments: str, **settings: str) -> Program:
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / f"dask-{command}-{len(self._started)}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "dask", command, *arguments),
                    *("--host", "127.0.0.1", "--no-dashboard"),
                ],
                cwd=PROJECT,
                env=clean_environment() | dict(self.settings) | settings | _QUIET,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        program = Program(process, log)
        self._started.append(program)
        return program


_QUIET = {"DASK_LOGGING__DISTRIBUTED": "warning"} if os.name == "posix" else {}
