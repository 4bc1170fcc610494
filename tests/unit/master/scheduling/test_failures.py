"""What follows for the slaves, and for a run, when slaves are lost, full or make no sense."""

from master_service.scheduling.events import ExchangeFailure
from master_service.scheduling.state import (
    MAX_BACKOFF_S,
    MIN_BACKOFF_S,
    SUSPENSION_REASONS,
    Suspension,
)
from protocol.failures import Internal
from tests.unit.master.scheduling.simulator import World


def test_files_of_a_lost_slave_go_to_another_uncounted() -> None:
    """However many slaves are lost with a file, it still has all of its attempts."""
    world = World()
    world.up("s0")
    world.add("r", 2)
    for number in range(10):
        world.up(f"s{number + 1}")
        world.gone(f"s{number}", lost=True)
    assert world.in_progress("s10") == 2
    world.answer(world.batches("s10")[0], 0, "crashed")
    assert world.left("r") == [0, 1]


def test_late_answer_from_an_abandoned_batch_is_ignored() -> None:
    """What a lost slave still answers does not count, whether or not another has answered."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 2)
    world.gone("a", lost=True)
    assert world.answer(send.batch, 0) == []
    world.up("b")
    assert world.answer(send.batch, 1, "crashed") == []
    assert world.end(send.batch, ExchangeFailure.LOST) == []
    world.complete(world.batches("b")[0])
    assert set(world.done_by.values()) == {"b"}


def test_second_answer_to_the_same_file_is_ignored() -> None:
    """A slave that answers a file twice has answered it once."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 2)
    world.answer(send.batch, 0)
    assert world.answer(send.batch, 0, "crashed") == []
    assert world.left("r") == [1]


def test_slave_that_left_and_came_back_answers_what_it_still_held() -> None:
    """A slave that leaves in good order keeps what it has; back again, it gets what still fits."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 9)
    world.gone("a", lost=False)
    world.up("a")
    assert world.in_progress("a") == 2
    world.complete(send.batch)
    while world.batches("a"):
        world.complete(world.batches("a")[0])
    assert world.left("r") == []


def test_full_slave_rests_and_its_files_go_on_elsewhere() -> None:
    """A slave that says it is full is left alone for a second, and all of its share with it."""
    world = World()
    world.up("a")
    world.up("b")
    sends = world.add("r", 10)
    assert [send.slave for send in sends] == ["a", "b"]
    world.end(sends[0].batch, ExchangeFailure.FULL)
    while world.batches("b"):
        world.complete(world.batches("b")[0])
    assert world.left("r") == []
    assert set(world.done_by.values()) == {"b"}


def test_full_slave_counts_as_there() -> None:
    """A run is not given up because its only slave has enough for now, however long that lasts."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 1, patience_s=5)
    world.end(send.batch, ExchangeFailure.LOST)
    for _ in range(20):
        for again in world.wait(MIN_BACKOFF_S):
            world.end(again.batch, ExchangeFailure.FULL)
    assert world.left("r") == [0]


def test_slave_that_is_heard_counts_as_there_however_long_it_takes() -> None:
    """After a trouble, one long file must not look like a slave that can't be reached."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 3, patience_s=5)
    world.end(send.batch, ExchangeFailure.LOST)
    (send,) = world.wait(MIN_BACKOFF_S)
    world.wait(3)
    world.hear(send.batch)
    for _ in range(100):
        world.wait(1)
    assert world.left("r") == [0, 1, 2]


def test_blamed_file_does_not_wait_for_a_slave_that_is_always_full() -> None:
    """After a few refusals it goes back to where it failed."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 1)
    world.up("b")
    world.answer(send.batch, 0, "crashed")
    for _ in range(10):
        for batch in world.batches("b"):
            world.end(batch, ExchangeFailure.FULL)
        world.wait(MIN_BACKOFF_S)
    assert world.in_progress("a") == 1


def test_upload_that_is_lost_ends_its_file_and_blames_nobody() -> None:
    """No other slave could be sent it either."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 2)
    world.lose_upload(send.batch, 0)
    world.complete(send.batch)
    assert world.codes("r") == [Internal.code, None]
    assert world.books.blames["r", 0] == []


def test_unreachable_slave_is_asked_after_longer_and_longer_pauses() -> None:
    """Each failure in a row doubles the pause, up to the longest; an answer starts it anew."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 1)
    pauses = []
    for _ in range(7):
        began = world.now
        world.end(send.batch, ExchangeFailure.LOST)
        while not world.batches("a"):
            world.wait(0.5)
        (number,) = world.batches("a")
        send = world.sends[number]
        pauses.append(world.now - began)
    assert pauses == [1, 2, 4, 8, 16, MAX_BACKOFF_S, MAX_BACKOFF_S]
    world.complete(send.batch)
    world.wait(MAX_BACKOFF_S)
    (send,) = world.add("s", 1)
    world.end(send.batch, ExchangeFailure.LOST)
    assert world.wait(MIN_BACKOFF_S)


