"""What the master makes of slaves that answer nonsense, over real connections."""

import subprocess
import sys
from pathlib import Path

import pytest

from master_service.slaves import transport
from master_service.slaves.transport import (
    BatchRequest,
    InputFile,
    InvalidAnswer,
    SlaveLost,
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


GREEDY = """
from gevent import monkey
monkey.patch_all()
import sys, threading, time
from pathlib import Path
from master_service.slaves.transport import InputFile, BatchRequest, SlaveLost, Transport
from protocol.task_types import TASK_TYPES

wanted, began, over = True, threading.Event(), threading.Event()
def read():
    shipment = BatchRequest(TASK_TYPES["text"], [InputFile("a.txt", Path(sys.argv[2]), 11)])
    try:
        for _ in Transport(None, 30, lambda _: sys.argv[1]).process("s", shipment, lambda: wanted):
            began.set()
    except SlaveLost:
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
def test_endless_answer_leaves_others_their_turn(
    begin: bytes, rest: bytes, batch_request: BatchRequest
) -> None:
    """Under gevent, what always has something to read would keep all others from running."""
    path = str(batch_request.inputs[0].path)
    with babbler(begin, rest, most_bytes=1 << 60) as slave:
        done = subprocess.run(
            [sys.executable, "-c", GREEDY, slave.url, path],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr


def test_same_outcome_again_and_again_is_garbled(batch_request: BatchRequest) -> None:
    """The first counts; the second of the same file ends the exchange."""
    frame = b'{"index":0,"filename":"a.txt","error":"No.","code":"returned"}\n'
    with (
        babbler(answer("200 OK", FRAMES), frame * 1000) as slave,
        pytest.raises(InvalidAnswer, match="twice"),
    ):
        process(slave, batch_request)
    assert slave.sent_bytes < FEW_BYTES


def test_endless_interim_answers_are_none(batch_request: BatchRequest) -> None:
    """A slave that only ever says "go on" is lost, though it is never silent."""
    lines = b"HTTP/1.1 100 Continue\r\n\r\n"
    with babbler(b"", lines * 1000) as slave, pytest.raises(SlaveLost):
        process(slave, batch_request)
    assert slave.sent_bytes < FEW_BYTES


@pytest.mark.parametrize(
    ("begin", "rest"), [(b"0\r\n", b"a: b\r\n"), (b"1;", b"x")], ids=["trailers", "extension"]
)
def test_endless_lines_between_chunks_are_none(
    batch_request: BatchRequest, begin: bytes, rest: bytes
) -> None:
    """Trailers that go on, and a chunk whose first line has no end, break the exchange off."""
    with (
        babbler(answer("200 OK", FRAMES, CHUNKED, body=begin), rest * 10_000) as slave,
        pytest.raises(SlaveLost),
    ):
        process(slave, batch_request)
    assert slave.sent_bytes < FEW_BYTES


def test_result_too_large_to_keep_is_not_begun(batch_request: BatchRequest) -> None:
    """What is announced beyond the limit is refused before it is read."""
    head = b'{"index":0,"filename":"a.txt","bytes":999999999999}\n'
    with (
        babbler(answer("200 OK", FRAMES, body=head), b"x" * 65536) as slave,
        pytest.raises(InvalidAnswer, match="announced"),
    ):
        process(slave, batch_request)
    assert slave.sent_bytes < FEW_BYTES


def test_plain_answer_has_an_end(
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
    """Nothing compressed is asked for, and none is taken."""
    begin = answer("200 OK", FRAMES, "Content-Encoding: gzip")
    with babbler(begin) as slave, pytest.raises(InvalidAnswer, match="compressed"):
        process(slave, batch_request)
    assert b"accept-encoding: identity" in slave.requests[0].lower()


@pytest.mark.parametrize(
    ("status", "error"),
    [("500 No", SlaveLost), ("404 No", InvalidAnswer), ("302 No", InvalidAnswer)],
)
def test_refusal_is_read_in_part(
    batch_request: BatchRequest, status: str, error: type[Exception]
) -> None:
    """Of the page that comes with an error the begin is told, and no more is read."""
    with (
        babbler(answer(status, "Location: /elsewhere"), b"words\n" * 10_000) as slave,
        pytest.raises(error, match=rf"HTTP {status[:3]}: 'words\\n"),
    ):
        process(slave, batch_request)
    assert slave.sent_bytes < FEW_BYTES
    assert len(slave.requests) == 1


def test_status_is_all_that_a_check_reads() -> None:
    """A slave is alive that answers with a good status; what it says has no end here."""
    with babbler(answer("200 OK"), b"x" * 65536) as slave:
        transport_to(slave).check_status("slave")
    assert slave.sent_bytes < FEW_BYTES


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect", "404 No", "500 No"])
def test_check_follows_no_redirect(status: str) -> None:
    """A slave has no say in what else the master calls."""
    with babbler(answer("200 OK", "Content-Length: 0")) as other:
        begin = answer(status, f"Location: {other.url}/internal", "Content-Length: 0")
        with babbler(begin) as slave, pytest.raises(SlaveLost, match=f"HTTP {status[:3]}"):
            transport_to(slave).check_status("slave")
    assert other.requests == []


def test_failure_is_cut_to_what_is_kept(batch_request: BatchRequest) -> None:
    """A code that is not known is internal, and a sentence of megabytes is cut."""
    entry = b'{"filename":"%b","error":"%b","code":"x\\nforged"}' % (b"n" * 9000, b"E" * 9_000_000)
    body = b'{"results":[' + entry + b"]}"
    with babbler(answer("200 OK", PLAIN, body=body)) as slave:
        outcomes = process(slave, batch_request)
    failure = Failure("internal", "E" * 2000)
    assert outcomes == [(0, Outcome("n" * 2000, failure=failure))]
