"""How files are spread over slaves."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from master_service.scheduling.events import ExchangeFailure, Send
from master_service.scheduling.state import MAX_BATCH_BYTES, MIN_BACKOFF_S
from tests.unit.master.scheduling.simulated_work import work
from tests.unit.master.scheduling.simulator import Simulation

# Spreading


@pytest.mark.parametrize("workers", [1, 4])
def test_ten_files_over_two_slaves_are_five_for_each(workers: int) -> None:
    """Two equally fast slaves process half of the files each."""
    sim = Simulation()
    sim.up("a", workers)
    sim.up("b", workers)
    sim.add("r", 10)
    work(sim, {"a": 0.01, "b": 0.01})
    assert Counter(sim.done_by.values()) == {"a": 5, "b": 5}
    assert set(sim.hand_overs.values()) == {1}


def test_many_small_runs_spread_as_evenly_as_one_large() -> None:
    """Runs of one file each go to the least loaded slave."""
    sim = Simulation()
    for slave in "abc":
        sim.up(slave, workers=4)
    for number in range(9):
        sim.add(f"r{number}", 1)
    assert [sim.in_progress(slave) for slave in "abc"] == [3, 3, 3]


def test_files_that_wait_for_a_slave_are_load() -> None:
    """A small run goes to the slave with the shorter queue, even if that one has begun more."""
    sim = Simulation()
    sim.up("a")
    sim.add("large", 10)
    sim.up("b", workers=9)
    sim.add("medium", 4)
    assert (sim.in_progress("a"), sim.in_progress("b")) == (2, 2)
    (only,) = sim.add("small", 1)
    assert only.slave == "b"


def test_slaves_are_served_in_turn() -> None:
    """Two slaves that are ready at the same time get one batch each before a second one."""
    sim = Simulation()
    sim.up("a")
    sim.up("b")
    sim.add("before", 2)
    for slave in "ab":
        for batch in sim.batches(slave):
            sim.end(batch, ExchangeFailure.FULL)
    sim.cancel("before")
    assert sim.add("first", 1) == sim.add("second", 1) == []
    sends = sim.wait(MIN_BACKOFF_S)
    assert [(send.slave, send.run) for send in sends] == [("a", "first"), ("b", "second")]


def test_new_run_is_not_assigned_to_a_suspended_slave() -> None:
    """While one slave is backed off, a small run goes to the other at once."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("first", 1)
    sim.up("b")
    sim.end(send.batch, ExchangeFailure.CONNECTION_LOST)
    sim.complete(sim.batches("b")[0])
    (only,) = sim.add("second", 1)
    assert only.slave == "b"


def test_idle_slave_steals_waiting_files() -> None:
    """A slave ten times as fast does most of the files; both end at about the same time."""
    sim = Simulation()
    sim.up("slow")
    sim.up("fast")
    sim.add("r", 110)
    began = sim.now
    work(sim, {"slow": 1.0, "fast": 0.1})
    assert Counter(sim.done_by.values())["fast"] > 90
    assert sim.now - began < 14  # 10 s at best; half of the files would take the slow one 55 s


def test_files_of_a_stuck_slave_are_stolen() -> None:
    """Files that wait for a slave that was fast and is now stuck go to an idle slave."""
    sim = Simulation()
    sim.up("a")
    sim.up("b")
    sim.add("r", 4000)
    work(sim, {"a": 0.01, "b": 0.01}, until=sim.now + 19)
    sim.wait(1)
    assert len(sim.left("r")) > 100
    for _ in range(1000):
        for batch in sim.batches("b"):
            sim.complete(batch)
        sim.wait(0.25)
    assert len(sim.left("r")) == sim.in_progress("a") > 0


def test_prefetch_is_small_after_one_quick_answer() -> None:
    """A first file that fails quickly says little about the time of the next ones."""
    sim = Simulation()
    sim.up("a", workers=2)
    sends = sim.add("r", 1000)
    sim.now += 0.001
    sim.answer(sends[0].batch, sends[0].positions[0], "empty")
    assert sim.in_progress("a") <= 4


def test_fast_slave_is_given_enough_to_stay_busy() -> None:
    """With files of one millisecond, a slave holds hundreds after some seconds."""
    sim = Simulation()
    sim.up("a")
    sim.add("r", 5000)
    work(sim, {"a": 0.001}, until=sim.now + 3)
    assert 250 <= sim.in_progress("a") <= 501


