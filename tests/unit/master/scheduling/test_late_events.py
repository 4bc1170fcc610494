"""Events that come late, twice, or for something unknown change nothing."""

from master_service.scheduling.events import ExchangeFailure
from tests.unit.master.scheduling.simulator import Simulation


def test_late_answer_from_an_abandoned_batch_is_ignored() -> None:
    """What a lost slave still answers is ignored, whether or not another slave has answered."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 2)
    sim.gone("a", missing=True)
    assert sim.answer(send.batch, 0) == []
    sim.up("b")
    assert sim.answer(send.batch, 1, "crashed") == []
    assert sim.end(send.batch, ExchangeFailure.CONNECTION_LOST) == []
    sim.complete(sim.batches("b")[0])
    assert set(sim.done_by.values()) == {"b"}


def test_second_answer_to_the_same_file_is_ignored() -> None:
    """Only the first answer to a file counts."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 2)
    sim.answer(send.batch, 0)
    assert sim.answer(send.batch, 0, "crashed") == []
    assert sim.left("r") == [1]


def test_late_news_of_an_abandoned_batch_is_ignored() -> None:
    """The slave that begins to answer, and an upload that can't be read, are none of its files."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 2)
    sim.gone("a", missing=True)
    assert sim.begin_answer(send.batch) == []
    assert sim.lose_upload(send.batch, 0) == []
    assert sim.left("r") == [0, 1]


def test_upload_of_an_answered_file_is_not_needed() -> None:
    """A file that was answered stays so when its upload turns out to be lost."""
    sim = Simulation()
    sim.up("a")
    (send,) = sim.add("r", 2)
    sim.answer(send.batch, 0)
    assert sim.lose_upload(send.batch, 0) == []
    sim.complete(send.batch)
    assert sim.codes("r") == [None, None]


def test_unknown_slave_that_leaves_is_ignored() -> None:
    """A slave may leave twice, or never have been there."""
    sim = Simulation()
    sim.up("a")
    sim.gone("a", missing=False)
    assert sim.gone("a", missing=True) == sim.gone("never", missing=True) == []
