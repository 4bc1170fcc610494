"""Writes ``manifest.csv`` in the folder of ``--output``: a line for each file of each job.

The lines of a job are collected in a temporary file. They replace the lines of the same job in an
earlier manifest; those of other jobs stay. The manifest is replaced atomically.
"""

import contextlib
import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from client_service.transfer.output_folder import numbered_names, temporary
from protocol import manifest
from protocol.result_names import MANIFEST

_JOB_ID = manifest.COLUMNS.index("job_id")


class Manifest:
    """Collects the lines of one job, in the order of its ledger, and then publishes them.

    ``publish`` raises the first ``OSError`` of all, so that results are downloaded all the same.
    """

    def __init__(self, folder: Path, job_id: str) -> None:
        self._folder = folder
        self._job_id = job_id
        self._lines: IO[str] = io.StringIO()
        self._error: OSError | None = None

    @contextlib.contextmanager
    def collecting(self) -> Iterator[None]:
        """Keep the lines in a temporary file while the block runs."""
        with temporary(self._folder) as path:
            try:
                self._lines = path.open("w+", encoding="utf-8", newline="")
            except OSError as error:
                self._error = error
            try:
                yield
            finally:
                # An earlier write has failed and its error is kept; closing may fail again.
                with contextlib.suppress(OSError):
                    self._lines.close()

    def add(self, line: str) -> None:
        """Add one line."""
        if self._error is None:
            try:
                self._lines.write(line)
            except OSError as error:
                self._error = error

    def publish(self) -> None:
        """Replace the manifest by one with the lines of this job; raises ``OSError``."""
        if self._error:
            raise self._error
        with _locked(self._folder), temporary(self._folder) as new:
            for name in numbered_names(MANIFEST):
                place = self._folder / name
                with new.open("w", encoding="utf-8", newline="") as whole:
                    whole.write(manifest.HEADER)
                    if not _copy_others(place, self._job_id, whole):
                        continue
                    self._lines.seek(0)
                    whole.writelines(self._lines)
                new.replace(place)
                return


def _copy_others(place: Path, job_id: str, whole: IO[str]) -> bool:
    """Copy the lines of other jobs from an earlier manifest, if there is one.

    Returns False if the file is not such a manifest and so must not be replaced.
    """
    try:
        # A spreadsheet program adds a byte order mark.
        with place.open(encoding="utf-8-sig", newline="") as earlier:
            rows = csv.reader(earlier, strict=True)
            if next(rows, None) != list(manifest.COLUMNS):
                return False
            for row in rows:
                if row[_JOB_ID : _JOB_ID + 1] != [job_id]:
                    whole.write(manifest.line(row))
    except FileNotFoundError:
        return not place.is_symlink()
    except (IsADirectoryError, PermissionError, UnicodeDecodeError, csv.Error):
        return False
    return True


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder against other clients while the block runs, if the system can do so."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network drives have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
