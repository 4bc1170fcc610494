"""Starts a master and slaves on this computer, on free ports, and stops them again.

``python scripts/local_cluster.py`` (``make run``) runs a master and two slaves until Ctrl-C.
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
    # Python adds only the script's own folder to the path, not the project's.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from protocol.http.sessions import new_session
from protocol.settings.declaration import SETTINGS

PROJECT = Path(__file__).resolve().parent.parent
_MAX_START_S = 120
_MAX_STOP_S = 30
_END_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class StartError(Exception):
    """A program did not start; the text has the end of its log."""


@dataclass(slots=True)
class Program:
    """One running master or slave, and its log."""

    process: "subprocess.Popen[bytes]"
    log: Path
    log_start: int = 0
    """Offset in the log at which this process began to write."""
    port: int = 0
    """The port that it was told to listen on; 0 if it chooses one."""

    def said(self) -> str:
        """Return the last 2,000 characters that this process has logged."""
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace").strip()[-2000:]

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Send a signal (on Windows, terminate the process) and wait; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how) if os.name == "posix" else self.process.terminate()
        try:
            return self.process.wait(_MAX_STOP_S)
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
    slave_script: Path = PROJECT / "slave.py"
    poll_s: float = 0.1
    """Between calls while a program starts; each takes CPU time, which the programs need."""

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
        """Start the master, on its earlier port if it had one, and wait until it answers."""
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
        # A random port: from 3000 on, a slave of another cluster could soon take the port of one
        # that has ended, and would be sent its files.
        own = {"MASTER_URL": self.url, "SLAVE_PORT": str(free_port())}
        slave = self._start(self.slave_script, **(own | settings))
        self.slaves.append(slave)
        return slave

    def status(self) -> dict[str, Any]:
        """Return the master's status; empty while it does not answer."""
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
        """Return the slaves that are not missing."""
        return list(self.status().get("slaves", []))

    def stop(self) -> None:
        """Stop the slaves, then the master."""
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
                # Ctrl-C reaches only this program, which then stops the others in order.
                start_new_session=True,
            )
        port = settings.get("SLAVE_PORT" if is_slave else "MASTER_PORT") or 0
        return Program(process, log, start, int(port))

    def _wait(self, program: Program, is_ready: Callable[[], object]) -> None:
        end = time.monotonic() + _MAX_START_S
        while not is_ready():
            if program.process.poll() is not None or time.monotonic() > end:
                raise StartError(f"the {program.log.stem} did not start:\n{program.said()}")
            time.sleep(self.poll_s)


def clean_environment() -> dict[str, str]:
    """Return this process's environment with every setting of the cluster blank.

    A blank value means the default, and takes precedence over the user's own ``.env``.
    """
    return dict(os.environ) | dict.fromkeys(SETTINGS, "")


def free_port() -> int:
    """Return a port on which no program listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    folder: Path, slaves: int, settings: Mapping[str, str] | None = None
) -> Iterator[LocalCluster]:
    """Run a master and slaves while the block runs."""
    cluster = LocalCluster(folder, settings or {})
    try:
        cluster.start_master()
        cluster.start_slaves(slaves)
        yield cluster
    finally:
        # A second Ctrl-C must not leave some of the processes running.
        for number in _END_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        cluster.stop()


def end_on_signals() -> None:
    """Turn signals that end this program into KeyboardInterrupt, so that the cluster is stopped."""
    for number in _END_SIGNALS:
        signal.signal(number, signal.default_int_handler)


def main() -> int:
    """Run a master and two slaves until Ctrl-C; returns the exit code."""
    results = PROJECT / "processed_results"
    folder = PROJECT / ".spool" / "local"
    with contextlib.suppress(KeyboardInterrupt):
        try:
            with running(folder, slaves=2, settings={"RESULTS_DIR": str(results)}) as cluster:
                print(f"A master and two slaves run at {cluster.url}. Try in another terminal:\n")
                print(f"  python client.py {cluster.url} text README.md\n")
                print(f"Results are saved in {results}, logs in {folder}.")
                print("Ctrl-C stops the master and the slaves.")
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
