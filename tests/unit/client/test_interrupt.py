"""Ctrl-C ends the client, even where Python loses it."""

import io
import signal
import sys
from collections.abc import Iterator

import pytest

from client_service.master_api.job_api import JobApi
from client_service.terminal.interrupt import CtrlC


class Response(io.IOBase):
    """Like those of HTTP: what is raised while it is thrown away is lost."""

    def close(self) -> None:
        if not self.closed:
            super().close()
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def ctrl_c(monkeypatch: pytest.MonkeyPatch) -> Iterator[CtrlC]:
    """The handler, in force for one test."""
    # Newer versions of Python tell of what they drop.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    handler = CtrlC()
    before = signal.signal(signal.SIGINT, handler)
    yield handler
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_at_once(ctrl_c: CtrlC) -> None:
    """In the ordinary case it is as without the handler."""
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    ctrl_c.forget()
    ctrl_c.check()


def test_lost_ctrl_c_is_found_by_the_next_request(ctrl_c: CtrlC) -> None:
    """One that comes while a response is thrown away stops what would be sent next."""
    response = Response()
    del response
    api = JobApi("http://127.0.0.1:1", None, print, ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        api.head("j1")
