"""Keeps slaves from test to test, since starting a slave takes two seconds of CPU time.

Between tests a slave is suspended, so that it does not register with the master of a test that did
not ask for it. The slaves are real, and each test has a master of its own.
"""

import contextlib
import signal
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests

from protocol.settings.declaration import SETTINGS, SLAVE
from scripts.local_cluster import LocalCluster, Program

POOLED = {"SLAVE_WORKERS": "1"}
"""The settings of all slaves in the pool."""
_OF_SLAVES = {name for name, setting in SETTINGS.items() if SLAVE in setting.users}
_PORTS = range(20_000, 30_000)
"""Below the ports that systems give to connections, so a port stays free between two masters."""
_IDLE_WITHIN_S = 3.0


@dataclass(slots=True)
class SlavePool:
    """Slaves of one worker each whose master is at ``port``, whichever test starts it."""

    folder: Path
    port: int
    _idle: list[Program] = field(default_factory=list)
    _starter: LocalCluster = field(init=False)

    def __post_init__(self) -> None:
        self._starter = LocalCluster(self.folder, POOLED, self.port)

    def lease(self, count: int) -> list[Program]:
        """Return this many slaves; they register as soon as they have started or are resumed."""
        return [self._resumed() or self._starter.start_slave() for _ in range(count)]

    def _resumed(self) -> Program | None:
        while self._idle:
            slave = self._idle.pop()
            if slave.process.poll() is None:
                slave.log_start = slave.log.stat().st_size
                slave.process.send_signal(signal.SIGCONT)
                return slave
        return None

    def take_back(self, slave: Program) -> None:
        """Suspend a slave that has nothing to do, and end any other."""
        if slave.process.poll() is not None:
            return
        slave.process.send_signal(signal.SIGCONT)  # the test may have suspended it
        if _is_idle_soon(slave):
            slave.process.send_signal(signal.SIGSTOP)
            self._idle.append(slave)
        else:
            slave.stop(signal.SIGKILL)

    def stop(self) -> None:
        """End every slave."""
        for slave in self._idle:
            slave.process.send_signal(signal.SIGCONT)
        self._starter.stop()


def _is_idle_soon(slave: Program) -> bool:
    end = time.monotonic() + _IDLE_WITHIN_S
    while time.monotonic() < end:
        with contextlib.suppress(requests.RequestException):
            status = requests.get(f"http://127.0.0.1:{slave.port}/check_status", timeout=1).json()
            if not status["running"] and not status["waiting"]:
                return True
        time.sleep(0.1)
    return False


def reserve_port() -> socket.socket:
    """Return a UDP socket at a number that is free for the masters of this process's tests.

    Masters listen with TCP, and not all the time. The UDP port keeps the number for this process
    among all that run tests on this computer.
    """
    for port in _PORTS:
        reservation = socket.socket(type=socket.SOCK_DGRAM)
        try:
            reservation.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            reservation.close()
            continue
        return reservation
    raise OSError("no port is free for the masters of tests")


@dataclass(slots=True)
class PooledCluster(LocalCluster):
    """A cluster whose slaves come from the pool, except those with settings of their own."""

    pool: SlavePool | None = None
    _leased: list[Program] = field(default_factory=list)

    def start_slaves(self, count: int, **settings: str) -> list[Program]:
        """Lease slaves, or start those with settings of their own, and wait for all to register."""
        own = {name: value for name, value in self.settings.items() if name in _OF_SLAVES}
        if self.pool is None or settings or own != POOLED or self.port != self.pool.port:
            return LocalCluster.start_slaves(self, count, **settings)
        expected = len(self.present()) + count
        leased = self.pool.lease(count)
        self._leased += leased
        self.slaves += leased
        for slave in leased:
            self._wait(slave, lambda: len(self.present()) >= expected)
        return leased

    def stop(self) -> None:
        """Stop the slaves and the master, and give leased slaves back to the pool."""
        self.slaves = [slave for slave in self.slaves if slave not in self._leased]
        LocalCluster.stop(self)
        while self._leased and self.pool is not None:
            self.pool.take_back(self._leased.pop())
