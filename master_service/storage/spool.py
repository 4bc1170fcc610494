"""Uploads on disk: ``jobs/<job_id>/<request>/<number>``, where each is received and stays.

Each request has a folder of its own, so that what it sent can be deleted if it breaks off. The
ledger says which upload a file has; uploads that it doesn't list are deleted at the next start.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_YIELD_EVERY_FILES = 200
_YIELD_S = 0.0001
"""gevent switches threads only in a wait; a wait of zero does not switch."""


class Spool:
    """The folder of uploads; used by one process at a time."""

    def __init__(self, root: Path) -> None:
        self._jobs = root / "jobs"
        self._jobs.mkdir(parents=True, exist_ok=True)
        # Of releases that moved uploads.
        shutil.rmtree(root / "incoming", ignore_errors=True)

    def folder(self, job_id: str) -> Path:
        """Return the folder that is deleted with the job, which may not exist yet."""
        return self._jobs / job_id

    def request_folder(self, job_id: str) -> Path:
        """Return a new folder for the uploads of one request; raises ``OSError``."""
        folder = self.folder(job_id)
        # A user may have removed its parents.
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return Path(tempfile.mkdtemp(dir=folder, prefix=""))
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
            raise

    def path(self, job_id: str, upload: str) -> Path:
        """Return the path of an upload of a job, named as in its file's ``upload``."""
        return self._jobs / job_id / upload

    def parents(self, upload: Path) -> tuple[Path, ...]:
        """Return the folders whose names lead to an upload: of its request, its job, and all."""
        return upload.parent, upload.parent.parent, self._jobs

    def copy(self, from_job: str, uploads: Sequence[str], to_job: str) -> list[str]:
        """Link uploads of one job to another, or copy them; return their names there."""
        folder, names = self.request_folder(to_job), []
        for number, upload in _enumerate_yielding(uploads):
            source, target = self.path(from_job, upload), folder / str(number)
            try:
                target.hardlink_to(source)
            except OSError:
                # No hard links on this file system.
                shutil.copyfile(source, target)
            names.append(upload_name(target))
        return names

    def discard(self, folder: Path) -> None:
        """Delete the folder of a request, and that of its job if nothing else is in it."""
        _remove(folder)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()

    def remove(self, job_id: str) -> None:
        """Delete all uploads of a job."""
        _remove(self.folder(job_id))

    def remove_leftovers(self, job_id: str, uploads: Collection[str]) -> None:
        """Delete all but these uploads of a job: what a killed process left."""
        folder = self.folder(job_id)
        for entry in _entries(folder):
            if entry.name in uploads:
                continue
            for upload in _entries(Path(entry)) if entry.is_dir() else ():
                if f"{entry.name}/{upload.name}" not in uploads:
                    _remove(Path(upload))
            if not (entry.is_dir() and any(_entries(Path(entry)))):
                _remove(Path(entry))

    def jobs(self) -> list[str]:
        """Return the ids of the jobs that have a folder."""
        return [entry.name for entry in os.scandir(self._jobs)]


def upload_name(path: Path) -> str:
    """Return the name of an upload inside its job's folder."""
    return f"{path.parent.name}/{path.name}"


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    return list(os.scandir(folder)) if folder.is_dir() else []


def _remove(path: Path) -> None:
    """Delete a file, or a folder with all that is in it; errors are ignored."""
    if not path.is_dir():
        with contextlib.suppress(OSError):
            path.unlink()
        return
    with contextlib.suppress(OSError):
        for _, entry in _enumerate_yielding(os.scandir(path)):
            _remove(Path(entry))
    shutil.rmtree(path, ignore_errors=True)


def _enumerate_yielding(items: Iterable[T]) -> Iterator[tuple[int, T]]:
    """Enumerate, and let other threads run every ``_YIELD_EVERY_FILES`` items."""
    for number, item in enumerate(items):
        if number % _YIELD_EVERY_FILES == _YIELD_EVERY_FILES - 1:
            time.sleep(_YIELD_S)
        yield number, item
