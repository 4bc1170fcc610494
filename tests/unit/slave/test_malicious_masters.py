"""What slave and client make of a master that answers nonsense, over real connections."""

import contextlib
import io
import threading

import pytest
import requests

from client_service.errors import MasterError
from client_service.master_api.job_api import JobApi
from protocol.http_client import new_session
from protocol.tls import Tls
from slave_service.registration import RefusedError, Registration
from slave_service.workers.worker import Readiness
from tests.unit.protocol.babbler import FEW_BYTES, Babbler, answer, babbler


def registration(master: Babbler) -> Registration:
    return Registration(master.url, "secret", Tls(), "127.0.0.1", 3000, 1, Readiness({}, {}))


class Leaving(threading.Event):
    """Is set at the first wait, and has noted for how long that would have been."""

    waited_s: float | None = None

    def wait(self, timeout: float | None = None) -> bool:
        self.waited_s = timeout
        self.set()
        return True


def interval_s(body: bytes) -> float | None:
    """Return how long a slave waits that was answered with this."""
    leaving = Leaving()
    with babbler(answer("200 OK", body=body)) as master:
        registration(master).keep(leaving)
    return leaving.waited_s


@pytest.mark.parametrize(
    ("said", "waited_s"),
    [
        *[("2.5", 2.5), ("0", 0.1), ("-7", 0.1), ("1e-9", 0.1), ("NaN", 2), ('"nan"', 2)],
        *[("1e300", 3600), ("Infinity", 3600), ("-Infinity", 0.1), ("1e999", 3600)],
    ],
)
def test_beats_keep_a_reasonable_pace(said: str, waited_s: float) -> None:
    """A master can make a slave beat neither without a pause nor never again."""
    assert interval_s(b'{"heartbeat_interval":%b}' % said.encode()) == waited_s


@pytest.mark.parametrize("said", ["null", "[]", '"often"', "1" + "0" * 400, "{}"])
def test_interval_that_is_none_is_no_masters(said: str) -> None:
    """What gives no number is another kind of server, and the slave says so."""
    with pytest.raises(RefusedError, match="no master"):
        interval_s(b'{"heartbeat_interval":%b}' % said.encode())


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 60_000, b'{"a":' * 10_000])
def test_answer_that_is_not_json_may_be_better_next_time(body: bytes) -> None:
    """A proxy that stands in for the master for a while does not end the slave."""
    assert interval_s(body) == 2


def test_refusal_is_told_in_one_short_line() -> None:
    """What the master says goes into the slave's log, and can't forge lines there."""
    body = b'{"error":"no\\n2026 INFO forged\\u001b[2J%b"}' % (b"x" * 5000)
    with babbler(answer("400 Bad", body=body)) as master, pytest.raises(RefusedError) as caught:
        registration(master).keep(threading.Event())
    told = str(caught.value)
    assert "no?2026 INFO forged?[2J" in told
    assert told.isprintable()
    assert len(told) < 1000


@pytest.mark.parametrize("status", ["200 OK", "400 Bad"])
def test_slave_reads_no_endless_answer(status: str) -> None:
    """Neither what should be the interval, nor a refusal, nor a farewell is read for ever."""
    with babbler(answer(status), b"x" * 65536) as master:
        slave, leaving = registration(master), Leaving()
        with contextlib.suppress(RefusedError):
            slave.keep(leaving)
        slave.leave()
        assert len(master.requests) == 2
    assert master.sent_bytes < FEW_BYTES


def test_endless_interim_answers_end_nobody() -> None:
    """A master that only ever says "go on" counts as one that can't be reached."""
    leaving = Leaving()
    with babbler(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000) as master:
        registration(master).keep(leaving)
    assert leaving.waited_s == 2
    assert master.sent_bytes < FEW_BYTES


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_nobody_follows_a_redirect(status: str) -> None:
    """Slave and client tell of a redirect as of an answer that makes no sense."""
    with babbler(answer("200 OK", body=b'{"status":"alive","heartbeat_interval":2}')) as other:
        begin = answer(status, f"Location: {other.url}/internal", body=b'{"status":"alive"}')
        with babbler(begin) as master:
            with pytest.raises(
                RefusedError, match=f"HTTP {status[:3]} .*redirects to {other.url}/internal"
            ):
                registration(master).keep(threading.Event())
            client = JobApi(master.url, "secret", print)
            with pytest.raises(MasterError, match=f"redirects to {other.url}/internal"):
                client.status()
            with pytest.raises(MasterError, match="another web server"):
                client.download("text", "a.json", io.BytesIO())
            registration(master).leave()
    assert other.requests == []


def test_redirect_with_an_endless_page_is_left_unread() -> None:
    """To decide against a redirect nothing of its page is needed."""
    with (
        babbler(answer("302 Found", "Location: /"), b"x" * 65536) as master,
        new_session() as session,
        session.get(master.url, stream=True, timeout=30) as response,
    ):
        assert response.status_code == requests.codes.found
        response.close()
    assert master.sent_bytes < FEW_BYTES
