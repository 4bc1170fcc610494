"""Takes from a process the right to write outside of one folder, to use TCP and to signal others.

It is Landlock (Linux 5.13 and later, landlock(7)), which needs no privileges and can't be undone:
what a library that a hostile file has taken over could change is its worker's temporary folder.
Reading is left as it is. Elsewhere, and on older kernels, nothing happens.
"""

import ctypes
import os
import struct
import sys
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls; their numbers are the same on all architectures that are in use."""
_ASK_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_CHANGES_OF_FOLDERS = sum(1 << bit for bit in range(4, 13))
"""Removing, and making files, folders, links, devices, sockets and pipes."""
_DEVICES = 1 << 6 | 1 << 11
"""Among them: to make devices, which root can and nobody needs."""
_SINCE = {2: 1 << 13, 3: _TRUNCATE}
"""Moving files between folders, and cutting them off, by the version that knows them."""
_TCP_SINCE, _TCP = 4, 0b11
"""To bind and to connect."""
_SCOPES_SINCE, _SCOPES = 6, 0b11
"""Abstract sockets and signals: only to processes that are confined alike."""
_OPEN_FLAGS = getattr(os, "O_PATH", 0) | getattr(os, "O_CLOEXEC", 0)
_NULL = Path("/dev/null")


def is_known() -> bool:
    """Tell whether this system can confine a process so."""
    return _version() > 0


def is_whole() -> bool:
    """Tell whether it also keeps a process from TCP and from signalling others."""
    return _version() >= max(_TCP_SINCE, _SCOPES_SINCE)


def confine_to(folder: Path) -> bool:
    """Confine this thread, and each process that it starts, to ``folder``.

    Tells whether it is confined; raises ``OSError`` where the system knows how and still can't.
    """
    version = _version()
    if version < 1:
        return False
    libc = _libc()
    writing = _WRITE_FILE | _CHANGES_OF_FOLDERS
    writing |= sum(right for since, right in _SINCE.items() if version >= since)
    rules = _ruleset(libc, version, writing)
    try:
        _allow(libc, rules, folder, writing & ~_DEVICES)
        _allow(libc, rules, _NULL, writing & (_WRITE_FILE | _TRUNCATE))
        # The system asks for this first: no program that is started may have more rights.
        _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _check(libc.syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return True


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _version() -> int:
    """Return which of its versions the kernel has; none is not positive."""
    if sys.platform != "linux":
        return 0
    return int(_libc().syscall(_CREATE_RULESET, None, 0, _ASK_VERSION))


def _ruleset(libc: ctypes.CDLL, version: int, writing: int) -> int:
    tcp = _TCP if version >= _TCP_SINCE else 0
    scopes = _SCOPES if version >= _SCOPES_SINCE else 0
    handled = struct.pack("=QQQ", writing, tcp, scopes)
    # An older kernel takes a longer description where the rest of it is zero.
    return _check(libc.syscall(_CREATE_RULESET, handled, len(handled), 0))


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    place = os.open(path, _OPEN_FLAGS)
    try:
        rule = struct.pack("=Qi", rights, place)
        _check(libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0))
    finally:
        os.close(place)


def _check(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer
