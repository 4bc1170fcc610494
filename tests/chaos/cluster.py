"""The cluster under test: it runs from schedule to schedule, with a proxy before each program.

The programs listen on 127.0.0.1, and the proxies on 127.0.0.2, which the slaves advertise. (Linux
has all of 127.0.0.0/8; macOS has only 127.0.0.1 unless configured otherwise.)
"""

import contextlib
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import requests

from scripts.local_cluster import StartError, free_port
from tests.chaos.links_and_disks import DiskTarget, LinkTarget
from tests.chaos.programs import FaultTarget, ProgramTarget, WorkerTarget
from tests.chaos.schedule import SLAVES

INSIDE, OUTSIDE = "127.0.0.1", "127.0.0.2"
_SETTINGS = {
    "HEARTBEAT_INTERVAL": "0.3",
    "SLAVE_TIMEOUT": "3",
    "SLAVE_WORKERS": "1",
    # Each killed worker counts as a crash of its file, and here they are killed often.
    "MAX_ATTEMPTS": "50",
    # Days: three minutes, so that a campaign does not fill the disk.
    "JOB_RETENTION": "0.002",
}
_READY_LIMIT_S = 60
_CHECK_INTERVAL_S = 0.3
_DISK_IS_FULL = "can't be written to"
"""The error with which a master exits that is started while a disk is full."""


def why_not_possible() -> str | None:
    """Return why this computer can't run the cluster, or None."""
    if os.name != "posix":
        return "processes can't be frozen or killed by signals here"
    try:
        with socket.socket() as probe:
            probe.bind((OUTSIDE, 0))
    except OSError as error:
        return f"there is no address {OUTSIDE} here ({error.strerror})"
    return None


class ChaosCluster:
    """A master, its slaves, the links between them and their disks, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.logs = folder / "logs"
        for made in (self.temporary, self.logs):
            made.mkdir(parents=True)
        self.over = threading.Event()
        """Set when all threads are to end."""
        self.disks = {name: DiskTarget(folder / name) for name in ("spool", "results")}
        self._ports = [free_port() for _ in range(SLAVES + 1)]
        self._starts = 0
        self.master = ProgramTarget(
            "master", self.logs / "master.log", self._master_settings, tolerated_log=_DISK_IS_FULL
        )
        self.slaves = [self._slave(number) for number in range(1, SLAVES + 1)]
        self._links: list[LinkTarget] = []

    @property
    def url(self) -> str:
        """Return the URL of the master, through its proxy."""
        return f"http://{OUTSIDE}:{self._ports[0]}"

    @property
    def spool(self) -> Path:
        """Return the folder of uploads."""
        return self.disks["spool"].folder

    @property
    def results(self) -> Path:
        """Return the folder of results."""
        return self.disks["results"].folder

    def start(self) -> None:
        """Start everything, and wait until the slaves have registered."""
        for port in self._ports:
            self._links.append(LinkTarget((OUTSIDE, port), (INSIDE, port)))
        for program in (self.master, *self.slaves):
            program.start()
        end = time.monotonic() + _READY_LIMIT_S
        while len(self.status().get("slaves", ())) < SLAVES:
            if time.monotonic() > end:
                said = "\n".join(p.said() for p in (self.master, *self.slaves))
                raise StartError(f"the cluster did not come up:\n{said}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Kill all programs, and close links and disks."""
        self.over.set()
        for program in (*self.slaves, self.master):
            program.kill()
        for line in self._links:
            line.close()
        for disk in self.disks.values():
            disk.close()
        self._links.clear()

    def target(self, name: str) -> FaultTarget:
        """Return the target that a schedule names."""
        kind, _, which = name.partition(" ")
        actors: Mapping[str, Callable[[], FaultTarget]] = {
            "master": lambda: self.master,
            "slave": lambda: self.slaves[int(which) - 1],
            "worker": lambda: WorkerTarget(self.slaves[int(which) - 1]),
            "link": lambda: self._links[int(which)],
            "disk": lambda: self.disks[which],
        }
        return actors[kind]()

    def is_possible(self, target: str) -> bool:
        """Tell whether this computer can inject faults into a target."""
        kind, _, which = target.partition(" ")
        return kind != "disk" or self.disks[which].is_mounted

    @contextlib.contextmanager
    def restarting_ended_programs(self) -> Iterator[None]:
        """During the block, restart programs that end by themselves, like a service manager.

        A master that is started while its disk is full exits.
        """
        over = threading.Event()

        def restart_ended() -> None:
            while not over.wait(_CHECK_INTERVAL_S):
                for program in (self.master, *self.slaves):
                    program.restart_if_ended()

        thread = threading.Thread(target=restart_ended)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def violations(self) -> list[str]:
        """Return the violations since the last call."""
        found = []
        for program in (self.master, *self.slaves):
            found += program.violations
            program.violations = []
        return found

    def status(self) -> dict[str, Any]:
        """Return the master's ``/check_status``; empty while it does not answer."""
        try:
            return dict(requests.get(f"{self.url}/check_status", timeout=5).json())
        except (requests.RequestException, ValueError):
            return {}

    def scheduler_logs(self) -> list[Path]:
        """Return the scheduler logs, one for each start of the master, oldest first."""
        return sorted(self.logs.glob("scheduler-*.jsonl"))

    def clear(self) -> None:
        """Remove results of the last run, and scheduler logs of ended masters."""
        for entry in self.results.iterdir():
            shutil.rmtree(entry, ignore_errors=True)
        for log in self.scheduler_logs()[:-1]:
            log.unlink()

    def _slave(self, number: int) -> ProgramTarget:
        settings = {
            "MASTER_URL": self.url,
            "SLAVE_HOST": INSIDE,
            "SLAVE_IP": OUTSIDE,
            "SLAVE_PORT": str(self._ports[number]),
        }
        log = self.logs / f"slave-{number}.log"
        return ProgramTarget("slave", log, lambda: self._settings() | settings, number)

    def _master_settings(self) -> dict[str, str]:
        self._starts += 1
        return self._settings() | {
            "MASTER_PORT": str(self._ports[0]),
            "SPOOL_DIR": str(self.spool),
            "RESULTS_DIR": str(self.results),
            "SCHEDULER_LOG": str(self.logs / f"scheduler-{self._starts:05}.jsonl"),
        }

    def _settings(self) -> dict[str, str]:
        return _SETTINGS | {"TMPDIR": str(self.temporary)}


@contextlib.contextmanager
def running_cluster(folder: Path) -> Iterator[ChaosCluster]:
    """Run a cluster for the block."""
    cluster = ChaosCluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
