"""Uploads on disk: ``incoming/`` while they arrive, then ``jobs/<job_id>/<index>``.

An upload is moved to its job before the ledger lists it; one that the ledger doesn't list is
deleted at the next start.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_YIELD_EVERY_FILES = 200
_YIELD_S = 0.0001
"""gevent switches threads only in a wait; a wait of zero does not switch."""


class Spool:
    """The folder of uploads; used by one process at a time."""

    def __init__(self, root: Path) -> None:
        self._incoming = root / "incoming"
        self._jobs = root / "jobs"
        shutil.rmtree(self._incoming, ignore_errors=True)
        for folder in (self._incoming, self._jobs):
            folder.mkdir(parents=True, exist_ok=True)

    def incoming(self) -> Path:
        """Return a new folder for the uploads of one request; the caller removes it."""
        # A user may have removed it.
        self._incoming.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=self._incoming))

    def inputs(self, job_id: str) -> Path:
        """Return the folder of the job's uploads, each named by its file's index."""
        return self._jobs / job_id

    def adopt(self, job_id: str, first_index: int, uploads: Sequence[Path]) -> None:
        """Move uploads to the job's folder, replacing those of a call that was cut short."""
        self.inputs(job_id).mkdir(parents=True, exist_ok=True)
        for index, upload in _enumerate_yielding(uploads, first_index):
            # An upload over the size limit was not kept.
            if upload.exists():
                upload.replace(self.inputs(job_id) / str(index))

    def copy(self, from_job: str, indexes: Sequence[int], to_job: str) -> None:
        """Link inputs of one job to another, numbered from 0; copies where links don't work."""
        self.inputs(to_job).mkdir(parents=True, exist_ok=True)
        sources = [self.inputs(from_job) / str(index) for index in indexes]
        for index, source in _enumerate_yielding(sources, 0):
            target = self.inputs(to_job) / str(index)
            try:
                target.hardlink_to(source)
            except OSError:
                # No hard links on this file system.
                shutil.copyfile(source, target)

    def discard(self, job_id: str, indexes: Sequence[int]) -> None:
        """Delete some inputs of a job."""
        paths = [self.inputs(job_id) / str(index) for index in indexes]
        for _, path in _enumerate_yielding(paths, 0):
            path.unlink(missing_ok=True)

    def remove(self, job_id: str) -> None:
        """Delete all inputs of a job."""
        folder = self.inputs(job_id)
        with contextlib.suppress(OSError):
            for _, entry in _enumerate_yielding(os.scandir(folder), 0):
                Path(entry).unlink()
        shutil.rmtree(folder, ignore_errors=True)

    def remove_leftovers(self, job_id: str, total_files: int) -> None:
        """Delete all but the uploads of the job's files: what a killed process left."""
        for entry in os.scandir(self.inputs(job_id)) if self.inputs(job_id).is_dir() else ():
            if entry.is_dir():
                shutil.rmtree(entry.path, ignore_errors=True)
            elif not (entry.name.isdecimal() and int(entry.name) < total_files):
                Path(entry.path).unlink(missing_ok=True)

    def indexes(self, job_id: str) -> set[int]:
        """Return the indexes of the job's files that have an upload."""
        folder = self.inputs(job_id)
        entries = os.scandir(folder) if folder.is_dir() else ()
        return {int(entry.name) for entry in entries if entry.name.isdecimal()}

    def jobs(self) -> list[str]:
        """Return the ids of the jobs that have a folder."""
        return [entry.name for entry in os.scandir(self._jobs)]


def _enumerate_yielding(items: Iterable[T], first: int) -> Iterator[tuple[int, T]]:
    """Enumerate from ``first``, and let other threads run every ``_YIELD_EVERY_FILES`` items."""
    for number, item in enumerate(items):
        if number % _YIELD_EVERY_FILES == _YIELD_EVERY_FILES - 1:
            time.sleep(_YIELD_S)
        yield first + number, item
