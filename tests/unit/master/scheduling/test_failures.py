"""Lost, full and invalid exchanges: what follows for slaves and runs."""

import pytest

from master_service.engine import Suspension
from master_service.scheduling.assignment import MAX_REFUSALS
from master_service.scheduling.events import ExchangeFailure
from master_service.scheduling.state import (
    MAX_BACKOFF_S,
    MIN_BACKOFF_S,
    SUSPENSION_REASONS,
    Slave,
)
from protocol.failures import Internal
from tests.unit.master.scheduling.simulator import Simulation


def test_lost_slaves_do_not_count_as_attempts() -> None:
    """However many slaves are lost with a file, it still has all of its attempts."""
    sim = Simulation()
    sim.up("s0")
    sim.add("r", 2)
    for number in range(10):
        sim.up(f"s{number + 1}")
        sim.gone(f"s{number}", missing=True)
    assert sim.in_progress("s10") == 1
    sim.answer(sim.batches("s10")[0], 0, "crashed")
    assert sim.left("r") == [0, 1]


def test_slave_that_comes_back_answers_the_files_it_holds() -> None:
    """A slave that deregisters keeps its files; once back, it gets only as many as still fit."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 9)
    sim.gone("a", missing=False)
    sim.up("a")
    assert sim.in_progress("a") == 2
    sim.complete(send.batch)
    while sim.batches("a"):
        sim.complete(sim.batches("a")[0])
    assert sim.left("r") == []


def test_files_of_a_full_slave_go_to_another() -> None:
    """A slave that reports that it is full is backed off, and its share is released."""
    sim = Simulation()
    sim.up("a")
    sim.up("b")
    sends = sim.add("r", 10)
    assert [send.slave for send in sends] == ["a", "b"]
    sim.end(sends[0].batch, ExchangeFailure.FULL)
    while sim.batches("b"):
        sim.complete(sim.batches("b")[0])
    assert sim.left("r") == []
    assert set(sim.done_by.values()) == {"b"}


def test_full_slave_counts_as_reachable() -> None:
    """A run does not fail because its only slave is full, however long that lasts."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 1, no_slave_timeout_s=5)
    sim.end(send.batch, ExchangeFailure.CONNECTION_LOST)
    for _ in range(20):
        for again in sim.wait(MIN_BACKOFF_S):
            sim.end(again.batch, ExchangeFailure.FULL)
    assert sim.left("r") == [0]


def test_slave_that_begins_to_answer_counts_as_reachable() -> None:
    """After a lost exchange, one long file does not make the slave look unreachable."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 3, no_slave_timeout_s=5)
    sim.end(send.batch, ExchangeFailure.CONNECTION_LOST)
    (send,) = sim.wait(MIN_BACKOFF_S)
    sim.wait(3)
    sim.begin_answer(send.batch)
    for _ in range(100):
        sim.wait(1)
    assert sim.left("r") == [0, 1, 2]


def test_slaves_whose_last_exchange_failed_do_not_answer() -> None:
    """A slave answers again once it begins an answer; a full slave has answered."""
    sim = Simulation()
    sim.up("a")
    (lost,) = sim.add("r", 1)
    sim.up("b")
    (full,) = sim.add("s", 1)
    assert full.slave == "b"
    sim.end(full.batch, ExchangeFailure.FULL)
    sim.end(lost.batch, ExchangeFailure.CONNECTION_LOST)
    assert sim.scheduler.not_answering() == {"a"}
    sim.begin_answer(sim.batches("a")[0])
    assert sim.scheduler.not_answering() == set()


@pytest.mark.parametrize("code", [None, "returned"])
def test_blamed_file_does_not_wait_for_a_slave_that_is_always_full(code: str | None) -> None:
    """After a few refusals in a row it goes back to where it failed; a file handed back is one."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 2)
    sim.up("b")
    (other,) = sim.add("other", 1)
    for _ in range(MAX_REFUSALS - 1):
        sim.end(other.batch, ExchangeFailure.FULL)
        (other,) = sim.wait(MIN_BACKOFF_S)
    sim.complete(other.batch)  # so that the refusals before it are not in a row with those after
    sim.answer(send.batch, 0, "crashed")
    sim.answer(send.batch, 1)
    refusals = 0
    while not sim.in_progress("a") and refusals < 9:
        (batch,) = sim.batches("b")
        if code is not None:
            sim.answer(batch, 0, code)
        sim.end(batch, None if code else ExchangeFailure.FULL)
        refusals += 1
        sim.wait(MIN_BACKOFF_S)
    assert refusals == MAX_REFUSALS


def test_file_whose_upload_is_lost_fails_without_a_blame() -> None:
    """No other slave could be sent it either."""
    sim = Simulation()
    sim.up("a", workers=2)
    (send,) = sim.add("r", 3)
    sim.lose_upload(send.batch, 0)
    assert sim.in_progress("a") == 2
    sim.complete(send.batch)
    assert sim.codes("r") == [Internal.code, None, None]
    assert sim.expected.blames["r", 0] == []


