"""Numbers of results continue whatever lies in the folder, and results are seldom read again."""

from pathlib import Path
from typing import Any

import pytest

from master_service.storage import results as results_module
from master_service.storage.results import Results
from protocol.task_types import TASK_TYPES

TEXT = TASK_TYPES["text"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of text results, which exists already."""
    path = tmp_path / "text"
    path.mkdir()
    return path


def save(results: Results, filename: str, data: bytes) -> str:
    """Save a text result and return its name."""
    return results.save(TEXT, filename, data).path.rpartition("/")[2]


def test_equal_file_that_was_passed_over_is_found(folder: Path) -> None:
    """A foreign file is compared only with results of its size, whichever comes first."""
    (folder / "a_analysis.json").write_bytes(b"of the user")
    results = Results(folder.parent, "out")
    assert save(results, "a.txt", b"1") == "a_2_analysis.json"
    assert save(results, "a.txt", b"of the user") == "a_analysis.json"


def test_link_to_nowhere_occupies_a_name(folder: Path) -> None:
    """It is not replaced."""
    (folder / "a_analysis.json").symlink_to("nowhere")
    assert save(Results(folder.parent, "out"), "a.txt", b"1") == "a_2_analysis.json"
    assert (folder / "a_analysis.json").is_symlink()


def test_folder_as_large_as_the_result_is_skipped(folder: Path) -> None:
    """What can't be read is no equal result, even if its size is equal."""
    taken = folder / "a_analysis.json"
    taken.mkdir()
    data = b"1" * taken.stat().st_size
    assert save(Results(folder.parent, "out"), "a.txt", data) == "a_2_analysis.json"


def test_written_results_are_not_read_to_number_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their checksums and the last number are known, so that many equal names stay quick."""
    results = Results(folder.parent, "out")
    read: list[str] = []
    open_file = Path.open

    def recording(path: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if "r" in mode:
            read.append(path.name)
        return open_file(path, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", recording)
    names = [save(results, "a.txt", data) for data in (b"1", b"2", b"3")]
    assert read == []
    assert save(results, "a.txt", b"2") == names[1]
    assert read == [names[1]]


def test_forgotten_numbers_are_read_from_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many names, those that were used last are kept in memory; the others continue too."""
    monkeypatch.setattr(results_module, "_MAX_SEQUENCES", 2)
    results = Results(folder.parent, "out")
    for filename in ("a.txt", "b.txt", "a.txt", "c.txt"):
        save(results, filename, b"1")
    assert list(results._folders["text"].sequences) == ["a_analysis.json", "c_analysis.json"]
    assert save(results, "b.txt", b"2") == "b_2_analysis.json"
    assert save(results, "b.txt", b"1") == "b_analysis.json"
