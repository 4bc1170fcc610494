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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

PROJECT = Path(__file__).resolve().parent.parent
_READY_LIMIT_S = 120
_STOP_LIMIT_S = 30


class StartError(Exception):
    """A program did not come up; the text has the end of its log."""


@dataclass(slots=True)
class Program:
    """One running master or slave, and its log."""

    process: "subprocess.Popen[bytes]"
    log: Path

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
        return f"http://127.0.0.1:{self.port}"

    @property
    def results(self) -> Path:
        """Return the folder of results."""
        return Path(self.settings.get("RESULTS_DIR", self.folder / "processed_results"))

    def start_master(self) -> Program:
        """Start the master, on the same port if it is started again, and wait until it answers."""
        self.port = self.port or free_port()
        self.master = self._start(
            "master",
            MASTER_PORT=str(self.port),
            RESULTS_DIR=str(self.results),
            SPOOL_DIR=str(self.folder / "spool"),
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
        slave = self._start("slave", **({"MASTER_URL": self.url} | settings))
        self.slaves.append(slave)
        return slave

    def status(self) -> dict[str, Any]:
        """Return what the master says of itself; empty while it does not answer."""
        token = self.settings.get("CLUSTER_TOKEN")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = requests.get(f"{self.url}/check_status", headers=headers, timeout=10)
            return dict(answer.json())
        except (requests.RequestException, ValueError):
            return {}

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

    def _start(self, program: str, **settings: str) -> Program:
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / f"{program}-{len(self.slaves) + 1 if program == 'slave' else ''}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, str(PROJECT / f"{program}.py")],
                env=clean_environment() | dict(self.settings) | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C is for this program, which stops the others in good order.
                start_new_session=True,
            )
        return Program(process, log)

    def _wait(self, program: Program, is_ready: Any) -> None:  # noqa: ANN401 (any callable)
        end = time.monotonic() + _READY_LIMIT_S
        while not is_ready():
            if program.process.poll() is not None or time.monotonic() > end:
                tail = program.log.read_text(errors="replace")[-2000:]
                raise StartError(f"{program.log.name} did not come up:\n{tail}")
            time.sleep(0.05)


def clean_environment() -> dict[str, str]:
    """Return this process's environment without any setting of the cluster."""
    example = (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
    names = {line.lstrip("# ").partition("=")[0] for line in example if "=" in line}
    return {name: value for name, value in os.environ.items() if name not in names}


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
        cluster.stop()


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
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
