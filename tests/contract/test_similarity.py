"""The calls that compare the files of a job: ``similar`` and ``vectors.npz``."""

import io
from typing import Any

import numpy as np
import pytest

from scripts.local_cluster import LocalCluster
from tests.conftest import assign
from tests.contract.jobs_api import call, finished, send

BEES, MARS = "Bees make honey in the hive: {}.", "Mars is a planet on an orbit: {}."
TEXTS = [
    *((f"bees {word}.txt", BEES.format(word).encode()) for word in ("wax", "comb", "dew")),
    *((f"mars {word}.txt", MARS.format(word).encode()) for word in ("sun", "ice", "dust")),
    ("empty.txt", b""),
    ("again.txt", BEES.format("wax").encode()),
]


@pytest.fixture(scope="module")
def job_id(cluster: LocalCluster) -> str:
    return str(assign(cluster, "embedding", TEXTS)["job_id"])


def similar(cluster: LocalCluster, job_id: str, **query: int) -> dict[str, Any]:
    path = f"/jobs/{job_id}/similar"
    return dict(call(cluster.url, "GET", path, 200, params=query).json())


def test_files_are_compared(cluster: LocalCluster, job_id: str) -> None:
    """Every file that is done is there, with neighbors, a cluster and a place; twice the same."""
    found = similar(cluster, job_id)
    assert (found["job_id"], found["basis"], found["compared"]) == (job_id, "vector", 7)
    assert found["near_duplicates"] == [[0, 7]]
    assert [sorted(cluster["name"].split(", "))[0] for cluster in found["clusters"]] == [
        "bees",
        "mars",
    ]
    assert [file["cluster"] for file in found["files"]] == [0, 0, 0, 1, 1, 1, 0]
    first = found["files"][0]["neighbors"][0]
    assert first == {"index": 7, "filename": "again.txt", "similarity": 1.0}
    assert similar(cluster, job_id) == found
    page = similar(cluster, job_id, offset=3, limit=4)
    assert [file["index"] for file in page["files"]] == [3, 4, 5, 7]
    assert page["compared"] == 7


def test_vectors_are_an_archive(cluster: LocalCluster, job_id: str) -> None:
    """NumPy opens the archive without pickles; the rows have the indexes and names of the files."""
    answer = call(cluster.url, "GET", f"/jobs/{job_id}/vectors.npz", 200)
    assert answer.headers["Content-Disposition"] == f"attachment; filename={job_id}.npz"
    archive = np.load(io.BytesIO(answer.content), allow_pickle=False)
    assert archive["index"].tolist() == [0, 1, 2, 3, 4, 5, 7]
    assert archive["filename"][6] == "again.txt"
    assert archive["vector"].shape == (7, len(archive["features"]))
    assert np.linalg.norm(archive["vector"], axis=1) == pytest.approx(np.ones(7))


def test_jobs_that_cannot_be_compared(cluster: LocalCluster) -> None:
    """Other results give an answer that says so and no archive; an unknown job is a 404."""
    text = assign(cluster, "text", TEXTS[:2])["job_id"]
    found = similar(cluster, text)
    assert (found["basis"], found["compared"], found["files"]) == (None, 0, [])
    assert "No file can be compared" in found["warnings"][0]
    refused = call(cluster.url, "GET", f"/jobs/{text}/vectors.npz", 404).json()["error"]
    assert "has no vectors" in refused
    for name in ("similar", "vectors.npz"):
        call(cluster.url, "GET", f"/jobs/unknown/{name}", 404)
    call(cluster.url, "GET", f"/jobs/{text}/similar", 400, params={"limit": "x"})


def test_answer_grows_with_the_job(own_cluster: LocalCluster) -> None:
    """A job whose files wait has nothing to compare; when they are done, they are compared."""
    cluster = own_cluster
    cluster.start_master()
    job_id = send(cluster.url, "embedding", TEXTS)
    assert similar(cluster, job_id)["compared"] == 0
    cluster.start_slaves(1)
    finished(cluster.url, job_id)
    assert similar(cluster, job_id)["compared"] == 7
    folder = cluster.folder / "spool" / "jobs" / job_id
    assert len(list(folder.glob("similar-*"))) == 1
