"""The programs under test as targets of faults: master, slaves and workers."""

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from scripts.local_cluster import PROJECT, Program, clean_environment
from tests.contract.programs import WORKER, children

_END_LIMIT_S = 45
"""A slave may drain for 20 seconds, and wait for a master that does not answer before that."""
_KILLED = -9
_TERMINATED_WHILE_STARTING = -15


class FaultTarget:
    """What a fault is injected into; a target has one fault at a time."""

    violations: list[str]
    """Violations during a fault or the recovery from it."""

    def __init__(self) -> None:
        self.violations = []

    def inject(self, what: str, /) -> None:
        """Inject the fault."""
        raise NotImplementedError

    def recover(self, what: str, /) -> None:
        """End the fault."""
        raise NotImplementedError


class ProgramTarget(FaultTarget):
    """The master or a slave; ``settings`` is called at each start.

    It must not end by itself, unless the end of its log contains ``tolerated_log``.
    """

    def __init__(
        self,
        program: str,
        log: Path,
        settings: Callable[[], Mapping[str, str]],
        number: int = 0,
        tolerated_log: str | None = None,
    ) -> None:
        super().__init__()
        self.name = f"{program} {number}" if number else program
        self._program = program
        self._log = log
        self._settings = settings
        self._tolerated_log = tolerated_log
        self._lock = threading.Lock()
        self._is_faulty = False
        self.running: Program | None = None

    def start(self) -> None:
        """Start it, without waiting until it answers."""
        with self._log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, str(PROJECT / f"{self._program}.py")],
                env=clean_environment() | dict(self._settings()),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.running = Program(process, self._log, self._log.stat().st_size)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """Return its process, the latest one."""
        if self.running is None:
            raise RuntimeError(f"{self.name} was never started")
        return self.running.process

    def inject(self, what: str) -> None:
        with self._lock:
            self._start_if_ended()
            self._is_faulty = True
            if what == "kill":
                self.process.kill()
            elif what == "freeze":
                self.process.send_signal(signal.SIGSTOP)
            else:
                self.process.terminate()

    def recover(self, what: str) -> None:
        if what == "freeze":
            self.process.send_signal(signal.SIGCONT)
        else:
            self._start_after(what)
        self._is_faulty = False

    def _start_after(self, what: str) -> None:
        expected = {_KILLED} if what == "kill" else {0, _TERMINATED_WHILE_STARTING}
        try:
            code = self.process.wait(_END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.violations.append(f"{self.name} did not end on SIGTERM")
            self.kill()
        else:
            if code not in expected and not self._is_tolerated():
                self.violations.append(f"{self.name} ended with {code} on {what}: {self.said()}")
        self.start()

    def restart_if_ended(self) -> None:
        """Start it again if it has ended and has no fault at the moment."""
        with self._lock:
            if not self._is_faulty:
                self._start_if_ended()

    def _start_if_ended(self) -> None:
        if (code := self.process.poll()) is not None:
            if not self._is_tolerated():
                self.violations.append(f"{self.name} ended by itself with {code}: {self.said()}")
            self.start()

    def kill(self) -> None:
        """Kill it."""
        if self.running is not None:
            self.process.kill()
            self.process.wait()

    def said(self) -> str:
        """Return the end of what the latest process has logged."""
        return self.running.said() if self.running else ""

    def _is_tolerated(self) -> bool:
        return self._tolerated_log is not None and self._tolerated_log in self.said()


class WorkerTarget(FaultTarget):
    """The current worker process of one slave, if there is one."""

    def __init__(self, slave: ProgramTarget) -> None:
        super().__init__()
        self._slave = slave
        self._frozen: list[psutil.Process] = []

    def inject(self, what: str) -> None:
        try:
            workers = children(self._slave.running, WORKER) if self._slave.running else []
        except psutil.NoSuchProcess:
            return  # the slave and its workers have ended
        numbers = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP, "terminate": signal.SIGTERM}
        for worker in workers:
            _send(worker, numbers[what])
        self._frozen = workers if what == "freeze" else []

    def recover(self, _: str) -> None:
        # The slave replaces a killed worker.
        for worker in self._frozen:
            _send(worker, signal.SIGCONT)
        self._frozen = []


def _send(process: psutil.Process, number: int) -> None:
    # It may have ended since it was listed.
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return every process whose folder of temporary files is under a folder.

    A zombie has no environment; it is found as a child of another process.
    """
    found = {process for process in psutil.process_iter() if _is_under(process, folder)}
    for process in list(found):
        with contextlib.suppress(psutil.NoSuchProcess):
            found.update(process.children())
    return sorted(found, key=lambda process: process.pid)


def _is_under(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.environ().get("TMPDIR", "")).is_relative_to(folder)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
