"""How long a quarantine lasts, and when it ends early."""

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
from tests.unit.master.scheduling.simulated_work import (
    complete_all,
    contradict_blames,
    fail_held,
    is_quarantined,
    two_slaves,
)
from tests.unit.master.scheduling.simulator import Simulation


def test_quarantined_slave_gets_nothing_until_the_end() -> None:
    """It is listed as suspended, its share is released, and afterwards it gets files again."""
    sim = two_slaves()
    sim.add("large", 500)
    while not is_quarantined(sim):
        fail_held(sim, "bad")
        sim.complete(sim.batches("good")[0])
    complete_all(sim, "bad")
    assert sim.left("large")
    complete_all(sim, "good")
    assert sim.left("large") == []
    sim.wait(MIN_QUARANTINE_S - 1)
    (suspension,) = sim.scheduler.suspended(sim.now).values()
    assert suspension.reason == QUARANTINED
    assert (suspension.elapsed_s, suspension.remaining_s) == pytest.approx(
        (MIN_QUARANTINE_S - 1, 1)
    )
    assert {send.slave for send in sim.add("small", 2)} == {"good"}
    sim.wait(1)
    assert not is_quarantined(sim)
    assert {send.slave for send in sim.add("later", 2)} == {"bad", "good"}


def test_each_quarantine_is_longer() -> None:
    """Each lasts twice as long as the one before, up to the longest."""
    sim = two_slaves()
    quarantines = []
    for _ in range(6):
        contradict_blames(sim)
        began = sim.now
        while is_quarantined(sim):
            sim.wait(10)
        quarantines.append(sim.now - began)
    assert quarantines == [MIN_QUARANTINE_S, 120, 240, 480, MAX_QUARANTINE_S, MAX_QUARANTINE_S]


@pytest.mark.parametrize(
    ("results", "next_quarantine_s"),
    [(RESULTS_TO_RESET - 1, 2 * MIN_QUARANTINE_S), (RESULTS_TO_RESET, MIN_QUARANTINE_S)],
)
def test_results_in_a_row_reset_the_quarantine(results: int, next_quarantine_s: float) -> None:
    """After enough results without a blame, the next quarantine is the shortest again."""
    sim = two_slaves()
    contradict_blames(sim)
    sim.wait(MIN_QUARANTINE_S)
    done = 0
    while done < results:
        sim.add(f"well{done}", 2)
        complete_all(sim, "good")
        complete_all(sim, "bad")
        done += 1
    contradict_blames(sim)
    assert [quarantine_s for _, _, quarantine_s in sim.expected.quarantines] == [
        MIN_QUARANTINE_S,
        next_quarantine_s,
    ]


def test_quarantine_of_the_last_slave_ends_early() -> None:
    """A run that has files waiting and no other slave gets the quarantined one."""
    sim = two_slaves()
    contradict_blames(sim)
    sim.add("r", 50, no_slave_timeout_s=5)
    sim.gone("good", missing=True)
    assert sim.in_progress("bad") == 0
    assert {send.slave for send in sim.wait(0.25)} == {"bad"}
    assert not is_quarantined(sim)
    complete_all(sim, "bad")
    assert sim.codes("r") == [None] * 50


def test_unreachable_slave_does_not_prolong_a_quarantine() -> None:
    """A registered slave that can't be reached does not count as another slave."""
    sim = two_slaves()
    contradict_blames(sim)
    sim.add("r", 1)
    sim.end(sim.batches("good")[0], ExchangeFailure.CONNECTION_LOST)
    assert [send.slave for send in sim.wait(0.25)] == ["bad"]


def test_quarantine_goes_on_while_it_costs_nothing() -> None:
    """It goes on while another slave is only full, and while no files wait."""
    sim = two_slaves()
    contradict_blames(sim)
    sim.add("r", 1)
    sim.end(sim.batches("good")[0], ExchangeFailure.FULL)
    assert sim.wait(0.5) == []
    assert [send.slave for send in sim.wait(1)] == ["good"]
    sim.gone("good", missing=False)
    sim.wait(1)
    assert is_quarantined(sim)


