"""One run alone: its speed on each slave, what is stolen, and its isolated files."""

import pytest

from master_service.scheduling.partition import Partition
from master_service.scheduling.state import (
    ISOLATED_SCAN_LIMIT,
    MAX_PREFETCH_FILES,
    MIN_STOLEN_WORK_S,
    Run,
)


def run_of(files: int, *slaves: str, **answered: int) -> Run:
    """Return a run that began at 0; each slave got files at 100, and had ``answered`` at 110."""
    run = Run("text", Partition([10] * files, slaves), files, None, started_at=0.0)
    for slave, count in answered.items():
        run.first_sent[slave] = 100.0
        run.last_answer[slave] = 110.0
        run.answered[slave] = count
    return run


# Speed


def test_speed_counts_from_the_first_file_sent() -> None:
    """A slave that came late in a run has not been slow before."""
    assert run_of(9, "a", a=20).seconds_per_file("a", 110.0) == 0.5


def test_one_answer_is_the_speed_at_first() -> None:
    """The mean of one file is the time of that file."""
    assert run_of(9, "a", a=1).seconds_per_file("a", 110.0) == 10.0


def test_speed_of_a_silent_slave_falls() -> None:
    """Without an answer for longer than a file takes, a file takes at least that long."""
    run = run_of(9, "a", a=20)
    assert run.seconds_per_file("a", 110.5) == pytest.approx(10.5 / 20)
    assert run.seconds_per_file("a", 113.0) == 3.0


def test_slave_without_answers_has_been_silent_since_the_first_file() -> None:
    """The time of the file that it works on is all that is known."""
    run = run_of(9, "a")
    run.first_sent["a"] = 100.0
    assert run.seconds_per_file("a", 104.0) == 4.0


# How many files a slave gets


@pytest.mark.parametrize(
    ("answered", "at", "files"),
    [
        (0, 110.0, 1),  # nothing is known of the slave
        (10, 110.0, 1),
        (20, 110.0, 2),
        (25, 110.0, 2),
        (5, 110.0, 0),
        (200, 110.0, 20),
        (200, 114.0, 0),  # it has been silent for four seconds
        (3, 100.001, 3),  # no more than it has answered
        (100_000, 110.0, MAX_PREFETCH_FILES),
    ],
)
def test_prefetch_is_the_work_of_one_second(answered: int, at: float, files: int) -> None:
    """A slave holds, beyond its workers, what it processes in a second."""
    run = run_of(9, "a", a=answered)
    run.last_answer["a"] = min(at, 110.0)
    assert run.prefetch("a", at) == files


@pytest.mark.parametrize(
    ("in_progress", "for_all", "free_slots"),
    [
        (0, 99, 23),
        (12, 99, 11),
        (13, 99, 0),  # until half of the prefetch is used up, it is not worth a request
        (0, 11, 11),
        (0, 10, 0),
    ],
)
def test_slave_gets_files_when_half_of_its_prefetch_is_used_up(
    in_progress: int, for_all: int, free_slots: int
) -> None:
    """It then gets as many as its workers and its prefetch (20) have room for, of all runs."""
    run = run_of(99, "a", a=200)
    run.in_progress["a"] = in_progress
    assert run.free_slots("a", 3, 20, for_all) == free_slots


def test_slave_without_prefetch_gets_as_many_files_as_it_has_workers() -> None:
    """Files that take long wait at the master, where any slave can take them."""
    run = run_of(9, "a")
    assert run.free_slots("a", 3, 0, 99) == 3
    run.in_progress["a"] = 2
    assert run.free_slots("a", 3, 0, 99) == 1


@pytest.mark.parametrize(
    ("files", "answered", "prefetch"),
    [
        (400, 200, 20),
        (40, 200, 10),  # a half of a half
        (8, 200, 2),
        (7, 200, 2),  # what takes a tenth of a second
        (1, 200, 2),
        (8, 100, 2),
        (7, 100, 1),
        (4, 50, 1),
        (3, 50, 0),  # the last files go to the slave that is ready first
    ],
)
def test_prefetch_of_two_slaves_gets_smaller_near_the_end(
    files: int, answered: int, prefetch: int
) -> None:
    """Each slave holds at most half of its part of the waiting files, or very little work."""
    run = run_of(files, "a", "b", a=answered, b=10)
    assert run.prefetch("a", 110.0) == prefetch


