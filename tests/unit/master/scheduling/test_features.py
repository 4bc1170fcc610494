"""Runs that need more of a slave than their task type."""

from master_service.scheduling.events import FailFile, RunAdded, Send, SlaveUp, Tick
from master_service.scheduling.scheduler import Scheduler

GERMAN = frozenset({"ocr:deu"})


def with_slaves(**capabilities: set[str]) -> Scheduler:
    """Return a scheduler with slaves of one worker."""
    scheduler = Scheduler(3)
    for name, has in capabilities.items():
        assert scheduler.handle(SlaveUp(0.0, name, 1, frozenset(has))) == []
    return scheduler


def test_files_go_to_slaves_with_the_features() -> None:
    """A slave without a feature of the run gets none of its files."""
    scheduler = with_slaves(english={"ocr", "ocr:eng"}, both={"ocr", "ocr:eng", "ocr:deu"})
    sends = scheduler.handle(RunAdded(1.0, "r", "ocr", [1] * 4, None, features=GERMAN))
    assert {send.slave for send in sends if isinstance(send, Send)} == {"both"}
    others = scheduler.handle(RunAdded(1.0, "s", "ocr", [1] * 4, None))
    assert "english" in {send.slave for send in others if isinstance(send, Send)}


def test_features_without_the_task_type_are_not_enough() -> None:
    """A slave that has the feature but not the type gets nothing."""
    scheduler = with_slaves(odd={"text", "ocr:deu"})
    assert scheduler.handle(RunAdded(1.0, "r", "ocr", [1], None, features=GERMAN)) == []


def test_failure_names_the_features() -> None:
    """Without such a slave the files fail after a while, and the reason says what is needed."""
    scheduler = with_slaves(english={"ocr", "ocr:eng"})
    assert scheduler.handle(RunAdded(1.0, "r", "ocr", [1], 5.0, features=GERMAN)) == []
    assert scheduler.handle(Tick(2.0, 0.0)) == []
    (failed,) = scheduler.handle(Tick(9.0, 0.0))
    assert isinstance(failed, FailFile)
    assert "No slave that can do ocr with deu answered for 5 seconds" in failed.failure.error


def test_slave_that_loses_a_feature_loses_the_files_that_wait_for_it() -> None:
    """Files wait for no slave that can no longer process them."""
    scheduler = with_slaves(first={"ocr", "ocr:deu"}, second={"ocr", "ocr:deu"})
    sends = scheduler.handle(RunAdded(1.0, "r", "ocr", [1] * 20, None, features=GERMAN))
    sends += scheduler.handle(SlaveUp(2.0, "first", 1, frozenset({"ocr"})))
    sent = {p for send in sends if isinstance(send, Send) for p in send.positions}
    assert len(sent) < 20
    sends = scheduler.handle(SlaveUp(3.0, "third", 50, frozenset({"ocr", "ocr:deu"})))
    sent |= {p for send in sends if isinstance(send, Send) for p in send.positions}
    assert {send.slave for send in sends if isinstance(send, Send)} == {"third"}
    assert len(sent) == 20