def test_rest_is_told_with_its_reason_and_since_when() -> None:
    """One pause after another is one time of trouble; another trouble is another."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 1)
    for trouble, rests in [
        (ExchangeFailure.LOST, [(0, 1), (1, 2)]),
        (ExchangeFailure.FULL, [(0, 1), (1, 1)]),
    ]:
        for elapsed_s, remaining_s in rests:
            world.end(send.batch, trouble)
            resting = world.scheduler.suspended(world.now)
            assert resting == {"a": Suspension(SUSPENSION_REASONS[trouble], elapsed_s, remaining_s)}
            (send,) = world.wait(remaining_s)
    world.complete(send.batch)
    assert world.scheduler.suspended(world.now) == {}


def test_rest_does_not_begin_with_one_of_long_ago() -> None:
    """A slave that was full once, and then idle for hours, has not rested since."""
    world = World()
    world.up("a")
    world.up("b")
    first = {send.slave: send for send in world.add("r", 2)}
    world.end(first["a"].batch, ExchangeFailure.FULL)
    world.complete(first["b"].batch)
    for send in world.wait(MIN_BACKOFF_S / 2):
        world.complete(send.batch)
    world.wait(4 * 3600)
    second = {send.slave: send for send in world.add("s", 2)}
    world.end(second["a"].batch, ExchangeFailure.FULL)
    assert world.scheduler.suspended(world.now)["a"].elapsed_s == 0


def test_one_breakdown_is_one_pause_however_many_batches_it_ends() -> None:
    """A slave that drops ten batches at once is asked again after the shortest pause."""
    world = World()
    world.up("a", workers=10)
    for number in range(10):
        world.add(f"r{number}", 1)
    for batch in world.batches("a"):
        world.end(batch, ExchangeFailure.LOST)
    assert len(world.wait(MIN_BACKOFF_S)) == 10


def test_files_of_a_garbling_slave_end() -> None:
    """Where the only slave answers nonsense, each file fails as internal after its attempts.

    What made no sense about several files together counts against none of them.
    """
    world = World()
    world.up("a", workers=2)
    world.add("r", 5)
    for _ in range(1000):
        for batch in world.batches("a"):
            world.end(batch, ExchangeFailure.INVALID)
        world.wait(1)
    assert world.codes("r") == [Internal.code] * 5
    assert set(world.hand_overs.values()) <= {3, 4}


def test_answer_that_leaves_files_out_counts_as_garbled() -> None:
    """An exchange that ends without trouble but without an answer blames a file that was alone."""
    world = World(max_attempts=1)
    world.up("a")
    (send,) = world.add("r", 1)
    world.end(send.batch)
    assert world.codes("r") == [Internal.code]


def test_one_file_that_garbles_is_found_without_blame_for_the_others() -> None:
    """Each file of a batch that made no sense is tried by itself, and only the cause is blamed."""
    world = World(max_attempts=1)
    world.up("a", workers=4)
    (send, *_) = world.add("r", 4)
    assert len(send.indexes) > 1
    for _ in range(100):
        for batch in world.batches("a"):
            if 2 in world.live[batch].unanswered:
                world.end(batch, ExchangeFailure.INVALID)
            else:
                world.complete(batch)
        world.wait(1)
    assert world.codes("r") == [None, None, Internal.code, None]


def test_garbling_slave_does_not_spoil_what_another_can_do() -> None:
    """With a good slave beside it, no file fails because of one that answers nonsense."""
    world = World()
    world.up("bad")
    world.up("good")
    world.add("r", 30)
    for _ in range(200):
        for batch in world.batches("bad"):
            world.end(batch, ExchangeFailure.INVALID)
        for batch in world.batches("good"):
            world.complete(batch)
        world.wait(0.25)
    assert world.codes("r") == [None] * 30


# Nobody there


def test_run_without_slaves_is_given_up_after_its_patience() -> None:
    """Every file ends as no_slave, not before the patience is over, with a sentence that helps."""
    world = World()
    world.add("r", 3, patience_s=10)
    world.wait(0)
    world.wait(9.5)
    assert world.ends == {}
    world.wait(0.5)
    assert world.codes("r") == ["no_slave"] * 3
    (error,) = {end.failure.error for end in world.ends.values() if hasattr(end, "failure")}
    assert "text" in error
    assert "10 seconds" in error


def test_run_with_unreachable_slaves_alone_is_given_up() -> None:
    """A slave that has registered but can't be reached does not keep a run waiting for ever."""
    world = World()
    world.up("a")
    (send,) = world.add("r", 3, patience_s=10)
    world.end(send.batch, ExchangeFailure.LOST)
    for _ in range(60):
        for batch in world.batches("a"):
            world.end(batch, ExchangeFailure.LOST)
        world.wait(0.25)
    assert world.codes("r") == ["no_slave"] * 3


def test_patience_does_not_run_while_the_master_stands_still() -> None:
    """Time in which nobody could have been heard is not the slaves' absence."""
    world = World()
    world.add("r", 1, patience_s=10)
    world.wait(0)
    world.wait(1000, late_s=1000)
    world.wait(9.5)
    assert world.left("r") == [0]
    world.wait(0.5)
    assert world.codes("r") == ["no_slave"]


def test_patience_starts_again_with_each_slave() -> None:
    """A slave that comes in time, and goes again, gives the run its whole patience once more."""
    world = World()
    world.add("r", 1, patience_s=10)
    world.wait(0)
    world.wait(9)
    world.up("a")
    world.wait(1)
    world.gone("a", lost=True)
    world.wait(1)
    world.wait(9)
    assert world.left("r") == [0]
    world.wait(1)
    assert world.codes("r") == ["no_slave"]


def test_run_without_patience_waits_for_a_slave() -> None:
    """A run nobody waits for is never given up, and goes on when a slave comes."""
    world = World()
    world.add("r", 2)
    for _ in range(100):
        world.wait(1000)
    assert world.ends == {}
    (send,) = world.up("a")
    world.complete(send.batch)
    assert world.codes("r") == [None, None]
