"""Slaves are quarantined when files that failed on them succeed on other slaves."""

import pytest

from master_service.scheduling.events import ExchangeFailure, Requeue
from master_service.scheduling.slave_health import CONTRADICTIONS_TO_QUARANTINE, MIN_QUARANTINE_S
from tests.unit.master.scheduling.simulated_work import (
    complete_all,
    contradict_blames,
    fail_held,
    is_quarantined,
    two_slaves,
)
from tests.unit.master.scheduling.simulator import Simulation


def test_slave_is_quarantined_at_the_third_contradiction() -> None:
    """Two files that fail on one slave and succeed on another may be chance."""
    sim = two_slaves()
    contradict_blames(sim, CONTRADICTIONS_TO_QUARANTINE - 1)
    assert not is_quarantined(sim)
    contradict_blames(sim, 1)
    assert is_quarantined(sim)


def test_invalid_answers_count_as_blames() -> None:
    """A slave with invalid answers for single files is quarantined like one that fails them."""
    sim = Simulation()
    sim.up("bad", workers=CONTRADICTIONS_TO_QUARANTINE)
    for number in range(CONTRADICTIONS_TO_QUARANTINE):
        sim.add(f"r{number}", 1)
    sim.up("good", workers=CONTRADICTIONS_TO_QUARANTINE)
    for batch in sim.batches("bad"):
        sim.end(batch, ExchangeFailure.INVALID_ANSWER)
    complete_all(sim, "good")
    assert sim.expected.quarantines == [(sim.now, "bad", MIN_QUARANTINE_S)]


def test_one_file_is_one_contradiction_however_often_it_failed() -> None:
    """Several blames of one file that succeeds in the end do not quarantine a slave."""
    sim = Simulation(max_attempts=9)
    sim.up("bad")
    sim.add("r", 1)
    for _ in range(CONTRADICTIONS_TO_QUARANTINE + 1):
        fail_held(sim, "bad")
    sim.gone("bad", missing=True)
    sim.up("bad")
    sim.up("good")
    complete_all(sim, "good")
    complete_all(sim, "bad")
    assert sim.codes("r") == [None]
    assert sim.expected.quarantines == []


@pytest.mark.parametrize("code", ["corrupt", "timeout", "out_of_memory"])
def test_files_that_fail_elsewhere_too_contradict_nothing(code: str) -> None:
    """However many bad files a slave fails, they are no sign against it."""
    sim = two_slaves()
    sim.add("r", 20)
    while sim.left("r"):
        fail_held(sim, "bad")
        fail_held(sim, "good", code)
    assert not is_quarantined(sim)
    assert not sim.expected.contradictions


def test_own_result_contradicts_nothing() -> None:
    """A slave that fails a file and then does it is not contradicted by itself."""
    sim = Simulation()
    sim.up("bad", workers=9)
    sim.add("r", 6)
    fail_held(sim, "bad")
    complete_all(sim, "bad")
    assert sim.codes("r") == [None] * 6
    assert not is_quarantined(sim)


def test_health_of_a_slave_that_leaves_is_forgotten() -> None:
    """Contradictions, quarantine and blamed files of a slave end when it leaves."""
    sim = two_slaves()
    contradict_blames(sim, CONTRADICTIONS_TO_QUARANTINE - 1)
    sim.add("r", 6)
    fail_held(sim, "bad")
    sim.gone("bad", missing=True)
    sim.up("bad", workers=9)
    complete_all(sim, "good")
    assert not is_quarantined(sim)
    contradict_blames(sim)
    assert is_quarantined(sim)
    sim.gone("bad", missing=False)
    sim.up("bad")
    assert not is_quarantined(sim)


def test_bad_slave_among_good_ones_costs_no_file() -> None:
    """If one slave of three fails every file, all files succeed, and it is sent few."""
    sim = Simulation()
    for slave in ("bad", "good", "well"):
        sim.up(slave, workers=2)
    sim.add("r", 600)
    while sim.left("r"):
        fail_held(sim, "bad")
        for slave in ("good", "well"):
            for batch in sim.batches(slave):
                sim.complete(batch)
        sim.wait(0.25)
    assert sim.codes("r") == [None] * 600
    sent = [send for send in sim.sends.values() if send.slave == "bad"]
    assert sum(len(send.positions) for send in sent) < 50