@pytest.mark.parametrize(
    ("files", "usual_file_s", "prefetch"),
    [(8, None, 1), (3, None, 0), (8, 0.9, 1), (1, 0.9, 1), (8, 1.1, 0)],
)
def test_prefetch_before_the_first_answer(
    files: int, usual_file_s: float | None, prefetch: int
) -> None:
    """One file, unless such files take long, or little is waiting and nothing is known."""
    assert run_of(files, "a", "b").prefetch("a", 100.0, usual_file_s) == prefetch


# Stealing


@pytest.mark.parametrize(("slow", "fast"), [("a", "b"), ("b", "a")])
def test_files_are_stolen_from_the_slave_that_needs_longest(slow: str, fast: str) -> None:
    """Of two equal shares, that of the slower slave is stolen from."""
    run = run_of(8, "a", "b", **{slow: 5, fast: 20})
    stolen = run.steal(9, 110.0)
    assert len(stolen) == 2
    assert run.partition.waiting_for(slow) == 2
    assert run.partition.waiting_for(fast) == 4


@pytest.mark.parametrize(("files", "stolen"), [(4, []), (5, [2, 3, 4])])
def test_little_work_is_not_stolen(files: int, stolen: list[int]) -> None:
    """A share of a fifth of a second or less stays where it is."""
    assert MIN_STOLEN_WORK_S == 0.2
    assert run_of(files, "a", a=200).steal(9, 110.0) == stolen


@pytest.mark.parametrize(
    ("files", "age_s", "stolen"), [(20, 0.9, []), (20, 1.0, [18, 19]), (21, 0.9, [19, 20])]
)
def test_little_work_of_a_young_run_is_not_stolen(
    files: int, age_s: float, stolen: list[int]
) -> None:
    """In the first second of a run, a share of one second or less stays where it is."""
    run = run_of(files, "a", a=200)
    run.started_at = 110.0 - age_s
    assert run.steal(2, 110.0) == stolen


# Isolated files


def test_withdrawn_blame_frees_only_files_without_another() -> None:
    """A file that another slave or an invalid answer makes suspicious stays isolated."""
    run = run_of(3)
    run.partition.take_all()
    for index, slaves in enumerate([["bad"], ["bad", "other"], ["bad"]]):
        for slave in slaves:
            run.blame(index, slave, max_attempts=9)
    run.isolated.remove(1)  # its second blame listed it again
    run.suspected.add(2)
    run.withdraw_blames("bad")
    assert run.blamed_by == {1: ["other"]}
    assert run.partition.take_all() == [0]
    assert list(run.isolated) == [1, 2]


@pytest.mark.parametrize(
    ("blamed_by", "suited"),
    [
        ([], ["a", "b"]),
        (["a"], ["b"]),
        (["a", "b"], ["a"]),
        (["a", "b", "b", "a"], ["b"]),
        (["a", "a", "b"], ["b"]),
        (["c"], ["a", "b"]),
    ],
)
def test_isolated_file_goes_where_it_failed_least(blamed_by: list[str], suited: list[str]) -> None:
    """Of two slaves that blamed it equally often, it goes to the one that did not do so last."""
    for slave, other in ("ab", "ba"):
        run = run_of(1)
        run.partition.take_all()
        run.blamed_by = {0: list(blamed_by)}
        run.isolated.append(0)
        assert run.take_isolated(slave, [other]) == ([0] if slave in suited else [])


def test_isolated_files_far_back_are_not_searched() -> None:
    """A slave is found no file behind a hundred that suit others, who will ask for them."""
    run = run_of(ISOLATED_SCAN_LIMIT + 1)
    for index in range(ISOLATED_SCAN_LIMIT):
        run.blame(index, "a", max_attempts=9)
    run.isolated.append(ISOLATED_SCAN_LIMIT)
    assert run.take_isolated("a", ["b"]) == []
    assert run.take_isolated("b", ["a"]) == [0]
    assert run.take_isolated("a", ["b"]) == [ISOLATED_SCAN_LIMIT]


def test_suspected_files_wait_in_order() -> None:
    """Files of a batch with an invalid answer are tried one by one, the first one first."""
    run = run_of(4, "a")
    run.suspected.update(run.partition.take("a", 3, 10**9))
    run.put_back([2, 0, 1])
    assert [run.take_isolated("a", []) for _ in range(4)] == [[0], [1], [2], []]
    assert run.take_all() == [3]
