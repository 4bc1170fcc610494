"""How fast each slave worked on a job in its own time."""

from master_service.monitoring.throughput import SlaveThroughput

HERE, THERE = "10.0.0.1:3000", "10.0.0.2:3000"


def test_span_is_from_the_first_file_to_the_last_answer() -> None:
    """Later files lengthen it; those that failed take time, and count for nothing."""
    throughput = SlaveThroughput()
    throughput.handed_over(HERE, 10.0)
    throughput.answered(HERE, 12.0, True)
    throughput.handed_over(HERE, 12.0)
    throughput.answered(HERE, 15.0, True)
    throughput.answered(HERE, 16.0, False)
    assert throughput.by_slave() == {HERE: (2, 6.0)}


def test_each_slave_has_its_own() -> None:
    """One that came late is as fast as it was then; one that did nothing has no speed."""
    throughput = SlaveThroughput()
    throughput.handed_over(HERE, 0.0)
    throughput.handed_over(THERE, 90.0)
    throughput.handed_over("10.0.0.3:3000", 90.0)
    throughput.answered(HERE, 100.0, True)
    throughput.answered(THERE, 100.0, True)
    assert throughput.by_slave() == {HERE: (1, 100.0), THERE: (1, 10.0)}
    assert throughput.combined() == (2, 100.0)


def test_time_together_leaves_out_when_nobody_was_there() -> None:
    """Between one slave's last answer and the next one's first file, nobody worked."""
    throughput = SlaveThroughput()
    throughput.handed_over(HERE, 0.0)
    throughput.answered(HERE, 10.0, True)
    throughput.handed_over(THERE, 100.0)
    throughput.answered(THERE, 105.0, True)
    assert throughput.combined() == (2, 15.0)


def test_answers_of_strangers_are_ignored() -> None:
    """Who was given nothing has no span."""
    throughput = SlaveThroughput()
    throughput.answered(HERE, 1.0, True)
    assert throughput.by_slave() == {}
    assert throughput.combined() == (0, 0.0)
