"""Prints the summary of a job on standard output, for users and their scripts."""

import sys
from collections.abc import Iterable

from client_service.errors import ALL_DONE, SOME_FAILED
from client_service.local_files import Source
from client_service.master_api.answers import Answer
from client_service.master_api.job_api import JobApi
from client_service.terminal.safe_text import printable
from protocol.counts import counted
from protocol.result_names import is_named_after_source

_CANCELLED = "cancelled"


def print_summary(api: JobApi, head: Answer) -> int:
    """Print the summary as the original client did, then failures and warnings.

    Returns the exit code.
    """
    job_id, total = head["job_id"], head["total_files"]
    print(f"Task Type: {head['task_type']}")
    print(f"Message: {_message(head)}")
    print(f"Files Processed: {head['done_files']}")
    print("Saved Files:")
    has_warnings = False
    if head["done_files"]:
        for entry in api.ledger(job_id):
            if entry["saved_file"]:
                source = _source_suffix(head["task_type"], entry)
                print(f"  {printable(entry['saved_file'])}{source}")
            has_warnings = has_warnings or bool(entry["warnings"])
    if head["failed_files"]:
        print("Failed Files:")
        for entry in api.ledger(job_id):
            if entry["state"] == "failed":
                failure = f"{entry['filename']} ({entry['code']}): {entry['error']}"
                print(f"  {printable(failure)}")
    if has_warnings:
        print("Warnings:")
        for entry in api.ledger(job_id):
            for sentence in entry["warnings"] or ():
                print(f"  {printable(entry['filename'])}: {printable(sentence)}")
    sys.stdout.flush()
    is_whole = head["done_files"] == total and head["state"] != _CANCELLED
    return ALL_DONE if is_whole else SOME_FAILED


def print_job(api: JobApi, job_id: str) -> None:
    """Print the job's id and the address of its page."""
    print(f"Job: {job_id}")
    print(f"Page: {api.page_of(job_id)}", flush=True)


def _source_suffix(task_type: str, entry: Answer) -> str:
    """Return the suffix that names a result's file, if the path of the result does not show it.

    It follows the path after two spaces, so that scripts can still read the path from the
    beginning of the line.
    """
    name, saved = entry["filename"], entry["saved_file"]
    return "" if is_named_after_source(task_type, name, saved) else source_suffix(name)


def source_suffix(name: str) -> str:
    """Return the suffix that names a result's file, as ``  (from notes.txt)``."""
    return f"  (from {printable(name)})"


def _message(head: Answer) -> str:
    task, failed, total = head["task_type"].title(), head["failed_files"], head["total_files"]
    if head["state"] == _CANCELLED:
        return f"{task} processing cancelled after {head['done_files']} of {counted(total, 'file')}"
    message = f"{task} processing complete"
    return f"{message}, but {failed} of {counted(total, 'file')} failed" if failed else message


def print_skipped(sources: Iterable[Source]) -> None:
    """Print the files that no task type accepts."""
    print("Skipped Files:")
    for source in sources:
        print(f"  {printable(source.name)}: {'no known content' if source.size else 'empty'}")
