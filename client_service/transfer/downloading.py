"""Downloads the results of a job, checks their SHA-256, and lists them in a manifest."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from client_service.errors import ALL_DONE, SOME_FAILED, MasterError, MasterUnavailable
from client_service.master_api.answers import Answer
from client_service.master_api.connection import Begun
from client_service.master_api.job_api import JobApi
from client_service.output import source_suffix
from client_service.terminal import progress
from client_service.terminal.safe_text import is_safe, printable
from client_service.transfer.manifest_file import Manifest
from client_service.transfer.output_folder import NotStored, check, store
from protocol import manifest
from protocol.counts import counted
from protocol.result_names import MANIFEST, ResultPaths

_TRIES = 2
"""Number of downloads of a result whose SHA-256 differs from the ledger's."""


def fetch(api: JobApi, head: Answer, folder: Path) -> int:
    """Download every result of an ended job to the folder; returns the exit code."""
    total, job_id = head["done_files"], head["job_id"]
    downloader = _Downloader(api, head["task_type"], folder)
    manifest_file = Manifest(folder, job_id)
    with manifest_file.collecting(), progress.of_files("Downloading results", total) as bar:
        for result, following in _with_next(_results(head["task_type"], api.ledger(job_id))):
            path = ""
            if result.entry["saved_file"]:
                path = downloader.fetch_one(result, following)
                bar.update()
            manifest_file.add(manifest.row(result.entry, path, head["task_type"], job_id))
        is_listed = _publish(manifest_file, folder)
    print(f"Downloaded: {downloader.downloaded} of {counted(total, 'result')}, to {folder}")
    return ALL_DONE if downloader.downloaded == total and is_listed else SOME_FAILED


def _publish(manifest_file: Manifest, folder: Path) -> bool:
    try:
        manifest_file.publish()
    except OSError as error:
        progress.write_stderr(f"{folder}: {MANIFEST} can't be written there ({error.strerror})")
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Result:
    """The result of one file; all but ``entry`` is empty if it has none."""

    entry: Answer
    name: str = ""
    """Its name on the master, which becomes part of a URL."""
    wanted: str = ""
    """Its path in the folder, with ``/``, unless a different file is there."""
    sha256: str = ""


def _results(task_type: str, ledger: Iterable[Answer]) -> Iterator[_Result]:
    paths = ResultPaths(task_type)
    for entry in ledger:
        if saved := entry["saved_file"]:
            sha256 = entry["result_sha256"] or ""
            wanted = paths.place(entry["filename"], saved, sha256).path
            yield _Result(entry, saved.rpartition("/")[2], wanted, sha256)
        else:
            yield _Result(entry)


def _with_next(results: Iterator[_Result]) -> Iterator[tuple[_Result, _Result | None]]:
    """Yield each result with the one after it, the last with None."""
    last = next(results, None)
    for result in results:
        if last:
            yield last, result
        last = result
    if last:
        yield last, None


@dataclass(slots=True)
class _Downloader:
    """Downloads results to a folder, until the folder can't be written to.

    The next result is requested before one is read and stored, so that the master is never idle.
    """

    api: JobApi
    task_type: str
    folder: Path
    downloaded: int = 0
    is_full: bool = False
    _ahead: tuple[str, Begun] | None = None
    """The result that is requested already, by its name."""

    def fetch_one(self, result: _Result, following: _Result | None) -> str:
        """Download one result and print its path; returns that, or "" if it was not stored.

        ``following`` may be requested meanwhile.
        """
        if self.is_full:
            return ""
        try:
            download = self._download(result, following)
            path = store(self.folder, result.wanted, result.sha256, download)
        except MasterUnavailable:
            raise
        except (MasterError, NotStored) as error:
            progress.write_stderr(f"{result.wanted}: this result was not downloaded: {error}")
            return ""
        except OSError as error:
            # The next result would fail in the same way.
            progress.write_stderr(f"{self.folder}: can't write there ({error.strerror})")
            self.is_full = True
            return ""
        if not self.downloaded:
            progress.write_stdout("Output Files:")
        self.downloaded += 1
        progress.write_stdout(
            f"  {printable(str(self.folder / path))}{source_suffix(result.entry['filename'])}"
        )
        return path

    def _download(self, result: _Result, following: _Result | None) -> Callable[[Path], None]:
        def download(new: Path) -> None:
            check(result.name)
            begun = self._taken(result.name) or self._begin(result)
            self._request(following)
            for tries_left in reversed(range(_TRIES)):
                with new.open("wb") as target:
                    if self.api.download(begun, target) == result.sha256:
                        return
                if tries_left:
                    begun = self._begin(result)
            raise MasterError("the result that the master sends has changed since it was made")

        return download

    def _begin(self, result: _Result) -> Begun:
        return self.api.begin_download(self.task_type, result.name)

    def _request(self, following: _Result | None) -> None:
        """Request a result if it can be stored and nothing has its path."""
        if not following or not is_safe(following.name):
            return
        if not os.path.lexists(self.folder / following.wanted):
            self._ahead = following.name, self._begin(following)

    def _taken(self, name: str) -> Begun | None:
        """Return the request for the result if there is one; break off one for another."""
        ahead, self._ahead = self._ahead, None
        if ahead and ahead[0] != name:
            ahead[1].close()
        return ahead[1] if ahead and ahead[0] == name else None
