"""Compares each job with what was sent, and its results with those of a run without faults."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.baseline import Baseline
from tests.chaos.client import SentJob
from tests.chaos.contents import Contents
from tests.chaos.schedule import Sample, SendMode

_ENDS = ("done", "failed", "cancelled")
_SHORTEST_SENTENCE = 20


@dataclass(frozen=True, slots=True)
class Audit:
    """What the jobs are compared with."""

    contents: Contents
    baseline: Baseline
    spool: Path
    results: Path
    has_full_disk: bool
    """Whether a disk was full for a while."""

    def violations(self, sent: SentJob, job: dict[str, Any]) -> Iterator[str]:
        """Yield everything that is wrong with one job, which should be over."""
        about = f"job {sent.job_id} ({sent.plan.task_type}, {sent.plan.mode.value})"
        for violation in (*_check_counts(sent, job), *self._check_files(sent, job)):
            yield f"{about}: {violation}"

    def _check_files(self, sent: SentJob, job: dict[str, Any]) -> Iterator[str]:
        task_type = sent.plan.task_type
        folder, tolerated = self.spool / "jobs" / sent.job_id, self._tolerated(sent)
        inputs = Counter(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        for entry, sample in zip(job["files"], sent.plan.files, strict=False):
            data = self.contents.get(task_type, sample.content)
            yield from _check_input(entry, sample, data, inputs)
            yield from _check_end(entry, sample, tolerated)
            if entry["state"] == "done" and sample.code is None:
                expected = self.baseline.result(sent.plan, sample)
                yield from _check_result(entry, expected, self.results / task_type)

    def _tolerated(self, sent: SentJob) -> set[str]:
        """Return the codes with which a valid file of a synchronous job may fail.

        Its files fail where for SLAVE_TIMEOUT there is no slave, or no space for a result.
        """
        if sent.plan.mode is not SendMode.DISCONNECT:
            return set()
        return {"no_slave", "internal"} if self.has_full_disk else {"no_slave"}


def _check_counts(sent: SentJob, job: dict[str, Any]) -> Iterator[str]:
    states = [entry["state"] for entry in job["files"]]
    counts = {state: states.count(state) for state in _ENDS}
    if sum(counts.values()) != len(sent.plan.files) or len(states) != len(sent.plan.files):
        yield f"{len(sent.plan.files)} files were sent, the ledger has {states}"
    listed = {state: job[f"{state}_files"] for state in _ENDS}
    if listed != counts or job["total_files"] != len(states):
        yield f"its overview says {listed} of {job['total_files']}, its files {counts}"
    if (job["state"] == "cancelled") != bool(counts["cancelled"]):
        yield f"it is {job['state']} with {counts['cancelled']} cancelled files"
    answer = sent.cancel_answer
    if counts["cancelled"] and answer is None:
        yield f"{counts['cancelled']} files were cancelled though nobody asked for it"
    if answer is not None and answer["state"] != job["state"]:
        yield f"it was {answer['state']} when it was cancelled, and is {job['state']} now"


def _check_input(
    entry: dict[str, Any], sample: Sample, data: bytes, inputs: Counter[bytes]
) -> Iterator[str]:
    index = entry["index"]
    if entry["filename"] != sample.filename:
        yield f"file {index} was {sample.filename!r} and is {entry['filename']!r}"
    if entry["sha256"] != hashlib.sha256(data).hexdigest() or entry["size"] != len(data):
        yield f"file {index}: other bytes have arrived than were sent"
    inputs[data] -= 1
    if inputs[data] < 0:
        yield f"file {index}: its input is not in the spool"


def _check_end(entry: dict[str, Any], sample: Sample, tolerated: set[str]) -> Iterator[str]:
    state, code, index = entry["state"], entry["code"], entry["index"]
    if state == "failed" and code != sample.code and code not in tolerated:
        yield f"file {index} ({sample.content}) failed as {code}: {entry['error']}"
    if state == "failed" and len(entry["error"] or "") < _SHORTEST_SENTENCE:
        yield f"file {index} failed without a sentence: {entry['error']!r}"
    if state == "done" and sample.code is not None:
        yield f"file {index} ({sample.content}) is done though it can't be"
    if state == "done" and entry["attempts"] < 1:
        yield f"file {index} is done with {entry['attempts']} attempts"
    if state != "done" and (entry["saved_file"] or entry["result_sha256"]):
        yield f"file {index} is {state} and has a result"


def _check_result(entry: dict[str, Any], expected: str, folder: Path) -> Iterator[str]:
    index, saved_file = entry["index"], entry["saved_file"]
    if entry["result_sha256"] != expected:
        yield f"file {index} has another result than without faults"
    place = folder / Path(saved_file).name
    if not place.is_file():
        yield f"file {index}: there is no file {saved_file}"
    elif hashlib.sha256(place.read_bytes()).hexdigest() != entry["result_sha256"]:
        yield f"file {index}: {saved_file} holds other bytes than the ledger says"
