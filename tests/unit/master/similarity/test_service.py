"""Comparisons of jobs: what is compared, kept and refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from master_service.errors import CantCompare
from master_service.jobs.creation import new_job
from master_service.similarity import service
from master_service.similarity.service import Similarity
from master_service.storage.model import File, Job, JobState


@pytest.fixture
def job() -> Job:
    job = new_job("j1", "embedding", JobState.OPEN)
    job.done_files = 3
    return job


@pytest.fixture
def similarity(tmp_path: Path) -> Similarity:
    """A job of three results, of which the second was removed."""
    for name in ("0.json", "2.json"):
        (tmp_path / name).write_text(json.dumps({"vector": [1.0], "features": ["sea"]}))

    def files(_: Job) -> Iterator[File]:
        for index in range(3):
            yield File(index, f"{index}.txt", 1, str(index), saved_file=f"{index}.json")

    def locate(name: str) -> Path | None:
        path = tmp_path / name
        return path if path.is_file() else None

    return Similarity(files, locate, lambda job_id: tmp_path / "jobs" / job_id)


def test_first_files_are_compared(
    similarity: Similarity, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the limit, the first files are compared; removed results are left out."""
    monkeypatch.setattr(service, "MAX_FILES", 2)
    report = similarity.report(job)
    assert [file["index"] for file in report["files"]] == [0]
    assert "Compared are the first 2 files" in report["warnings"][-1]
    monkeypatch.setattr(service, "_run_child", None)
    assert similarity.report(job) == report  # kept
    assert similarity.vectors(job).is_file()


def test_comparison_that_fails_is_refused(
    similarity: Similarity, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison that takes too long, or fails, is a 503 and leaves nothing behind."""
    monkeypatch.setattr(service, "_TIMEOUT_S", 0.01)
    with pytest.raises(CantCompare, match="took longer than"):
        similarity.report(job)
    monkeypatch.undo()
    monkeypatch.setattr("master_service.similarity.service.json.dumps", lambda _: "{}")
    with pytest.raises(CantCompare, match="the master's log says why"):
        similarity.report(job)
    assert list((tmp_path / "jobs" / job.job_id).iterdir()) == []
