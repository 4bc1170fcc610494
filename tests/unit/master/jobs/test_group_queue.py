"""Items are carried out in groups: the first one at once, later ones together."""

import threading

import pytest

from master_service.jobs.group_queue import GroupQueue
from tests.waiting import wait_until


def test_items_that_come_meanwhile_are_the_next_group() -> None:
    """A single item does not wait, and those that come while it is carried out go together."""
    groups: list[list[int]] = []
    may_end = threading.Event()

    def carry_out(group: list[int]) -> None:
        groups.append(group)
        may_end.wait(10)

    queue = GroupQueue(carry_out)
    queue.put(0)
    wait_until(lambda: groups, 10)
    for number in (1, 2, 3):
        queue.put(number)
    may_end.set()
    queue.drain()
    assert groups == [[0], [1, 2, 3]]


def test_a_queue_can_be_used_again() -> None:
    """After all items are carried out, more can be added."""
    done: list[int] = []
    queue = GroupQueue(done.extend)
    queue.drain()
    for number in range(3):
        queue.put(number)
        queue.drain()
    assert done == [0, 1, 2]


def test_every_item_is_carried_out_once() -> None:
    """No item is lost or repeated when many threads add some."""
    done: list[int] = []
    queue = GroupQueue(done.extend)

    def add(first: int) -> None:
        for number in range(first, first + 500):
            queue.put(number)

    threads = [threading.Thread(target=add, args=(500 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queue.drain()
    assert sorted(done) == list(range(2000))


def test_a_group_that_fails_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """Its error is logged; later items are carried out, and ``drain`` returns."""
    carried_out: list[list[str]] = []

    def carry_out(group: list[str]) -> None:
        if "bad" in group:
            raise OSError("read-only file system")
        carried_out.append(group)

    queue = GroupQueue(carry_out)
    queue.put("bad")
    queue.drain()
    queue.put("good")
    queue.drain()
    assert carried_out == [["good"]]
    assert "a group of 1 item failed" in caplog.text
