"""The client's retries when a master does not answer."""

from client_service.master_api.retries import RetrySchedule


class Time:
    """A fake clock that only ``sleep`` advances."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def sleep(self, wait_s: float) -> None:
        self.waits.append(wait_s)
        self.now += wait_s


def schedule(time: Time, notes: list[str], retry_for_s: float = 120) -> RetrySchedule:
    return RetrySchedule(notes.append, retry_for_s, lambda: time.now, time.sleep)


def test_first_try_again_is_at_once_and_silent() -> None:
    """The first retry is immediate and prints nothing, since it may be an ended keep-alive."""
    time, notes = Time(), list[str]()
    assert schedule(time, notes).wait("gone")
    assert (time.waits, notes) == ([0.0], [])


def test_retries_end() -> None:
    """Waits become longer, one message is printed, and the retries end after two minutes."""
    time, notes = Time(), list[str]()
    trouble = schedule(time, notes)
    while trouble.wait("gone"):
        pass
    assert time.waits[:6] == [0.0, 0.5, 1.0, 2.0, 4.0, 4.0]
    assert sum(time.waits) == 120
    assert notes == ["gone; trying again for 120 seconds"]


def test_retry_after_is_used() -> None:
    """The master's ``Retry-After`` is used up to a limit; a new reason is printed too."""
    time, notes = Time(), list[str]()
    trouble = schedule(time, notes)
    assert trouble.wait("no room", 7)
    assert trouble.wait("no room", 3600)
    assert trouble.wait("stopping", 1)
    assert time.waits == [7, 30, 1]
    assert [note.partition(";")[0] for note in notes] == ["no room", "stopping"]
