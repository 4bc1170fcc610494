"""Recognises a ledger that can't be used, and says what to do about it."""

import logging
import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from master_service.errors import LedgerDamaged

_log = logging.getLogger(__name__)

LEDGER_FILE = "jobs.db"
_LOG_INTERVAL_S = 60.0
_START_NEW_LEDGER = (
    "stop every master on this folder, move the folder aside and start the master again, which "
    "begins a new ledger. Lost are the list of jobs and the uploads without a result; the results "
    "in RESULTS_DIR stay"
)


class UnknownLedgerVersion(sqlite3.DatabaseError):
    """The ledger has tables that this release does not know."""

    def __init__(self, version: int, known: int) -> None:
        super().__init__(f"it has version {version}, and this release knows version {known}")


class LedgerEmpty(sqlite3.DatabaseError):
    """The ledger has no bytes, though there are uploads of jobs."""

    def __init__(self) -> None:
        super().__init__("it is empty, though the folder has uploads of jobs")


def is_damage(error: BaseException | None) -> bool:
    """Tell whether SQLite says that the file is malformed, or no database.

    Python has codes for that only from 3.11 on; it raises subclasses for everything else.
    """
    return type(error) is sqlite3.DatabaseError


def why_unusable(folder: Path, error: Exception) -> str:
    """Return one line on a ledger with which the master can't start: what is wrong, what to do."""
    there = f"SPOOL_DIR={folder} can't be used: its ledger {LEDGER_FILE}"
    if isinstance(error, UnknownLedgerVersion):
        return (
            f"{there} is of another release ({error}): start that release, or {_START_NEW_LEDGER}"
        )
    cause = error.__cause__ if isinstance(error, LedgerDamaged) else error
    if is_damage(cause) or isinstance(cause, LedgerEmpty):
        return f"{there} is damaged ({cause}): {_START_NEW_LEDGER}"
    if (folder / LEDGER_FILE).is_dir():
        return f"{there} is a folder: {_START_NEW_LEDGER}"
    return (
        f"SPOOL_DIR={folder} can't be written to: its ledger {LEDGER_FILE} can't be opened or "
        f"changed ({cause}): give the user of the master read and write access to the folder and to all "
        f"{LEDGER_FILE}* in it, make room on its disk, and close any other program that has it open"
    )


class DamageLog:
    """Logs, now and then, that a ledger in use turned out to be damaged.

    Before ``start_logging`` nothing is: the master stops then, with a line of its own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next_log_at = math.inf
        self.is_found = False

    def start_logging(self) -> None:
        """Log damage from now on."""
        self._next_log_at = 0.0

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Raise ``LedgerDamaged`` where the file turns out to be malformed in the block."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                raise self._log_damage(error) from error
            raise

    def log_write_error(self, error: sqlite3.DatabaseError) -> None:
        """Log why the ledger takes nothing now; raises the error where it is a fault of ours."""
        if is_damage(error):
            self._log_damage(error)
        elif isinstance(error, sqlite3.OperationalError):
            _log.warning("the ledger can't be written now: %s", error)
        else:
            raise error

    def _log_damage(self, error: sqlite3.DatabaseError) -> LedgerDamaged:
        """Log the damage with its remedy; returns what the request at hand is refused with."""
        self.is_found = True
        if time.monotonic() >= self._next_log_at:
            self._next_log_at = time.monotonic() + _LOG_INTERVAL_S
            _log.error("the ledger %s is damaged (%s): %s", self._path, error, _START_NEW_LEDGER)
        return LedgerDamaged()
