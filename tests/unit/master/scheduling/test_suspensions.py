"""How long a slave rests that was judged, and when it is needed before."""

import pytest

from master_service.scheduling.events import ExchangeFailure
from master_service.scheduling.slave_health import (
    CONTRADICTIONS_TO_QUARANTINE,
    MAX_QUARANTINE_S,
    MIN_QUARANTINE_S,
    RESULTS_TO_RESET,
    SlaveHealth,
)
from master_service.scheduling.state import QUARANTINED
from tests.unit.master.scheduling.simulated_work import do_well, fail, is_judged, prove, two_slaves


def test_rested_slave_gets_nothing_until_its_rest_is_over() -> None:
    """It is shown as resting, its share goes to the others, and then it is tried again."""
    world = two_slaves()
    world.add("large", 1000)
    while not is_judged(world):
        fail(world, "bad")
        world.complete(world.batches("good")[0])
    do_well(world, "bad")
    assert world.left("large")
    do_well(world, "good")
    assert world.left("large") == []
    world.wait(MIN_QUARANTINE_S - 1)
    (rest,) = world.scheduler.suspended(world.now).values()
    assert rest.reason == QUARANTINED
    assert (rest.elapsed_s, rest.remaining_s) == pytest.approx((MIN_QUARANTINE_S - 1, 1))
    assert {send.slave for send in world.add("small", 2)} == {"good"}
    world.wait(1)
    assert not is_judged(world)
    assert {send.slave for send in world.add("later", 2)} == {"bad", "good"}


def test_rests_grow_with_each_judgement() -> None:
    """A slave that has not bettered itself rests twice as long each time, up to the longest."""
    world = two_slaves()
    rests = []
    for _ in range(6):
        prove(world)
        began = world.now
        while is_judged(world):
            world.wait(10)
        rests.append(world.now - began)
    assert rests == [MIN_QUARANTINE_S, 120, 240, 480, MAX_QUARANTINE_S, MAX_QUARANTINE_S]


@pytest.mark.parametrize(
    ("results", "next_rest_s"),
    [(RESULTS_TO_RESET - 1, 2 * MIN_QUARANTINE_S), (RESULTS_TO_RESET, MIN_QUARANTINE_S)],
)
def test_slave_that_does_well_again_is_trusted_again(results: int, next_rest_s: float) -> None:
    """After enough results without a blame, the next rest is the shortest again."""
    world = two_slaves()
    prove(world)
    world.wait(MIN_QUARANTINE_S)
    done = 0
    while done < results:
        world.add(f"well{done}", 2)
        do_well(world, "good")
        do_well(world, "bad")
        done += 1
    prove(world)
    assert [rest_s for _, _, rest_s in world.books.judged] == [MIN_QUARANTINE_S, next_rest_s]


def test_last_slave_has_its_rest_cut_short() -> None:
    """A run that waits and has nobody else gets the resting slave, rather than fail."""
    world = two_slaves()
    prove(world)
    world.add("r", 50, patience_s=5)
    world.gone("good", lost=True)
    assert world.in_progress("bad") == 0
    assert {send.slave for send in world.wait(0.25)} == {"bad"}
    assert not is_judged(world)
    do_well(world, "bad")
    assert world.codes("r") == [None] * 50


def test_unreachable_slave_is_nobody_else() -> None:
    """A slave that is listed but does not answer does not keep a run from the resting one."""
    world = two_slaves()
    prove(world)
    world.add("r", 1)
    world.end(world.batches("good")[0], ExchangeFailure.LOST)
    assert [send.slave for send in world.wait(0.25)] == ["bad"]


def test_rest_goes_on_while_another_is_there_or_nothing_waits() -> None:
    """A slave that is full is still there, and without waiting files nobody is needed."""
    world = two_slaves()
    prove(world)
    world.add("r", 1)
    world.end(world.batches("good")[0], ExchangeFailure.FULL)
    assert world.wait(0.5) == []
    assert [send.slave for send in world.wait(1)] == ["good"]
    world.gone("good", lost=False)
    world.wait(1)
    assert is_judged(world)


def test_only_slaves_that_can_help_have_their_rest_cut_short() -> None:
    """A slave that can't do what waits, or was dropped from it, rests on."""
    world = two_slaves()
    prove(world)
    world.add("images", 1, task_type="image")
    world.add("r", 1)
    world.up("away")
    world.drop("r", "bad")
    world.drop("r", "good")
    world.end(world.batches("away")[0], ExchangeFailure.LOST)
    assert world.wait(0.5) == []
    assert is_judged(world)


def test_trouble_during_a_rest_is_a_pause_of_its_own() -> None:
    """A slave whose rest is cut short is still left alone after it could not be reached."""
    world = two_slaves()
    send = world.add("r", 10)[0]
    for index in send.indexes[:CONTRADICTIONS_TO_QUARANTINE]:
        world.answer(send.batch, index, "crashed")
    do_well(world, "good")
    assert is_judged(world)
    world.gone("good", lost=True)
    world.end(send.batch, ExchangeFailure.LOST)
    assert world.wait(0.5) == []
    assert not world.books.is_suspended("bad", world.now)
    assert [again.slave for again in world.wait(0.5)] == ["bad"]


# What counts towards trust


def judge(health: SlaveHealth, at: float) -> float:
    """Bring the proofs against a slave, and return for how long it rests."""
    for number in range(CONTRADICTIONS_TO_QUARANTINE):
        health.blame(("r", number))
    for number in range(CONTRADICTIONS_TO_QUARANTINE):
        health.contradict(("r", number), at)
    return health.quarantined_until - at


def test_results_must_be_in_a_row() -> None:
    """A blame between them starts the count anew."""
    health = SlaveHealth()
    judge(health, at=0)
    for _ in range(2):
        for _ in range(RESULTS_TO_RESET - 1):
            health.result(at=1000)
        health.blame(("other", 0))
    assert judge(health, at=1000) == 2 * MIN_QUARANTINE_S


def test_results_during_a_rest_do_not_count() -> None:
    """What a slave finishes that it was given before says nothing about what it learnt."""
    health = SlaveHealth()
    judge(health, at=0)
    for _ in range(RESULTS_TO_RESET):
        health.result(at=MIN_QUARANTINE_S - 1)
    assert judge(health, at=1000) == 2 * MIN_QUARANTINE_S


def test_results_before_a_rest_do_not_count() -> None:
    """The proofs against a slave may come late, when it has done many other files."""
    health = SlaveHealth()
    for number in range(CONTRADICTIONS_TO_QUARANTINE):
        health.blame(("r", number))
    for _ in range(RESULTS_TO_RESET):
        health.result(at=0)
    for number in range(CONTRADICTIONS_TO_QUARANTINE):
        health.contradict(("r", number), at=0)
    health.result(at=MIN_QUARANTINE_S)
    assert judge(health, at=1000) == 2 * MIN_QUARANTINE_S
