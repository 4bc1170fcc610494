"""The files of a run: how they are cut into batches, and what waits again."""

from master_service.dask_engine.run_files import (
    MAX_BATCH_BYTES,
    MAX_BATCH_FILES,
    Batch,
    RunFiles,
)


def test_first_batches_have_one_file() -> None:
    """As long as nothing is known about the time of a file, batches are small."""
    files = RunFiles.of([1] * 1000, {})
    assert files.take(threads=2) == [0]
    assert files.take(threads=2) == [1]


def test_quick_files_are_batched() -> None:
    """A batch takes a quarter of a second by what the earlier ones took, and has a limit."""
    files = RunFiles.of([1] * 10_000, {})
    files.answered(10, elapsed_s=0.1)
    assert len(files.take(threads=2)) == 25
    files.answered(1000, elapsed_s=0.0)
    assert len(files.take(threads=2)) == MAX_BATCH_FILES


def test_batches_shrink_towards_the_end() -> None:
    """No thread gets more than its part of the rest, so that all end at about the same time."""
    files = RunFiles.of([1] * 40, {})
    files.answered(1000, elapsed_s=0.001)
    sizes = []
    while files.waiting:
        sizes.append(len(files.take(threads=2)))
    assert sizes[0] == 10
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-4:] == [1, 1, 1, 1]


def test_large_files_are_sent_alone() -> None:
    """A batch has no more bytes than its limit, unless it is a single file."""
    files = RunFiles.of([MAX_BATCH_BYTES * 2, MAX_BATCH_BYTES, 1, 1] + [1] * 100, {})
    files.answered(1000, elapsed_s=0.001)
    assert files.take(threads=1) == [0]
    assert files.take(threads=1) == [1]
    assert len(files.take(threads=1)) > 1


def test_blamed_file_waits_alone_until_its_last_attempt() -> None:
    """A blamed file is sent alone, away from who blamed it, as often as it may be tried."""
    files = RunFiles.of([1, 1, 1], {})
    files.answered(1000, elapsed_s=0.001)
    files.take(threads=1)
    assert files.blame(0, "a:1", max_attempts=2)
    assert files.take(threads=1) == [0]
    assert files.avoided([0]) == ["a:1"]
    assert not files.blame(0, "b:1", max_attempts=2)
    assert files.blames(0) == ("a:1", "b:1")


def test_file_that_was_blamed_in_an_earlier_run_is_isolated() -> None:
    """Blames of an earlier run count."""
    files = RunFiles.of([1, 1], {1: ("a:1",), 0: ()})
    assert files.take(threads=1) == [1]
    assert not files.blame(1, "b:1", max_attempts=2)


def test_files_that_come_back_wait_ahead_of_the_others() -> None:
    """Files of a lost batch are the next ones."""
    files = RunFiles.of([1] * 5, {})
    assert (files.take(threads=1), files.take(threads=1)) == ([0], [1])
    files.put_back({0, 1})
    assert files.take(threads=1) == [0]


def test_withdrawn_files_are_removed_wherever_they_are() -> None:
    """Waiting files and those in flight are removed; those that ended before are not reported."""
    files = RunFiles.of([1] * 6, {5: ("a:1",)})
    files.batches[1] = Batch(1, "run", [5], {5})
    files.take(threads=1)
    ended = files.take(threads=1)
    assert ended == [0]
    assert files.withdraw([0, 1, 5]) == [1, 5]
    assert files.batches[1].unanswered == set()
    assert files.take_all() == [2, 3, 4]
    assert files.waiting == 0


def test_files_are_added_behind_the_others() -> None:
    """An open run gets more files while the first ones are in flight."""
    files = RunFiles.of([1], {})
    files.take(threads=1)
    files.extend([5, 6])
    assert files.take_all() == [1, 2]
    assert files.sizes == [1, 5, 6]
