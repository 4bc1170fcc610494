"""Cancelled runs, and slaves that are excluded from a run."""

import pytest

from master_service.scheduling.events import CancelFile, ExchangeFailure, Requeue
from tests.unit.master.scheduling.simulator import Simulation


def test_cancelled_files_end_wherever_they_are() -> None:
    """Waiting, blamed and held files are discarded; files that have ended are not."""
    sim = Simulation()
    sim.up("a", workers=3)
    (send,) = sim.add("r", 10)
    sim.answer(send.batch, 0)
    sim.answer(send.batch, 1, "crashed")
    actions = sim.cancel("r")
    assert actions == [CancelFile("r", position) for position in range(1, 10)]
    assert sim.left("r") == []
    assert sim.wait(100) == []


def test_slave_of_a_cancelled_run_goes_on_with_the_next() -> None:
    """The slots of the cancelled files are free at once, and none of them is sent again."""
    sim = Simulation()
    sim.up("a")
    sim.add("r", 5)
    assert sim.add("next", 5) == []
    sim.cancel("r")
    assert sim.in_progress("a") == 2
    while sim.batches("a"):
        sim.complete(sim.batches("a")[0])
    assert sim.codes("next") == [None] * 5


@pytest.mark.parametrize("failure", [None, *ExchangeFailure])
def test_late_answers_of_a_cancelled_batch_are_ignored(failure: ExchangeFailure | None) -> None:
    """Answers, and the end of the exchange, change nothing for the files or the slave."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 2)
    sim.cancel("r")
    assert sim.answer(send.batch, 0) == []
    assert sim.answer(send.batch, 1, "crashed") == []
    assert sim.end(send.batch, failure) == []
    assert sim.scheduler.suspended(sim.now) == {}


def test_other_runs_keep_their_batches() -> None:
    """Cancelling one run leaves the batches of another on the same slave."""
    sim = Simulation()
    sim.up("a", workers=4)
    (kept,) = sim.add("kept", 2)
    sim.add("r", 2)
    sim.cancel("r")
    sim.complete(kept.batch)
    assert sim.codes("kept") == [None, None]


def test_cancelling_an_unknown_run_does_nothing() -> None:
    """A run that was never added, is over or was cancelled before is ignored."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 1)
    assert sim.cancel("never") == []
    sim.complete(send.batch)
    assert sim.cancel("r") == []
    sim.add("again", 1)
    assert sim.cancel("again") != []
    assert sim.cancel("again") == []


def test_run_without_slaves_can_be_cancelled() -> None:
    """The files end at once, and do not fail later with ``no_slave``."""
    sim = Simulation()
    sim.add("r", 3, no_slave_timeout_s=5)
    assert len(sim.cancel("r")) == 3
    assert sim.wait(100) == []


def test_batch_is_wanted_while_it_is_in_progress() -> None:
    """A batch is wanted until it ends, is lost or is cancelled."""
    sim = Simulation()
    for slave in "abc":
        sim.up(slave)
    ended, lost, cancelled = (sim.add(f"r{number}", 1)[0] for number in range(3))
    is_in_progress = sim.scheduler.is_in_progress
    assert all(is_in_progress(send.batch) for send in (ended, lost, cancelled))
    assert not is_in_progress(99)
    sim.complete(ended.batch)
    assert not is_in_progress(ended.batch)
    sim.gone(lost.slave, missing=True)
    assert not is_in_progress(lost.batch)
    sim.cancel("r2")
    assert not is_in_progress(cancelled.batch)


