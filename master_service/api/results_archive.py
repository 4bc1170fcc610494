"""Puts the results of a job into an archive, below the folders of what was sent, with a manifest.

The ledger is read twice, a page at a time: once for the results, once for the manifest, which is
written last because only then it is known which results are still there.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from pathlib import Path

from master_service.api import zip_stream
from master_service.api.job_json import file_entry
from master_service.jobs.model import File, Job
from protocol import manifest
from protocol.result_names import MANIFEST, ResultPaths

Files = Callable[[], Iterator[File]]
"""Reads the ledger of a job from its beginning."""
Locate = Callable[[str], Path | None]
"""Returns where a saved result lies, if it is still there."""


def stream(job: Job, files: Files, locate: Locate) -> Iterator[bytes]:
    """Yield the archive of those results that are there, while it is put together.

    It is of the files that the job has now; a job that goes on may have more results later.
    """
    archive = _Archive(job, files, locate)
    return zip_stream.stream(archive.results(), job.created_at, (MANIFEST, archive.manifest))


class _Archive:
    def __init__(self, job: Job, files: Files, locate: Locate) -> None:
        self._task_type, self._job_id = job.task_type, job.job_id
        self._total = job.total_files
        self._files = files
        self._locate = locate
        self._is_in = bytearray(self._total)
        """Of each file, whether it had a result when the archive came to it."""

    def results(self) -> Iterator[tuple[str, Path | None]]:
        """Yield each result's path in the archive, and where it lies if it is still there."""
        paths = ResultPaths(self._task_type)
        for file in self._first_files():
            if file.saved_file is None:
                continue
            self._is_in[file.index] = True
            # Files of the same content may have one result between them.
            place = paths.place(file.filename, file.saved_file, file.result_sha256 or "")
            if place.is_new:
                yield place.path, self._locate(file.saved_file)

    def manifest(self, missing: Iterable[str]) -> Iterator[str]:
        """Yield the lines of the manifest; ``missing`` are paths whose results are gone."""
        gone = set(missing)
        paths = ResultPaths(self._task_type)
        yield manifest.HEADER
        for file in self._first_files():
            path = ""
            if file.saved_file is not None and self._is_in[file.index]:
                path = paths.place(file.filename, file.saved_file, file.result_sha256 or "").path
            result = "" if path in gone else path
            yield manifest.row(file_entry(file), result, self._task_type, self._job_id)

    def _first_files(self) -> Iterator[File]:
        return takewhile(lambda file: file.index < self._total, self._files())
