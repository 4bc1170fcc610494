"""Uploads on disk: those still arriving, and the inputs of each job, one file for each index.

``incoming/`` holds what no job has taken yet, ``jobs/<job_id>/<index>`` the inputs. What is
renamed there outlives the process; it counts only once the ledger speaks of it.
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
"""Under gevent a thread keeps the processor until it waits, and a zero wait is none."""


class Spool:
    """The folder of uploads; it belongs to one process alone."""

    def __init__(self, root: Path) -> None:
        self._incoming = root / "incoming"
        self._jobs = root / "jobs"
        shutil.rmtree(self._incoming, ignore_errors=True)
        for folder in (self._incoming, self._jobs):
            folder.mkdir(parents=True, exist_ok=True)

    def incoming(self) -> Path:
        """Return a new folder for uploads that no job has taken yet; the caller removes it."""
        # Made again where somebody has tidied it away.
        self._incoming.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=self._incoming))

    def inputs(self, job_id: str) -> Path:
        """Return the folder where the bytes of the job's files lie, each named by its index."""
        return self._jobs / job_id

    def adopt(self, job_id: str, first_index: int, uploads: Sequence[Path]) -> None:
        """Move uploads to the job's inputs, replacing what a call that died has left there."""
        self.inputs(job_id).mkdir(parents=True, exist_ok=True)
        for index, upload in _enumerate_yielding(uploads, first_index):
            # What was over the limit was not kept.
            if upload.exists():
                upload.replace(self.inputs(job_id) / str(index))

    def copy(self, from_job: str, indexes: Sequence[int], to_job: str) -> None:
        """Give a new job inputs of another one, numbered from 0; they share the disk's blocks."""
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
        """Delete what a killed process has left among a job's inputs: all but its files."""
        for entry in os.scandir(self.inputs(job_id)) if self.inputs(job_id).is_dir() else ():
            if entry.is_dir():
                shutil.rmtree(entry.path, ignore_errors=True)
            elif not (entry.name.isdecimal() and int(entry.name) < total_files):
                Path(entry.path).unlink(missing_ok=True)

    def indexes(self, job_id: str) -> set[int]:
        """Return the indexes of a job's files whose bytes are there."""
        folder = self.inputs(job_id)
        entries = os.scandir(folder) if folder.is_dir() else ()
        return {int(entry.name) for entry in entries if entry.name.isdecimal()}

    def jobs(self) -> list[str]:
        """Return the ids of the jobs that have inputs."""
        return [entry.name for entry in os.scandir(self._jobs)]


def _enumerate_yielding(items: Iterable[T], first: int) -> Iterator[tuple[int, T]]:
    for number, item in enumerate(items):
        if number % _YIELD_EVERY_FILES == _YIELD_EVERY_FILES - 1:
            time.sleep(_YIELD_S)
        yield first + number, item
