"""Jobs and uploads are stored together; interrupted operations leave nothing incomplete."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from master_service.errors import LedgerFull
from master_service.storage.idempotency_keys import IdempotencyKey
from master_service.storage.model import File, Job, JobState
from master_service.storage.store import JobStore

NOW = datetime(2026, 5, 1, tzinfo=timezone.utc)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    """An empty store."""
    store = JobStore(tmp_path)
    yield store
    store.ledger.close()


def uploads(store: JobStore, *texts: str) -> list[Path]:
    folder = store.spool.incoming()
    paths = [folder / str(number) for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return paths


def files(*texts: str, first: int = 0) -> list[File]:
    return [File(first + n, f"{n}.txt", len(text), "") for n, text in enumerate(texts)]


def job(job_id: str, count: int, state: JobState = JobState.QUEUED) -> Job:
    return Job(job_id, "text", NOW, state, total_files=count)


def inputs(store: JobStore, job_id: str) -> dict[str, str]:
    folder = store.spool.inputs(job_id)
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def test_uploads_become_inputs(store: JobStore) -> None:
    """The upload of each file is stored under its index."""
    store.add(job("j1", 2), files("a", "b"), uploads(store, "a", "b"), None)
    assert inputs(store, "j1") == {"0": "a", "1": "b"}


def test_a_repeated_request_leaves_no_second_copy(store: JobStore) -> None:
    """The second request with the same key creates no job, and its uploads are deleted."""
    idempotency_key = IdempotencyKey("k", "p")
    assert store.add(job("j1", 1), files("a"), uploads(store, "a"), idempotency_key) == "j1"
    assert store.add(job("j2", 1), files("a"), uploads(store, "a"), idempotency_key) == "j1"
    assert store.spool.jobs() == ["j1"]


def test_uploads_are_deleted_if_the_ledger_is_full(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the rows can't be written, the uploads are deleted too."""

    def full(*_: object) -> None:
        raise LedgerFull

    store.add(job("j1", 1, JobState.OPEN), files("a"), uploads(store, "a"), None)
    monkeypatch.setattr(store.ledger, "add", full)
    monkeypatch.setattr(store.ledger, "add_files", full)
    with pytest.raises(LedgerFull):
        store.add(job("j2", 1), files("a"), uploads(store, "a"), None)
    with pytest.raises(LedgerFull):
        store.add_files(job("j1", 2), files("b", first=1), uploads(store, "b"), None)
    assert store.spool.jobs() == ["j1"]
    assert inputs(store, "j1") == {"0": "a"}


def test_a_retry_has_copies_of_its_own(store: JobStore) -> None:
    """The inputs of a retried job survive the deletion of the first job."""
    old = job("j1", 3)
    store.add(old, files("a", "b", "c"), uploads(store, "a", "b", "c"), None)
    store.add_copy(job("j2", 2), files("a", "c"), old, [0, 2], None)
    store.remove("j1")
    assert inputs(store, "j2") == {"0": "a", "1": "c"}


def test_start_removes_leftovers(store: JobStore, tmp_path: Path) -> None:
    """Uploads that the ledger doesn't list, and temporary folders, are deleted at the start."""
    store.add(job("j1", 1), files("a"), uploads(store, "a"), None)
    left = uploads(store, "still arriving")
    (store.spool.inputs("j1") / "1").write_text("moved, and then the process died")
    (store.spool.inputs("j1") / "vocabulary-x").mkdir()
    store.spool.inputs("unknown").mkdir()
    again = JobStore(tmp_path)
    assert again.spool.jobs() == ["j1"]
    assert inputs(again, "j1") == {"0": "a"}
    assert not left[0].exists()
    again.ledger.close()


def test_retention_removes_jobs_with_their_uploads(store: JobStore) -> None:
    """An expired job is deleted with its uploads."""
    old = job("j1", 1, JobState.DONE)
    old.finished_at = NOW
    store.add(old, files("a"), uploads(store, "a"), None)
    store.add(job("j2", 1), files("a"), uploads(store, "a"), None)
    later = NOW + timedelta(seconds=1)
    assert store.remove_expired(later, later) == 1
    assert (store.ledger.job("j1"), store.spool.jobs()) == (None, ["j2"])
