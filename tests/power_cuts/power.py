"""Puts the sync calls of a program through to a disk model, until the power is cut.

The calls come from ``sync_calls.c``, which is compiled here and loaded into the program.
"""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.power_cuts.disk import Disk

_SOURCE = Path(__file__).with_name("sync_calls.c")
_MAX_DELAY_S = 0.005
"""Real disks take as long, and other threads go on meanwhile."""


def why_not_possible() -> str | None:
    """Return why power can't be cut on this computer, or None."""
    if sys.platform != "linux":
        return "sync calls are replaced with LD_PRELOAD, as on Linux"
    if shutil.which("gcc") is None:
        return "there is no gcc"
    return None


class Power:
    """Serves the sync calls of programs that have ``environment``, in a thread.

    The path of ``folder`` must be short: that of a socket has 107 bytes at most.
    """

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._chance = chance
        self._disk: Disk | None = None
        self._lock = threading.Lock()
        self._library, self._path = folder / "sync_calls.so", folder / "power"
        compiler = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]
        subprocess.run([*compiler, str(self._library), str(_SOURCE)], check=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(self._path))
        self._listener.listen(128)
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that lead a program's sync calls here."""
        return {"LD_PRELOAD": str(self._library), "POWER_CUT_SOCKET": str(self._path)}

    def turn_on(self, disk: Disk) -> None:
        """Sync to this disk from now on."""
        with self._lock:
            self._disk = disk

    def turn_off(self) -> None:
        """Leave sync calls without an answer from now on; none is being carried out."""
        with self._lock:
            self._disk = None

    def close(self) -> None:
        """Stop serving."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(caller,), daemon=True).start()

    def _answer(self, caller: socket.socket) -> None:
        with caller:
            what, pid, fd = caller.recv(100).decode().split()
            time.sleep(self._chance.uniform(0, _MAX_DELAY_S))
            if self._synced(what, f"/proc/{pid}/fd/{fd}"):
                caller.send(b"\0")
            else:
                caller.recv(1)  # without power nothing is answered; the caller is killed

    def _synced(self, what: str, path: str) -> bool:
        with self._lock:
            if self._disk is None:
                return False
            if what == "all":
                self._disk.sync_all()
                return True
            try:
                fd = os.open(path, os.O_RDONLY)
            except OSError:
                return False  # the program has ended
            try:
                self._disk.sync(fd)
            finally:
                os.close(fd)
            return True
