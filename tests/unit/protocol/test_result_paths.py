"""The paths of results below the folders of the uploaded names."""

import unicodedata
from pathlib import PurePosixPath

import pytest

from client_service.terminal.safe_text import is_safe
from protocol.result_names import (
    Place,
    ResultPaths,
    canonical,
    is_named_after_source,
    safe_folders,
)
from protocol.task_types import TASK_TYPES

Sent = tuple[str, str, str]

A = "a" * 180
"""A folder whose name is as long as one may be; all of a path, with separators, have 512 bytes."""


def paths(*sent: Sent, task_type: str = "text") -> list[str]:
    """Return the path of each result, given its uploaded name, saved file and content hash."""
    places = ResultPaths(task_type)
    return [places.place(*each).path for each in sent]


@pytest.mark.parametrize(
    ("filename", "folders"),
    [
        ("a.txt", []),
        ("2023/a.txt", ["2023"]),
        ("2023\\a.txt", ["2023"]),
        ("2023/May\\a.txt", ["2023", "May"]),
        ("a//b.txt", ["a"]),
        ("./a.txt", []),
        ("../../x.txt", []),
        ("a/../b/./x.txt", ["a", "b"]),
        ("/etc/passwd", ["etc"]),
        ("C:\\x.txt", ["C_"]),
        ("D:\\Users\\me\\x.txt", ["D_", "Users", "me"]),
        ("\\\\host\\share\\x.txt", ["host", "share"]),
        ("CON/aux.txt", ["_CON"]),
        ("nul.d/x.txt", ["_nul.d"]),
        (".git/x.txt", ["git"]),
        (" . /x.txt", []),
        ("dots.../x.txt", ["dots"]),
        ("a<b>|c/x.txt", ["a_b__c"]),
        ("a\nb\x1b/x.txt", ["a_b_"]),
        ("broken-\udcff/x.txt", ["broken-_"]),
        (unicodedata.normalize("NFD", "é") + "/x.txt", ["é"]),
        ("a/", []),
        ("a\\", []),
        ("", []),
        ("x_analysis.json/a.txt", ["x_analysis.json_"]),
        ("X.PNG/a.txt", ["X.PNG_"]),
        ("manifest.csv/a.txt", ["manifest.csv_"]),
        (f"{A}/{A}/{'c' * 149}/a.txt", [A, A, "c" * 149]),
        (f"{A}/{A}/{'c' * 150}/d/a.txt", [A, A]),
    ],
)
def test_folders_are_safe_everywhere(filename: str, folders: list[str]) -> None:
    """Folders are made valid like the names of results; ``.``, ``..`` and roots are left out."""
    assert safe_folders(filename) == folders


@pytest.mark.parametrize(
    ("task_type", "filename", "saved_file", "expected"),
    [
        ("text", "notes.txt", "results/text/notes_analysis.json", True),
        ("image", "photo.jpg", "processed_photo.png", True),
        ("ocr", "scan.tif", "results/ocr/scan_ocr.pdf", True),
        ("ocr", "scan.tif", "results/ocr/scan_2_ocr.pdf", False),
        ("text", "notes.txt", "results/text/notes_2_analysis.json", False),
        ("text", "a/notes.txt", "results/text/notes_analysis.json", False),
        ("text", "a/notes.txt", "results/text/notes_2_analysis.json", False),
        ("new", "notes.txt", "results/new/notes_2.out", True),
        ("new", "a/notes.txt", "results/new/notes.out", False),
    ],
)
def test_result_is_named_after_its_upload(
    task_type: str, filename: str, saved_file: str, expected: bool
) -> None:
    """It is, unless it has a number or the upload has folders; of an unknown type, it may be."""
    assert is_named_after_source(task_type, filename, saved_file) is expected


def test_equal_names_in_two_folders_get_no_numbers() -> None:
    """In its folder each result has the name that it would have in an empty folder."""
    assert paths(
        ("2023/notes.txt", "results/text/notes_analysis.json", "1"),
        ("2024/notes.txt", "results/text/notes_2_analysis.json", "2"),
        ("notes.txt", "results/text/notes_3_analysis.json", "3"),
    ) == ["2023/notes_analysis.json", "2024/notes_analysis.json", "notes_3_analysis.json"]


def test_clash_in_a_folder_is_numbered_in_order() -> None:
    """Names that some file system treats as equal get the next free numbers, in order."""
    assert paths(
        ("a/é.txt", "x", "1"),
        ("A/e\u0301.md", "x", "2"),
        ("a/É_3.txt", "x", "3"),
        ("a/é", "x", "4"),
        ("b/é.txt", "x", "5"),
    ) == [
        "a/é_analysis.json",
        "A/é_2_analysis.json",
        "a/É_3_analysis.json",
        "a/é_4_analysis.json",
        "b/é_analysis.json",
    ]


