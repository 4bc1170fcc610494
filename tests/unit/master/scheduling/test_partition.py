"""The files of a run are divided evenly among slaves, and can be stolen."""

from hypothesis import given, settings
from hypothesis import strategies as st

from master_service.scheduling.partition import Partition

ENOUGH = 10**9


def partition_of(count: int, *slaves: str) -> Partition:
    """Return a partition of this many files of 10 bytes."""
    return Partition([10] * count, slaves)


def test_files_are_assigned_round_robin() -> None:
    """Of two slaves each gets every second file, and takes them from the front."""
    partition = partition_of(5, "a", "b")
    assert partition.take("a", 9, ENOUGH) == [0, 2, 4]
    assert partition.take("b", 9, ENOUGH) == [1, 3]


@given(st.integers(0, 50), st.integers(1, 8))
@settings(derandomize=True, database=None)
def test_shares_differ_by_one_file_at_most(count: int, slaves: int) -> None:
    """This holds for any number of files and slaves."""
    partition = partition_of(count, *(f"s{number}" for number in range(slaves)))
    sizes = [partition.waiting_for(f"s{number}") for number in range(slaves)]
    assert sum(sizes) == count
    assert max(sizes) - min(sizes) <= 1


def test_without_slaves_every_file_is_unassigned() -> None:
    """Unassigned files go to whichever slave asks first, in order."""
    partition = partition_of(3)
    assert partition.take("anybody", 2, ENOUGH) == [0, 1]
    assert partition.take("another", 2, ENOUGH) == [2]


def test_own_share_comes_before_unassigned_files() -> None:
    """A slave takes its own share first."""
    partition = partition_of(4, "a", "b")
    partition.unassign("b")
    assert partition.take("a", 9, ENOUGH) == [0, 2]
    assert partition.take("a", 9, ENOUGH) == [1, 3]


def test_no_more_files_than_asked_for() -> None:
    """The number of files is a limit."""
    assert partition_of(9, "a").take("a", 4, ENOUGH) == [0, 1, 2, 3]


def test_no_more_bytes_than_asked_for() -> None:
    """The sum of the sizes is a limit, met exactly."""
    assert partition_of(9, "a").take("a", 9, 30) == [0, 1, 2]
    assert partition_of(9, "a").take("a", 9, 29) == [0, 1]


def test_one_file_over_the_bytes_goes_by_itself() -> None:
    """A file larger than any batch is still given, with nothing beside it."""
    partition = Partition([100, 1], ["a"])
    assert partition.take("a", 9, 50) == [0]
    assert partition.take("a", 9, 50) == [1]


def test_at_most_half_of_a_share_is_stolen_from_its_end() -> None:
    """The owner keeps the front of its share; of a single file, that file is taken."""
    partition = partition_of(7, "a")
    assert partition.take_from("a", 99, ENOUGH) == [3, 4, 5, 6]
    assert partition.take_from("a", 1, ENOUGH) == [2]
    assert partition.take_from("a", 99, ENOUGH) == [1]
    assert partition.take("a", 99, ENOUGH) == [0]
    assert partition_of(1, "a").take_from("a", 99, ENOUGH) == [0]


def test_stealing_keeps_to_the_limit_of_bytes() -> None:
    """As in any batch, one file may exceed the limit."""
    assert partition_of(10, "a").take_from("a", 99, 20) == [8, 9]
    assert Partition([1, 1, 1, 100], ["a"]).take_from("a", 99, 50) == [3]


def test_files_put_back_come_first_in_order() -> None:
    """Files that have waited longest are taken next."""
    partition = partition_of(6)
    partition.take("a", 4, ENOUGH)
    partition.put_back({3, 0, 2})
    assert partition.take("b", 9, ENOUGH) == [0, 2, 3, 4, 5]


def test_unassigning_twice_changes_nothing() -> None:
    """The same holds for a slave that never had a share."""
    partition = partition_of(2, "a")
    partition.unassign("a")
    partition.unassign("a")
    partition.unassign("never")
    assert partition.take("b", 9, ENOUGH) == [0, 1]
    assert partition.owners() == []


def test_owners_are_the_slaves_with_files_left() -> None:
    """A slave whose share is empty has nothing to steal."""
    partition = partition_of(3, "a", "b")
    partition.take("b", 9, ENOUGH)
    assert partition.owners() == ["a"]
    assert partition.waiting_for("b") == partition.waiting_for("never") == 0


def test_take_all_empties_everything() -> None:
    """Each waiting file, assigned or not, is taken once."""
    partition = partition_of(6, "a", "b")
    partition.unassign("b")
    assert sorted(partition.take_all()) == [0, 1, 2, 3, 4, 5]
    assert partition.take_all() == []
    assert partition.take("a", 9, ENOUGH) == []


def test_isolated_files_are_left_out() -> None:
    """They are in no share, not unassigned and not part of ``take_all``; the shares are even."""
    partition = Partition([10] * 7, ["a", "b"], isolated={0, 3, 4})
    assert partition.take("a", 9, ENOUGH) == [1, 5]
    assert partition.take("b", 9, ENOUGH) == [2, 6]
    assert Partition([10] * 3, [], isolated={1}).take_all() == [0, 2]
