"""When a slave is rested because files that failed there succeed elsewhere, and what it blamed."""

import pytest

from master_service.scheduling.events import ExchangeFailure, Requeue
from master_service.scheduling.slave_health import CONTRADICTIONS_TO_QUARANTINE, MIN_QUARANTINE_S
from tests.unit.master.scheduling.simulated_work import do_well, fail, is_judged, prove, two_slaves
from tests.unit.master.scheduling.simulator import World


def test_slave_is_rested_at_the_third_proof() -> None:
    """Two files that fail there and succeed elsewhere may be chance; the third is not."""
    world = two_slaves()
    prove(world, CONTRADICTIONS_TO_QUARANTINE - 1)
    assert not is_judged(world)
    prove(world, 1)
    assert is_judged(world)


def test_garbled_exchanges_count_as_blames() -> None:
    """A slave whose answers about single files make no sense is judged like one that fails them."""
    world = World()
    world.up("bad", workers=CONTRADICTIONS_TO_QUARANTINE)
    for number in range(CONTRADICTIONS_TO_QUARANTINE):
        world.add(f"r{number}", 1)
    world.up("good", workers=CONTRADICTIONS_TO_QUARANTINE)
    for batch in world.batches("bad"):
        world.end(batch, ExchangeFailure.INVALID)
    do_well(world, "good")
    assert world.books.judged == [(world.now, "bad", MIN_QUARANTINE_S)]


def test_one_file_is_one_proof_however_often_it_failed() -> None:
    """Several blames of one file, even with a result in the end, do not rest a slave."""
    world = World(max_attempts=9)
    world.up("bad")
    world.add("r", 1)
    for _ in range(CONTRADICTIONS_TO_QUARANTINE + 1):
        fail(world, "bad")
    world.gone("bad", lost=True)
    world.up("bad")
    world.up("good")
    do_well(world, "good")
    do_well(world, "bad")
    assert world.codes("r") == [None]
    assert world.books.judged == []


@pytest.mark.parametrize("code", ["corrupt", "timeout", "out_of_memory"])
def test_files_that_fail_elsewhere_too_prove_nothing(code: str) -> None:
    """However many bad files a slave meets, another's word that they are bad clears it."""
    world = two_slaves()
    world.add("r", 20)
    while world.left("r"):
        fail(world, "bad")
        fail(world, "good", code)
    assert not is_judged(world)
    assert not world.books.contradictions


def test_own_result_proves_nothing() -> None:
    """A slave that fails a file at first and then does it has no other to speak against it."""
    world = World()
    world.up("bad", workers=9)
    world.add("r", 6)
    fail(world, "bad")
    do_well(world, "bad")
    assert world.codes("r") == [None] * 6
    assert not is_judged(world)


def test_slave_that_is_gone_is_judged_anew() -> None:
    """What speaks against a slave goes with it: proofs, its rest, and what it blamed before."""
    world = two_slaves()
    prove(world, CONTRADICTIONS_TO_QUARANTINE - 1)
    world.add("r", 6)
    fail(world, "bad")
    world.gone("bad", lost=True)
    world.up("bad", workers=9)
    do_well(world, "good")
    assert not is_judged(world)
    prove(world)
    assert is_judged(world)
    world.gone("bad", lost=False)
    world.up("bad")
    assert not is_judged(world)


def test_bad_slave_among_good_ones_costs_no_file() -> None:
    """Where one slave of three fails every file, all succeed, and few are given to it."""
    world = World()
    for slave in ("bad", "good", "well"):
        world.up(slave, workers=2)
    world.add("r", 600)
    while world.left("r"):
        fail(world, "bad")
        for slave in ("good", "well"):
            for batch in world.batches(slave):
                world.complete(batch)
        world.wait(0.25)
    assert world.codes("r") == [None] * 600
    sent = [send for send in world.sends.values() if send.slave == "bad"]
    assert sum(len(send.indexes) for send in sent) < 50