def test_equal_contents_share_a_path() -> None:
    """Results with the same folder, name and content share a path; others get their own."""
    places = ResultPaths("text")
    sent = [
        ("a/n.txt", "s/n.json", "1"),
        ("a/n.txt", "s/n_2.json", "2"),
        ("a/n.md", "s/n.json", "1"),
    ]
    sent += [("b/n.txt", "s/n.json", "1"), ("a/n.md", "s/n_2.json", "2")]
    assert [places.place(*each) for each in sent] == [
        Place("a/n_analysis.json", is_new=True),
        Place("a/n_2_analysis.json", is_new=True),
        Place("a/n_analysis.json", is_new=False),
        Place("b/n_analysis.json", is_new=True),
        Place("a/n_2_analysis.json", is_new=False),
    ]


def test_numbered_path_is_taken_like_any_other() -> None:
    """A name that equals a numbered path shares it with the same content, and no other."""
    places = ResultPaths("text")
    sent = [("a/n.txt", "1"), ("a/n.txt", "2"), ("a/n.txt", "3"), ("a/n_2.txt", "2")]
    sent += [("a/n_2.txt", "4")]
    assert [places.place(name, "s", content) for name, content in sent] == [
        Place("a/n_analysis.json", is_new=True),
        Place("a/n_2_analysis.json", is_new=True),
        Place("a/n_3_analysis.json", is_new=True),
        Place("a/n_2_analysis.json", is_new=False),
        Place("a/n_2_2_analysis.json", is_new=True),
    ]


@pytest.mark.parametrize("name", ["n", "n-\udcff"])
def test_saved_name_that_was_used_twice(name: str) -> None:
    """Two results without folders that were saved under the same name get different paths."""
    sent = [("n.txt", f"s/{name}.json", content) for content in "12"]
    assert paths(*sent) == [f"{name}.json", f"{name}_2.json"]


def test_type_of_a_newer_master_keeps_its_saved_names() -> None:
    """A result of an unknown task type keeps its saved name, in its folder."""
    assert paths(("a/n.txt", "s/n_3.out", "1"), task_type="new") == ["a/n_3.out"]


def test_thousands_of_equal_names_are_quick() -> None:
    """50,000 equal names take linear time: each search starts at the last number."""
    found = paths(*(("a/n.txt", "s", str(number)) for number in range(50_000)))
    assert len(set(found)) == 50_000
    assert found[-1] == "a/n_50000_analysis.json"


HOSTILE = [
    *["../../x", "C:\\x", "/etc/passwd", "CON/aux.txt", "a//b", "..\\..\\x", "a/../..", "~/x"],
    *["x" * 5000, "x" * 5000 + "/a", "ü/" * 5000 + "a", "日" * 300 + "/b", "a" * 180 + "/b.txt"],
    *["COM¹ .x/lpt².txt", "a\u202eb/c", "a/b\r\n.txt", "{stem}/{0}.txt", "%s/%d", "x.json/y.json"],
]


@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("filename", HOSTILE)
def test_no_path_is_harmful(filename: str, task_type: str) -> None:
    """For any uploaded name, the path is relative, bounded in length, and safe in each part."""
    for content in range(12):
        place = ResultPaths(task_type).place(filename, "s/saved_2.json", str(content))
        path = PurePosixPath(place.path)
        assert place.path == path.as_posix()
        assert all(map(is_safe, path.parts))
        assert len(place.path.encode()) < 768


def test_no_folder_has_the_name_of_a_result() -> None:
    """No path is both a result and a folder, so that an archive can be unpacked in any order."""
    sent = [("a.txt", "s/a_analysis.json", "1"), ("a_analysis.json/b.txt", "s/b.json", "2")]
    sent += [("x/A_analysis.JSON/b.txt", "s/b.json", "3"), ("x/a.txt", "s/a_analysis.json", "4")]
    found = paths(*sent)
    files = {canonical(path) for path in found}
    folders = {canonical(str(above)) for path in found for above in PurePosixPath(path).parents}
    assert not files & folders


def test_ending_of_the_saved_file_is_kept() -> None:
    """A type whose results have two forms keeps each one's ending in folders."""
    assert paths(
        ("a/scan.tif", "results/ocr/scan_ocr.pdf", "1"),
        ("a/scan.tif", "results/ocr/scan_2_ocr.pdf", "2"),
        ("a/scan.tif", "results/ocr/scan_ocr.json", "3"),
        task_type="ocr",
    ) == ["a/scan_ocr.pdf", "a/scan_2_ocr.pdf", "a/scan_ocr.json"]
