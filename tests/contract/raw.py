"""Speaks to the programs byte by byte, and tells what came back."""

import contextlib
import json
import re
import socket
import time
import urllib.parse
from dataclasses import dataclass

BOUND_S = 10.0
"""Well over what any answer takes on a busy computer, and well under every limit on time."""
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *([0-9]+)")


@dataclass(frozen=True)
class Answer:
    """One answer as it came."""

    status: int
    head: bytes
    body: bytes

    @property
    def error(self) -> str:
        """Return the sentence of an error, which must be there."""
        return str(json.loads(self.body)["error"])


def exchange(url: str, sent: bytes, *, end: bool = False) -> list[Answer]:
    """Send bytes as they are, and return all answers until the other side closes.

    ``end`` says that nothing more will come. Fails where the connection is neither answered and
    closed nor waits for more in time; one that waits for more is closed here after its answers.
    """
    address = urllib.parse.urlsplit(url)
    place = (str(address.hostname), int(address.port or 80))
    limit = time.monotonic() + BOUND_S
    received = bytearray()
    with socket.create_connection(place, timeout=BOUND_S) as connection:
        # Who is refused early may be cut off while it sends.
        with contextlib.suppress(ConnectionError):
            connection.sendall(sent)
        if end:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while data := connection.recv(1 << 16):
                received += data
                assert time.monotonic() < limit, "answers without an end"
    return _apart(bytes(received))


def _apart(received: bytes) -> list[Answer]:
    answers = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        assert re.match(rb"HTTP/1\.1 [0-9]{3} ", head), head
        if head.startswith(b"HTTP/1.1 100 "):
            continue
        length = _LENGTH.search(head)
        size = int(length[1]) if length else len(received)
        answers.append(Answer(int(head[9:12]), head, received[:size]))
        received = received[size:]
    return answers
