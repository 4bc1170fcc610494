"""Frames: encoding outcomes, and decoding them from chunks of any sizes."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import frames
from protocol.failures import Failure
from protocol.frames import KEEP_ALIVE, decode_frames, encode_frame
from protocol.wire import Outcome, WireError

OUTCOMES = [
    Outcome("a.txt", b"one"),
    Outcome("ä\n.txt", b""),
    Outcome("c.txt", b'\n{"index": 9}\n' * 3),
    Outcome("d.txt", failure=Failure("corrupt", "Damaged –\nsend it again.")),
    Outcome("e.txt", bytes(range(256)), warnings=("Of 3 pages\n1 was read.", "Cut off: 😀.")),
]


def body_of(outcomes: list[tuple[int, Outcome]]) -> bytes:
    """Return an answer with these outcomes in this order, and keep-alive lines between them."""
    pieces = [KEEP_ALIVE]
    for index, outcome in outcomes:
        pieces += [*encode_frame(index, outcome), KEEP_ALIVE, KEEP_ALIVE]
    return b"".join(pieces)


@given(st.permutations(list(enumerate(OUTCOMES))), st.lists(st.integers(0, 50), min_size=1))
@settings(derandomize=True, database=None, deadline=None)
def test_frames_survive_any_cut(outcomes: list[tuple[int, Outcome]], sizes: list[int]) -> None:
    """Outcomes are decoded in the order in which they were sent, wherever chunks begin and end."""
    rest, chunks = body_of(outcomes), []
    for size in sizes:
        chunks.append(rest[:size])
        rest = rest[size:]
    assert list(decode_frames([*chunks, rest], len(OUTCOMES))) == outcomes


def test_answer_of_keep_alive_lines_is_empty() -> None:
    """An answer of blank lines and empty chunks has no outcomes."""
    assert list(decode_frames([b"\n\n", b"", b"\n"], 3)) == []


WHOLE = body_of(list(enumerate(OUTCOMES)))


@pytest.mark.parametrize("cut", range(0, len(WHOLE), 7))
def test_interrupted_answer_gives_its_complete_frames(cut: int) -> None:
    """An answer that is cut off gives all of its complete frames, and never part of one."""
    decoded = []
    try:
        for outcome in decode_frames([WHOLE[:cut]], len(OUTCOMES)):
            decoded.append(outcome)
    except WireError:
        pass
    whole = [
        n
        for n in range(len(OUTCOMES))
        if len(body_of(list(enumerate(OUTCOMES[: n + 1])))) - 2 <= cut
    ]
    assert decoded == [(index, OUTCOMES[index]) for index in whole]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>\n",
        b"[]\n",
        b"7\n",
        b"\xff\n",
        b"{}\n",
        b'{"index": 0}\n',
        b'{"index": 0, "bytes": -1}\n',
        b'{"index": 0, "bytes": true}\nx',
        b'{"index": 0, "bytes": "1"}\nx',
        b'{"index": 0, "bytes": 5}\nabc',
        b'{"index": 2, "bytes": 1}\nx',
        b'{"index": -1, "bytes": 1}\nx',
        b'{"index": "0", "bytes": 1}\nx',
        b'{"index": 0, "bytes": 1}',
        b"x" * 3_000_000,
        b"[" * 100_000 + b"\n",
        b'{"index": 0, "error": "e"}\n{"index": 0, "error": "e"}\n',
        b'{"index": 0, "bytes": 1}\nx{"index": 0, "bytes": 1}\nx',
    ],
)
def test_malformed_frames_are_refused(body: bytes) -> None:
    """A malformed, incomplete, repeated or unexpected frame raises ``WireError``."""
    with pytest.raises(WireError):
        list(decode_frames([body], 2))


def test_endless_line_is_refused() -> None:
    """A first line that never ends is refused after a bounded number of bytes."""
    chunks = itertools.repeat(b"x")
    with pytest.raises(WireError, match="no end"):
        list(decode_frames(chunks, 1))


def test_result_over_the_limit_is_refused_by_its_first_line() -> None:
    """The decoder reads nothing of a result that is over the limit."""
    unreadable: Iterator[bytes] = map(pytest.fail, ["the decoder read the result"])
    chunks = itertools.chain([b'{"index": 0, "bytes": 1073741825}\n'], unreadable)
    with pytest.raises(WireError, match="1073741825 bytes is announced"):
        list(decode_frames(chunks, 1))


def test_own_result_over_the_limit_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slave answers ``too_large`` for a result over the limit, so that it is not retried."""
    monkeypatch.setattr(frames, "MAX_RESULT_BYTES", 10)
    for size in (10, 11):
        body = b"".join(encode_frame(0, Outcome("a", b"x" * size)))
        ((_, outcome),) = decode_frames([body], 1)
        code = outcome.failure.code if outcome.failure else None
        assert code == (None if size == 10 else "too_large")


def test_texts_from_a_slave_are_cut() -> None:
    """File name and error are cut to 2,000 characters; an unknown code becomes ``internal``."""
    failure = Failure("x\nforged", "e" * 9000)
    body = b"".join(encode_frame(0, Outcome("n" * 9000, failure=failure)))
    cut = Outcome("n" * 2000, failure=Failure("internal", "e" * 2000))
    assert list(decode_frames([body], 1)) == [(0, cut)]


class Sink:
    """Collects what is written to it."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.is_discarded = False

    def write(self, data: bytes) -> None:
        self.pieces.append(data)

    def discard(self) -> None:
        self.is_discarded = True


LARGE = bytes(range(256)) * 5000


def test_large_result_goes_to_a_sink_as_it_arrives() -> None:
    """A result over the limit is never whole in memory, and the frames around it are read."""
    outcomes = [
        (0, OUTCOMES[0]),
        (1, Outcome("l.txt", LARGE, warnings=("Cut.",))),
        (2, OUTCOMES[2]),
    ]
    whole, sinks = body_of(outcomes), list[Sink]()

    def new_sink() -> Sink:
        sinks.append(Sink())
        return sinks[-1]

    chunks = [whole[begin : begin + 10_000] for begin in range(0, len(whole), 10_000)]
    first, large, last = decode_frames(chunks, 3, new_sink)
    assert (first, last) == (outcomes[0], outcomes[2])
    (sink,) = sinks
    assert large == (1, Outcome("l.txt", warnings=("Cut.",), sink=sink))
    assert b"".join(sink.pieces) == LARGE
    assert max(map(len, sink.pieces)) <= 10_000
    assert not sink.is_discarded


def test_sink_of_an_interrupted_result_is_discarded() -> None:
    """A part of a result is no result."""
    whole, sink = body_of([(0, Outcome("l.txt", LARGE))]), Sink()
    with pytest.raises(WireError, match="broke off"):
        list(decode_frames([whole[:-10]], 1, lambda: sink))
    assert sink.is_discarded
