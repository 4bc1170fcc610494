"""The transport against slaves with invalid answers, over real connections."""

import subprocess
import sys
from pathlib import Path

import pytest

from master_service.engine import InputFile
from master_service.slaves import transport
from master_service.slaves.transport import (
    BatchRequest,
    ConnectionLost,
    InvalidAnswer,
    Transport,
)
from protocol.failures import Failure
from protocol.frames import FRAMES_TYPE
from protocol.task_types import TASK_TYPES
from protocol.wire import Outcome
from tests.unit.protocol.babbler import FEW_BYTES, Babbler, answer, babbler

PROJECT = Path(__file__).resolve().parents[4]
FRAMES = f"Content-Type: {FRAMES_TYPE}"
PLAIN = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"


def transport_to(slave: Babbler) -> Transport:
    return Transport(None, 30, lambda _: slave.url)


@pytest.fixture
def batch_request(tmp_path: Path) -> BatchRequest:
    (tmp_path / "0").write_bytes(b"a few words")
    return BatchRequest(TASK_TYPES["text"], [InputFile("a.txt", tmp_path / "0", 11)])


def process(slave: Babbler, batch_request: BatchRequest) -> list[tuple[int, Outcome | None]]:
    answered = transport_to(slave).process("slave", batch_request, lambda: True)
    return [outcome for outcome in answered if outcome is not None]


READER = """
from gevent import monkey
monkey.patch_all()
import sys, threading, time
from pathlib import Path
from master_service.engine import InputFile
from master_service.slaves.transport import BatchRequest, ConnectionLost, Transport
from protocol.task_types import TASK_TYPES

wanted, began, over = True, threading.Event(), threading.Event()
def read():
    batch_request = BatchRequest(TASK_TYPES["text"], [InputFile("a.txt", Path(sys.argv[2]), 11)])
    transport = Transport(None, 30, lambda _: sys.argv[1])
    try:
        for _ in transport.process("s", batch_request, lambda: wanted):
            began.set()
    except ConnectionLost:
        over.set()
threading.Thread(target=read, daemon=True).start()
began.wait()
for _ in range(50):
    time.sleep(0.001)
assert not over.is_set()
wanted = False
over.wait()
"""


