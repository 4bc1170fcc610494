"""Runs that get files while earlier ones are processed, as a request or an open job does."""

from collections import Counter

from master_service.scheduling.events import CancelFile, FailFile
from tests.unit.master.scheduling.simulated_work import work
from tests.unit.master.scheduling.simulator import Simulation


def open_run(slaves: str = "ab", files: int = 0) -> Simulation:
    """Return a simulation with slaves of one worker, and an open run of text files."""
    sim = Simulation()
    for slave in slaves:
        sim.up(slave)
    sim.add("r", files, is_open=True)
    return sim


def test_first_file_is_sent_while_the_run_is_open() -> None:
    """A file does not wait for the end of its request."""
    sim = open_run()
    (send,) = sim.extend("r", 1)
    assert (send.slave, send.positions) == ("a", (0,))


def test_files_that_arrive_one_by_one_are_spread_evenly() -> None:
    """Each slave gets as many, also where each file ends before the next one arrives."""
    sim = open_run("abc")
    used: Counter[str] = Counter()
    for _ in range(12):
        (send,) = sim.extend("r", 1)
        used[send.slave] += 1
        sim.complete(send.batch)
    assert used == {"a": 4, "b": 4, "c": 4}


def test_new_file_goes_to_an_idle_slave() -> None:
    """It does not wait behind the file of a busy one, which was assigned fewer files."""
    sim = open_run("ab")
    for _ in range(4):
        (send,) = sim.extend("r", 1)
        if send.slave == "a":
            sim.complete(send.batch)
    held = {sim.held[batch].slave for batch in sim.held}
    assert held == {"b"}
    (send,) = sim.extend("r", 1)
    assert send.slave == "a"


def test_late_files_join_the_waiting_ones() -> None:
    """Files are added to shares of equal length, and all of them end."""
    sim = open_run("ab", files=20)
    sim.extend("r", 21)
    sim.close("r")
    work(sim, {"a": 0.1, "b": 0.1})
    assert len(sim.ends) == 41
    assert sorted(Counter(sim.done_by.values()).values()) == [20, 21]


def test_open_run_stays_when_its_files_have_ended() -> None:
    """It is over when it is completed, not before."""
    sim = open_run()
    for _ in range(2):
        (send,) = sim.extend("r", 1)
        sim.complete(send.batch)
    assert "r" in sim.scheduler._runs
    sim.close("r")
    assert sim.scheduler._runs == {}


def test_files_wait_for_slaves_without_limit_until_the_run_is_complete() -> None:
    """The limit of a waiting request counts from its end."""
    sim = open_run("", files=1)
    sim.wait(1000)
    sim.close("r", no_slave_timeout_s=45)
    sim.wait(40)
    sim.wait(40)
    assert not sim.ends
    sim.wait(10)
    assert isinstance(sim.ends["r", 0], FailFile)


def test_withdrawn_files_end_and_the_others_go_on() -> None:
    """Waiting files and those that a slave holds are cancelled, and its answers are ignored."""
    sim = open_run("a", files=6)
    (first,) = sim.batches("a")
    held = sim.sends[first].positions
    assert len(held) < 6
    sim.withdraw("r", [0, 5])
    assert [type(sim.ends["r", position]) for position in (0, 5)] == [CancelFile, CancelFile]
    sim.answer(first, 0)
    sim.close("r")
    work(sim, {"a": 0.1})
    assert Counter(map(type, sim.ends.values()))[CancelFile] == 2
    assert len(sim.ends) == 6


def test_idle_time_does_not_make_a_slave_slow() -> None:
    """After a pause in which no files arrived, a fast slave gets as many ahead as before."""
    sim = open_run("a", files=200)
    work(sim, {"a": 0.01})
    before = sim.now
    sim.now = before + 600
    sim.extend("r", 200)
    work(sim, {"a": 0.01}, until=sim.now + 0.5)
    assert sim.in_progress("a") > 20


def test_excluded_slave_gets_none_of_the_new_files() -> None:
    """New files are not assigned to a slave that the job excludes."""
    sim = open_run("ab", files=2)
    sim.exclude("r", "a")
    sim.extend("r", 4)
    sim.close("r")
    for batch in list(sim.held):
        sim.complete(batch)
    work(sim, {"a": 0.1, "b": 0.1})
    assert set(sim.done_by.values()) == {"b"}
