"""Files that a slave blames, returns or never answers."""

import pytest

from master_service.scheduling.events import ExchangeFailure
from master_service.scheduling.state import MIN_BACKOFF_S
from protocol.failures import FileError
from tests.unit.master.scheduling.simulator import Simulation


def test_every_code_is_either_final_or_listed_as_not() -> None:
    """Of all failure codes, only three are retried."""
    sim = Simulation()
    sim.up("a")
    codes = [error.code for error in FileError.__subclasses__()]
    (send, *_) = sim.add("r", len(codes))
    sim.up("b", workers=9)
    sim.up("c", workers=9)
    for position, code in enumerate(codes):
        batch = next(number for number, held in sim.held.items() if position in held.unanswered)
        sim.answer(batch, position, code)
    assert {codes[position] for position in sim.left("r")} == {
        "crashed",
        "internal",
        "returned",
    }
    assert send.slave == "a"


@pytest.mark.parametrize("code", ["crashed", "internal"])
def test_blamed_file_is_tried_alone_on_another_slave(code: str) -> None:
    """It is sent alone, each time to another slave, and the third attempt is the last."""
    sim = Simulation()
    sim.up("a", workers=4)
    (first,) = sim.add("r", 4)
    for slave in "bc":
        sim.up(slave, workers=4)
    sim.answer(first.batch, 2, code)
    tried = ["a"]
    for _ in range(2):
        (number,) = [n for n, b in sim.held.items() if b.unanswered == {2}]
        assert sim.sends[number].positions == (2,)
        tried.append(sim.held[number].slave)
        sim.answer(number, 2, code)
        sim.end(number)
    assert sorted(tried) == ["a", "b", "c"]
    assert sim.left("r") == [0, 1, 3]


def test_blamed_file_is_tried_again_where_there_is_no_other() -> None:
    """If there is only one slave, that slave gets the file again."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 1)
    sim.answer(send.batch, 0, "crashed")
    (again,) = sim.batches("a")[1:]
    sim.answer(again, 0)
    assert sim.codes("r") == [None]


@pytest.mark.parametrize("failure", [ExchangeFailure.FULL, ExchangeFailure.CONNECTION_LOST])
def test_blamed_file_stays_alone_when_its_next_slave_fails(failure: ExchangeFailure) -> None:
    """A blamed file that is requeued without an attempt is still sent alone."""
    sim = Simulation()
    sim.up("a", workers=3)
    (first,) = sim.add("r", 3)
    sim.up("b", workers=3)
    sim.answer(first.batch, 0, "crashed")
    (isolated,) = sim.batches("b")
    sim.end(isolated, failure)
    sim.add("more", 8)
    for _ in range(40):
        sim.wait(1)
        for batch in [*sim.batches("a"), *sim.batches("b")]:
            sim.complete(batch)
    # The simulation has checked that it was sent alone.
    assert sim.left("r") == sim.left("more") == []
    assert sim.done_by["r", 0] == ("b" if failure is ExchangeFailure.FULL else "a")


def test_returned_file_is_never_counted() -> None:
    """A file that is returned ten times still has all of its attempts."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 1)
    for _ in range(10):
        sim.answer(send.batch, 0, "returned")
        sim.end(send.batch)
        (send,) = sim.wait(MIN_BACKOFF_S)
    sim.answer(send.batch, 0, "crashed")
    assert sim.left("r") == [0]


def test_returned_files_go_to_another_slave() -> None:
    """A slave that is shutting down does not get the files again that it returns."""
    sim = Simulation()
    sim.up("a", workers=5)
    (send,) = sim.add("r", 3)
    sim.up("b", workers=1)
    for position in range(3):
        sim.answer(send.batch, position, "returned")
    assert sim.in_progress("a") == 0
    assert sim.in_progress("b") == 1
