"""Limits a worker process: memory, size of written files, CPU time, network, privileges.

The worker applies it before it loads any library, and sets the CPU time anew for each file. A limit
that the system lacks is not applied: macOS and Windows keep the network and enforce no memory
limit; Windows has none of these limits.
"""

import contextlib
import ctypes
import math
import os
import struct
import sys
from pathlib import Path

MAX_FILE_BYTES = 4 * 1024**3
"""Largest file that a worker, or a program that it starts, may write to the disk."""
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
"""Flags of unshare(2)."""
_PR_CAPBSET_DROP, _MAX_CAPABILITIES, _CAPABILITY_VERSION_3 = 24, 64, 0x20080522


def confine(memory_bytes: int) -> None:
    """Limit this process and the processes that it starts; ``memory_bytes`` is for each of them."""
    _limit_resources(memory_bytes)
    # Without privileges, a process gets a network namespace only inside a user namespace.
    if sys.platform == "linux" and not _unshare(_CLONE_NEWNET):
        uid, gid = os.getuid(), os.getgid()
        if _unshare(_CLONE_NEWUSER | _CLONE_NEWNET):
            _map_own_user(uid, gid)
    if sys.platform == "linux":
        _drop_privileges()


def limit_cpu_time(seconds: float) -> None:
    """Make the system end this process after ``seconds`` more of CPU time, with SIGXCPU.

    It applies where the slave is suspended and can't enforce the deadline. The slave recognises
    the signal in the exit code. Each program that the process starts has the same limit for itself.
    """
    try:
        import resource
    except ImportError:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # RLIMIT_CPU is in whole seconds.
    until = math.ceil(usage.ru_utime + usage.ru_stime + seconds) + 1
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = until if hard == resource.RLIM_INFINITY else min(until, hard)
        # Only the soft limit is set: a worker could not raise the hard limit for its next file.
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _limit_resources(memory_bytes: int) -> None:
    """Set the limits of setrlimit(2).

    The memory limit is RLIMIT_DATA, which counts private writable memory since Linux 4.7; macOS
    accepts and ignores it, Windows has none.
    """
    try:
        import resource
    except ImportError:
        return
    limits = [
        ("memory", resource.RLIMIT_DATA, memory_bytes),
        ("file size", resource.RLIMIT_FSIZE, MAX_FILE_BYTES),
        # A core dump would contain the contents of a user's file.
        ("core dump", resource.RLIMIT_CORE, 0),
    ]
    for what, number, requested in limits:
        try:
            _, hard = resource.getrlimit(number)
            # A lower hard limit that is already set stays.
            limit = requested if hard == resource.RLIM_INFINITY else min(requested, hard)
            resource.setrlimit(number, (limit, limit))
        except (OSError, ValueError):
            print(f"this system does not limit the {what} of workers", file=sys.stderr)  # noqa: T201 (the log)


def _drop_privileges() -> None:
    """Drop all capabilities(7), of root and of the user namespace, also for started programs."""
    libc = ctypes.CDLL(None)
    for capability in range(_MAX_CAPABILITIES):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header, nothing = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), bytes(6 * 4)
    if libc.capset(header, nothing) != 0:
        print("the privileges of workers could not be dropped", file=sys.stderr)  # noqa: T201 (the log)


def _unshare(flags: int) -> bool:
    """Move this process to new namespaces, see unshare(2); return whether that succeeded."""
    try:
        return bool(ctypes.CDLL(None).unshare(flags) == 0)
    except (OSError, AttributeError):
        return False


def _map_own_user(uid: int, gid: int) -> None:
    """Map user and group to themselves in the new user namespace, which has no mapping at first."""
    process_folder = Path("/proc/self")
    for name, text in (
        ("setgroups", "deny"),
        ("gid_map", f"{gid} {gid} 1"),
        ("uid_map", f"{uid} {uid} 1"),
    ):
        with contextlib.suppress(OSError):
            (process_folder / name).write_text(text)
