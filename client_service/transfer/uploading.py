"""Sends files to an open job, in requests of a bounded size, and resumes interrupted uploads."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from client_service.errors import UsageError
from client_service.local_files import FileTotals, Source, check, walk
from client_service.master_api.answers import Answer
from client_service.master_api.job_api import JobApi, Upload
from client_service.resume_hints import cancel_on_error
from client_service.terminal import progress
from client_service.terminal.progress import Bar
from protocol.counts import counted
from protocol.task_types import TASK_TYPES

BATCH_FILES = 500
BATCH_BYTES = 64 * 1024 * 1024
"""Bounds what is sent again when the connection breaks; a larger file is a request of its own."""

_ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n"}
"""Escapes of file names in form headers, which the receiver may have left as they are."""
_WINDOWS_PATH = re.compile(r"(?:[A-Za-z]:|\\)?\\")
"""The beginning of a Windows path; older masters store only the last part of such a name."""


def submit(api: JobApi, task_type: str, arguments: Sequence[str]) -> str:
    """Make a job of the named files and start it; returns its id."""
    totals, job_id = check(arguments), api.create(task_type)
    with cancel_on_error(api, job_id):
        send(api, job_id, TASK_TYPES[task_type].form_field, walk(arguments), totals, FileTotals())
        api.start(job_id)
    return job_id


def batches(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """Yield the files in lists small enough for one request; a larger file is in its own list."""
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
    sent: FileTotals,
) -> None:
    """Send the rest of ``sources`` to the job; ``sent`` are the totals of what it has already."""
    index, size = sent.files, sent.size
    before: Upload | None = None
    with progress.of_bytes(f"Sending {counted(totals.files, 'file')}", totals.size, size) as bar:
        for batch in batches(sources):
            batch_size = sum(source.size for source in batch)
            show = _reporting(bar, size, batch_size)
            upload = api.begin_files(job_id, field, batch, index, show)
            # The master stores one batch while it receives the next, which ends after that: so the
            # files get their indexes in order.
            if before:
                before.finish()
            upload.end()
            before, index, size = upload, index + len(batch), size + batch_size
        if before:
            before.finish()
        bar.update(size - bar.n)
        bar.set_description_str(f"Sent {counted(totals.files, 'file')}")


def _reporting(bar: Bar, begin: int, size: int) -> Callable[[float], None]:
    """Return a function that shows a fraction of a batch as sent."""

    def show(part: float) -> None:
        # Goes backwards when a batch is sent again.
        bar.update(begin + int(size * part) - bar.n)

    return show


def skip_sent(ledger: Iterator[Answer], sources: Iterator[Source]) -> FileTotals:
    """Skip the ``sources`` that the job's ledger has already; returns their totals.

    Raises ``UsageError`` if a name or size differs: then these are not the job's files.
    """
    sent = FileTotals()
    for entry in ledger:
        source = next(sources, None)
        if source is None:
            raise UsageError("the job has more files than were named: these are not its files")
        if entry["size"] != source.size or not _is_same_name(entry["filename"], source.name):
            raise UsageError(
                f"{source.path}: in its place the job has {entry['filename']!r} of "
                f"{counted(entry['size'], 'byte')}: name the same files, unchanged, or send a new "
                "job"
            )
        sent.add(source)
    return sent


def _is_same_name(stored: str, name: str) -> bool:
    """Return whether the job's file may be the named one.

    Older clients omitted the names of folders that were given among several arguments.
    """
    stored, name = _unescaped(stored), _unescaped(name)
    is_cut = _WINDOWS_PATH.match(name) is not None and name.rpartition("\\")[2] == stored
    return stored == name or is_cut or name.endswith(f"/{stored}")


def _unescaped(name: str) -> str:
    """Return a name without the escapes of form headers."""
    for written, meant in _ESCAPES.items():
        name = name.replace(written, meant)
    # Some libraries double each backslash, and not every receiver reverts that.
    return re.sub(r"\\+", r"\\", name)
