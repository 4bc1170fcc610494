"""A master that kills itself, as kill -9 would, before or after its n-th write to the ledger.

Started with DIE_AT=n and DIE_WHEN=before|after; otherwise it is master.py.
"""

# ruff: noqa: E402 (the patch comes before the imports)
from gevent import monkey

monkey.patch_all()

import functools
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import master


class DyingConnection(sqlite3.Connection):
    """Counts transactions; each has one change of a job or of files."""

    commits = 0

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Execute, or kill the process at the n-th transaction."""
        if sql != "COMMIT":
            return super().execute(sql, *values)
        self.commits += 1
        self._die_when("before")
        done = super().execute(sql, *values)
        self._die_when("after")
        return done

    def _die_when(self, moment: str) -> None:
        if self.commits == int(os.environ["DIE_AT"]) and moment == os.environ["DIE_WHEN"]:
            os.kill(os.getpid(), signal.SIGKILL)


sqlite3.connect = functools.partial(sqlite3.connect, factory=DyingConnection)  # type: ignore[assignment] # as the ledger calls it

if __name__ == "__main__":
    sys.exit(master.main())
