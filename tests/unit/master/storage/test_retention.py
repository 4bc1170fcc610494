"""Expired jobs are deleted until the thread is stopped."""

import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

from master_service.storage.model import Job, JobState
from master_service.storage.retention import Retention
from master_service.storage.store import JobStore
from tests.contract.programs import wait_until


def test_expired_jobs_are_deleted_until_stopped(tmp_path: Path) -> None:
    """The first deletion happens at once; ``stop`` ends the thread."""
    store = JobStore(tmp_path)
    old = Job("old", "text", datetime.now(timezone.utc) - timedelta(days=2), JobState.OPEN)
    store.ledger.add(old, [], None)
    deleted: list[str] = []
    retention = Retention(store, timedelta(days=1), deleted.append)
    retention.start()
    assert wait_until(lambda: store.ledger.job("old") is None)
    retention.stop()
    assert deleted == ["old"]
    store.ledger.close()
    assert "retention" not in [thread.name for thread in threading.enumerate()]
