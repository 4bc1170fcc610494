"""The options of jobs, from the request to the result."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from scripts.local_cluster import LocalCluster
from tests.contract.jobs_api import call, finished, form
from tests.contract.programs import run_client_here, wait_until

ENGLISH, KLINGON = {"language": "eng"}, {"language": "tlh"}
"""What the slaves of the tests can read, and what they can't."""


@pytest.fixture(scope="module")
def page(sample_files: dict[str, list[Path]]) -> tuple[str, bytes]:
    """A picture with text."""
    return "page.png", sample_files["ocr"][0].read_bytes()


@pytest.fixture
def broken(page: tuple[str, bytes]) -> tuple[str, bytes]:
    """A picture that fails."""
    return "broken.png", page[1][:200]


def ocr(page: tuple[str, bytes], options: object) -> dict[str, Any]:
    sent = form("ocr", [page])
    sent["data"]["options"] = options if isinstance(options, str) else json.dumps(options)
    return sent


def test_option_reaches_the_processor(cluster: LocalCluster, page: tuple[str, bytes]) -> None:
    """The result and the job say which value was used, in its normal form."""
    summary = call(
        cluster.url, "POST", "/assign_task", 200, **ocr(page, {"language": "eng, eng"})
    ).json()
    assert summary["failed_files"] == []
    result = json.loads(Path(summary["saved_files"][0]).read_text())
    assert result["language"] == "eng"
    job = call(cluster.url, "GET", f"/jobs/{summary['job_id']}", 200).json()
    assert job["options"] == ENGLISH


def test_searchable_pdf_is_saved_and_sent_as_pdf(
    cluster: LocalCluster, page: tuple[str, bytes]
) -> None:
    """The result is a file that PDF readers open, under a name that says so."""
    sent = ocr(page, {"output": "pdf", "engine": "tesseract"})
    saved = Path(call(cluster.url, "POST", "/assign_task", 200, **sent).json()["saved_files"][0])
    assert saved.name == "page_ocr.pdf"
    answer = call(cluster.url, "GET", f"/results/ocr/{saved.name}", 200)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content == saved.read_bytes()
    assert answer.content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"langage": "eng"},
            "The task type has no option 'langage' (its options: language,",
        ),
        ("[]", "The field 'options' must be a JSON object, such as"),
        ({"language": ["eng"]}, "The option language must be a text, such as 'eng+deu'."),
    ],
)
def test_bad_options_are_refused(
    cluster: LocalCluster, page: tuple[str, bytes], options: object, sentence: str
) -> None:
    """The request is refused with a sentence, and leaves no job."""
    before = call(cluster.url, "GET", "/jobs", 200).json()["jobs"]
    answer = call(cluster.url, "POST", "/assign_task", 400, **ocr(page, options))
    assert sentence in answer.json()["error"]
    assert call(cluster.url, "GET", "/jobs", 200).json()["jobs"] == before
    slave = cluster.present()[0]
    direct = f"http://{slave['slave_ip']}:{slave['slave_port']}"
    assert sentence in call(direct, "POST", "/get_task", 400, **ocr(page, options)).json()["error"]


def test_job_in_several_requests_has_options(
    cluster: LocalCluster, page: tuple[str, bytes]
) -> None:
    """An open job has the options with which it was created, checked alike."""
    wrong = {"task_type": "text", "options": ENGLISH}
    answer = call(cluster.url, "POST", "/jobs", 400, json=wrong)
    assert "no option 'language' (its options: keywords)." in answer.json()["error"]
    created = {"task_type": "ocr", "options": ENGLISH}
    path = call(cluster.url, "POST", "/jobs", 201, json=created).json()["status_url"]
    call(cluster.url, "POST", f"{path}/files", 200, **form("ocr", [page]))
    call(cluster.url, "POST", f"{path}/start", 202)
    job = finished(cluster.url, path.rpartition("/")[2])
    assert (job["options"], job["done_files"]) == (ENGLISH, 1)


def test_same_key_with_other_options_is_refused(
    cluster: LocalCluster, page: tuple[str, bytes]
) -> None:
    """The options belong to the content that an Idempotency-Key stands for."""
    headers = {"Idempotency-Key": "options", "Prefer": "respond-async"}
    for options, status in ((ENGLISH, 202), (ENGLISH, 202), ({}, 422)):
        sent = ocr(page, options)
        call(cluster.url, "POST", "/assign_task", status, headers=headers, **sent)


def test_retry_keeps_the_options(cluster: LocalCluster, broken: tuple[str, bytes]) -> None:
    """A job of the failed files has the options of the first one."""
    summary = call(cluster.url, "POST", "/assign_task", 200, **ocr(broken, ENGLISH)).json()
    assert len(summary["failed_files"]) == 1
    again = call(cluster.url, "POST", f"/jobs/{summary['job_id']}/retry", 201).json()
    assert finished(cluster.url, again["job_id"])["options"] == ENGLISH


def test_slaves_without_a_language_get_no_files(
    cluster: LocalCluster, page: tuple[str, bytes]
) -> None:
    """A request that waits is refused with the reason; one in the background waits and says it."""
    answer = call(cluster.url, "POST", "/assign_task", 503, **ocr(page, KLINGON))
    assert answer.json()["error"].startswith("No slaves available for ocr with tlh: 127.0.0.1:")
    headers = {"Prefer": "respond-async"}
    sent = call(cluster.url, "POST", "/assign_task", 202, headers=headers, **ocr(page, KLINGON))
    path = f"/jobs/{sent.json()['job_id']}"

    def waiting_for() -> str:
        return str(call(cluster.url, "GET", path, 200).json()["waiting_for"])

    wait_until(lambda: "it can't do ocr with tlh" in waiting_for())
    assert call(cluster.url, "DELETE", path, 200).json()["state"] == "cancelled"
    slave = cluster.present()[0]
    direct = f"http://{slave['slave_ip']}:{slave['slave_port']}/get_task"
    refused = requests.post(direct, timeout=60, **ocr(page, KLINGON))
    assert refused.json()["error"] == "This slave can't do ocr with tlh."


def test_client_sends_options(
    cluster: LocalCluster, page: tuple[str, bytes], tmp_path: Path
) -> None:
    """``--option`` sets one; what is wrong with it is said before anything is sent."""
    (file := tmp_path / page[0]).write_bytes(page[1])
    done = run_client_here(cluster.url, "ocr", str(file), "--option", "language=eng")
    assert done.returncode == 0, done.stderr
    newest = call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]
    assert newest["options"] == ENGLISH
    for words, sentence in (
        (("ocr", "--option", "language"), "--option needs NAME=VALUE, such as language=deu"),
        (
            ("ocr", "--option", "x=1"),
            "The task type has no option 'x' (its options: language,",
        ),
        (("auto", "--option", "language=eng"), "--option does not go with auto"),
    ):
        done = run_client_here(cluster.url, words[0], str(file), *words[1:])
        assert done.returncode == 2
        assert sentence in done.stderr