def test_quarantine_of_slaves_that_can_not_help_goes_on() -> None:
    """A slave of another task type, or excluded from the run, stays quarantined."""
    sim = two_slaves()
    contradict_blames(sim)
    sim.add("images", 1, task_type="image")
    sim.add("r", 1)
    sim.up("away")
    sim.exclude("r", "bad")
    sim.exclude("r", "good")
    sim.end(sim.batches("away")[0], ExchangeFailure.CONNECTION_LOST)
    assert sim.wait(0.5) == []
    assert is_quarantined(sim)


def test_backoff_outlasts_a_quarantine_that_ends_early() -> None:
    """A slave whose exchange was lost stays backed off after its quarantine ends early."""
    sim = two_slaves()
    send = sim.add("r", 10)[0]
    for position in send.positions[:CONTRADICTIONS_TO_QUARANTINE]:
        sim.answer(send.batch, position, "crashed")
    complete_all(sim, "good")
    assert is_quarantined(sim)
    sim.gone("good", missing=True)
    sim.end(send.batch, ExchangeFailure.CONNECTION_LOST)
    assert sim.wait(0.5) == []
    assert not sim.expected.is_quarantined("bad", sim.now)
    assert [again.slave for again in sim.wait(0.5)] == ["bad"]


# Results that reset the quarantine


def quarantine(health: SlaveHealth, at: float) -> float:
    """Contradict blames until the slave is quarantined; return for how many seconds."""
    for number in range(CONTRADICTIONS_TO_QUARANTINE):
        health.blame(("r", number))
    for number in range(CONTRADICTIONS_TO_QUARANTINE):
        health.contradict(("r", number), at)
    return health.quarantined_until - at


def test_results_must_be_in_a_row() -> None:
    """A blame between them restarts the count."""
    health = SlaveHealth()
    quarantine(health, at=0)
    for _ in range(2):
        for _ in range(RESULTS_TO_RESET - 1):
            health.result(at=1000)
        health.blame(("other", 0))
    assert quarantine(health, at=1000) == 2 * MIN_QUARANTINE_S


def test_last_attempt_of_a_file_interrupts_the_row_too() -> None:
    """Also a failure that ends the file restarts the count of its slave."""
    sim = Simulation(max_attempts=1)
    sim.up("only")
    health = sim.scheduler._slaves["only"].health
    sim.add("well", 2)
    complete_all(sim, "only")
    assert health.results == 2
    sim.add("badly", 1)
    (batch,) = sim.batches("only")
    sim.answer(batch, 0, "crashed")
    assert sim.left("badly") == []
    assert (health.results, health.blamed) == (0, set())


def test_result_for_a_file_without_a_blame_contradicts_nothing() -> None:
    """A slave that did not blame a file is not quarantined, whoever has a result for it."""
    health = SlaveHealth()
    for number in range(CONTRADICTIONS_TO_QUARANTINE):
        assert not health.contradict(("r", number), at=0)
    assert not health.is_quarantined(0)


def test_results_during_a_quarantine_do_not_count() -> None:
    """They are of files that the slave was sent before."""
    health = SlaveHealth()
    quarantine(health, at=0)
    for _ in range(RESULTS_TO_RESET):
        health.result(at=MIN_QUARANTINE_S - 1)
    assert quarantine(health, at=1000) == 2 * MIN_QUARANTINE_S


def test_results_before_a_quarantine_do_not_count() -> None:
    """Contradictions may come late, after many results for other files."""
    health = SlaveHealth()
    for number in range(CONTRADICTIONS_TO_QUARANTINE):
        health.blame(("r", number))
    for _ in range(RESULTS_TO_RESET):
        health.result(at=0)
    for number in range(CONTRADICTIONS_TO_QUARANTINE):
        health.contradict(("r", number), at=0)
    health.result(at=MIN_QUARANTINE_S)
    assert quarantine(health, at=1000) == 2 * MIN_QUARANTINE_S
