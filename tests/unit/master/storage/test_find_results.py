"""Saved results are found by their names, and no other file is."""

from pathlib import Path

import pytest

from master_service.storage.results import Results
from protocol.task_types import TASK_TYPES

TEXT = TASK_TYPES["text"]


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Results in a folder of their own."""
    return Results(tmp_path, "out")


def test_saved_result_is_found(tmp_path: Path, results: Results) -> None:
    """A result is found by its type and name, and by the path that was answered for it."""
    saved = Results(tmp_path, "/srv/my/results").save(TEXT, "a.txt", b"1")
    path = tmp_path / "text" / "a_analysis.json"
    assert results.find("text", "a_analysis.json") == path
    assert results.locate(saved.path) == path
    path.unlink()
    assert results.find("text", "a_analysis.json") is None
    assert results.locate(saved.path) is None


@pytest.mark.parametrize(
    ("task_type", "name"),
    [
        ("text", "other.json"),
        ("image", "a.json"),
        ("text", "folder"),
        ("text", ".hidden"),
        ("text", "back\\slash.json"),
        ("text", "../text/a.json"),
        ("text", ".."),
        ("text", "x" * 256),
        ("text", "é" * 128),
        ("text", "broken-\udcff"),
        ("other", "a.json"),
        ("", "secret.json"),
        ("..", "secret.json"),
    ],
)
def test_nothing_else_is_found(tmp_path: Path, task_type: str, name: str) -> None:
    """Only files directly in the folder of a task type are found; any name may be asked for."""
    root = tmp_path / "root"
    (root / "text" / "folder").mkdir(parents=True)
    for path in ("root/text/a.json", "root/text/.hidden", "root/text/back\\slash.json"):
        (tmp_path / path).write_bytes(b"1")
    (root / "other").mkdir()
    for path in ("root/other/a.json", "root/secret.json", "secret.json"):
        (tmp_path / path).write_bytes(b"1")
    assert Results(root, "out").find("text", "a.json")
    assert Results(root, "out").find(task_type, name) is None


def test_longest_name_is_found(tmp_path: Path, results: Results) -> None:
    """A name may have all of the 255 bytes that file systems allow."""
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / ("x" * 255)).write_bytes(b"1")
    assert results.find("text", "x" * 255)
