"""Makes the allocator return large blocks of memory to the system as soon as they are freed."""

import contextlib
import ctypes
import sys

_M_MMAP_THRESHOLD = -3
"""The parameter's number in mallopt(3)."""
_LARGE_BYTES = 1024 * 1024


def release_large_blocks() -> None:
    """Make glibc map each large block on its own, and so unmap it when it is freed.

    By default, glibc raises the threshold for this, up to 32 MiB, with each large block that is
    freed: a server that once held a large file would never return that memory. Other systems'
    allocators do not do so, and have no ``mallopt``.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
