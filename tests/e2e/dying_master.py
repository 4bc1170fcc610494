"""A master that kills itself, as kill -9 would, before or after its n-th write to the ledger.

It is master.py until the file DEATH_FILE has a line such as ``3 before``, and counts from then on.
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

DEATH_FILE = Path(os.environ["DEATH_FILE"])


class DyingConnection(sqlite3.Connection):
    """Counts transactions; each has one change of a job or of files."""

    commits = 0
    plan = ""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Execute, or kill the process at the n-th transaction."""
        if sql != "COMMIT":
            return super().execute(sql, *values)
        plan = DEATH_FILE.read_text() if DEATH_FILE.exists() else ""
        self.commits = self.commits + 1 if plan == self.plan else 1
        self.plan = plan
        self._die_at("before")
        done = super().execute(sql, *values)
        self._die_at("after")
        return done

    def _die_at(self, moment: str) -> None:
        if self.plan == f"{self.commits} {moment}":
            os.kill(os.getpid(), signal.SIGKILL)


sqlite3.connect = functools.partial(sqlite3.connect, factory=DyingConnection)  # type: ignore[assignment] # as the ledger calls it

if __name__ == "__main__":
    sys.exit(master.main())
