"""Brings files to an open job, in requests of a bounded size, and goes on where that broke off."""

import re
from collections.abc import Iterable, Iterator, Sequence

from client_service.errors import UsageError
from client_service.local_files import FileTotals, Source, check, walk
from client_service.master_api.answers import Answer
from client_service.master_api.job_api import JobApi
from client_service.resume_hints import or_cancelled
from client_service.terminal import progress
from protocol.counts import counted
from protocol.task_types import TASK_TYPES

BATCH_FILES = 500
BATCH_BYTES = 64 * 1024 * 1024
"""What has to be sent again at worst when the connection breaks, but for a larger single file."""

_QUOTED = {"%22": '"', "%0D": "\r", "%0A": "\n"}
"""As a form's headers may write a name, and what the other side may have made of it."""
_WINDOWS_PATH = re.compile(r"(?:[A-Za-z]:|\\)?\\")
"""The beginning of a name of which older masters keep the last part."""


def submit(api: JobApi, task_type: str, arguments: Sequence[str]) -> str:
    """Make a job of the files named, and start it; returns its id."""
    totals, job_id = check(arguments), api.create(task_type)
    with or_cancelled(api, job_id):
        send(api, job_id, TASK_TYPES[task_type].form_field, walk(arguments), totals, FileTotals())
        api.start(job_id)
    return job_id


def batches(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """Yield the files in lists small enough for one request; a larger file goes by itself."""
    batch: list[Source] = []
    size = 0
    for source in sources:
        if batch and (len(batch) == BATCH_FILES or size + source.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(source)
        size += source.size
    if batch:
        yield batch


def send(
    api: JobApi,
    job_id: str,
    field: str,
    sources: Iterator[Source],
    totals: FileTotals,
    there: FileTotals,
) -> None:
    """Send what ``sources`` still yields to the job; ``there`` is what it has already."""
    index = there.files
    with progress.of_bytes(
        f"Sending {counted(totals.files, 'file')}", totals.size, there.size
    ) as bar:
        for batch in batches(sources):
            begin, size = int(bar.n), sum(source.size for source in batch)

            def show(part: float, begin: int = begin, size: int = size) -> None:
                # Goes back too, where a batch has to be sent again.
                bar.update(begin + int(size * part) - bar.n)

            api.add_files(job_id, field, batch, index, show)
            index += len(batch)
            bar.update(begin + size - bar.n)
        bar.set_description_str(f"Sent {counted(totals.files, 'file')}")


def skip_sent(ledger: Iterator[Answer], sources: Iterator[Source]) -> FileTotals:
    """Take from ``sources`` those that the job's ledger has already; returns how much that is.

    Raises ``UsageError`` where the two differ, by name or size: then these are other files.
    """
    there = FileTotals()
    for entry in ledger:
        source = next(sources, None)
        if source is None:
            raise UsageError("the job has more files than were named: these are not its files")
        if entry["size"] != source.size or not _is_same(entry["filename"], source.name):
            raise UsageError(
                f"{source.path}: in its place the job has {entry['filename']!r} of "
                f"{counted(entry['size'], 'byte')}: name the same files, unchanged, or send a new "
                "job"
            )
        there.add(source)
    return there


def _is_same(kept: str, name: str) -> bool:
    """Tell whether a job has a file of this name, as far as the two can be compared.

    Older clients send no folder's own name where several are named.
    """
    kept, name = _plain(kept), _plain(name)
    is_cut = _WINDOWS_PATH.match(name) is not None and name.rpartition("\\")[2] == kept
    return kept == name or is_cut or name.endswith(f"/{kept}")


def _plain(name: str) -> str:
    """Return a name as it compares however a form's header wrote it down."""
    for written, meant in _QUOTED.items():
        name = name.replace(written, meant)
    # Some libraries double each backslash, which not every receiver undoes.
    return re.sub(r"\\+", r"\\", name)
