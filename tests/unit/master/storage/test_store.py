"""Jobs and uploads are stored together; interrupted operations leave nothing incomplete."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from master_service.errors import LedgerFull, NotFound
from master_service.storage.idempotency_keys import IdempotencyKey
from master_service.storage.model import File, Job, JobState
from master_service.storage.spool import upload_name
from master_service.storage.store import JobStore

NOW = datetime(2026, 5, 1, tzinfo=timezone.utc)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    """An empty store."""
    store = JobStore(tmp_path)
    yield store
    store.ledger.close()


def add(store: JobStore, job: Job, *texts: str) -> list[File]:
    """Store a job with uploads of one request; return its files."""
    folder = store.spool.request_folder(job.job_id)
    files = []
    for number, text in enumerate(texts):
        path = folder / str(number)
        path.write_text(text)
        files.append(File(number, f"{number}.txt", len(text), "", upload_name(path)))
    store.ledger.add(job, files, None)
    return files


def new_files(*texts: str) -> list[File]:
    return [File(n, f"{n}.txt", len(text), "") for n, text in enumerate(texts)]


def job(job_id: str, count: int, state: JobState = JobState.QUEUED) -> Job:
    return Job(job_id, "text", NOW, state, total_files=count)


def texts(store: JobStore, job_id: str) -> list[str]:
    """Return the content of the upload of each file that the ledger has of a job."""
    names = [str(file.upload) for file in store.files(job_id)]
    return [store.spool.path(job_id, name).read_text() for name in names]


def test_ledger_knows_the_upload_of_each_file(store: JobStore, tmp_path: Path) -> None:
    """Where an upload lies is read back after a restart."""
    add(store, job("j1", 2), "a", "b")
    again = JobStore(tmp_path)
    assert texts(again, "j1") == ["a", "b"]
    again.ledger.close()


def test_discarded_request_leaves_nothing(store: JobStore) -> None:
    """Only what it sent is deleted; a job without other uploads has no folder left."""
    add(store, job("j1", 1, JobState.OPEN), "a")
    for job_id in ("j1", "new"):
        folder = store.spool.request_folder(job_id)
        (folder / "0").write_text("b")
        store.spool.discard(folder)
        assert not folder.exists()
    assert store.spool.jobs() == ["j1"]
    assert texts(store, "j1") == ["a"]


def test_a_retry_has_copies_of_its_own(store: JobStore) -> None:
    """The uploads of a retried job survive the deletion of the first job."""
    old = job("j1", 3)
    first, _, last = add(store, old, "a", "b", "c")
    store.add_copy(job("j2", 2), new_files("a", "c"), old, [first, last], None)
    store.remove("j1")
    assert texts(store, "j2") == ["a", "c"]


def test_a_repeated_retry_leaves_no_second_copy(store: JobStore) -> None:
    """The second request with the same key creates no job, and leaves no uploads."""
    old, key = job("j1", 1), IdempotencyKey("k", "p")
    files = add(store, old, "a")
    for job_id in ("j2", "j3"):
        assert store.add_copy(job(job_id, 1), new_files("a"), old, files, key) == "j2"
    assert sorted(store.spool.jobs()) == ["j1", "j2"]


def test_a_failed_retry_leaves_nothing(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copies are deleted where the ledger is full, or an upload is missing."""
    old = job("j1", 1)
    files = add(store, old, "a")

    def full(*_: object) -> None:
        raise LedgerFull

    with monkeypatch.context() as patched:
        patched.setattr(store.ledger, "add", full)
        with pytest.raises(LedgerFull):
            store.add_copy(job("j2", 1), new_files("a"), old, files, None)
    store.spool.path("j1", str(files[0].upload)).unlink()
    with pytest.raises(NotFound, match="no longer on the master's disk"):
        store.add_copy(job("j2", 1), new_files("a"), old, files, None)
    assert store.spool.jobs() == ["j1"]


def test_start_removes_leftovers(store: JobStore, tmp_path: Path) -> None:
    """Uploads that the ledger doesn't list, and temporary files, are deleted at the start."""
    add(store, job("j1", 1), "a")
    folder = store.spool.folder("j1")
    (request := store.spool.request_folder("j1")).joinpath("0").write_text("not accepted")
    next(folder.glob("*/0")).with_name("1").write_text("of the same request, not accepted")
    (folder / "vocabulary-x" / "terms").mkdir(parents=True)
    (folder / "partial-x").write_text("")
    store.spool.request_folder("unknown")
    again = JobStore(tmp_path)
    assert again.spool.jobs() == ["j1"]
    assert texts(again, "j1") == ["a"]
    assert len(list(folder.rglob("*"))) == 2
    assert not request.exists()
    again.ledger.close()


def test_uploads_of_earlier_releases_are_found(store: JobStore, tmp_path: Path) -> None:
    """They lie in the job's folder under the index of their file."""
    store.spool.folder("j1").mkdir()
    (store.spool.folder("j1") / "0").write_text("a")
    store.ledger.add(job("j1", 1), [File(0, "a.txt", 1, "", "0")], None)
    again = JobStore(tmp_path)
    assert texts(again, "j1") == ["a"]
    again.ledger.close()


def test_retention_removes_jobs_with_their_uploads(store: JobStore) -> None:
    """An expired job is deleted with its uploads."""
    old = job("j1", 1, JobState.DONE)
    old.finished_at = NOW
    add(store, old, "a")
    add(store, job("j2", 1), "a")
    later = NOW + timedelta(seconds=1)
    assert list(store.remove_expired(later, later)) == ["j1"]
    assert (store.ledger.job("j1"), store.spool.jobs()) == (None, ["j2"])
