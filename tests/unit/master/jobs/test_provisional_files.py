"""Outcomes of files whose request is still arriving are held until it is accepted."""

from master_service.jobs.provisional_files import Held, ProvisionalFiles
from protocol.wire import Outcome


def held(name: str) -> Held:
    return Outcome(name, data=b""), None


def test_outcome_is_held_until_the_file_is_accepted() -> None:
    """It is returned once, and only after the acceptance."""
    files = ProvisionalFiles()
    files.add([3, 4])
    assert files.hold(3, held("a"))
    assert files.pop_accepted() is None
    assert files.accept([3, 4]) == {4}
    assert files.pop_accepted() == (3, held("a"))
    assert files.pop_accepted() is None
    assert 3 not in files


def test_outcome_of_an_accepted_file_is_not_held() -> None:
    """The caller saves it at once, also if the file was accepted in the same moment."""
    files = ProvisionalFiles()
    files.add([1])
    files.accept([1])
    assert not files.hold(1, held("a"))
    assert not files.hold(2, held("b"))


def test_rejected_file_is_forgotten() -> None:
    """Its outcome is returned, so that its result can be deleted; a later one is not held."""
    files = ProvisionalFiles()
    files.add([1, 2])
    files.hold(1, held("a"))
    assert files.discard(1) == held("a")
    assert files.discard(2) is None
    assert not files.hold(2, held("b"))
    assert (files.positions(), files.pop_accepted()) == ([], None)
