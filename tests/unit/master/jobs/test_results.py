"""Where results are saved: under safe names, whole, and never over another."""

import os
import stat
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from master_service.jobs.results import Results
from protocol.task_types import TASK_TYPES

TEXT = TASK_TYPES["text"]
IMAGE = TASK_TYPES["image"]


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Results in a folder of their own."""
    return Results(tmp_path, "out")


def save(results: Results, filename: str, data: bytes = b"1") -> str:
    """Save as text and return the name alone; the path must be that of the text results."""
    folder, _, name = results.save(TEXT, filename, data).path.rpartition("/")
    assert folder == "out/text"
    return name


def contents(tmp_path: Path) -> dict[str, bytes]:
    """Return all that lies in the folder of the text results."""
    return {path.name: path.read_bytes() for path in (tmp_path / "text").iterdir()}


# One result


def test_result_is_saved_under_its_types_name(tmp_path: Path) -> None:
    """The path is told as the user wrote the folder, and the checksum is that of the bytes."""
    results = Results(tmp_path, "my results")
    saved = results.save(TEXT, "report.txt", b"abc")
    assert saved.path == "my results/text/report_analysis.json"
    assert saved.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert contents(tmp_path) == {"report_analysis.json": b"abc"}
    assert results.save(IMAGE, "a.jpeg", b"").path == "my results/image/processed_a.png"


@pytest.mark.parametrize("label", ["/srv/results", "/srv/results/", "../results", "."])
def test_path_begins_with_the_label(tmp_path: Path, label: str) -> None:
    """An absolute or relative RESULTS_DIR stands in the answer as it is."""
    saved = Results(tmp_path, label).save(TEXT, "a.txt", b"")
    assert Path(saved.path) == Path(label) / "text" / "a_analysis.json"


def test_result_is_a_plain_file_of_the_user(tmp_path: Path, results: Results) -> None:
    """A result can be read by whom the umask lets, and nothing temporary stays."""
    previous = os.umask(0o022)
    try:
        save(results, "a.txt")
    finally:
        os.umask(previous)
    (path,) = (tmp_path / "text").iterdir()
    assert path.stat().st_nlink == 1
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_failed_write_leaves_nothing(tmp_path: Path, results: Results) -> None:
    """Where the folder can't be made, the error is told and nothing is there."""
    (tmp_path / "text").write_bytes(b"a file in the way")
    with pytest.raises(OSError, match="text"):
        save(results, "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["text"]


# The same name again


def test_different_results_of_one_name_are_numbered(tmp_path: Path, results: Results) -> None:
    """The second is _2, the third _3, and each keeps its bytes."""
    names = [save(results, "a.txt", data) for data in (b"1", b"2", b"3")]
    assert names == ["a_analysis.json", "a_2_analysis.json", "a_3_analysis.json"]
    assert contents(tmp_path) == dict(zip(names, (b"1", b"2", b"3"), strict=True))


def test_same_bytes_are_the_same_path(tmp_path: Path, results: Results) -> None:
    """A result that is there already is not written again, whichever number it has."""
    for data in (b"1", b"2", b"1", b"2"):
        save(results, "a.txt", data)
    assert save(results, "a.md", b"2") == "a_2_analysis.json"
    assert len(contents(tmp_path)) == 2


def test_same_bytes_under_another_name_are_another_result(tmp_path: Path, results: Results) -> None:
    """Only a clash of names makes two results one."""
    assert save(results, "a.txt") != save(results, "b.txt")
    assert len(contents(tmp_path)) == 2


def test_number_taken_by_another_upload_is_passed_over(results: Results) -> None:
    """An upload that is itself called a_2 is not overwritten by the second a."""
    assert save(results, "a_2.txt", b"2") == "a_2_analysis.json"
    assert save(results, "a.txt", b"x") == "a_analysis.json"
    assert save(results, "a.txt", b"y") == "a_3_analysis.json"
    assert save(results, "a.txt", b"2") == "a_2_analysis.json"


def test_number_taken_later_is_compared_too(results: Results) -> None:
    """The same bytes at a number of the name are found, also when another upload put them there."""
    save(results, "a.txt", b"x")
    assert save(results, "a_2.txt", b"2") == "a_2_analysis.json"
    assert save(results, "a.txt", b"2") == "a_2_analysis.json"


def test_restart_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """A master that starts on a folder of results keeps them, finds them and counts on."""
    for data in (b"1", b"2"):
        save(Results(tmp_path, "out"), "a.txt", data)
    results = Results(tmp_path, "out")
    assert save(results, "a.txt", b"2") == "a_2_analysis.json"
    assert save(results, "a.txt", b"3") == "a_3_analysis.json"
    assert sorted(contents(tmp_path).values()) == [b"1", b"2", b"3"]


def test_leftovers_of_a_killed_master_are_removed(tmp_path: Path) -> None:
    """What was being written when the last master died goes away; all else stays."""
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / ".tmp-0123abcd").write_bytes(b"half a res")
    (tmp_path / "text" / ".hidden").write_bytes(b"of the user")
    save(Results(tmp_path, "out"), "a.txt", b"1")
    assert contents(tmp_path) == {".hidden": b"of the user", "a_analysis.json": b"1"}


