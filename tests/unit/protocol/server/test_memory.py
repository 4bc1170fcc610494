"""Memory that a process keeps after it freed large blocks."""

import subprocess
import sys

import pytest

from scripts.local_cluster import PROJECT

ALLOCATE_AND_FREE = """
import sys
import psutil
from protocol.server.memory import release_large_blocks
if sys.argv[1] == "release":
    release_large_blocks()
held = psutil.Process().memory_info
before = held().rss
kept = []
for _ in range(3):
    large = b"x" * 20_000_000
    kept.append(b"x" * 100_000)  # lies behind the large block on the heap
    del large
print(held().rss - before)
"""


def grown_bytes(how: str) -> int:
    command = [sys.executable, "-c", ALLOCATE_AND_FREE, how]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="the allocators of other systems do so anyway")
def test_large_blocks_are_returned_when_they_are_freed() -> None:
    """After freeing blocks of 20 MB between small ones, the process has not grown by 4 MB."""
    assert grown_bytes("release") < 4_000_000
