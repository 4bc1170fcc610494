"""Streams a job's results as a ZIP archive, in the folders of the uploads, with a manifest.

The ledger is read twice, in pages: for the results, then for the manifest, which comes last
because it lists the results that were missing.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from pathlib import Path

from master_service.api import zip_stream
from master_service.api.job_json import file_entry
from master_service.storage.model import File, Job
from protocol import manifest
from protocol.result_names import MANIFEST, ResultPaths

Files = Callable[[], Iterator[File]]
"""Returns the files of a job in upload order."""
Locate = Callable[[str], Path | None]
"""Returns the path of a saved result, or None where it was removed."""


def stream(job: Job, files: Files, locate: Locate) -> Iterator[bytes]:
    """Yield the bytes of the archive; it holds the results that the job has when they are read."""
    archive = _Archive(job, files, locate)
    return zip_stream.stream(archive.results(), job.created_at, (MANIFEST, archive.manifest))


class _Archive:
    def __init__(self, job: Job, files: Files, locate: Locate) -> None:
        self._task_type, self._job_id = job.task_type, job.job_id
        self._total = job.total_files
        self._files = files
        self._locate = locate
        self._is_in = bytearray(self._total)
        """By index: whether the file had a result when ``results`` read it."""

    def results(self) -> Iterator[tuple[str, Path | None]]:
        """Yield each result's path in the archive, and its path on disk, None if removed."""
        paths = ResultPaths(self._task_type)
        for file in self._first_files():
            if file.saved_file is None:
                continue
            self._is_in[file.index] = True
            # Equal files may share one result.
            place = paths.place(file.filename, file.saved_file, file.result_sha256 or "")
            if place.is_new:
                yield place.path, self._locate(file.saved_file)

    def manifest(self, missing: Iterable[str]) -> Iterator[str]:
        """Yield the lines of the manifest; ``missing`` are archive paths of removed results."""
        removed = set(missing)
        paths = ResultPaths(self._task_type)
        yield manifest.HEADER
        for file in self._first_files():
            path = ""
            if file.saved_file is not None and self._is_in[file.index]:
                path = paths.place(file.filename, file.saved_file, file.result_sha256 or "").path
            result = "" if path in removed else path
            yield manifest.row(file_entry(file), result, self._task_type, self._job_id)

    def _first_files(self) -> Iterator[File]:
        return takewhile(lambda file: file.index < self._total, self._files())