@pytest.mark.parametrize(
    ("begin", "rest"),
    [
        (answer("200 OK", FRAMES), b"\n" * 65536),
        (answer("200 OK", FRAMES, CHUNKED), b"1\r\n\n\r\n" * 10_000),
    ],
    ids=["blank lines", "tiny chunks"],
)
def test_endless_answer_does_not_block_other_greenlets(
    begin: bytes, rest: bytes, batch_request: BatchRequest
) -> None:
    """Under gevent, a slave that always has more to send does not block other greenlets."""
    path = str(batch_request.inputs[0].path)
    with babbler(begin, rest, most_bytes=1 << 60) as slave:
        done = subprocess.run(
            [sys.executable, "-c", READER, slave.url, path],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr


def test_repeated_outcome_is_invalid(batch_request: BatchRequest) -> None:
    """A second outcome for the same file ends the exchange."""
    frame = b'{"index":0,"filename":"a.txt","error":"No.","code":"returned"}\n'
    with (
        babbler(answer("200 OK", FRAMES), frame * 1000) as slave,
        pytest.raises(InvalidAnswer, match="twice"),
    ):
        process(slave, batch_request)
    assert slave.sent_bytes < FEW_BYTES


def test_endless_interim_answers_are_a_lost_slave(batch_request: BatchRequest) -> None:
    """A slave that sends only "100 Continue" is lost, although it is never silent."""
    lines = b"HTTP/1.1 100 Continue\r\n\r\n"
    with babbler(b"", lines * 1000) as slave, pytest.raises(ConnectionLost):
        process(slave, batch_request)
    assert slave.sent_bytes < FEW_BYTES


@pytest.mark.parametrize(
    ("begin", "rest"), [(b"0\r\n", b"a: b\r\n"), (b"1;", b"x")], ids=["trailers", "extension"]
)
def test_endless_lines_between_chunks_are_a_lost_slave(
    batch_request: BatchRequest, begin: bytes, rest: bytes
) -> None:
    """Endless trailers or chunk headers end the exchange."""
    with (
        babbler(answer("200 OK", FRAMES, CHUNKED, body=begin), rest * 10_000) as slave,
        pytest.raises(ConnectionLost),
    ):
        process(slave, batch_request)
    assert slave.sent_bytes < FEW_BYTES


def test_too_large_result_is_not_read(batch_request: BatchRequest) -> None:
    """A result announced with a size over the limit is refused before it is read."""
    head = b'{"index":0,"filename":"a.txt","bytes":999999999999}\n'
    with (
        babbler(answer("200 OK", FRAMES, body=head), b"x" * 65536) as slave,
        pytest.raises(InvalidAnswer, match="announced"),
    ):
        process(slave, batch_request)
    assert slave.sent_bytes < FEW_BYTES


def test_plain_answer_is_limited(
    batch_request: BatchRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer in plain JSON is read up to its limit, whatever it consists of."""
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 1_000_000)
    with (
        babbler(answer("200 OK", PLAIN), b" " * 65536) as slave,
        pytest.raises(InvalidAnswer, match="1000000 bytes"),
    ):
        process(slave, batch_request)
    assert slave.sent_bytes < FEW_BYTES


def test_compressed_answer_is_not_unpacked(batch_request: BatchRequest) -> None:
    """The master asks for no compression, and refuses a compressed answer."""
    begin = answer("200 OK", FRAMES, "Content-Encoding: gzip")
    with babbler(begin) as slave, pytest.raises(InvalidAnswer, match="compressed"):
        process(slave, batch_request)
    assert b"accept-encoding: identity" in slave.requests[0].lower()


@pytest.mark.parametrize(
    ("status", "error"),
    [("500 No", ConnectionLost), ("404 No", InvalidAnswer), ("302 No", InvalidAnswer)],
)
def test_only_the_beginning_of_an_error_page_is_read(
    batch_request: BatchRequest, status: str, error: type[Exception]
) -> None:
    """The message quotes the beginning of an error page, and no more is read."""
    with (
        babbler(answer(status, "Location: /elsewhere"), b"words\n" * 10_000) as slave,
        pytest.raises(error, match=rf"HTTP {status[:3]}: 'words\\n"),
    ):
        process(slave, batch_request)
    assert slave.sent_bytes < FEW_BYTES
    assert len(slave.requests) == 1


def test_check_reads_the_status_only() -> None:
    """A good status is enough; the body, which may be endless, is not read."""
    with babbler(answer("200 OK"), b"x" * 65536) as slave:
        transport_to(slave).check_status("slave")
    assert slave.sent_bytes < FEW_BYTES


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect", "404 No", "500 No"])
def test_check_follows_no_redirect(status: str) -> None:
    """A slave can't make the master call another address."""
    with babbler(answer("200 OK", "Content-Length: 0")) as other:
        begin = answer(status, f"Location: {other.url}/internal", "Content-Length: 0")
        with babbler(begin) as slave, pytest.raises(ConnectionLost, match=f"HTTP {status[:3]}"):
            transport_to(slave).check_status("slave")
    assert other.requests == []


def test_long_failure_is_truncated(batch_request: BatchRequest) -> None:
    """An unknown code becomes internal, and a message of megabytes is truncated."""
    entry = b'{"filename":"%b","error":"%b","code":"x\\nforged"}' % (b"n" * 9000, b"E" * 9_000_000)
    body = b'{"results":[' + entry + b"]}"
    with babbler(answer("200 OK", PLAIN, body=body)) as slave:
        outcomes = process(slave, batch_request)
    failure = Failure("internal", "E" * 2000)
    assert outcomes == [(0, Outcome("n" * 2000, failure=failure))]
