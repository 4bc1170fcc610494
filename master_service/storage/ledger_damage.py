"""Recognises a ledger that can't be used, and writes the message that says what to do."""

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
    """The tables of the ledger have a version that this release does not know."""

    def __init__(self, version: int, known: int) -> None:
        super().__init__(f"it has version {version}, and this release knows version {known}")


class LedgerEmpty(sqlite3.DatabaseError):
    """The ledger's file has no bytes, although the spool holds inputs of jobs."""

    def __init__(self) -> None:
        super().__init__("it is empty, though the folder has uploads of jobs")


def is_damage(error: BaseException | None) -> bool:
    """Return whether the error means that the file is malformed, or not a database.

    For these, Python raises ``DatabaseError`` itself; for all else a subclass of it. SQLite's error
    codes are available only from Python 3.11 on.
    """
    return type(error) is sqlite3.DatabaseError


def why_unusable(folder: Path, error: Exception) -> str:
    """Return the line with which the master exits when it can't open the ledger."""
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
        f"changed ({cause}): give the user of the master read and write access to the folder and "
        f"to all {LEDGER_FILE}* in it, make room on its disk, and close any other program that has "
        "it open"
    )


class DamageLog:
    """Logs damage of the ledger, at most once a minute.

    Damage found before ``start_logging`` is not logged: the master then exits with
    ``why_unusable``.
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
        """Raise ``LedgerDamaged`` where SQLite finds the file malformed in the block."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                raise self._log_damage(error) from error
            raise

    def log_write_error(self, error: sqlite3.DatabaseError) -> None:
        """Log why the ledger can't be written; raises an error that is a bug of the program."""
        if is_damage(error):
            self._log_damage(error)
        elif isinstance(error, sqlite3.OperationalError):
            _log.warning("the ledger can't be written: %s", error)
        else:
            raise error

    def _log_damage(self, error: sqlite3.DatabaseError) -> LedgerDamaged:
        """Log the damage and its remedy; return the exception that refuses the request."""
        self.is_found = True
        if time.monotonic() >= self._next_log_at:
            self._next_log_at = time.monotonic() + _LOG_INTERVAL_S
            _log.error("the ledger %s is damaged (%s): %s", self._path, error, _START_NEW_LEDGER)
        return LedgerDamaged()
