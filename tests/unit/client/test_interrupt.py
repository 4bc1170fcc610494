"""Ctrl-C ends the client, even if Python drops the KeyboardInterrupt."""

import io
import signal
import sys
from collections.abc import Iterator

import pytest

from client_service.master_api.job_api import JobApi
from client_service.terminal.interrupt import InterruptHandler


class Response(io.IOBase):
    """Like a response of HTTP: an exception in its finalizer is lost."""

    def close(self) -> None:
        if not self.closed:
            super().close()
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def interrupts(monkeypatch: pytest.MonkeyPatch) -> Iterator[InterruptHandler]:
    """Install the handler for one test."""
    # Newer versions of Python tell of what they drop.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    handler = InterruptHandler()
    before = signal.signal(signal.SIGINT, handler)
    yield handler
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_at_once(interrupts: InterruptHandler) -> None:
    """Ctrl-C raises KeyboardInterrupt at once, as without the handler."""
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    interrupts.reset()
    interrupts.check()


def test_lost_ctrl_c_is_raised_by_the_next_request(interrupts: InterruptHandler) -> None:
    """A Ctrl-C that was lost in a finalizer prevents the next request."""
    response = Response()
    del response
    api = JobApi("http://127.0.0.1:1", None, print, interrupts)
    with pytest.raises(KeyboardInterrupt):
        api.head("j1")
