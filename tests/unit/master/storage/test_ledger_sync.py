"""The ledger is synced when an answer would tell something new, and not otherwise."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from master_service.errors import LedgerFull
from master_service.storage import ledger_database
from master_service.storage.ledger import Ledger
from master_service.storage.model import File, Job, JobState

NOW = datetime(2026, 5, 1, tzinfo=timezone.utc)


class CountingStorage:
    """Syncs nothing, and counts what it was to do."""

    is_durable = True

    def __init__(self) -> None:
        self.calls = 0

    def sync(self, files: Iterable[Path], folders: Iterable[Path]) -> None:
        assert all(path.exists() for path in (*files, *folders))
        self.calls += 1

    def call(self, function: Callable[[], None]) -> None:
        self.calls += 1
        function()


@pytest.fixture
def storage() -> CountingStorage:
    """What the ledger is synced with."""
    return CountingStorage()


@pytest.fixture
def ledger(tmp_path: Path, storage: CountingStorage) -> Iterator[Ledger]:
    """A ledger with one job, which is synced."""
    ledger = Ledger(tmp_path / "jobs.db", storage)
    job = Job("j1", "text", NOW, JobState.QUEUED, total_files=1)
    ledger.add(job, [File(0, "a.txt", 1, "")], None)
    ledger.sync()
    storage.calls = 0
    yield ledger
    ledger.close()


def test_what_is_synced_is_not_synced_again(ledger: Ledger, storage: CountingStorage) -> None:
    """Answers that tell nothing new cost no sync."""
    ledger.sync()
    assert storage.calls == 0


def test_a_hand_over_needs_no_sync_and_a_result_does(
    ledger: Ledger, storage: CountingStorage
) -> None:
    """After a loss of power a file that a slave had is queued again; one that is done stays so."""
    (file,) = ledger.files("j1", 0, 10)
    job = ledger.job("j1")
    assert job is not None
    file.hand_over("a:1")
    ledger.files_changed(job, [file])
    ledger.sync()
    assert storage.calls == 0
    file.finish("results/a.json", "ab" * 32)
    ledger.files_changed(job, [file])
    ledger.sync()
    assert storage.calls == 1


def test_after_a_failed_sync_nothing_is_answered(
    ledger: Ledger, storage: CountingStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a failed sync did not write may be lost, also if the next one succeeds."""

    def fail(files: list[Path], _: object) -> dict[Path, OSError]:
        return dict.fromkeys(files, OSError(5, "I/O"))

    ledger.add(Job("j2", "text", NOW, JobState.OPEN), [], None)
    with monkeypatch.context() as failing:
        failing.setattr(ledger_database, "sync_each", fail)
        with pytest.raises(LedgerFull):
            ledger.sync()
    with pytest.raises(LedgerFull):
        ledger.sync()
    assert storage.calls == 1


def test_the_log_is_copied_to_the_database(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint copies the log, and the next write begins it anew instead of extending it."""
    monkeypatch.setattr(ledger_database, "_CHECKPOINT_COMMITS", 1)
    log = tmp_path / "jobs.db-wal"
    size = log.stat().st_size
    for number in range(50):
        ledger.checkpoint()
        ledger.add(Job(f"new {number}", "text", NOW, JobState.OPEN), [], None)
    assert log.stat().st_size <= size
    assert len(ledger.jobs(0, 100)) == 51
