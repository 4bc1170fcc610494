"""A client that is generated from ``/openapi.json`` does the work of one that is written by hand.

Every answer is also compared with the description; see ``generated.Caller``.
"""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.local_cluster import PROJECT, LocalCluster, clean_environment
from tests.conftest import TOKEN
from tests.contract.programs import wait_until

if TYPE_CHECKING or sys.version_info >= (3, 11):
    from tests.contract.generated import PACKAGE, Caller, generate

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="the generator needs 3.11")

LIMIT_S = 20.0
"""For making a client: some twenty times what it takes on an idle computer."""


@pytest.fixture(scope="session")
def generated(
    cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, float]]:
    """The folder from which the client can be imported, and the seconds it took to make."""
    folder = tmp_path_factory.mktemp("generated")
    took_s = generate(cluster.url, folder)
    sys.path.insert(0, str(folder))
    yield folder, took_s
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def caller(cluster: LocalCluster, request: pytest.FixtureRequest) -> Iterator["Caller"]:
    """The client of the shared cluster, which has no token."""
    request.getfixturevalue("generated")
    caller = Caller(cluster.url)
    with caller.client:
        yield caller


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    """Two texts, the second one empty."""
    contents = {"good.txt": b"a good text", "empty.txt": b""}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in contents]


def finished(caller: "Caller", job_id: str) -> Any:
    """Wait for the job to be over and return it."""
    over = (caller.models.JobState.DONE, caller.models.JobState.CANCELLED)
    wait_until(lambda: caller.call("get_job", job_id, limit=0).state in over)
    return caller.call("get_job", job_id)


def sent(caller: "Caller", texts: list[Path], **arguments: object) -> str:
    """Send texts without waiting; return the job's id."""
    form = caller.models.AssignTaskForm(task_type="text", texts=caller.files(texts))
    answer = caller.answer(
        "assign_task", body=form, prefer="respond-async", status=202, **arguments
    )
    assert answer.headers["Location"] == answer.parsed.status_url
    job_id: str = answer.parsed.job_id
    return job_id


def test_making_a_client_is_quick(generated: tuple[Path, float]) -> None:
    """The description is made into a client without a complaint, in seconds."""
    assert generated[1] < LIMIT_S


