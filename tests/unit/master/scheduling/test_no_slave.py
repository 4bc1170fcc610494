"""Runs that wait for a slave, and how long."""

from master_service.scheduling.events import ExchangeFailure
from tests.unit.master.scheduling.simulator import Simulation


def test_files_fail_when_no_slave_comes_in_time() -> None:
    """Each file fails as no_slave after ``no_slave_timeout_s``, with a sentence that helps."""
    sim = Simulation()
    sim.add("r", 3, no_slave_timeout_s=10)
    sim.wait(0)
    sim.wait(9.5)
    assert sim.ends == {}
    sim.wait(0.5)
    assert sim.codes("r") == ["no_slave"] * 3
    (error,) = {end.failure.error for end in sim.ends.values() if hasattr(end, "failure")}
    assert "text" in error
    assert "10 seconds" in error
    assert "python slave.py" in error
    assert " /check_status " in error
    assert error.endswith("; then send the file again.")


def test_runs_of_other_types_wait_for_slaves_of_their_own() -> None:
    """A slave of another type does not keep a run waiting, whichever run is older."""
    sim = Simulation()
    sim.up("a", types=["text"])
    sim.add("r", 2, no_slave_timeout_s=10)
    sim.add("pictures", 2, task_type="ocr", no_slave_timeout_s=10)
    sim.wait(0)
    sim.wait(10)
    assert sim.codes("pictures") == ["no_slave"] * 2
    assert sim.left("r") == [0, 1]


def test_files_fail_when_all_slaves_are_unreachable() -> None:
    """A registered slave that can't be reached does not keep a run waiting for ever."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 3, no_slave_timeout_s=10)
    sim.end(send.batch, ExchangeFailure.CONNECTION_LOST)
    for _ in range(60):
        for batch in sim.batches("a"):
            sim.end(batch, ExchangeFailure.CONNECTION_LOST)
        sim.wait(0.25)
    assert sim.codes("r") == ["no_slave"] * 3


def test_blamed_file_that_waits_in_vain_fails_too() -> None:
    """It fails with the others, and its slave is not held to have blamed a file that has ended."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 2, no_slave_timeout_s=10)
    sim.answer(send.batch, 0, "crashed")
    for _ in range(12):
        for batch in sim.batches("a"):
            sim.end(batch, ExchangeFailure.CONNECTION_LOST)
        sim.wait(1)
    assert sim.codes("r") == ["no_slave"] * 2


def test_stall_of_the_master_does_not_count_as_waiting() -> None:
    """While the master is stalled, no slave could have been seen."""
    sim = Simulation()
    sim.add("r", 1, no_slave_timeout_s=10)
    sim.wait(0)
    sim.wait(1000, late_s=1000)
    sim.wait(9.5)
    assert sim.left("r") == [0]
    sim.wait(0.5)
    assert sim.codes("r") == ["no_slave"]


def test_each_slave_restarts_the_wait() -> None:
    """The time limit counts anew from the moment at which the last slave goes."""
    sim = Simulation()
    sim.add("r", 1, no_slave_timeout_s=10)
    sim.wait(0)
    sim.wait(9)
    sim.up("a")
    sim.wait(1)
    sim.gone("a", missing=True)
    sim.wait(1)
    sim.wait(9)
    assert sim.left("r") == [0]
    sim.wait(1)
    assert sim.codes("r") == ["no_slave"]


def test_run_without_a_limit_waits_for_a_slave() -> None:
    """With ``no_slave_timeout_s`` None the files never fail, and a slave that comes gets them."""
    sim = Simulation()
    sim.add("r", 2)
    for _ in range(100):
        sim.wait(1000)
    assert sim.ends == {}
    (send,) = sim.up("a")
    sim.complete(send.batch)
    assert sim.codes("r") == [None, None]
