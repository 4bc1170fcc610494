"""Starts a master and slaves on this computer, on free ports, and stops them again.

``python scripts/local_cluster.py`` (``make run``) keeps a master and two slaves up until Ctrl-C.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

if __name__ == "__main__":
    # Started by its path, a script sees its own folder but not the project's.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from protocol.http_client import new_session

PROJECT = Path(__file__).resolve().parent.parent
_READY_LIMIT_S = 120
_STOP_LIMIT_S = 30
_ENDINGS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class StartError(Exception):
    """A program did not come up; the text has the end of its log."""


@dataclass(slots=True)
class Program:
    """One running master or slave, and its log."""

    process: "subprocess.Popen[bytes]"
    log: Path
    log_start: int = 0
    """Where in the log this process began to write."""

    def said(self) -> str:
        """Return the end of what this process has logged."""
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace").strip()[-2000:]

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Send a signal (elsewhere than on POSIX systems, end it) and wait for the end."""
        if self.process.poll() is None:
            self.process.send_signal(how) if os.name == "posix" else self.process.terminate()
        try:
            return self.process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


@dataclass(slots=True)
class LocalCluster:
    """A master and any number of slaves, with their files and logs in ``folder``."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    master: Program | None = None
    slaves: list[Program] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return the master's address."""
        scheme = "https" if self.settings.get("TLS_CERT") else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def results(self) -> Path:
        """Return the folder of results."""
        return Path(self.settings.get("RESULTS_DIR", self.folder / "processed_results"))

    def start_master(self, script: Path = PROJECT / "master.py", **settings: str) -> Program:
        """Start the master, on the same port if it is started again, and wait until it answers."""
        self.port = self.port or free_port()
        self.master = self._start(
            script,
            **settings,
            MASTER_PORT=str(self.port),
            RESULTS_DIR=str(self.results),
            SPOOL_DIR=self.settings.get("SPOOL_DIR", str(self.folder / "spool")),
        )
        self._wait(self.master, lambda: bool(self.status()))
        return self.master

    def start_slaves(self, count: int, **settings: str) -> list[Program]:
        """Start slaves and wait until they have registered."""
        expected = len(self.present()) + count
        started = [self.start_slave(**settings) for _ in range(count)]
        for slave in started:
            self._wait(slave, lambda: len(self.present()) >= expected)
        return started

    def start_slave(self, **settings: str) -> Program:
        """Start one slave without waiting for it."""
        # A port of its own: on 3000, the next free one, another cluster's slave would soon take the
        # place of one that is gone, and get the files that are sent there.
        own = {"MASTER_URL": self.url, "SLAVE_PORT": str(free_port())}
        slave = self._start(PROJECT / "slave.py", **(own | settings))
        self.slaves.append(slave)
        return slave

    def status(self) -> dict[str, Any]:
        """Return what the master says of itself; empty while it does not answer."""
        try:
            with new_session(self.settings.get("CLUSTER_TOKEN"), None, self._authority) as session:
                return dict(session.get(f"{self.url}/check_status", timeout=10).json())
        except (requests.RequestException, ValueError):
            return {}

    @property
    def _authority(self) -> Path | None:
        authority = self.settings.get("TLS_CA")
        return Path(authority) if authority else None

    def present(self) -> list[dict[str, Any]]:
        """Return the slaves that can be given work."""
        return list(self.status().get("slaves", []))

    def stop(self) -> None:
        """Stop everything in good order."""
        for slave in self.slaves:
            if slave.process.poll() is None:
                slave.process.terminate()
        for slave in self.slaves:
            slave.stop()
        if self.master is not None:
            self.master.stop()

    def _start(self, script: Path, **settings: str) -> Program:
        self.folder.mkdir(parents=True, exist_ok=True)
        is_slave = script.stem == "slave"
        name = f"slave-{len(self.slaves) + 1}" if is_slave else "master"
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            start = output.seek(0, os.SEEK_END)
            process = subprocess.Popen(
                [sys.executable, str(script)],
                env=clean_environment() | dict(self.settings) | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C is for this program, which stops the others in good order.
                start_new_session=True,
            )
        return Program(process, log, start)

    def _wait(self, program: Program, is_ready: Callable[[], object]) -> None:
        end = time.monotonic() + _READY_LIMIT_S
        while not is_ready():
            if program.process.poll() is not None or time.monotonic() > end:
                raise StartError(f"the {program.log.stem} did not come up:\n{program.said()}")
            time.sleep(0.05)


def clean_environment() -> dict[str, str]:
    """Return this process's environment with every setting of the cluster blank.

    A blank one stands for the default, and wins over the user's own ``.env``.
    """
    example = (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
    names = [line.partition("=")[0] for line in example if "=" in line and line[0] != "#"]
    return dict(os.environ) | dict.fromkeys(names, "")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    folder: Path, slaves: int, settings: Mapping[str, str] | None = None
) -> Iterator[LocalCluster]:
    """Keep a master and its slaves up for the block."""
    cluster = LocalCluster(folder, settings or {})
    try:
        cluster.start_master()
        cluster.start_slaves(slaves)
        yield cluster
    finally:
        # Whoever is impatient must not leave half of it running.
        for number in _ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        cluster.stop()


def end_on_signals() -> None:
    """Make every way to end this program one that stops the cluster first."""
    for number in _ENDINGS:
        signal.signal(number, signal.default_int_handler)


def main() -> int:
    """Keep a master and two slaves up until Ctrl-C."""
    results = PROJECT / "processed_results"
    folder = PROJECT / ".spool" / "local"
    with contextlib.suppress(KeyboardInterrupt):
        try:
            with running(folder, slaves=2, settings={"RESULTS_DIR": str(results)}) as cluster:
                print(f"A master and two slaves are up at {cluster.url}. Try, elsewhere:\n")
                print(f"  python client.py {cluster.url} text README.md\n")
                print(f"Results go to {results}, logs to {folder}. Ctrl-C stops everything.")
                sys.stdout.flush()
                while True:
                    time.sleep(3600)
        except StartError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    end_on_signals()
    sys.exit(main())
