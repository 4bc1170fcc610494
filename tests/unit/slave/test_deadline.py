"""Tests of the deadline of one file, and of its renewal."""

import time

import pytest

from slave_service.workers import worker_handle
from slave_service.workers.worker_handle import _Deadline

SHORT_S, SOON_S = 0.05, 10.0


def test_deadline_kills_once_over() -> None:
    """A block that takes too long is told of, and its worker is killed."""
    killed: list[float] = []
    with _Deadline(SHORT_S, lambda: killed.append(time.monotonic())) as deadline:
        assert deadline.is_over.wait(SOON_S)
    assert len(killed) == 1


def test_block_that_ends_in_time_is_left_alone() -> None:
    """After the block nothing is killed."""
    killed: list[float] = []
    with _Deadline(SOON_S, lambda: killed.append(1.0)) as deadline:
        pass
    assert not deadline.is_over.is_set()
    assert killed == []


def test_renewed_deadline_is_later() -> None:
    """Each renewal gives the whole time again."""
    began, ended = time.monotonic(), []
    with _Deadline(0.5, lambda: ended.append(time.monotonic())) as deadline:
        for _ in range(3):
            time.sleep(0.2)
            deadline.renew()
        assert deadline.is_over.wait(SOON_S)
    assert ended[0] - began >= 1.1


def test_renewals_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that reports parts without end is ended."""
    monkeypatch.setattr(worker_handle, "MAX_RENEWALS", 2)
    end = time.monotonic() + SOON_S
    with _Deadline(SHORT_S, lambda: None) as deadline:
        while not deadline.is_over.wait(SHORT_S / 10):
            deadline.renew()
            assert time.monotonic() < end
