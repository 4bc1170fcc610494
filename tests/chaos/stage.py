"""The cluster that is put to the test: kept from run to run, behind lines that can be hurt.

The slaves listen on 127.0.0.1 and say that they are at 127.0.0.2, where the lines are; the master
likewise. (Linux has all of 127.0.0.0/8; macOS has 127.0.0.1 alone unless told otherwise.)
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
from tests.chaos.programs import Actor, ProgramActor, WorkerActor
from tests.chaos.schedule import SLAVES
from tests.chaos.surroundings import DiskActor, LineActor

INSIDE, OUTSIDE = "127.0.0.1", "127.0.0.2"
_SETTINGS = {
    "HEARTBEAT_INTERVAL": "0.3",
    "SLAVE_TIMEOUT": "3",
    "SLAVE_WORKERS": "1",
    # A killed worker is a crash of the file it held, and here they are killed again and again.
    "MAX_ATTEMPTS": "50",
    # Days: three minutes, so that a campaign does not fill the disk with what it has checked.
    "JOB_RETENTION": "0.002",
}
_READY_LIMIT_S = 60
_LOOK_S = 0.3
_DISK_IS_FULL = "can't be written to"
"""What a master says that is started while a disk is full, and then ends."""


def why_impossible() -> str | None:
    """Say why there can be no stage on this computer, or None."""
    if os.name != "posix":
        return "processes can't be frozen or killed by signals here"
    try:
        with socket.socket() as probe:
            probe.bind((OUTSIDE, 0))
    except OSError as error:
        return f"there is no address {OUTSIDE} here ({error.strerror})"
    return None


class Stage:
    """A master, its slaves, the lines between them and the disks under them, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.logs = folder / "logs"
        for made in (self.temporary, self.logs):
            made.mkdir(parents=True)
        self.over = threading.Event()
        """Set when nobody has to go on."""
        self.disks = {name: DiskActor(folder / name) for name in ("spool", "results")}
        self._ports = [free_port() for _ in range(SLAVES + 1)]
        self._starts = 0
        self.master = ProgramActor(
            "master", self.logs / "master.log", self._master_settings, forgiven=_DISK_IS_FULL
        )
        self.slaves = [self._slave(number) for number in range(1, SLAVES + 1)]
        self._lines: list[LineActor] = []

    @property
    def url(self) -> str:
        """Return where the master is found, through its line."""
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
        """Bring everything up and wait until the slaves have registered."""
        for port in self._ports:
            self._lines.append(LineActor((OUTSIDE, port), (INSIDE, port)))
        for program in (self.master, *self.slaves):
            program.start()
        end = time.monotonic() + _READY_LIMIT_S
        while len(self.status().get("slaves", ())) < SLAVES:
            if time.monotonic() > end:
                said = "\n".join(p.said() for p in (self.master, *self.slaves))
                raise StartError(f"the cluster did not come up:\n{said}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End everything at once."""
        self.over.set()
        for program in (*self.slaves, self.master):
            program.kill()
        for line in self._lines:
            line.close()
        for disk in self.disks.values():
            disk.close()
        self._lines.clear()

    def actor(self, name: str) -> Actor:
        """Return the actor that a schedule names."""
        kind, _, which = name.partition(" ")
        actors: Mapping[str, Callable[[], Actor]] = {
            "master": lambda: self.master,
            "slave": lambda: self.slaves[int(which) - 1],
            "worker": lambda: WorkerActor(self.slaves[int(which) - 1]),
            "line": lambda: self._lines[int(which)],
            "disk": lambda: self.disks[which],
        }
        return actors[kind]()

    def can(self, actor: str) -> bool:
        """Tell whether something can happen to an actor on this computer."""
        kind, _, which = actor.partition(" ")
        return kind != "disk" or self.disks[which].is_mounted

    @contextlib.contextmanager
    def looked_after(self) -> Iterator[None]:
        """Start what ends by itself again, as a service manager does, until the block is over.

        A master that is started while its disk is full does not stay.
        """
        over = threading.Event()

        def look_after() -> None:
            while not over.wait(_LOOK_S):
                for program in (self.master, *self.slaves):
                    program.revive()

        thread = threading.Thread(target=look_after)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def complaints(self) -> list[str]:
        """Return what was not as it should be since this was last asked."""
        found = []
        for program in (self.master, *self.slaves):
            found += program.complaints
            program.complaints = []
        return found

    def status(self) -> dict[str, Any]:
        """Return what the master says of itself; empty while it does not answer."""
        try:
            return dict(requests.get(f"{self.url}/check_status", timeout=5).json())
        except (requests.RequestException, ValueError):
            return {}

    def scheduler_logs(self) -> list[Path]:
        """Return the logs of the scheduler, the oldest first, one for each start of the master."""
        return sorted(self.logs.glob("scheduler-*.jsonl"))

    def clear(self) -> None:
        """Remove what the run has left that nobody needs: results, and logs of ended masters."""
        for entry in self.results.iterdir():
            shutil.rmtree(entry, ignore_errors=True)
        for log in self.scheduler_logs()[:-1]:
            log.unlink()

    def _slave(self, number: int) -> ProgramActor:
        settings = {
            "MASTER_URL": self.url,
            "SLAVE_HOST": INSIDE,
            "SLAVE_IP": OUTSIDE,
            "SLAVE_PORT": str(self._ports[number]),
        }
        log = self.logs / f"slave-{number}.log"
        return ProgramActor("slave", log, lambda: self._settings() | settings, number)

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
def staged(folder: Path) -> Iterator[Stage]:
    """Keep a stage up for the block."""
    stage = Stage(folder)
    try:
        stage.start()
        yield stage
    finally:
        stage.stop()
