"""How long the client waits for a master that does not answer."""

from client_service.master_api.retries import RetrySchedule


class Time:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def sleep(self, wait_s: float) -> None:
        self.waits.append(wait_s)
        self.now += wait_s


def outage(time: Time, notes: list[str], patience_s: float = 120) -> RetrySchedule:
    return RetrySchedule(notes.append, patience_s, lambda: time.now, time.sleep)


def test_first_try_again_is_at_once_and_silent() -> None:
    """A kept connection that had ended is no news to the user."""
    time, notes = Time(), list[str]()
    assert outage(time, notes).wait("gone")
    assert (time.waits, notes) == ([0.0], [])


def test_patience_ends() -> None:
    """Waits become longer, the user is told once, and after two minutes it is over."""
    time, notes = Time(), list[str]()
    trouble = outage(time, notes)
    while trouble.wait("gone"):
        pass
    assert time.waits[:6] == [0.0, 0.5, 1.0, 2.0, 4.0, 4.0]
    assert sum(time.waits) == 120
    assert notes == ["gone; trying again for 120 seconds"]


def test_master_names_the_wait() -> None:
    """What the master asks for is waited, within reason; another trouble is told of as well."""
    time, notes = Time(), list[str]()
    trouble = outage(time, notes)
    assert trouble.wait("no room", 7)
    assert trouble.wait("no room", 3600)
    assert trouble.wait("stopping", 1)
    assert time.waits == [7, 30, 1]
    assert [note.partition(";")[0] for note in notes] == ["no room", "stopping"]
