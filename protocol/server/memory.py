"""Has this process give large pieces of memory back to the system as soon as they are free."""

import contextlib
import ctypes
import sys

_M_MMAP_THRESHOLD = -3
"""Of mallopt(3)."""
_LARGE_BYTES = 1024 * 1024


def release_large_blocks() -> None:
    """Let every large piece have pages of its own, which go when it does.

    glibc begins so, but learns from each large piece that is freed to keep up to 32 MiB the next
    time: a server that once had a large file in its hands would hold that much for ever. Other
    systems' allocators do not, and know no such call.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
