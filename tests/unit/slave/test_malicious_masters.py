"""How slave and client handle invalid and endless answers of a master, over real connections."""

import contextlib
import io
import threading

import pytest
import requests

from client_service.errors import MasterError
from client_service.master_api.job_api import JobApi
from protocol.http.sessions import new_session
from protocol.tls import Tls
from slave_service.registration import RefusedError, Registration
from slave_service.workers.worker_handle import SelfTestReport
from tests.unit.protocol.babbler import FEW_BYTES, Babbler, answer, babbler


def registration(master: Babbler) -> Registration:
    return Registration(master.url, "secret", Tls(), "127.0.0.1", 3000, 1, SelfTestReport({}, {}))


class Leaving(threading.Event):
    """An event that sets itself at the first wait, and records the timeout of that wait."""

    waited_s: float | None = None

    def wait(self, timeout: float | None = None) -> bool:
        self.waited_s = timeout
        self.set()
        return True


def interval_s(body: bytes) -> float | None:
    """Return how long a slave waits after the answer ``body``."""
    leaving = Leaving()
    with babbler(answer("200 OK", body=body)) as master:
        registration(master).run(leaving)
    return leaving.waited_s


@pytest.mark.parametrize(
    ("value", "waited_s"),
    [
        *[("2.5", 2.5), ("0", 0.1), ("-7", 0.1), ("1e-9", 0.1), ("NaN", 2), ('"nan"', 2)],
        *[("1e300", 3600), ("Infinity", 3600), ("-Infinity", 0.1), ("1e999", 3600)],
    ],
)
def test_heartbeat_interval_is_limited(value: str, waited_s: float) -> None:
    """The heartbeat interval is 0.1 s to one hour, whatever the master asks for."""
    assert interval_s(b'{"heartbeat_interval":%b}' % value.encode()) == waited_s


@pytest.mark.parametrize("value", ["null", "[]", '"often"', "1" + "0" * 400, "{}"])
def test_answer_without_interval_is_not_a_masters(value: str) -> None:
    """An answer without a numeric interval makes the slave stop: the server is not a master."""
    with pytest.raises(RefusedError, match="is not a master"):
        interval_s(b'{"heartbeat_interval":%b}' % value.encode())


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 60_000, b'{"a":' * 10_000])
def test_answer_that_is_not_json_is_retried(body: bytes) -> None:
    """An answer that is not JSON, as from a proxy, does not end the slave."""
    assert interval_s(body) == 2


def test_refusal_is_logged_in_one_short_line() -> None:
    """The master's reason goes into the slave's log and can't forge lines there."""
    body = b'{"error":"no\\n2026 INFO forged\\u001b[2J%b"}' % (b"x" * 5000)
    with babbler(answer("400 Bad", body=body)) as master, pytest.raises(RefusedError) as caught:
        registration(master).run(threading.Event())
    message = str(caught.value)
    assert "no?2026 INFO forged?[2J" in message
    assert message.isprintable()
    assert len(message) < 1000


@pytest.mark.parametrize("status", ["200 OK", "400 Bad"])
def test_slave_reads_no_endless_answer(status: str) -> None:
    """The slave stops reading an endless answer to registration, refused or not, and to leaving."""
    with babbler(answer(status), b"x" * 65536) as master:
        slave, leaving = registration(master), Leaving()
        with contextlib.suppress(RefusedError):
            slave.run(leaving)
        slave.leave()
        assert len(master.requests) == 2
    assert master.sent_bytes < FEW_BYTES


def test_endless_interim_answers_do_not_end_the_slave() -> None:
    """A master that only sends 100 Continue counts as one that can't be reached."""
    leaving = Leaving()
    with babbler(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000) as master:
        registration(master).run(leaving)
    assert leaving.waited_s == 2
    assert master.sent_bytes < FEW_BYTES


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirects_are_not_followed(status: str) -> None:
    """Slave and client follow no redirect and name its target in the error."""
    with babbler(answer("200 OK", body=b'{"status":"alive","heartbeat_interval":2}')) as other:
        begin = answer(status, f"Location: {other.url}/internal", body=b'{"status":"alive"}')
        with babbler(begin) as master:
            with pytest.raises(
                RefusedError, match=f"HTTP {status[:3]} .*redirects to {other.url}/internal"
            ):
                registration(master).run(threading.Event())
            client = JobApi(master.url, "secret", print)
            with pytest.raises(MasterError, match=f"redirects to {other.url}/internal"):
                client.status()
            with pytest.raises(MasterError, match="another web server"):
                client.download(client.begin_download("text", "a.json"), io.BytesIO())
            registration(master).leave()
    assert other.requests == []


def test_body_of_a_redirect_is_not_read() -> None:
    """The HTTP client does not read the endless body of a redirect."""
    with (
        babbler(answer("302 Found", "Location: /"), b"x" * 65536) as master,
        new_session() as session,
        session.get(master.url, stream=True, timeout=30) as response,
    ):
        assert response.status_code == requests.codes.found
        response.close()
    assert master.sent_bytes < FEW_BYTES
