"""What follows for a file that a slave blames, hands back or never answers."""

import pytest

from master_service.scheduling.events import ExchangeFailure
from master_service.scheduling.state import MIN_BACKOFF_S
from protocol.failures import FileError
from tests.unit.master.scheduling.simulator import World

FINAL_CODES = ["unsupported", "corrupt", "encrypted", "empty", "too_large", "timeout"]


@pytest.mark.parametrize("code", [*FINAL_CODES, "out_of_memory", None])
def test_final_answer_is_final_at_once(code: str | None) -> None:
    """A result, and every code that another try can't change, ends the file."""
    world = World()
    world.up("a")
    world.up("b")
    (send,) = world.add("r", 1)
    world.answer(send.batch, 0, code)
    assert world.left("r") == []


def test_every_code_is_either_final_or_listed_as_not() -> None:
    """The codes that are tried again are those of the contract, of all that there are."""
    world = World()
    world.up("a")
    codes = [error.code for error in FileError.__subclasses__()]
    (send, *_) = world.add("r", len(codes))
    world.up("b", workers=9)
    world.up("c", workers=9)
    for index, code in enumerate(codes):
        batch = next(number for number, live in world.live.items() if index in live.unanswered)
        world.answer(batch, index, code)
    assert {codes[index] for index in world.left("r")} == {"crashed", "internal", "returned"}
    assert send.slave == "a"


@pytest.mark.parametrize("code", ["crashed", "internal"])
def test_blamed_file_is_tried_alone_on_another_slave(code: str) -> None:
    """A file that broke a worker goes on by itself, elsewhere, and the third time is the last."""
    world = World()
    world.up("a", workers=4)
    (first,) = world.add("r", 4)
    for slave in "bc":
        world.up(slave, workers=4)
    world.answer(first.batch, 2, code)
    tried = ["a"]
    for _ in range(2):
        (number,) = [n for n, b in world.live.items() if b.unanswered == {2}]
        assert world.sends[number].indexes == (2,)
        tried.append(world.live[number].slave)
        world.answer(number, 2, code)
        world.end(number)
    assert sorted(tried) == ["a", "b", "c"]
    assert world.left("r") == [0, 1, 3]


def test_blamed_file_is_tried_again_where_there_is_no_other() -> None:
    """With one slave alone, that one gets the file again."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 1)
    world.answer(send.batch, 0, "crashed")
    (again,) = world.batches("a")[1:]
    world.answer(again, 0)
    assert world.codes("r") == [None]


@pytest.mark.parametrize("trouble", [ExchangeFailure.FULL, ExchangeFailure.LOST])
def test_blamed_file_stays_alone_when_its_next_slave_fails(trouble: ExchangeFailure) -> None:
    """A file under suspicion is not mixed with others again when it is put back untried."""
    world = World()
    world.up("a", workers=3)
    (first,) = world.add("r", 3)
    world.up("b", workers=3)
    world.answer(first.batch, 0, "crashed")
    (isolated,) = world.batches("b")
    world.end(isolated, trouble)
    world.add("more", 8)
    for _ in range(40):
        world.wait(1)
        for batch in [*world.batches("a"), *world.batches("b")]:
            world.complete(batch)
    # That it went alone, the world has checked; it also went back to where it did not crash.
    assert world.left("r") == world.left("more") == []
    assert world.done_by["r", 0] == ("b" if trouble is ExchangeFailure.FULL else "a")


def test_returned_file_is_never_counted() -> None:
    """A file handed back untried, however often, still has all of its attempts."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 1)
    for _ in range(10):
        world.answer(send.batch, 0, "returned")
        world.end(send.batch)
        (send,) = world.wait(MIN_BACKOFF_S)
    world.answer(send.batch, 0, "crashed")
    assert world.left("r") == [0]


def test_slave_that_hands_files_back_is_not_given_them_again_at_once() -> None:
    """What a slave returns while it shuts down goes to another, and not to and fro."""
    world = World()
    world.up("a", workers=5)
    (send,) = world.add("r", 3)
    world.up("b", workers=1)
    for index in range(3):
        world.answer(send.batch, index, "returned")
    assert world.in_progress("a") == 0
    assert world.in_progress("b") == 2
