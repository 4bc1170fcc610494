"""Requests in steps, on real connections: what is kept, what ends them, and what is an error."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import pytest

from client_service.master_api import http_exchange
from client_service.master_api.http_exchange import Body, HttpClient, Request, TransferError

GET = Request("GET", "/")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
PIECE = b"x" * (1 << 20)
Serve = Callable[[socket.socket], None]


def read_request(connection: socket.socket, body_bytes: int = 0) -> bytes:
    """Return one request: its head, and as many bytes after it."""
    received = b""
    while b"\r\n\r\n" not in received or len(received.partition(b"\r\n\r\n")[2]) < body_bytes:
        received += connection.recv(1 << 16)
    return received


def answering(*answers: bytes) -> Serve:
    """Return what gives these answers to the requests of one connection, which then ends."""

    def serve(connection: socket.socket) -> None:
        for answer in answers:
            read_request(connection)
            connection.sendall(answer)

    return serve


@pytest.fixture
def client_of() -> Iterator[Callable[[Sequence[Serve]], HttpClient]]:
    """Yield what returns a client of a server that serves one connection after the other."""
    opened: list[HttpClient | socket.socket] = []
    threads: list[threading.Thread] = []

    def start(serves: Sequence[Serve], send_timeout_s: float = 30) -> HttpClient:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(30)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def run() -> None:
            for serve in serves:
                connection, _ = listener.accept()
                with connection:
                    serve(connection)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = HttpClient(url, {"X-Name": "value"}, send_timeout_s, None)
        opened.extend((client, listener))
        return client

    yield start
    for each in opened[::2]:
        each.close()
    for thread in threads:
        thread.join()
    for each in opened[1::2]:
        each.close()


def content(client: HttpClient, request: Request = GET) -> bytes:
    with closing(client.begin(request)) as exchange:
        exchange.response(30)
        return b"".join(exchange.blocks())


def test_a_connection_is_kept(client_of: Callable[..., HttpClient]) -> None:
    """A second request goes over the connection of the first, if the answer was read whole."""
    client = client_of([answering(OK, OK), answering(OK)])
    assert [content(client), content(client)] == [b"hi", b"hi"]
    with closing(client.begin(GET)) as exchange, pytest.raises(TransferError):
        # The server has ended the connection; the next request makes another.
        exchange.response(30)
    with closing(client.begin(GET)) as exchange:
        assert exchange.response(30).status == 200


def test_an_answer_that_is_not_read_ends_the_connection(
    client_of: Callable[..., HttpClient],
) -> None:
    """The rest of one answer is never taken for the next."""
    client = client_of([answering(OK), answering(OK)])
    with closing(client.begin(GET)) as exchange:
        exchange.response(30)
    assert content(client) == b"hi"


def test_two_exchanges_have_two_connections(client_of: Callable[..., HttpClient]) -> None:
    """A request can be begun while another waits for its answer."""
    seen: list[bytes] = []
    second = threading.Event()

    def first(connection: socket.socket) -> None:
        seen.append(read_request(connection, 2))
        # It is answered only after the second was begun.
        assert second.wait(30)
        connection.sendall(OK)

    client = client_of([first, answering(OK)])
    body = Body("text/plain", 2, b"!", lambda: [b"?"])
    with closing(client.begin(Request("POST", "/a", body))) as one:
        one.send(b"?")
        one.end()
        with closing(client.begin(GET)) as two:
            second.set()
            assert one.response(30).status == 200
            assert two.response(30).status == 200
    head, _, sent = seen[0].partition(b"\r\n\r\n")
    assert sent == b"?!"
    assert {b"Content-Length: 2", b"Content-Type: text/plain", b"X-Name: value"} <= set(
        head.splitlines()
    )


def test_refusal_in_the_middle_of_a_body_is_read(client_of: Callable[..., HttpClient]) -> None:
    """A server that refuses, and reads no more, has its answer read."""

    def refuse(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    client = client_of([refuse])
    body = Body("text/plain", 3 * len(PIECE), PIECE)
    with closing(client.begin(Request("POST", "/", body))) as exchange:
        exchange.send(PIECE)
        exchange.send(PIECE)
        assert exchange.response(30).status == 413
        assert b"".join(exchange.blocks()) == b"no"


def test_request_that_paused_is_not_ended(
    client_of: Callable[..., HttpClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server would refuse it for good; as an error of the connection, it is sent again."""
    monkeypatch.setattr(http_exchange, "_MAX_PAUSE_S", -1)
    client = client_of([lambda connection: read_request(connection) and None])
    body = Body("text/plain", 1, b"!")
    with closing(client.begin(Request("POST", "/", body))) as exchange:
        for ends in (exchange.end, lambda: exchange.response(30)):
            with pytest.raises(TransferError, match="not ended in time"):
                ends()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"?\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 70_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
    ],
)
def test_broken_answer_is_an_error(client_of: Callable[..., HttpClient], answer: bytes) -> None:
    """An answer that breaks off, or is none, is an error with a text."""
    with pytest.raises(TransferError, match=r"\w"):
        content(client_of([answering(answer)]))


def test_receiver_that_pauses_too_long_is_an_error(client_of: Callable[..., HttpClient]) -> None:
    """A server that takes no bytes for longer than the send timeout ends the exchange."""
    over = threading.Event()
    client = client_of([lambda _: over.wait(30) and None], send_timeout_s=0.5)
    body = Body("text/plain", 64 * len(PIECE), b"")
    with closing(client.begin(Request("POST", "/", body))) as exchange:
        with pytest.raises(TransferError, match="timed out"):
            exchange.send(64 * PIECE)
        over.set()


@pytest.mark.parametrize("host", ["127.0.0.1:1", f"{'a' * 64}.example", "a..b"])
def test_server_that_is_not_there_is_an_error(host: str) -> None:
    """So is a host whose name can't exist."""
    with closing(HttpClient(f"http://{host}", {}, 1, None)) as client, pytest.raises(TransferError):
        client.begin(GET)
