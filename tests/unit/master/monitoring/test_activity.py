"""The activity of slaves: the files that they hold, and those that ended lately."""

import pytest

from master_service.monitoring.activity import INTERVAL_S, Activity

HERE, THERE = "10.0.0.1:3000", "10.0.0.2:3000"


@pytest.fixture
def activity() -> Activity:
    """One slave holds two files, another one holds one."""
    activity = Activity()
    activity.handed_over(HERE, [(("job", 0), "a.txt"), (("job", 1), "b.txt")])
    activity.handed_over(THERE, [(("job", 2), "c.txt")])
    return activity


def test_held_files_are_listed(activity: Activity) -> None:
    """Each slave's files are listed by name, those held longest first."""
    listed = activity.by_slave(0.0)
    assert (listed[HERE].held_files, listed[HERE].current_files) == (2, ["a.txt", "b.txt"])
    assert listed[THERE].current_files == ["c.txt"]


def test_at_most_five_names_are_listed(activity: Activity) -> None:
    """At most five names are listed, but all files are counted."""
    activity.handed_over(THERE, [(("job", 10 + n), f"{n}.txt") for n in range(300)])
    listed = activity.by_slave(0.0)[THERE]
    assert (listed.held_files, len(listed.current_files)) == (301, 5)


def test_file_that_moves_is_held_by_one(activity: Activity) -> None:
    """A file that is handed to another slave is no longer held by the first."""
    activity.release(("job", 0))
    activity.handed_over(THERE, [(("job", 0), "a.txt")])
    listed = activity.by_slave(0.0)
    assert listed[HERE].current_files == ["b.txt"]
    assert listed[THERE].current_files == ["c.txt", "a.txt"]


def test_ended_files_count_for_a_minute(activity: Activity) -> None:
    """A file counts from its end on, for a minute."""
    activity.handed_over(HERE, [(("more", n), f"{n}.txt") for n in range(10)])
    for n in range(10):
        activity.ended(("more", n), 1.0)
    listed = {at: activity.by_slave(at)[HERE].files_per_minute for at in (1.0, 59.0, 62.5, 65.0)}
    assert listed == {1.0: 10, 59.0: 10, 62.5: 5, 65.0: 0}


def test_intervals_are_in_order(activity: Activity) -> None:
    """Files are counted in the interval in which they ended; empty intervals are zeros."""
    activity.ended(("job", 0), 0.5)
    activity.ended(("job", 1), 0.6)
    activity.ended(("job", 2), 2 * INTERVAL_S + 0.5)
    assert activity.finished_files(3 * INTERVAL_S + 0.5) == [2, 0, 1]


def test_ten_minutes_are_kept(activity: Activity) -> None:
    """The number of intervals is limited, however long the master runs."""
    activity.ended(("job", 0), 0.0)
    assert len(activity.finished_files(10_000_000.0)) == 119
    assert sum(activity.finished_files(10_000_000.0)) == 0


def test_file_that_no_slave_holds_is_not_counted(activity: Activity) -> None:
    """The end of a file that no slave holds is not counted."""
    activity.ended(("job", 99), 0.5)
    activity.release(("job", 98))
    assert activity.finished_files(INTERVAL_S + 0.0) == [0]
