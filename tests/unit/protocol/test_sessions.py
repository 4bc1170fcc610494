"""Timeouts and environment of the HTTP client."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from protocol.http.sessions import new_session

BODY = b"x" * 16 * 1024 * 1024


@pytest.fixture
def slow_reader() -> Iterator[int]:
    """Yield the port of a server that reads nothing for two seconds, then all, and answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def serve() -> None:
        connection, _ = listener.accept()
        # The pause is what is tested; nothing is waited for.
        time.sleep(2)
        left = len(BODY)
        with connection:
            try:
                while left > 0 and (data := connection.recv(1 << 20)):
                    left -= len(data.partition(b"\r\n\r\n")[2] if left == len(BODY) else data)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    thread.join()
    listener.close()


@pytest.mark.parametrize("send_timeout_s", [30, None])
def test_receiver_may_pause_longer_than_the_connect_timeout(
    slow_reader: int, send_timeout_s: float | None
) -> None:
    """The connect timeout does not apply to sending the body."""
    with new_session(send_timeout_s=send_timeout_s) as session:
        url = f"http://127.0.0.1:{slow_reader}/"
        assert session.post(url, data=BODY, timeout=(1, 30)).status_code == 200


def test_receiver_that_pauses_too_long_is_an_error(slow_reader: int) -> None:
    """A receiver that pauses for longer than the send timeout is a connection error."""
    with (
        new_session(send_timeout_s=0.5) as session,
        pytest.raises(requests.ConnectionError),
    ):
        session.post(f"http://127.0.0.1:{slow_reader}/", data=BODY, timeout=(1, 30))


def test_proxies_and_netrc_are_ignored() -> None:
    """The client uses neither the environment's proxies nor .netrc, and sends the token."""
    with new_session("secret") as session:
        assert not session.trust_env
        assert session.headers["Authorization"] == "Bearer secret"
