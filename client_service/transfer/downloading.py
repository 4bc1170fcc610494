"""Downloads the results of a job, checks their SHA-256, and lists them in a manifest."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from client_service.errors import ALL_DONE, SOME_FAILED, MasterError, MasterUnavailable
from client_service.master_api.answers import Answer
from client_service.master_api.job_api import JobApi
from client_service.output import source_suffix
from client_service.terminal import progress
from client_service.terminal.safe_text import printable
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
    downloader = _Downloader(api, head["task_type"], folder, ResultPaths(head["task_type"]))
    manifest_file = Manifest(folder, job_id)
    with manifest_file.collecting(), progress.of_files("Downloading results", total) as bar:
        for entry in api.ledger(job_id):
            path = ""
            if entry["saved_file"]:
                path = downloader.fetch_one(entry)
                bar.update()
            manifest_file.add(manifest.row(entry, path, head["task_type"], job_id))
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


@dataclass(slots=True)
class _Downloader:
    """Downloads results to a folder one by one, until the folder can't be written to."""

    api: JobApi
    task_type: str
    folder: Path
    paths: ResultPaths
    downloaded: int = 0
    is_full: bool = False

    def fetch_one(self, entry: Answer) -> str:
        """Download one result and print its path; returns that, or "" if it was not stored."""
        saved, sha256 = entry["saved_file"], entry["result_sha256"] or ""
        wanted = self.paths.place(entry["filename"], saved, sha256).path
        if self.is_full:
            return ""
        try:
            path = store(self.folder, wanted, sha256, self._download(saved, sha256))
        except MasterUnavailable:
            raise
        except (MasterError, NotStored) as error:
            progress.write_stderr(f"{wanted}: this result was not downloaded: {error}")
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
            f"  {printable(str(self.folder / path))}{source_suffix(entry['filename'])}"
        )
        return path

    def _download(self, saved_file: str, sha256: str) -> Callable[[Path], None]:
        name = saved_file.rpartition("/")[2]

        def download(new: Path) -> None:
            check(name)  # it becomes part of a URL
            for _ in range(_TRIES):
                with new.open("wb") as target:
                    if self.api.download(self.task_type, name, target) == sha256:
                        return
            raise MasterError("the result that the master sends has changed since it was made")

        return download
