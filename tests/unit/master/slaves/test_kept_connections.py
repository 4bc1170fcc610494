"""Connections to slaves that are kept open between exchanges, over real sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from master_service.engine import InputFile
from master_service.slaves.transport import BatchRequest, ConnectionLost, Transport
from protocol.task_types import TASK_TYPES
from protocol.wire import Outcome

BODY = b'{"results":[{"filename":"a.txt","error":"No.","code":"corrupt"}]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
TEXT = b"a few words"


class ScriptedSlave:
    """Plays one list of answers for each connection, in the order in which they come.

    An answer is sent after a whole request; the connection closes after the last answer of its
    list. An empty answer closes it without one.
    """

    def __init__(self, *connections: list[bytes]) -> None:
        self.requests: list[int] = []
        """The number of the connection of each request."""
        self._connections = connections
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        for number, answers in enumerate(self._connections):
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                for answer in answers:
                    received = b""
                    while not received.endswith(b"--\r\n") and (data := connection.recv(65536)):
                        received += data
                    if received:
                        self.requests.append(number)
                        connection.sendall(answer)


@contextmanager
def scripted(*connections: list[bytes]) -> Iterator[tuple[ScriptedSlave, Transport]]:
    slave = ScriptedSlave(*connections)
    transport = Transport(None, 30, lambda _: slave.url)
    try:
        yield slave, transport
    finally:
        transport.close_idle()
        slave.close()


@pytest.fixture
def batch_request(tmp_path: Path) -> BatchRequest:
    (tmp_path / "0").write_bytes(TEXT)
    return BatchRequest(TASK_TYPES["text"], [InputFile("a.txt", tmp_path / "0", len(TEXT))])


def exchange(transport: Transport, batch_request: BatchRequest) -> Outcome | None:
    """Return the outcome of the only file."""
    answered = list(transport.process("slave", batch_request, lambda: True))
    ((_, outcome),) = [each for each in answered if each is not None]
    return outcome


def test_exchanges_share_a_connection(batch_request: BatchRequest) -> None:
    """The next exchange uses the connection of the last one."""
    with scripted([ANSWER, ANSWER]) as (slave, transport):
        assert exchange(transport, batch_request) == exchange(transport, batch_request)
        assert slave.requests == [0, 0]


def test_connection_that_the_slave_closed_is_replaced(batch_request: BatchRequest) -> None:
    """A slave may close a connection after an answer."""
    with scripted([ANSWER], [ANSWER]) as (slave, transport):
        for _ in range(2):
            exchange(transport, batch_request)
        assert slave.requests == [0, 1]


def test_request_is_sent_again_if_a_kept_connection_closes(batch_request: BatchRequest) -> None:
    """A slave that closes a kept connection while it is sent a request is not lost."""
    with scripted([ANSWER, b""], [ANSWER]) as (slave, transport):
        for _ in range(2):
            exchange(transport, batch_request)
        assert slave.requests == [0, 0, 1]


def test_request_is_sent_again_once(batch_request: BatchRequest) -> None:
    """If the new connection closes without an answer as well, the slave is lost."""
    with scripted([ANSWER, b""], [b""], [ANSWER]) as (slave, transport):
        exchange(transport, batch_request)
        with pytest.raises(ConnectionLost):
            exchange(transport, batch_request)
        assert slave.requests == [0, 0, 1]


@pytest.mark.parametrize("begun", [ANSWER[:5], ANSWER[:-5]], ids=["head", "body"])
def test_request_is_not_sent_again_after_a_part_of_its_answer(
    batch_request: BatchRequest, begun: bytes
) -> None:
    """A slave whose answer breaks off is lost, on a kept connection too."""
    with scripted([ANSWER, begun], [ANSWER]) as (slave, transport):
        exchange(transport, batch_request)
        with pytest.raises(ConnectionLost):
            exchange(transport, batch_request)
        assert slave.requests == [0, 0]


def test_idle_connections_of_a_slave_are_closed(batch_request: BatchRequest) -> None:
    """A slave that leaves does not wait for connections that the master keeps."""
    with scripted([ANSWER, ANSWER], [ANSWER]) as (slave, transport):
        exchange(transport, batch_request)
        transport.close_idle("slave")
        exchange(transport, batch_request)
        assert slave.requests == [0, 1]


def test_cancelled_exchange_closes_its_connection(batch_request: BatchRequest) -> None:
    """The rest of an answer that is not wanted any more can't be taken for the next answer."""
    with scripted([ANSWER, ANSWER], [ANSWER]) as (slave, transport):
        wanted = iter([True, False])
        with pytest.raises(ConnectionLost, match="cancelled"):
            list(transport.process("slave", batch_request, lambda: next(wanted)))
        exchange(transport, batch_request)
        assert slave.requests == [0, 1]
