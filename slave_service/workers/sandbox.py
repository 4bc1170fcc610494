"""Takes from a worker process what no file needs: too much memory, huge files, the network.

Called before anything else is loaded, and again for the computing time of each file. What the
system does not offer is left as it is: macOS and Windows have no network to take away so, and do
not hold a process to its memory; Windows has none of the limits.
"""

import contextlib
import ctypes
import math
import os
import struct
import sys
from pathlib import Path

MOST_FILE_BYTES = 4 * 1024**3
"""Of one file that a worker, or a program that it calls, may write to the disk."""
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
"""Flags of unshare(2)."""
_PR_CAPBSET_DROP, _MOST_CAPABILITIES, _CAPABILITY_VERSION_3 = 24, 64, 0x20080522


def confine(memory_bytes: int) -> None:
    """Hold this process, and each one it starts, to what it may have."""
    _limit_resources(memory_bytes)
    # Without privileges a network of one's own comes only with users of one's own.
    if sys.platform == "linux" and not _unshare(_CLONE_NEWNET):
        uid, gid = os.getuid(), os.getgid()
        if _unshare(_CLONE_NEWUSER | _CLONE_NEWNET):
            _stay_who_it_was(uid, gid)
    if sys.platform == "linux":
        _drop_privileges()


def limit_cpu_time(seconds: float) -> None:
    """End this process once it has computed for so long from now on.

    It is for when the slave itself is frozen and kills nobody. The signal that ends the process,
    SIGXCPU, tells what it was. Each program that the process starts has as much again.
    """
    try:
        import resource
    except ImportError:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # The system counts in whole seconds.
    until = math.ceil(usage.ru_utime + usage.ru_stime + seconds) + 1
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = until if hard == resource.RLIM_INFINITY else min(until, hard)
        # The hard limit stays, or the next file could not be given its time.
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _limit_resources(memory_bytes: int) -> None:
    """Set the limits of setrlimit(2).

    That of memory counts what was asked for and can be written to (RLIMIT_DATA), which Linux does
    since 4.7; macOS accepts the limit and ignores it, Windows has none.
    """
    try:
        import resource
    except ImportError:
        return
    limits = [
        ("memory", resource.RLIMIT_DATA, memory_bytes),
        ("file size", resource.RLIMIT_FSIZE, MOST_FILE_BYTES),
        # What a library had in memory when it crashed is somebody's file.
        ("core dump", resource.RLIMIT_CORE, 0),
    ]
    for what, number, wanted in limits:
        try:
            _, hard = resource.getrlimit(number)
            # A limit that holds already is not raised.
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(number, (most, most))
        except (OSError, ValueError):
            print(f"this system does not limit the {what} of workers", file=sys.stderr)  # noqa: T201 (the log)


def _drop_privileges() -> None:
    """Keep none of root's privileges, nor those that come with users of one's own.

    capabilities(7): none now, and none by starting another program.
    """
    libc = ctypes.CDLL(None)
    for capability in range(_MOST_CAPABILITIES):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header, nothing = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), bytes(6 * 4)
    if libc.capset(header, nothing) != 0:
        print("workers keep the privileges of the slave", file=sys.stderr)  # noqa: T201 (the log)


def _unshare(flags: int) -> bool:
    """Leave what the flags name for an empty one of this process's own; tells whether it could."""
    try:
        return bool(ctypes.CDLL(None).unshare(flags) == 0)
    except (OSError, AttributeError):
        return False


def _stay_who_it_was(uid: int, gid: int) -> None:
    """Among users of its own the process is nobody until it has said who it is outside."""
    itself = Path("/proc/self")
    for name, text in (
        ("setgroups", "deny"),
        ("gid_map", f"{gid} {gid} 1"),
        ("uid_map", f"{uid} {uid} 1"),
    ):
        with contextlib.suppress(OSError):
            (itself / name).write_text(text)
