"""Splitting of files into requests, and resuming of interrupted uploads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from client_service.errors import UsageError
from client_service.local_files import FileTotals, Source
from client_service.transfer import uploading

MIB = 1024 * 1024


def sources(*sizes: int) -> list[Source]:
    return [Source(Path(f"{n}.txt"), f"{n}.txt", size) for n, size in enumerate(sizes)]


def entry(source: Source, **changed: Any) -> dict[str, Any]:
    return {"filename": source.name, "size": source.size} | changed


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([1], [1]),
        ([0] * 1001, [500, 500, 1]),
        ([40 * MIB, 24 * MIB, 1], [2, 1]),
        ([1, 65 * MIB, 1], [1, 1, 1]),
        ([65 * MIB, 65 * MIB], [1, 1]),
    ],
)
def test_batches_are_bounded(sizes: list[int], expected: list[int]) -> None:
    """A request has at most 500 files and 64 MiB; a larger file has its own request."""
    cut = list(uploading.batches(sources(*sizes)))
    assert [len(batch) for batch in cut] == expected
    assert [source for batch in cut for source in batch] == sources(*sizes)


def test_batches_are_cut_as_they_are_needed() -> None:
    """The files are read lazily: at most one more than the request holds."""
    seen = []

    def endless() -> Iterator[Source]:
        while True:
            (source,) = sources(1)
            seen.append(source)
            yield source

    cut = uploading.batches(endless())
    assert len(next(cut)) == 500
    assert len(seen) <= 501


def test_resumed_upload_goes_on_after_what_is_there() -> None:
    """Files that are in the ledger are skipped."""
    files = sources(5, 6, 7)
    rest = iter(files)
    assert uploading.skip_sent(iter(map(entry, files[:2])), rest) == FileTotals(files=2, size=11)
    assert list(rest) == files[2:]


@pytest.mark.parametrize(
    "names",
    [
        ("100%25 %22sure%22.txt", '100%25 "sure".txt'),
        ("new\nline.txt", "new%0Aline.txt"),
        ("a\\b.txt", "a\\\\b.txt"),
        ("C:\\mine\\b.txt", "b.txt"),
        ("C:\\mine\\b.txt", "C:\\mine\\b.txt"),
        ("\\\\host\\mine\\b.txt", "b.txt"),
        ("2023/b.txt", "b.txt"),
        ("x/2023/b.txt", "2023/b.txt"),
        ("Grüße 🌻.txt", "Grüße 🌻.txt"),
    ],
)
def test_names_compare_as_forms_write_them(names: tuple[str, str]) -> None:
    """A name counts as the same with or without the escapes of form headers.

    So does a name that an older client sent without its folder, or of which an older master stored
    only the last part.
    """
    source = Source(Path("x"), names[0], 3)
    assert uploading.skip_sent(iter([entry(source, filename=names[1])]), iter([source])).files == 1


@pytest.mark.parametrize(
    "changed",
    [{"filename": "other.txt"}, {"filename": "2023/1.txt"}, {"filename": ".txt"}, {"size": 7}],
)
def test_other_files_are_not_mixed_in(changed: dict[str, Any]) -> None:
    """A different name or size is a usage error: these are not the job's files."""
    files = sources(5, 6)
    ledger = [entry(files[0]), entry(files[1], **changed)]
    with pytest.raises(UsageError, match="name the same files, unchanged"):
        uploading.skip_sent(iter(ledger), iter(files))


def test_fewer_files_than_the_job_has_are_refused() -> None:
    """A job is not resumed with only a part of its files."""
    files = sources(5, 6)
    with pytest.raises(UsageError, match="more files than were named"):
        uploading.skip_sent(iter(map(entry, files)), iter(files[:1]))
