"""Random events in random order: every file ends once, and all invariants hold."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from master_service.scheduling.events import CancelFile, ExchangeFailure, FailFile, Requeue, Send
from master_service.scheduling.scheduler import Scheduler
from master_service.scheduling.state import MAX_BACKOFF_S, MAX_BATCH_BYTES
from protocol.failures import FileError
from tests.unit.master.scheduling.simulator import Simulation

SLAVES = ["a", "b", "c", "d"]
TYPES = [["text"], ["ocr"], ["text", "ocr"], []]
CODES = [None, None, None, *(error.code for error in FileError.__subclasses__()), "from_elsewhere"]
SIZES = [0, 100, MAX_BATCH_BYTES // 3, 3 * MAX_BATCH_BYTES]
FAILURES = [None, *ExchangeFailure]

Step = Callable[[Simulation, int, int], object]


def up(sim: Simulation, which: int, how: int) -> None:
    """A slave registers, or registers with other capabilities."""
    sim.up(SLAVES[which % 4], workers=1 + how % 5, types=TYPES[how % 4])


def gone(sim: Simulation, which: int, how: int) -> None:
    """A slave, possibly an unknown one, deregisters or is lost."""
    sim.gone(SLAVES[which % 4], missing=how % 3 > 0)


def add(sim: Simulation, which: int, how: int) -> None:
    """Add a run of few or many files, with or without a limit of waiting and earlier blames."""
    if len(sim.runs) < 8:
        sizes = [SIZES[(which + how * number) % 4] for number in range(1 + which % 40)]
        no_slave_timeout_s = [None, 5.0, 40.0][how % 3]
        blamed_by = {0: [], which % len(sizes): SLAVES[: how % 3]} if how % 5 == 0 else {}
        sim.add(f"r{len(sim.runs)}", sizes, ["text", "ocr"][how % 2], no_slave_timeout_s, blamed_by)


def add_open(sim: Simulation, which: int, how: int) -> None:
    """Add an open run, of no files or some."""
    if len(sim.runs) < 8:
        sizes = [SIZES[(which + number) % 4] for number in range(which % 4)]
        sim.add(f"r{len(sim.runs)}", sizes, ["text", "ocr"][how % 2], is_open=True)


def extend(sim: Simulation, which: int, how: int) -> None:
    """Add files to a run, possibly one that is over or unknown."""
    names = [*sorted(sim.open_runs), "never"]
    sim.extend(names[which % len(names)], [SIZES[(which + how) % 4]] * (1 + how % 7))


def close(sim: Simulation, which: int, how: int) -> None:
    """Complete an open run, with or without a limit of waiting."""
    if names := sorted(sim.open_runs):
        sim.close(names[which % len(names)], [None, 5.0, 40.0][how % 3])


def withdraw(sim: Simulation, which: int, how: int) -> None:
    """Withdraw some files of a run; some may have ended or be held by a slave."""
    if sim.runs:
        run = sorted(sim.runs)[which % len(sim.runs)]
        sim.withdraw(run, range(how % 5, len(sim.runs[run].sizes), 1 + how % 3))


def cancel(sim: Simulation, which: int, how: int) -> None:
    """Sometimes cancel a run, possibly one that is over or unknown."""
    if how % 3 == 0:
        names = [*sim.runs, "never"]
        sim.cancel(names[which % len(names)])


def exclude(sim: Simulation, which: int, how: int) -> None:
    """Exclude a slave from a run; both may be unknown."""
    names = [*sim.runs, "never"]
    sim.exclude(names[which % len(names)], SLAVES[how % 4])


def answer(sim: Simulation, which: int, how: int) -> None:
    """A slave answers one file of a batch, in any order, possibly for the second time."""
    if sim.held:
        batch = sorted(sim.held)[which % len(sim.held)]
        positions = sim.sends[batch].positions
        sim.answer(batch, positions[how % len(positions)], CODES[(which + how) % len(CODES)])


def begin_answer(sim: Simulation, which: int, _: int) -> None:
    """A slave begins to answer a batch, possibly one that was requeued."""
    batches = sorted(sim.sends)
    if batches:
        sim.begin_answer(batches[which % len(batches)])


def lose_upload(sim: Simulation, which: int, how: int) -> None:
    """Sometimes the master can't read the upload of a file."""
    batches = sorted(sim.sends)
    if batches and how % 4 == 0:
        batch = batches[which % len(batches)]
        positions = sim.sends[batch].positions
        sim.lose_upload(batch, positions[how % len(positions)])


def complete(sim: Simulation, which: int, _: int) -> None:
    """A slave completes a batch."""
    if sim.held:
        sim.complete(sorted(sim.held)[which % len(sim.held)])