def test_backoff_doubles_with_each_failed_exchange() -> None:
    """It doubles up to the longest; an answer resets it."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 1)
    backoffs = []
    for _ in range(7):
        began = sim.now
        sim.end(send.batch, ExchangeFailure.CONNECTION_LOST)
        while not sim.batches("a"):
            sim.wait(0.5)
        (number,) = sim.batches("a")
        send = sim.sends[number]
        backoffs.append(sim.now - began)
    assert backoffs == [1, 2, 4, 8, 16, MAX_BACKOFF_S, MAX_BACKOFF_S]
    sim.complete(send.batch)
    sim.wait(MAX_BACKOFF_S)
    (send,) = sim.add("s", 1)
    sim.end(send.batch, ExchangeFailure.CONNECTION_LOST)
    assert sim.wait(MIN_BACKOFF_S)


def test_suspension_has_a_reason_and_a_start() -> None:
    """Backoffs with one cause are one suspension; another cause begins a new one."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 1)
    for failure, expected_times in [
        (ExchangeFailure.CONNECTION_LOST, [(0, 1), (1, 2)]),
        (ExchangeFailure.FULL, [(0, 1), (1, 1)]),
    ]:
        for elapsed_s, remaining_s in expected_times:
            sim.end(send.batch, failure)
            suspended = sim.scheduler.suspended(sim.now)
            assert suspended == {
                "a": Suspension(SUSPENSION_REASONS[failure], elapsed_s, remaining_s)
            }
            (send,) = sim.wait(remaining_s)
    sim.complete(send.batch)
    assert sim.scheduler.suspended(sim.now) == {}


def test_suspension_does_not_begin_with_an_old_backoff() -> None:
    """A slave that was full once, and then idle for hours, has not been suspended since."""
    sim = Simulation()
    sim.up("a")
    sim.up("b")
    first = {send.slave: send for send in sim.add("r", 2)}
    sim.end(first["a"].batch, ExchangeFailure.FULL)
    sim.complete(first["b"].batch)
    for send in sim.wait(MIN_BACKOFF_S / 2):
        sim.complete(send.batch)
    sim.wait(4 * 3600)
    second = {send.slave: send for send in sim.add("s", 2)}
    sim.end(second["a"].batch, ExchangeFailure.FULL)
    assert sim.scheduler.suspended(sim.now)["a"].elapsed_s == 0


@pytest.mark.parametrize(("idle_s", "elapsed_s"), [(30.0, 31.0), (30.5, 0.0)])
def test_backoff_soon_after_another_continues_it(idle_s: float, elapsed_s: float) -> None:
    """One outage is one suspension, unless the slave was not backed off for over 30 seconds."""
    slave = Slave(1, frozenset({"text"}))
    slave.back_off(ExchangeFailure.CONNECTION_LOST, 0.0)
    at = MIN_BACKOFF_S + idle_s
    slave.back_off(ExchangeFailure.CONNECTION_LOST, at)
    suspension = slave.suspension(at)
    assert suspension is not None
    assert (suspension.elapsed_s, suspension.remaining_s) == (elapsed_s, 2 * MIN_BACKOFF_S)


def test_failures_of_several_batches_are_one_backoff() -> None:
    """A slave that fails ten batches at once is tried again after the shortest backoff."""
    sim = Simulation()
    sim.up("a", workers=10)
    for number in range(10):
        sim.add(f"r{number}", 1)
    for batch in sim.batches("a"):
        sim.end(batch, ExchangeFailure.CONNECTION_LOST)
    assert len(sim.wait(MIN_BACKOFF_S)) == 10


def test_files_fail_on_a_slave_with_invalid_answers() -> None:
    """If the only slave sends invalid answers, each file fails as internal after its attempts.

    An invalid answer for several files counts against none of them.
    """
    sim = Simulation()
    sim.up("a", workers=2)
    sim.add("r", 5)
    for _ in range(1000):
        for batch in sim.batches("a"):
            sim.end(batch, ExchangeFailure.INVALID_ANSWER)
        sim.wait(1)
    assert sim.codes("r") == [Internal.code] * 5
    assert set(sim.hand_overs.values()) <= {3, 4}


def test_missing_outcome_counts_as_an_invalid_answer() -> None:
    """An exchange that ends without a file's outcome blames the file if it was sent alone."""
    sim = Simulation(max_attempts=1)
    sim.up("a")
    (send,) = sim.add("r", 1)
    sim.end(send.batch)
    assert sim.codes("r") == [Internal.code]


def test_file_that_causes_invalid_answers_is_found() -> None:
    """Each file of the batch is retried alone, and only the cause is blamed."""
    sim = Simulation(max_attempts=1)
    sim.up("a", workers=4)
    (send, *_) = sim.add("r", 4)
    assert len(send.positions) > 1
    for _ in range(100):
        for batch in sim.batches("a"):
            if 2 in sim.held[batch].unanswered:
                sim.end(batch, ExchangeFailure.INVALID_ANSWER)
            else:
                sim.complete(batch)
        sim.wait(1)
    assert sim.codes("r") == [None, None, Internal.code, None]


def test_invalid_answers_cost_no_file_that_another_slave_can_do() -> None:
    """With a good slave beside it, a slave with invalid answers makes no file fail."""
    sim = Simulation()
    sim.up("bad")
    sim.up("good")
    sim.add("r", 30)
    for _ in range(200):
        for batch in sim.batches("bad"):
            sim.end(batch, ExchangeFailure.INVALID_ANSWER)
        for batch in sim.batches("good"):
            sim.complete(batch)
        sim.wait(0.25)
    assert sim.codes("r") == [None] * 30