def test_slave_that_came_late_holds_what_it_does_in_a_second() -> None:
    """Its speed counts from its first file; it gets several files in each request."""
    sim = Simulation()
    sim.add("r", 100)
    sim.wait(100)
    sim.up("a")
    work(sim, {"a": 0.1}, until=sim.now + 3)
    assert 6 <= sim.in_progress("a") <= 11
    assert len(sim.sends) <= sim.hand_overs.total() / 3


def test_slow_slave_holds_no_more_than_its_workers() -> None:
    """If files take long, the slave holds only those that it works on."""
    sim = Simulation()
    sim.up("a", workers=3)
    sim.add("r", 50)
    work(sim, {"a": 30.0}, until=sim.now + 300)
    assert sim.in_progress("a") == 3


def test_batch_stays_under_its_bytes() -> None:
    """A batch keeps to the limit of bytes, except for a single larger file."""
    sim = Simulation()
    sim.up("a", workers=9)
    third = MAX_BATCH_BYTES // 3
    sends = sim.add("r", [third, third, third, third, 2 * MAX_BATCH_BYTES, 5, 5])
    assert [send.positions for send in sends] == [(0, 1, 2), (3,), (4,), (5, 6)]


def test_two_runs_share_the_slaves() -> None:
    """A small run of quick files does not wait for the end of a large one added before."""
    sim = Simulation()
    sim.up("a")
    sim.add("large", 8000)
    work(sim, {"a": 0.002}, until=sim.now + 4)
    began = sim.now
    sim.add("small", 20)
    work(sim, {"a": 0.002}, until=began + 8)
    assert sim.left("small") == []
    assert sim.left("large")


def test_two_equal_runs_end_about_together() -> None:
    """Of two runs of the same length, neither waits for the other."""
    sim = Simulation()
    sim.up("a", workers=2)
    sim.up("b", workers=2)
    began = sim.now
    sim.add("first", 200)
    sim.add("second", 200)
    work(sim, {"a": 0.5, "b": 0.5})
    ends = {
        name: max(at for (run, _), at in sim.end_times.items() if run == name) for name in sim.runs
    }
    assert abs(ends["first"] - ends["second"]) < 0.1 * (sim.now - began)


def test_nothing_goes_to_a_slave_that_can_not_do_the_type() -> None:
    """Files wait for a slave of their type, even if other slaves are idle."""
    sim = Simulation()
    sim.up("a", types=["text"])
    assert sim.add("r", 3, task_type="ocr") == []
    assert [send.slave for send in sim.up("b", workers=3, types=["ocr"])] == ["b"]


def test_share_of_a_slave_that_loses_the_type_is_released() -> None:
    """Its waiting files go to the other slaves at once."""
    sim = Simulation()
    sim.up("a")
    sim.up("b", workers=9)
    sim.add("r", 20)
    for batch in sim.batches("b"):
        sim.complete(batch)
    sim.up("a", types=["image"])
    while sim.batches("b"):
        sim.complete(sim.batches("b")[0])
    assert len(sim.left("r")) == sim.in_progress("a") == 2


def test_skewed_files_end_at_about_the_same_time() -> None:
    """Where one file in ten is ten times as long, no slave is left with many files at the end."""
    sim = Simulation()
    for number in range(8):
        sim.up(f"s{number}")
    sim.add("r", 400)
    lengths = [0.5 if position % 10 == 0 else 0.05 for position in range(400)]
    random.Random(1).shuffle(lengths)  # noqa: S311 (not for secrets)
    began = sim.now
    work(sim, dict.fromkeys(sim.slaves, 1.0), lengths=lengths)
    assert sim.now - began < 1.12 * sum(lengths) / 8


def test_answer_is_handled_without_a_look_at_other_slaves() -> None:
    """Only the slave that answered is considered, unless files of others become free."""
    sim = Simulation()
    for number in range(50):
        sim.up(f"s{number}")
    sim.add("r", 1000)
    considered = []
    assignment = sim.scheduler._assignment
    choose = assignment._next_batches

    def count(name: str, at: float) -> Iterator[Send]:
        considered.append(name)
        return choose(name, at)

    assignment._next_batches = count  # type: ignore[method-assign]
    for batch in sim.batches("s7"):
        sim.complete(batch)
    assert set(considered) == {"s7"}
    considered.clear()
    sim.gone("s7", missing=True)
    assert len(set(considered)) == 49
