"""The links between the programs and their disks as targets of faults."""

import contextlib
import os
import subprocess
from pathlib import Path

from tests.chaos.programs import FaultTarget
from tests.chaos.proxy import Address, Proxy

_SLOW_BYTES_PER_S = 20_000
_DISK_MIB = 512
_BALLAST_CHUNK = bytes(64 * 1024)


class LinkTarget(FaultTarget):
    """The network link to one program: a proxy at another address and the same port."""

    def __init__(self, address: Address, target: Address) -> None:
        super().__init__()
        self._proxy = Proxy(address, target)

    def inject(self, what: str) -> None:
        if what == "cut":
            self._proxy.cut()
        elif what == "refuse":
            self._proxy.refuse()
        elif what == "slow":
            self._proxy.slow(_SLOW_BYTES_PER_S)
        else:
            self._proxy.stall()

    def recover(self, _: str) -> None:
        self._proxy.recover()

    def close(self) -> None:
        """Close the link."""
        self._proxy.close()


class DiskTarget(FaultTarget):
    """A small file system for one folder, where this system allows mounting one."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        folder.mkdir(parents=True)
        self.folder = folder
        self.is_mounted = _mount(folder)
        self._ballast = folder / "ballast"

    def inject(self, _: str) -> None:
        """Fill it completely."""
        if not self.is_mounted:
            return
        with self._ballast.open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
            disk = os.statvfs(self.folder)
            most = disk.f_bavail * disk.f_frsize - len(_BALLAST_CHUNK)
            os.posix_fallocate(ballast.fileno(), 0, max(1, most))
            ballast.seek(0, os.SEEK_END)
            # Others may have written meanwhile: write until it is full.
            while ballast.write(_BALLAST_CHUNK):
                pass

    def recover(self, _: str) -> None:
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        """Unmount the disk."""
        if self.is_mounted:
            # Lazily, since a process may still have a file open there.
            subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True)
            self.is_mounted = False


def _mount(folder: Path) -> bool:
    """Mount memory as a disk, which takes Linux and root."""
    if os.name != "posix" or os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "chaos", str(folder)]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False
