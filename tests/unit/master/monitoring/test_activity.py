"""What the page is told of the slaves: what they hold, and what they have done of late."""

import pytest

from master_service.monitoring.activity import INTERVAL_S, Activity

HERE, THERE = "10.0.0.1:3000", "10.0.0.2:3000"


@pytest.fixture
def activity() -> Activity:
    """One slave has two files, another one."""
    activity = Activity()
    activity.handed_over(HERE, [(("job", 0), "a.txt"), (("job", 1), "b.txt")])
    activity.handed_over(THERE, [(("job", 2), "c.txt")])
    return activity


def test_what_slaves_hold_is_told(activity: Activity) -> None:
    """Each slave's files are told by name, those it has had longest first."""
    told = activity.by_slave(0.0)
    assert (told[HERE].held_files, told[HERE].current_files) == (2, ["a.txt", "b.txt"])
    assert told[THERE].current_files == ["c.txt"]


def test_few_names_are_told(activity: Activity) -> None:
    """Of hundreds of files five names are enough, and all are counted."""
    activity.handed_over(THERE, [(("job", 10 + n), f"{n}.txt") for n in range(300)])
    told = activity.by_slave(0.0)[THERE]
    assert (told.held_files, len(told.current_files)) == (301, 5)


def test_file_that_moves_is_held_by_one(activity: Activity) -> None:
    """A file that another slave takes over is no longer the first one's."""
    activity.release(("job", 0))
    activity.handed_over(THERE, [(("job", 0), "a.txt")])
    told = activity.by_slave(0.0)
    assert told[HERE].current_files == ["b.txt"]
    assert told[THERE].current_files == ["c.txt", "a.txt"]


def test_ended_files_count_for_a_minute(activity: Activity) -> None:
    """What a slave has ended counts at once, and for a minute."""
    activity.handed_over(HERE, [(("more", n), f"{n}.txt") for n in range(10)])
    for n in range(10):
        activity.ended(("more", n), 1.0)
    told = {at: activity.by_slave(at)[HERE].files_per_minute for at in (1.0, 59.0, 62.5, 65.0)}
    assert told == {1.0: 10, 59.0: 10, 62.5: 5, 65.0: 0}


def test_intervals_are_told_in_order(activity: Activity) -> None:
    """Files are counted in the interval in which they ended; quiet ones are zeros."""
    activity.ended(("job", 0), 0.5)
    activity.ended(("job", 1), 0.6)
    activity.ended(("job", 2), 2 * INTERVAL_S + 0.5)
    assert activity.finished_files(3 * INTERVAL_S + 0.5) == [2, 0, 1]


def test_ten_minutes_are_kept(activity: Activity) -> None:
    """However long the master runs, and however long nothing happens, it keeps no more."""
    activity.ended(("job", 0), 0.0)
    assert len(activity.finished_files(10_000_000.0)) == 119
    assert sum(activity.finished_files(10_000_000.0)) == 0


def test_what_nobody_holds_ends_unseen(activity: Activity) -> None:
    """The end of a file that no slave has is no slave's work."""
    activity.ended(("job", 99), 0.5)
    activity.release(("job", 98))
    assert activity.finished_files(INTERVAL_S + 0.0) == [0]