def test_example_of_the_document(
    generated: tuple[Path, float], cluster: LocalCluster, tmp_path: Path
) -> None:
    """The program that docs/jobs.md shows works as it stands there."""
    document = (PROJECT / "docs" / "jobs.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    assert "http://localhost:5000" in program
    (tmp_path / "letter.txt").write_text("a good text")
    done = subprocess.run(
        [sys.executable, "-c", program.replace("http://localhost:5000", cluster.url)],
        env=clean_environment() | {"PYTHONPATH": str(generated[0])},
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "Text processing complete\n"), done.stderr
    with zipfile.ZipFile(tmp_path / "results.zip") as results:
        assert "letter_analysis.json" in results.namelist()


def test_pictures_there_and_back(caller: "Caller", sample_files: dict[str, list[Path]]) -> None:
    """Pictures are processed; results, uploads and the archive come back as the bytes they are."""
    paths = sample_files["image"]
    form = caller.models.AssignTaskForm(images=caller.files(paths))
    summary = caller.call("assign_task", body=form)
    assert (summary.message, summary.failed_files) == ("Image processing complete", [])
    assert summary.total_files_processed == len(summary.files) == len(paths)
    image = caller.models.TaskType.IMAGE
    saved = {Path(path).name: Path(path).read_bytes() for path in summary.saved_files}
    for name, content in saved.items():
        assert caller.call("download_result", image, name).payload.read() == content
    uploaded = caller.call("download_input", summary.job_id, 0)
    assert uploaded.payload.read() == paths[0].read_bytes()
    archive = caller.call("download_results", summary.job_id)
    with zipfile.ZipFile(BytesIO(archive.payload.read())) as results:
        held = {name: results.read(name) for name in results.namelist()}
    assert saved.items() <= held.items()


def test_texts_by_name_of_their_type(caller: "Caller", sample_files: dict[str, list[Path]]) -> None:
    """A task type may be given as a text or as a member of the enum; JSON results are bytes too."""
    for task_type in ("text", caller.models.TaskType.TEXT):
        files = caller.files(sample_files["text"])
        form = caller.models.AssignTaskForm(task_type=task_type, texts=files)
        summary = caller.call("assign_task", body=form)
        assert summary.total_files_processed == len(sample_files["text"])
    path = Path(summary.saved_files[0])
    found = caller.call("download_result", caller.models.TaskType.TEXT, path.name)
    assert found.payload.read() == path.read_bytes()


def test_job_in_the_background(caller: "Caller", texts: list[Path]) -> None:
    """A job that nobody waits for can be followed, and the same key makes no second one."""
    job_id = sent(caller, texts, idempotency_key=f"key of {texts[0]}")
    job = finished(caller, job_id)
    assert (job.total_files, job.done_files, job.failed_files) == (2, 1, 1)
    assert [file.filename for file in job.files] == ["good.txt", "empty.txt"]
    assert job.created_at <= job.finished_at
    assert sent(caller, texts, idempotency_key=f"key of {texts[0]}") == job_id
    again = sent(caller, texts)
    assert again != job_id
    assert [job.job_id for job in caller.call("list_jobs", limit=1).jobs] == [again]
    shares = caller.call("get_job_slaves", job_id)
    assert sum(shares.by_slave.additional_properties.values()) == 1


def test_job_in_several_requests(caller: "Caller", texts: list[Path]) -> None:
    """An open job takes files until it is started."""
    new = caller.models.NewJob(caller.models.TaskType.TEXT)
    job_id = caller.call("create_job", body=new, status=201).job_id
    for number, path in enumerate(texts):
        form = caller.models.AddFilesForm(texts=caller.files([path]))
        assert caller.call("add_files", job_id, body=form).indexes == [number]
    assert caller.call("start_job", job_id, status=202).job_id == job_id
    assert finished(caller, job_id).state is caller.models.JobState.DONE
    form = caller.models.AddFilesForm(texts=caller.files(texts))
    late = caller.call("add_files", job_id, body=form, status=409)
    assert isinstance(late, caller.models.Error)


def test_failed_files_are_tried_again(caller: "Caller", texts: list[Path]) -> None:
    """The failures of a job are counted, listed and made into a new job."""
    job_id = sent(caller, texts)
    finished(caller, job_id)
    failures = caller.call("get_job_failures", job_id)
    assert failures.by_code.additional_properties == {"empty": 1}
    failed = caller.models.FileState.FAILED
    (file,) = caller.call("get_job", job_id, state=failed, code="empty").files
    assert (file.index, file.state, file.saved_file) == (1, failed, None)
    again = caller.call("retry_job", job_id, status=201).job_id
    assert again != job_id
    assert finished(caller, again).total_files == 1


def test_job_is_cancelled(caller: "Caller") -> None:
    """An open job can be cancelled, and then not started."""
    new = caller.models.NewJob(caller.models.TaskType.OCR)
    job_id = caller.call("create_job", body=new, status=201).job_id
    cancelled = caller.models.JobState.CANCELLED
    assert caller.call("cancel_job", job_id).state is cancelled
    assert "was cancelled" in caller.call("start_job", job_id, status=409).error
    slave = caller.models.ExcludedSlave("127.0.0.1:1")
    assert "No slave" in caller.call("exclude_slave", job_id, body=slave, status=404).error


def test_errors_are_told(caller: "Caller", texts: list[Path]) -> None:
    """What is refused comes back as an Error with a sentence."""
    form = caller.models.AssignTaskForm(task_type="video", texts=caller.files(texts))
    refused = caller.call("assign_task", body=form, status=400)
    assert isinstance(refused, caller.models.Error)
    assert refused.error == "Unknown task type: video"
    form = caller.models.AssignTaskForm(task_type="ocr", texts=caller.files(texts))
    assert "No files provided" in caller.call("assign_task", body=form, status=400).error
    for name in ("get_job", "download_results", "cancel_job", "retry_job", "watch_job"):
        assert caller.call(name, "no-such-job", status=404).error
    assert caller.call("list_jobs", limit=1001, status=400).error


def test_cluster_is_described(caller: "Caller") -> None:
    """The calls about the cluster return its slaves, its activity, figures and description."""
    assert caller.call("ping") == "Master is working"
    status = caller.call("check_status")
    assert len(status.slaves) == 2
    ready = caller.models.SlaveState.READY
    assert [(slave.state, slave.workers) for slave in status.slaves] == [(ready, 1)] * 2
    assert caller.call("get_activity").interval_seconds > 0
    assert "cluster_" in caller.call("get_metrics")
    assert caller.call("get_openapi")["openapi"] == "3.1.0"


@pytest.mark.usefixtures("generated")
def test_token_of_the_cluster(own_cluster: LocalCluster) -> None:
    """A client with the token may do everything; one without it is told an Error."""
    own_cluster.settings = dict(own_cluster.settings) | {"CLUSTER_TOKEN": TOKEN}
    own_cluster.start_master()
    friend = Caller(own_cluster.url, TOKEN)
    with friend.client:
        slave = friend.models.SlaveRegistration(slave_ip="127.0.0.1", slave_port=3000, workers=2)
        assert friend.call("register_slave", body=slave).heartbeat_interval == 2
        assert [one.workers for one in friend.call("check_status").slaves] == [2]
        address = friend.models.SlaveAddress(slave_ip="127.0.0.1", slave_port=3000)
        assert friend.call("unregister_slave", body=address).status == "success"
        form = friend.models.AssignTaskForm(images=friend.files([Path(__file__)]))
        refused = friend.answer("assign_task", body=form, status=503)
        assert refused.parsed.error.startswith("No slaves available")
        assert int(refused.headers["Retry-After"]) > 0
    stranger = Caller(own_cluster.url, TOKEN)
    stranger.client.token = "another"
    with stranger.client:
        assert "CLUSTER_TOKEN" in stranger.call("list_jobs", status=401).error