def test_file_that_somebody_puts_there_meanwhile_is_kept(tmp_path: Path, results: Results) -> None:
    """A file the master did not write is not overwritten either; equal bytes are found in it."""
    save(results, "a.txt", b"1")
    (tmp_path / "text" / "a_2_analysis.json").write_bytes(b"of the user")
    (tmp_path / "text" / "b_analysis.json").write_bytes(b"of the user")
    assert save(results, "a.txt", b"2") == "a_3_analysis.json"
    assert save(results, "b.txt", b"of the user") == "b_analysis.json"
    assert save(results, "b.txt", b"2") == "b_2_analysis.json"
    assert contents(tmp_path)["a_2_analysis.json"] == b"of the user"


def test_folder_in_the_way_is_passed_over(tmp_path: Path, results: Results) -> None:
    """Something that is no file holds a name like any other."""
    (tmp_path / "text" / "a_analysis.json").mkdir(parents=True)
    assert save(results, "a.txt") == "a_2_analysis.json"


@pytest.mark.parametrize("with_folder", [False, True])
def test_results_that_were_cleared_away_start_anew(
    tmp_path: Path, results: Results, with_folder: bool
) -> None:
    """When a user has taken the results away, the next is the first of its name again."""
    for data in (b"1", b"2", b"3"):
        save(results, "a.txt", data)
    for path in (tmp_path / "text").iterdir():
        path.unlink()
    if with_folder:
        (tmp_path / "text").rmdir()
    names = [save(results, "a.txt", data) for data in (b"3", b"4")]
    assert names == ["a_analysis.json", "a_2_analysis.json"]


def test_thousands_of_one_name_are_each_kept(tmp_path: Path, results: Results) -> None:
    """Two thousand different results of one name have two thousand numbers."""
    names = [save(results, "a.txt", str(number).encode()) for number in range(2000)]
    assert names[-1] == "a_2000_analysis.json"
    assert sorted(map(int, contents(tmp_path).values())) == list(range(2000))


def test_threads_that_save_at_once_lose_nothing(tmp_path: Path, results: Results) -> None:
    """Of 400 results of one name, half of them equal, each different one is there once."""
    datas = [str(number // 2).encode() for number in range(400)]
    with ThreadPoolExecutor(16) as pool:
        names = list(pool.map(lambda data: save(results, "a.txt", data), datas))
    stored = contents(tmp_path)
    assert [stored[name] for name in names] == datas
    assert len(stored) == 200


def test_file_system_without_hard_links_loses_nothing(
    tmp_path: Path, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without hard links results are renamed into place, and still never over another."""

    def refuse(*_: object) -> None:
        raise PermissionError("no hard links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert save(results, "a.txt", b"1") == "a_analysis.json"
    (tmp_path / "text" / "a_2_analysis.json").write_bytes(b"of the user")
    assert save(results, "a.txt", b"3") == "a_3_analysis.json"
    assert contents(tmp_path)["a_2_analysis.json"] == b"of the user"


# Names that count as the same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Report.txt", "REPORT.txt"),
        ("é.txt", unicodedata.normalize("NFD", "é") + ".txt"),
        ("É.txt", unicodedata.normalize("NFD", "é") + ".txt"),
        ("straße.txt", "STRASSE.txt"),
        ("한.txt", unicodedata.normalize("NFD", "한") + ".txt"),
        ("a:b.txt", "a?b.txt"),
        ("a.txt", "a.md"),
        ("dir/a.txt", "C:\\other\\a.txt"),
    ],
)
def test_names_that_some_system_takes_for_one_are_one(
    tmp_path: Path, results: Results, one: str, other: str
) -> None:
    """Case, composition and what had to be replaced make no difference, also after a restart."""
    first = save(results, one, b"1")
    second = save(results, other, b"2")
    assert save(Results(tmp_path, "out"), other, b"1") == first
    assert "_2_" in second
    assert contents(tmp_path) == {first: b"1", second: b"2"}


def test_edited_result_is_not_taken_for_what_it_was(results: Results, tmp_path: Path) -> None:
    """When somebody has changed a saved result, the same upload gets a name of its own."""
    assert save(results, "a.txt", b"the result") == "a_analysis.json"
    (tmp_path / "text" / "a_analysis.json").write_bytes(b"was edited")
    assert save(results, "a.txt", b"the result") == "a_2_analysis.json"
    assert contents(tmp_path)["a_analysis.json"] == b"was edited"


@pytest.mark.parametrize("edited", [True, False])
def test_result_that_was_tidied_away_is_saved_anew(
    results: Results, tmp_path: Path, edited: bool
) -> None:
    """Also where the next number is taken by what an earlier master has saved."""
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a_2_analysis.json").write_bytes(b"of an earlier master")
    assert save(results, "a.txt", b"the result") == "a_analysis.json"
    assert save(results, "a.txt", b"another") == "a_3_analysis.json"
    (tmp_path / "text" / "a_3_analysis.json").unlink()
    if edited:
        (tmp_path / "text" / "a_3_analysis.json").write_bytes(b"was edited")
    (tmp_path / "text" / "a_4_analysis.json").write_bytes(b"in the way")
    name = save(results, "a.txt", b"another")
    assert contents(tmp_path)[name] == b"another"
