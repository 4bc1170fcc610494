"""Kills the workers and removes the temporary folder of a slave that has ended or was killed.

It runs as a process of its own. The slave writes ``+pid`` to its standard input for each worker
that it starts, and ``-pid`` for each one that has ended. The input reaches its end when the slave
ends, for whatever reason; then this process kills the process groups of the remaining workers and
removes the folder that is its argument.
"""

import shutil
import sys

from slave_service.workers.child_process import kill_group


def main() -> None:
    """Wait until the slave has ended, then clean up."""
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
