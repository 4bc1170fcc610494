"""A processor of texts that only waits; ``waiting`` puts it in the place of the slave's own.

The file holds the seconds to wait. It stands for work that uses no CPU of this computer, so that
many slaves can be fed on few CPUs.
"""

import time
from typing import BinaryIO

_MAX_WAIT_S = 60.0


def process(source: BinaryIO) -> dict[str, object]:
    """Wait as long as the file says; returns the seconds."""
    wait_s = min(float(source.read(100).split()[0]), _MAX_WAIT_S)
    time.sleep(wait_s)
    return {"waited_s": wait_s, "warnings": []}


def self_test() -> None:
    """Do nothing: the processor needs no library."""
