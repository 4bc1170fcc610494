"""Compares what the master has after a loss of power with what clients were told before."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import requests

from tests.power_cuts.answers import Answers, Json, ToldJob, ending
from tests.power_cuts.workload import send

_TIMEOUT_S = 30


def lost(url: str, results: Path, answers: Answers) -> Iterator[str]:
    """Yield what was told and is no longer true."""
    with requests.Session() as session:
        for job in answers.jobs.values():
            yield from _lost_of_job(session, url, results, job)
        for asked, told in answers.replies:
            again = send(session, url, asked)
            if again != told:
                yield f"the key of {asked.path} gave {told}, and now gives {again}"


def _lost_of_job(session: requests.Session, url: str, results: Path, job: ToldJob) -> Iterator[str]:
    answer = session.get(f"{url}/jobs/{job.job_id}?limit=10000", timeout=_TIMEOUT_S)
    if answer.status_code != 200:
        yield f"job {job.job_id} was answered for, and is lost: {answer.text}"
        return
    now = answer.json()
    files = {file["index"]: file for file in now["files"]}
    if job.is_started and now["state"] == "open":
        yield f"job {job.job_id} was started, and is open"
    if job.state not in (None, now["state"]):
        yield f"job {job.job_id} was {job.state}, and is {now['state']}"
    for index, (name, data) in job.files.items():
        where = f"job {job.job_id}: file {index}"
        if (file := files.get(index)) is None:
            yield f"{where} was accepted, and is lost"
        elif (file["filename"], file["sha256"]) != (name, _sha256(data)):
            yield f"{where} is another one than was accepted: {file}"
        elif index not in job.seen_uploads:
            path = f"{url}/jobs/{job.job_id}/inputs/{index}"
            upload = session.get(path, timeout=_TIMEOUT_S)
            job.seen_uploads.add(index)
            if upload.status_code != 200 or upload.content != data:
                yield f"{where} does not have the bytes that were accepted: {upload.status_code}"
    for index, end in job.ends.items():
        if index in files and ending(files[index]) != end:
            yield f"job {job.job_id}: file {index} was {end}, and is {ending(files[index])}"
    for summary in job.summaries:
        yield from _lost_of_summary(job.job_id, summary, files)
    for file in files.values():
        yield from _lost_result(results, job.job_id, file)


def _lost_of_summary(job_id: str, summary: Json, files: Mapping[int, Json]) -> Iterator[str]:
    for told in summary["files"]:
        now = files.get(told["index"], {})
        if now.get("saved_file") != told["saved_file"]:
            yield f"job {job_id}: the summary has {told}, and the job {now}"


def _lost_result(results: Path, job_id: str, file: Json) -> Iterator[str]:
    if file["state"] == "done":
        path = results / "text" / Path(file["saved_file"]).name
        data = path.read_bytes() if path.is_file() else b""
        if _sha256(data) != file["result_sha256"]:
            yield f"job {job_id}: file {file['index']} is done, and its result has {data[:80]!r}"


def half_written(results: Path, known: set[str]) -> Iterator[str]:
    """Yield the results whose SHA-256 is not among those of whole results."""
    for path in results.glob("*/[!.]*"):
        data = path.read_bytes()
        if _sha256(data) not in known:
            yield f"{path.name} has {len(data)} bytes that are no result: {data[:80]!r}"


def wrong_ends(
    told: Json, sent: Mapping[int, bytes], expected: Mapping[bytes, str]
) -> Iterator[str]:
    """Yield the files of a finished job that have not ended as their bytes must.

    ``expected`` has the SHA-256 of the result of each content; an empty file fails.
    """
    for file in told["files"]:
        data = sent.get(file["index"])
        if data is None or file["state"] == "cancelled":
            continue
        if data and file["result_sha256"] != expected[data]:
            yield f"job {told['job_id']}: {file} has not the result of its bytes"
        if not data and file["code"] != "empty":
            yield f"job {told['job_id']}: {file} is empty"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
