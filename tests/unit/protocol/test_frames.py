"""How outcomes are framed, and that frames are put together however they were cut."""

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
    """Return an answer with these outcomes, in this order, and signs of life between them."""
    pieces = [KEEP_ALIVE]
    for index, outcome in outcomes:
        pieces += [*encode_frame(index, outcome), KEEP_ALIVE, KEEP_ALIVE]
    return b"".join(pieces)


@given(st.permutations(list(enumerate(OUTCOMES))), st.lists(st.integers(0, 50), min_size=1))
@settings(derandomize=True, database=None, deadline=None)
def test_frames_survive_any_cut(outcomes: list[tuple[int, Outcome]], sizes: list[int]) -> None:
    """Outcomes come back in the order in which they were sent, wherever chunks begin and end."""
    rest, chunks = body_of(outcomes), []
    for size in sizes:
        chunks.append(rest[:size])
        rest = rest[size:]
    assert list(decode_frames([*chunks, rest], len(OUTCOMES))) == outcomes


def test_answer_of_nothing_but_signs_of_life_is_empty() -> None:
    """A slave that has only been waiting has answered no file."""
    assert list(decode_frames([b"\n\n", b"", b"\n"], 3)) == []


WHOLE = body_of(list(enumerate(OUTCOMES)))


@pytest.mark.parametrize("cut", range(0, len(WHOLE), 7))
def test_what_came_before_the_break_counts(cut: int) -> None:
    """An answer that breaks off gives all of its whole frames, and never part of one."""
    came = []
    try:
        for outcome in decode_frames([WHOLE[:cut]], len(OUTCOMES)):
            came.append(outcome)
    except WireError:
        pass
    whole = [
        n
        for n in range(len(OUTCOMES))
        if len(body_of(list(enumerate(OUTCOMES[: n + 1])))) - 2 <= cut
    ]
    assert came == [(index, OUTCOMES[index]) for index in whole]


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
def test_what_is_no_frame_is_refused(body: bytes) -> None:
    """Nothing that was not asked for, or not said in full, is taken for an outcome."""
    with pytest.raises(WireError):
        list(decode_frames([body], 2))


def test_line_without_end_is_refused_however_it_comes() -> None:
    """A million chunks of one byte cost no more than so many bytes."""
    chunks = itertools.repeat(b"x")
    with pytest.raises(WireError, match="no end"):
        list(decode_frames(chunks, 1))


def test_result_over_the_limit_is_refused_by_its_head() -> None:
    """Nothing is read of a result that would not be kept."""
    unreadable: Iterator[bytes] = map(pytest.fail, ["it was read on"])
    chunks = itertools.chain([b'{"index": 0, "bytes": 1073741825}\n'], unreadable)
    with pytest.raises(WireError, match="1073741825 bytes is announced"):
        list(decode_frames(chunks, 1))


def test_own_result_over_the_limit_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slave says itself that a result is too large, so that nobody tries again."""
    monkeypatch.setattr(frames, "MAX_RESULT_BYTES", 10)
    for size in (10, 11):
        body = b"".join(encode_frame(0, Outcome("a", b"x" * size)))
        ((_, outcome),) = decode_frames([body], 1)
        code = outcome.failure.code if outcome.failure else None
        assert code == (None if size == 10 else "too_large")


def test_what_a_slave_says_is_cut() -> None:
    """A name and a sentence are cut, and a code that is not known is not taken over."""
    failure = Failure("x\nforged", "e" * 9000)
    body = b"".join(encode_frame(0, Outcome("n" * 9000, failure=failure)))
    cut = Outcome("n" * 2000, failure=Failure("internal", "e" * 2000))
    assert list(decode_frames([body], 1)) == [(0, cut)]
