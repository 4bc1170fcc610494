"""Forbids a process to write outside of one folder, to use TCP and to signal other processes.

Landlock (Linux 5.13 and later, landlock(7)) enforces this. It needs no privileges and can't be
undone, so malicious code in a worker can change nothing but the worker's temporary folder. Reading
is not restricted. Older kernels and other systems have no Landlock, and nothing is restricted. Of
the packages, landlock restricts no TCP and no signals, and py-landlock is an alpha version.
"""

import ctypes
import os
import struct
import sys
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""Numbers of system calls, the same on all common architectures."""
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_FOLDER_RIGHTS = sum(1 << bit for bit in range(4, 13))
"""Rights to remove and to create files, folders, links, devices, sockets and pipes."""
_DEVICE_RIGHTS = 1 << 6 | 1 << 11
"""The ones of ``_FOLDER_RIGHTS`` that create devices, which no worker needs."""
_RIGHTS_BY_VERSION = {2: 1 << 13, 3: _TRUNCATE}
"""Rights to move files between folders and to truncate them, by the first Landlock version."""
_TCP_VERSION, _TCP = 4, 0b11
"""First version that restricts TCP; the rights to bind and to connect."""
_SCOPES_VERSION, _SCOPES = 6, 0b11
"""First version with scopes; abstract sockets and signals reach only processes in the sandbox."""
_OPEN_FLAGS = getattr(os, "O_PATH", 0) | getattr(os, "O_CLOEXEC", 0)
_NULL = Path("/dev/null")


def is_supported() -> bool:
    """Return whether this system has Landlock."""
    return _version() > 0


def covers_network_and_signals() -> bool:
    """Return whether Landlock here also restricts TCP and signals."""
    return _version() >= max(_TCP_VERSION, _SCOPES_VERSION)


def confine_to(folder: Path) -> bool:
    """Allow this thread and the processes that it starts to write in ``folder`` only.

    Return False where the system has no Landlock; raise ``OSError`` where a call to it fails.
    """
    version = _version()
    if version < 1:
        return False
    libc = _libc()
    writing = _WRITE_FILE | _FOLDER_RIGHTS
    writing |= sum(right for since, right in _RIGHTS_BY_VERSION.items() if version >= since)
    rules = _ruleset(libc, version, writing)
    try:
        _allow(libc, rules, folder, writing & ~_DEVICE_RIGHTS)
        _allow(libc, rules, _NULL, writing & (_WRITE_FILE | _TRUNCATE))
        # Landlock requires this for processes without privileges.
        _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _check(libc.syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return True


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _version() -> int:
    """Return the kernel's Landlock version; less than 1 where it has none."""
    if sys.platform != "linux":
        return 0
    return int(_libc().syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG))


def _ruleset(libc: ctypes.CDLL, version: int, writing: int) -> int:
    tcp = _TCP if version >= _TCP_VERSION else 0
    scopes = _SCOPES if version >= _SCOPES_VERSION else 0
    handled = struct.pack("=QQQ", writing, tcp, scopes)
    # An older kernel accepts a structure longer than its own if the rest is zero.
    return _check(libc.syscall(_CREATE_RULESET, handled, len(handled), 0))


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        rule = struct.pack("=Qi", rights, descriptor)
        _check(libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0))
    finally:
        os.close(descriptor)


def _check(result: int) -> int:
    """Return the result of a system call; raise ``OSError`` where it is negative."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
