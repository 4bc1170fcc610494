"""How patiently requests are sent."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from protocol.http_client import new_session

BODY = b"x" * 16 * 1024 * 1024


@pytest.fixture
def slow_reader() -> Iterator[int]:
    """A server that takes nothing of a request for two seconds, then all of it, and answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def serve() -> None:
        connection, _ = listener.accept()
        # Not a wait for something: the pause is what is tested.
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
def test_receiver_may_pause_longer_than_connecting_may_take(
    slow_reader: int, send_timeout_s: float | None
) -> None:
    """The short limit for connecting does not hold for sending the body."""
    with new_session(send_timeout_s=send_timeout_s) as session:
        url = f"http://127.0.0.1:{slow_reader}/"
        assert session.post(url, data=BODY, timeout=(1, 30)).status_code == 200


def test_receiver_that_pauses_too_long_is_an_error(slow_reader: int) -> None:
    """A receiver that pauses for longer than that counts as gone."""
    with (
        new_session(send_timeout_s=0.5) as session,
        pytest.raises(requests.ConnectionError),
    ):
        session.post(f"http://127.0.0.1:{slow_reader}/", data=BODY, timeout=(1, 30))


def test_proxies_and_netrc_are_left_out() -> None:
    """No setting of the computer gets between the parts of a cluster."""
    with new_session("secret") as session:
        assert not session.trust_env
        assert session.headers["Authorization"] == "Bearer secret"
