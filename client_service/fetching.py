"""Brings the results of a job home: whole, checked, and never over a different file."""

import contextlib
import hashlib
import itertools
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from client_service import bars
from client_service.answers import Answer
from client_service.api import JobApi
from client_service.errors import ALL_DONE, SOME_FAILED, MasterError, MasterGone, UsageError
from client_service.names import is_safe
from slave_service.counts import counted

_TRIES = 2
"""For a download that does not have the sum that the ledger states."""
_BLOCK_BYTES = 1 << 20


def prepare(folder: Path) -> None:
    """Make the folder, before anything is sent; raises ``UsageError`` where that can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or "it is no folder"
        raise UsageError(f"--output {folder}: can't write there ({reason})") from error


def fetch(api: JobApi, head: Answer, folder: Path) -> int:
    """Download every result of an ended job to the folder; returns the exit code."""
    brought, total = 0, head["done_files"]
    with bars.of_files("Bringing the results home", total) as bar:
        for entry in api.ledger(head["job_id"]):
            if not entry["saved_file"]:
                continue
            name = entry["saved_file"].rpartition("/")[2]
            try:
                _bring(api, head["task_type"], name, entry["result_sha256"], folder)
                brought += 1
            except MasterGone:
                raise
            except MasterError as error:
                bars.note(f"{name}: this result was not brought home: {error}")
            except OSError as error:
                # The next one would fare no better.
                bars.note(f"{folder}: can't write there ({error.strerror})")
                break
            bar.update()
    print(f"Brought Home: {brought} of {counted(total, 'result')}, to {folder}")
    return ALL_DONE if brought == total else SOME_FAILED


def _bring(api: JobApi, task_type: str, name: str, sha256: str, folder: Path) -> None:
    if not is_safe(name):
        raise MasterError("a file of that name could do harm, here or on another system")
    if any(_sha256(place) == sha256 for place in _taken(folder, name)):
        return
    with _temporary(folder) as temporary:
        for _ in range(_TRIES):
            with temporary.open("wb") as target:
                if api.download(task_type, name, target) == sha256:
                    break
        else:
            raise MasterError("what the master sends for it has changed since it was made")
        _place(temporary, folder, name)


def _names(name: str) -> Iterator[str]:
    """Yield the name, then with _2, _3 and so on."""
    yield name
    stem, ending = os.path.splitext(name)  # noqa: PTH122 (a name, no path)
    for number in itertools.count(2):
        yield f"{stem}_{number}{ending}"


def _taken(folder: Path, name: str) -> Iterator[Path]:
    """Yield the files that have one of its names already."""
    places = (folder / candidate for candidate in _names(name))
    return itertools.takewhile(lambda place: place.exists(), places)


def _place(temporary: Path, folder: Path, name: str) -> None:
    """Give the file the first name that is free; another client may be at it as well."""
    for candidate in _names(name):
        place = folder / candidate
        with contextlib.suppress(FileExistsError):
            place.open("xb").close()
            temporary.replace(place)
            return


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    # Not one of tempfile's, which are for the owner's eyes alone, and would stay so.
    path = folder / f".tmp-{uuid.uuid4().hex}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _sha256(path: Path) -> str | None:
    """Return the sum of a file; None for what is none."""
    sha256 = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                sha256.update(block)
    except OSError:
        return None
    return sha256.hexdigest()
