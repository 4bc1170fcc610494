"""Splitting of files into requests, and resuming of interrupted uploads."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from client_service.errors import UsageError
from client_service.local_files import FileTotals, Source
from client_service.master_api.job_api import JobApi
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


class Master:
    """A fake master that records what is called, and the indexes of each request."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def begin_files(
        self,
        _job_id: str,
        _field: str,
        files: Sequence[Source],
        first: int,
        report: Callable[[float], None],
    ) -> "Upload":
        report(0.9)
        return Upload(self, f"{first}-{first + len(files) - 1}")


class Upload:
    """A fake request."""

    def __init__(self, master: Master, indexes: str) -> None:
        self._master, self._indexes = master, indexes
        master.calls.append(f"begin {indexes}")

    def end(self) -> None:
        self._master.calls.append(f"end {self._indexes}")

    def finish(self) -> None:
        self._master.calls.append(f"finish {self._indexes}")


def test_next_request_is_sent_while_one_is_stored() -> None:
    """A request ends only when the one before is answered: so the files stay in order."""
    master, files = Master(), sources(*[1] * 1100)
    totals = FileTotals(len(files), len(files))
    uploading.send(cast(JobApi, master), "j1", "texts", iter(files), totals, FileTotals())
    assert master.calls == [
        *("begin 0-499", "end 0-499"),
        *("begin 500-999", "finish 0-499", "end 500-999"),
        *("begin 1000-1099", "finish 500-999", "end 1000-1099", "finish 1000-1099"),
    ]


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
