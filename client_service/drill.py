"""Tests failover on the user's own cluster: no file is lost when a slave is excluded from a job.

The same sample texts are processed twice: undisturbed (the baseline), and with one slave excluded
while it holds files of the job. Every file must be done, and both results have the same bytes. No
process is killed: the excluded slave goes on with other jobs.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from client_service import slaves
from client_service.errors import ALL_DONE, SOME_FAILED, MasterError, UsageError
from client_service.following import ENDED, ended_files, follow
from client_service.local_files import check
from client_service.master_api.answers import Answer
from client_service.master_api.job_api import JobApi
from client_service.resume_hints import cancel_on_error
from client_service.terminal import progress
from client_service.terminal.safe_text import printable
from client_service.transfer.uploading import submit
from protocol.content_types import TEXT
from protocol.counts import counted
from protocol.task_types import TASK_TYPES, TYPE_OF_CONTENT

TASK = TASK_TYPES[TYPE_OF_CONTENT[TEXT]]
_MIN_FILES, _MAX_FILES = 60, 200
_FILES_PER_WORKER = 30
_SIZES = (1, 4, 16)
"""Factors of the text length, tried in turn until a slave still holds files after a third."""
_SENTENCES = (
    "The quick brown fox is a good runner, and everybody loves to watch it. ",
    "A slave that goes away is no disaster, since the others take over its files. ",
    "Bread needs flour, water, salt and a whole night of time. ",
    "The bus to the harbour was terribly late, and the rain was cold. ",
    "What depends on the input alone is the same wherever it is made. ",
)
_ROW = "  {index:>5}  {filename:20}  {state:9}  {attempts:>8}  {slave:21}  {result:16}"


@dataclass(frozen=True, slots=True)
class DrillJob:
    """The ledger of a job that ended, the slave excluded from it, and how many files that held."""

    job_id: str
    files: list[Answer]
    dropped: str = ""
    moved: int = 0


def drill(api: JobApi) -> int:
    """Run the drill and print its report; returns the exit code."""
    status = api.status()
    if not slaves.are_visible(status):
        # A call that needs the token reports that it is missing or wrong.
        next(api.jobs(), None)
    able_slaves = slaves.able_slaves(status, TASK.name)
    if len(able_slaves) < 2:
        raise UsageError(
            f"a drill needs two slaves that do {TASK.name} files, and there are {len(able_slaves)}"
        )
    count = _FILES_PER_WORKER * sum(slave["workers"] for slave in able_slaves)
    count = min(max(count, _MIN_FILES), _MAX_FILES)
    for size in _SIZES:
        with tempfile.TemporaryDirectory(prefix="drill-") as folder:
            write_texts(Path(folder), count, size)
            baseline = _run_baseline(api, folder)
            disturbed = _run_disturbed(api, folder)
        if disturbed.moved:
            return report(baseline, disturbed)
        print("The job was done before a slave could be excluded: trying again with longer texts.")
    print("Each job was done too early: failover was not tested, and no file was lost.")
    return SOME_FAILED


def write_texts(folder: Path, count: int, size: int) -> None:
    """Write texts of 2 to 100 kB, times ``size``; the same texts each time."""
    for number in range(count):
        first = number % len(_SENTENCES)
        story = "".join(_SENTENCES[first:] + _SENTENCES[:first])
        repeats = (2000 + number * 37 % 50 * 2000) * size // len(story) + 1
        text = f"Sample {number} of a drill. {story * repeats}\n"
        (folder / f"drill-{size}-{number:03}.txt").write_text(text, encoding="utf-8")


def _run_baseline(api: JobApi, folder: str) -> DrillJob:
    totals = check([folder])
    job_id = submit(api, TASK.name, [folder])
    print(
        f"Baseline: job {job_id}, {counted(totals.files, 'text')} of {totals.size / 1e6:.1f} MB "
        "in all",
        flush=True,
    )
    with cancel_on_error(api, job_id):
        follow(api, job_id)
    return DrillJob(job_id, list(api.ledger(job_id)))


def _run_disturbed(api: JobApi, folder: str) -> DrillJob:
    job_id = submit(api, TASK.name, [folder])
    print(f"Failover: job {job_id}, the same texts", flush=True)
    with cancel_on_error(api, job_id):
        slave, moved = _drop_at_a_third(api, job_id, check([folder]).files // 3)
        if moved:
            print(
                f"  {printable(slave)} was excluded while it held {counted(moved, 'file')}",
                flush=True,
            )
        follow(api, job_id)
    return DrillJob(job_id, list(api.ledger(job_id)), slave, moved)


def _drop_at_a_third(api: JobApi, job_id: str, third: int) -> tuple[str, int]:
    """Exclude a slave when a third is done; returns the same as ``_drop_busiest_slave``."""
    slave, moved = "", 0
    with progress.of_files("Waiting for a third of the files", third) as bar:
        while (head := api.head(job_id))["state"] not in ENDED and not moved:
            bar.update(min(ended_files(head), third) - bar.n)
            if ended_files(head) >= third:
                slave, moved = _drop_busiest_slave(api, job_id)
            time.sleep(0.02)
    return slave, moved


def _drop_busiest_slave(api: JobApi, job_id: str) -> tuple[str, int]:
    """Exclude the slave that holds most files of the job; returns it and how many it held."""
    held = Counter(file["slave"] for file in api.ledger(job_id) if file["state"] == "running")
    if not held:
        return "", 0
    slave = held.most_common(1)[0][0]
    try:
        return slave, api.drop(job_id, slave)
    except MasterError:
        if api.head(job_id)["state"] in ENDED:
            return "", 0
        raise


def report(baseline: DrillJob, disturbed: DrillJob) -> int:
    """Print the ledger of the disturbed job, and the verdict; returns the exit code."""
    print(f"\nThe ledger of job {disturbed.job_id}:")
    for slave, files in Counter(file["slave"] for file in disturbed.files).most_common():
        print(f"  {counted(files, 'file'):>11} by {printable(slave or 'nobody')}")
    again = [file for file in disturbed.files if file["attempts"] > 1]
    if again:
        print("Files that were handed over more than once:")
        titles = {name: name.upper() for name in ("index", "filename", "state", "attempts")}
        print(_ROW.format(**titles, slave="SLAVE", result="RESULT (SHA-256)"))
    for file in again:
        cells = file | {"slave": file["slave"] or "", "result": (file["result_sha256"] or "")[:16]}
        print(printable(_ROW.format_map(cells)))
    same = _identical(baseline.files, disturbed.files)
    states = Counter(file["state"] for file in disturbed.files)
    count = len(baseline.files)
    good = same == states["done"] == len(disturbed.files) == count
    print(
        f"\n{'Nothing was lost' if good else 'SOMETHING IS WRONG'}: {count} submitted = "
        f"{states['done']} done + {states['failed']} failed + {states['cancelled']} cancelled, "
        f"{same} of {counted(count, 'result')} identical, {counted(disturbed.moved, 'file')} moved "
        f"from slave {printable(disturbed.dropped)} to others."
    )
    print(f"(The master keeps the results, drill-*, with its other {TASK.name} results.)")
    return ALL_DONE if good else SOME_FAILED


def _identical(baseline: Sequence[Answer], disturbed: Sequence[Answer]) -> int:
    """Count the files whose results exist and have the same bytes in both jobs."""
    return sum(
        bool(one["result_sha256"]) and one["result_sha256"] == other["result_sha256"]
        for one, other in zip(baseline, disturbed, strict=False)
    )
