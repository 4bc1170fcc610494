"""A server that answers with given bytes, well formed or not, and repeats them up to a limit."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PLENTY_BYTES = 256 * 1024 * 1024
"""Far more than socket buffers hold, so that the test notices a client that reads all of it."""
FEW_BYTES = PLENTY_BYTES // 4


class Babbler:
    """Answers each request with ``begin``, then repeats ``rest`` up to ``most_bytes``."""

    def __init__(self, begin: bytes, rest: bytes, most_bytes: int) -> None:
        self.requests: list[bytes] = []
        """The head of each request."""
        self.sent_bytes = 0
        self._begin = begin
        self._rest = rest
        self._most_bytes = most_bytes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    @property
    def url(self) -> str:
        """Return the server's address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Stop accepting, and wait until every connection is answered or closed."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._answer(connection)
            except OSError:
                return

    def _answer(self, connection: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            data = connection.recv(65536)
            if not data:
                return
            request += data
        head, _, body = request.partition(b"\r\n\r\n")
        self.requests.append(head)
        left = _length(head) - len(body)
        while left > 0 and (data := connection.recv(65536)):
            left -= len(data)
        connection.sendall(self._begin)
        while self._rest and self.sent_bytes < self._most_bytes:
            connection.sendall(self._rest)
            self.sent_bytes += len(self._rest)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


@contextmanager
def babbler(begin: bytes, rest: bytes = b"", most_bytes: int = PLENTY_BYTES) -> Iterator[Babbler]:
    """Run a ``Babbler`` within the context."""
    server = Babbler(begin, rest, most_bytes)
    try:
        yield server
    finally:
        server.close()


def answer(status: str, *headers: str, body: bytes = b"") -> bytes:
    """Return the start of an answer that ends with its connection."""
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""])
    return head.encode() + body