def fail_on_bad_slaves(sim: Simulation, which: int, how: int) -> None:
    """Some slaves, but never all, blame all files that they hold."""
    bad = SLAVES[: 1 + which % 3]
    for batch in [number for number, held in sim.held.items() if held.slave in bad]:
        for position in sorted(sim.held[batch].unanswered):
            sim.answer(batch, position, ["crashed", "internal"][how % 2])


def complete_all(sim: Simulation, which: int, _: int) -> None:
    """The other slaves complete all that they are sent."""
    for slave in SLAVES[1 + which % 3 :]:
        for batch in sim.batches(slave):
            sim.complete(batch)


def end(sim: Simulation, which: int, how: int) -> None:
    """The exchange of a batch ends, with or without a failure."""
    if sim.held:
        sim.end(sorted(sim.held)[which % len(sim.held)], FAILURES[how % len(FAILURES)])


def answer_late(sim: Simulation, which: int, how: int) -> None:
    """A batch that was requeued or cancelled is answered and ends."""
    if sim.abandoned:
        send = sim.abandoned[which % len(sim.abandoned)]
        sim.answer(send.batch, send.positions[how % len(send.positions)], CODES[how % len(CODES)])
        sim.end(send.batch, FAILURES[how % len(FAILURES)])


def wait(sim: Simulation, which: int, how: int) -> None:
    """Let time pass: from none to longer than any ``no_slave_timeout_s``."""
    sim.wait([0.0, 0.25, 1.0, 3.0, 20.0, 100.0][which % 6] * (1 + how % 2))


STEPS: list[Step] = [
    *(up, up, gone, add, cancel, exclude),
    *(answer, answer, answer, complete, fail_on_bad_slaves, complete_all, end, answer_late, wait),
    *(begin_answer, lose_upload, add_open, extend, extend, close, withdraw),
]


def finish_all_runs(sim: Simulation) -> None:
    """Add a slave that does every type, and complete all batches."""
    sim.up("good", types=["text", "ocr"])
    for run in sorted(sim.open_runs):
        sim.close(run)
    for _ in range(10_000):
        if not any(sim.left(run) for run in sim.runs):
            return
        if sim.held:
            sim.complete(min(sim.held))
        else:
            sim.wait(MAX_BACKOFF_S)
    raise AssertionError(f"never ends: {[sim.left(run) for run in sim.runs]}")


step_values = st.tuples(st.sampled_from(STEPS), st.integers(0, 1000), st.integers(0, 1000))
# Failures of short lists are easy to understand; long lists reach more states.
step_lists = st.lists(step_values, max_size=120) | st.lists(step_values, min_size=80, max_size=120)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(step_lists, st.integers(1, 4))
def test_every_file_ends_once_whatever_happens(
    steps: list[tuple[Step, int, int]], max_attempts: int
) -> None:
    """After any steps all runs end, no state is left, and the same events give the same actions."""
    sim = Simulation(max_attempts)
    for step, which, how in steps:
        step(sim, which, how)
    finish_all_runs(sim)

    # The simulation has checked that no file ended twice; each must have ended once.
    actions = [action for _, actions in sim.history for action in actions]
    ends = [action for action in actions if not isinstance(action, Send | Requeue)]
    assert len(ends) == sum(len(run.sizes) for run in sim.runs.values())

    for batch in list(sim.held):
        sim.end(batch)
    assert sim.scheduler._runs == {}
    assert sim.scheduler._batches == {}
    assert not sim.scheduler._assignment._run_queue
    assert not any(slave.health.blamed for slave in sim.scheduler._slaves.values())

    again = Scheduler(max_attempts)
    for event, actions in sim.history:
        assert again.handle(event) == actions


def test_step_lists_lead_to_quarantines() -> None:
    """The steps are enough for a slave to be quarantined repeatedly, for longer each time."""
    sim = Simulation()
    for which in range(3):
        up(sim, which, how=4)
        up(sim, which, how=0)
    for _ in range(8):
        add(sim, which=39, how=2)
        for _ in range(30):
            fail_on_bad_slaves(sim, which=0, how=0)
            complete_all(sim, which=0, _=0)
        wait(sim, which=5, how=1)
    assert (
        len({quarantine_s for _, slave, quarantine_s in sim.expected.quarantines if slave == "a"})
        > 2
    )


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(step_lists)
def test_file_is_requeued_between_two_hand_overs(steps: list[tuple[Step, int, int]]) -> None:
    """A ledger that follows the actions sees a file running only once at a time."""
    sim = Simulation()
    for step, which, how in steps:
        step(sim, which, how)
    running: set[tuple[str, int]] = set()
    for _, actions in sim.history:
        for action in actions:
            if isinstance(action, Send):
                files = {(action.run, position) for position in action.positions}
                assert not files & running
                running |= files
            elif isinstance(action, FailFile | CancelFile):
                running.discard((action.run, action.position))
            else:
                assert (action.run, action.position) in running
                running.remove((action.run, action.position))
