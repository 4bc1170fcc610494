"""The throughput of each slave on a job, in its busy time."""

from master_service.monitoring.throughput import SlaveThroughput

HERE, THERE = "10.0.0.1:3000", "10.0.0.2:3000"


def test_busy_time_is_from_the_first_file_to_the_last_answer() -> None:
    """Failed files extend the busy time, but are not counted."""
    throughput = SlaveThroughput()
    throughput.handed_over(HERE, 10.0)
    throughput.answered(HERE, 12.0, True)
    throughput.handed_over(HERE, 12.0)
    throughput.answered(HERE, 15.0, True)
    throughput.answered(HERE, 16.0, False)
    assert throughput.by_slave() == {HERE: (2, 6.0)}


def test_each_slave_has_its_own_busy_time() -> None:
    """A slave that came late has its own busy time; one that did no file is left out."""
    throughput = SlaveThroughput()
    throughput.handed_over(HERE, 0.0)
    throughput.handed_over(THERE, 90.0)
    throughput.handed_over("10.0.0.3:3000", 90.0)
    throughput.answered(HERE, 100.0, True)
    throughput.answered(THERE, 100.0, True)
    assert throughput.by_slave() == {HERE: (1, 100.0), THERE: (1, 10.0)}
    assert throughput.combined() == (2, 100.0)


def test_combined_time_leaves_out_when_no_slave_was_busy() -> None:
    """The time between the last answer of one slave and the first file of the next is left out."""
    throughput = SlaveThroughput()
    throughput.handed_over(HERE, 0.0)
    throughput.answered(HERE, 10.0, True)
    throughput.handed_over(THERE, 100.0)
    throughput.answered(THERE, 105.0, True)
    assert throughput.combined() == (2, 15.0)


def test_answers_of_other_slaves_are_ignored() -> None:
    """A slave that was handed no files has no busy time."""
    throughput = SlaveThroughput()
    throughput.answered(HERE, 1.0, True)
    assert throughput.by_slave() == {}
    assert throughput.combined() == (0, 0.0)