def test_batch_of_a_deregistered_slave_is_wanted() -> None:
    """A slave that deregisters may finish the files that it holds."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 1)
    sim.gone("a", missing=False)
    assert sim.scheduler.is_in_progress(send.batch)


# Excluded slaves


def test_excluded_slave_gets_no_more_files_of_the_run() -> None:
    """Its files and its share go to other slaves, without counting an attempt."""
    sim = Simulation(max_attempts=1)
    sim.up("a", workers=2)
    (in_progress, *_) = sim.add("r", 20)
    sim.up("b", workers=9)
    sim.exclude("r", "a")
    assert not sim.scheduler.is_in_progress(in_progress.batch)
    assert sim.answer(in_progress.batch, in_progress.positions[0]) == []
    while sim.batches("b"):
        sim.complete(sim.batches("b")[0])
    assert sim.codes("r") == [None] * 20
    assert set(sim.done_by.values()) == {"b"}


def test_files_of_an_excluded_slave_are_requeued() -> None:
    """The actions tell the ledger that the files wait again, with their blames."""
    sim = Simulation()
    sim.up("a")
    sim.add("r", 1, blamed_by={0: ["b"]})
    sim.exclude("r", "a")
    assert sim.history[-1][1] == [Requeue("r", 0, ("b",))]


def test_excluded_slave_still_works_on_other_runs() -> None:
    """It keeps the files of other runs and gets more of them."""
    sim = Simulation()
    sim.up("a")
    (kept,) = sim.add("kept", 5)
    sim.add("r", 5)
    sim.exclude("r", "a")
    assert sim.scheduler.is_in_progress(kept.batch)
    while sim.batches("a"):
        sim.complete(sim.batches("a")[0])
    assert sim.codes("kept") == [None] * 5
    assert sim.left("r") == [0, 1, 2, 3, 4]


def test_excluded_slave_is_readmitted_if_there_is_no_other() -> None:
    """A run goes on with an excluded slave rather than wait for ever."""
    sim = Simulation()
    sim.up("a")
    sim.up("b")
    sim.add("r", 2)
    sim.exclude("r", "a")
    sim.wait(1)
    assert (sim.in_progress("a"), sim.in_progress("b")) == (0, 1)
    sim.gone("b", missing=True)
    (send,) = sim.wait(1)
    assert (send.slave, send.positions) == ("a", (1,))


def test_excluded_slave_is_not_readmitted_while_another_is_registered() -> None:
    """This holds even if the other slave is unreachable."""
    sim = Simulation()
    sim.up("a")
    sim.up("b")
    sim.add("r", 2, no_slave_timeout_s=10)
    sim.exclude("r", "a")
    for _ in range(20):
        for batch in sim.batches("b"):
            sim.end(batch, ExchangeFailure.CONNECTION_LOST)
        sim.wait(1)
    assert sim.codes("r") == ["no_slave"] * 2


def test_blamed_file_does_not_wait_for_an_excluded_slave() -> None:
    """A file goes back to the slave it failed on if the only other slave is excluded."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 1)
    sim.up("b")
    sim.answer(send.batch, 0, "crashed")
    assert sim.in_progress("b") == 1
    (again,) = sim.exclude("r", "b")
    assert again.slave == "a"


def test_excluded_slave_stays_excluded_after_a_restart() -> None:
    """A slave that registers again is still excluded from the run."""
    sim = Simulation()
    sim.up("a")
    sim.up("b")
    sim.add("r", 1)
    sim.exclude("r", "a")
    sim.gone("a", missing=True)
    sim.end(sim.batches("b")[0], ExchangeFailure.FULL)
    assert sim.up("a") == sim.wait(0.5) == []
    assert len(sim.add("other", 1)) == 1


def test_deregistered_slave_can_be_excluded() -> None:
    """Its files of the run are requeued although it could still answer them."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 1)
    sim.gone("a", missing=False)
    sim.exclude("r", "a")
    assert not sim.scheduler.is_in_progress(send.batch)
    assert [again.slave for again in sim.up("b")] == ["b"]


def test_excluding_an_unknown_slave_does_nothing() -> None:
    """An unknown run or slave is ignored, and the slave may do the run when it registers."""
    sim = Simulation()
    sim.add("r", 1)
    assert sim.exclude("never", "a") == []
    assert sim.exclude("r", "a") == []
    assert len(sim.up("a")) == 1


def test_excluded_slave_of_another_type_is_not_readmitted() -> None:
    """An excluded slave that does not do the type now stays excluded when it does again."""
    sim = Simulation()
    sim.up("a")
    sim.up("b")
    sim.add("r", 4)
    for slave in ("a", "b"):
        sim.exclude("r", slave)
    sim.up("b", types=["ocr"])
    sim.wait(1)
    assert sim.batches("a")
    assert sim.up("b") == []