# Blames of a quarantined slave


def test_blames_of_a_quarantined_slave_are_withdrawn() -> None:
    """Files that only it blamed are no longer isolated, in all runs."""
    sim = Simulation()
    sim.up("bad", workers=19)
    for run in ("first", "second"):
        sim.add(run, 10)
    blamed = {(sim.held[batch].run, i) for batch in sim.batches("bad") for i in range(10)}
    sim.up("good")
    fail_held(sim, "bad")
    assert set(sim.scheduler._runs["first"].blamed_by) == set(range(10))
    while not is_quarantined(sim):
        sim.complete(sim.batches("good")[0])
    assert not any(run.blamed_by for run in sim.scheduler._runs.values())
    before = len(sim.sends)
    complete_all(sim, "good")
    sends = [send for number, send in sim.sends.items() if number > before]
    assert max(len(send.positions) for send in sends) > 1
    assert {file for file, slave in sim.done_by.items() if slave == "good"} == blamed


def test_withdrawn_blames_do_not_count() -> None:
    """The blames of other slaves still count."""
    sim = two_slaves()
    sim.add("r", 1, blamed_by={0: ["other", "bad"]})
    (number,) = sim.batches("good")
    contradict_blames(sim)
    assert is_quarantined(sim)
    actions = sim.answer(number, 0, "crashed")
    assert Requeue("r", 0, ("other", "good")) in actions
    fail_held(sim, "good")
    assert sim.left("r") == []


def test_failures_on_a_quarantined_slave_do_not_count() -> None:
    """Files that it was sent before and fails now are requeued without a blame."""
    sim = two_slaves(max_attempts=2)
    send = sim.add("r", 10)[0]
    assert send.slave == "bad"
    *failed, late, later = send.positions
    for position in failed:
        sim.answer(send.batch, position, "crashed")
    complete_all(sim, "good")
    assert is_quarantined(sim)
    assert Requeue("r", late, ()) in sim.answer(send.batch, late, "internal")
    assert Requeue("r", later, ()) in sim.end(send.batch)
    complete_all(sim, "good")
    assert sim.codes("r") == [None] * 10
    assert len(sim.expected.quarantines) == 1


def test_results_of_a_quarantined_slave_count() -> None:
    """Results for files that it was sent before are final."""
    sim = two_slaves()
    send = sim.add("r", 10)[0]
    for position in send.positions[:3]:
        sim.answer(send.batch, position, "crashed")
    complete_all(sim, "good")
    assert is_quarantined(sim)
    sim.complete(send.batch)
    assert sim.left("r") == []


def test_blamed_file_does_not_wait_for_a_quarantined_slave() -> None:
    """A file that failed on the good slave is retried there before the quarantine ends."""
    sim = two_slaves()
    contradict_blames(sim)
    sim.add("r", 1)
    fail_held(sim, "good")
    assert sim.in_progress("good") == 1


# Blames from before a restart of the master


def test_file_blamed_before_a_restart_is_sent_alone() -> None:
    """It is in no share, and is sent first to a slave that did not blame it."""
    sim = two_slaves()
    sends = sim.add("r", 5, blamed_by={2: ["bad"], 3: []})
    by_slave = sorted((send.slave, send.positions) for send in sends)
    assert by_slave == [("bad", (0, 3)), ("good", (1, 4)), ("good", (2,))]


def test_blames_from_before_a_restart_count() -> None:
    """A file with two blames of three has one attempt left."""
    sim = two_slaves()
    sim.add("r", 1, blamed_by={0: ["bad", "other"]})
    fail_held(sim, "good")
    assert sim.left("r") == []


def test_blames_from_before_a_restart_contradict_nothing() -> None:
    """The health of a slave covers only what it did since it registered."""
    sim = two_slaves()
    sim.add("r", 5, blamed_by={position: ["bad"] for position in range(5)})
    complete_all(sim, "good")
    assert sim.codes("r") == [None] * 5
    assert not is_quarantined(sim)