# What it blamed


def test_blames_of_a_judged_slave_are_forgiven() -> None:
    """In every run, what it alone blamed waits among the rest again, in batches of many."""
    world = World()
    world.up("bad", workers=19)
    for run in ("first", "second"):
        world.add(run, 10)
    blamed = {(world.live[batch].run, i) for batch in world.batches("bad") for i in range(10)}
    world.up("good")
    fail(world, "bad")
    assert set(world.scheduler._runs["first"].blamed_by) == set(range(10))
    while not is_judged(world):
        world.complete(world.batches("good")[0])
    assert not any(run.blamed_by for run in world.scheduler._runs.values())
    before = len(world.sends)
    do_well(world, "good")
    sends = [send for number, send in world.sends.items() if number > before]
    assert max(len(send.indexes) for send in sends) > 1
    assert {file for file, slave in world.done_by.items() if slave == "good"} == blamed


def test_forgiven_file_has_its_attempts_back() -> None:
    """A blame that is forgiven does not count; those of other slaves do."""
    world = two_slaves()
    world.add("r", 1, blamed_by={0: ["other", "bad"]})
    (number,) = world.batches("good")
    prove(world)
    assert is_judged(world)
    actions = world.answer(number, 0, "crashed")
    assert Requeue("r", 0, ("other", "good")) in actions
    fail(world, "good")
    assert world.left("r") == []


def test_what_a_judged_slave_still_fails_is_not_counted() -> None:
    """Crashed or garbled, files that it was given before its rest go on without a blame."""
    world = two_slaves(max_attempts=2)
    send = world.add("r", 10)[0]
    assert send.slave == "bad"
    *failed, late, later = send.indexes
    for index in failed:
        world.answer(send.batch, index, "crashed")
    do_well(world, "good")
    assert is_judged(world)
    assert Requeue("r", late, ()) in world.answer(send.batch, late, "internal")
    assert Requeue("r", later, ()) in world.end(send.batch)
    do_well(world, "good")
    assert world.codes("r") == [None] * 10
    assert len(world.books.judged) == 1


def test_results_of_a_resting_slave_are_results() -> None:
    """What it held when it was judged it may finish, and that is the files' end."""
    world = two_slaves()
    send = world.add("r", 10)[0]
    for index in send.indexes[:3]:
        world.answer(send.batch, index, "crashed")
    do_well(world, "good")
    assert is_judged(world)
    world.complete(send.batch)
    assert world.left("r") == []


def test_blamed_file_does_not_wait_for_a_resting_slave() -> None:
    """A file that failed on the good slave is tried there again, not kept for the end of a rest."""
    world = two_slaves()
    prove(world)
    world.add("r", 1)
    fail(world, "good")
    assert world.in_progress("good") == 1


# Blames of an earlier life of the master


def test_file_blamed_in_an_earlier_life_goes_alone() -> None:
    """It is in nobody's share, and goes first to a slave that did not blame it."""
    world = two_slaves()
    sends = world.add("r", 5, blamed_by={2: ["bad"], 3: []})
    by_slave = sorted((send.slave, send.indexes) for send in sends)
    assert by_slave == [("bad", (0, 3)), ("good", (1, 4)), ("good", (2,))]


def test_blames_of_an_earlier_life_count() -> None:
    """A file with two blames of three has one attempt left."""
    world = two_slaves()
    world.add("r", 1, blamed_by={0: ["bad", "other"]})
    fail(world, "good")
    assert world.left("r") == []


def test_blames_of_an_earlier_life_prove_nothing() -> None:
    """A slave answers for what it did since it came; the master that knew more is gone."""
    world = two_slaves()
    world.add("r", 5, blamed_by={index: ["bad"] for index in range(5)})
    do_well(world, "good")
    assert world.codes("r") == [None] * 5
    assert not is_judged(world)
