"""Cleans up after a slave that died without a chance to: a process of its own that outlives it.

On its input it is told of every worker (``+pid``, ``-pid`` when that one is gone). The input ends
when the slave does, however that happened; then the workers that are left are killed with
all that they started, and the slave's temporary folder (the argument) is removed.
"""

import shutil
import sys

from slave_service.workers.child_process import kill_group


def main() -> None:
    """Watch until the slave is gone, then clean up."""
    workers: set[int] = set()
    for line in sys.stdin:
        sign, pid = line[0], int(line[1:])
        if sign == "+":
            workers.add(pid)
        else:
            workers.discard(pid)
    for pid in workers:
        kill_group(pid)
    shutil.rmtree(sys.argv[1], ignore_errors=True)


if __name__ == "__main__":
    main()
