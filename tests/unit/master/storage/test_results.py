"""Results are saved whole, under unique names, and never overwritten."""

import os
import stat
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from master_service.storage.results import Results
from protocol.task_types import TASK_TYPES

TEXT = TASK_TYPES["text"]
IMAGE = TASK_TYPES["image"]


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Results in a folder of their own."""
    return Results(tmp_path, "out")


def save(results: Results, filename: str, data: bytes = b"1") -> str:
    """Save a text result and return its name; checks its folder."""
    folder, _, name = results.save(TEXT, filename, data).path.rpartition("/")
    assert folder == "out/text"
    return name


def contents(tmp_path: Path) -> dict[str, bytes]:
    """Return the content of each file in the folder of text results."""
    return {path.name: path.read_bytes() for path in (tmp_path / "text").iterdir()}


# One result


def test_result_is_saved_under_its_types_name(tmp_path: Path) -> None:
    """The path begins with the folder as the user wrote it; the checksum is that of the bytes."""
    results = Results(tmp_path, "my results")
    saved = results.save(TEXT, "report.txt", b"abc")
    assert saved.path == "my results/text/report_analysis.json"
    assert saved.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert contents(tmp_path) == {"report_analysis.json": b"abc"}
    assert results.save(IMAGE, "a.jpeg", b"").path == "my results/image/processed_a.png"


@pytest.mark.parametrize("label", ["/srv/results", "/srv/results/", "../results", "."])
def test_path_begins_with_the_label(tmp_path: Path, label: str) -> None:
    """The path begins with RESULTS_DIR, absolute or relative, unchanged."""
    saved = Results(tmp_path, label).save(TEXT, "a.txt", b"")
    assert Path(saved.path) == Path(label) / "text" / "a_analysis.json"


def test_result_is_a_plain_file_of_the_user(tmp_path: Path, results: Results) -> None:
    """A result has the mode that the umask gives, and no other link."""
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
    """Where the folder can't be created, ``OSError`` is raised and no file is left."""
    (tmp_path / "text").write_bytes(b"a file in the way")
    with pytest.raises(OSError, match="text"):
        save(results, "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["text"]


# The same name again


def test_staged_result_gets_its_name_later(tmp_path: Path, results: Results) -> None:
    """Results of a request that may still be refused wait on disk, and can be discarded."""
    wanted, unwanted = results.stage(TEXT, b"1"), results.stage(TEXT, b"2")
    assert results.find("text", "a_analysis.json") is None
    unwanted.discard()
    saved = results.publish(TEXT, "a.txt", wanted)
    wanted.discard()
    assert saved.path == "out/text/a_analysis.json"
    assert contents(tmp_path) == {"a_analysis.json": b"1"}


def test_different_results_of_one_name_are_numbered(tmp_path: Path, results: Results) -> None:
    """The second result gets _2, the third _3, and each keeps its bytes."""
    names = [save(results, "a.txt", data) for data in (b"1", b"2", b"3")]
    assert names == ["a_analysis.json", "a_2_analysis.json", "a_3_analysis.json"]
    assert contents(tmp_path) == dict(zip(names, (b"1", b"2", b"3"), strict=True))


def test_same_bytes_are_the_same_path(tmp_path: Path, results: Results) -> None:
    """Equal bytes under any number of a name are not written again."""
    for data in (b"1", b"2", b"1", b"2"):
        save(results, "a.txt", data)
    assert save(results, "a.md", b"2") == "a_2_analysis.json"
    assert len(contents(tmp_path)) == 2


def test_same_bytes_under_another_name_are_another_result(tmp_path: Path, results: Results) -> None:
    """Equal bytes share a file only if their names are equal."""
    assert save(results, "a.txt") != save(results, "b.txt")
    assert len(contents(tmp_path)) == 2


def test_number_of_another_upload_is_skipped(results: Results) -> None:
    """An upload that is itself called a_2 is not overwritten by the second a."""
    assert save(results, "a_2.txt", b"2") == "a_2_analysis.json"
    assert save(results, "a.txt", b"x") == "a_analysis.json"
    assert save(results, "a.txt", b"y") == "a_3_analysis.json"
    assert save(results, "a.txt", b"2") == "a_2_analysis.json"


def test_equal_result_of_another_upload_is_found(results: Results) -> None:
    """Equal bytes under a numbered name are found, even if another upload wrote them."""
    save(results, "a.txt", b"x")
    assert save(results, "a_2.txt", b"2") == "a_2_analysis.json"
    assert save(results, "a.txt", b"2") == "a_2_analysis.json"


def test_restart_continues_the_numbers(tmp_path: Path) -> None:
    """A restarted master finds earlier results and continues their numbers."""
    for data in (b"1", b"2"):
        save(Results(tmp_path, "out"), "a.txt", data)
    results = Results(tmp_path, "out")
    assert save(results, "a.txt", b"2") == "a_2_analysis.json"
    assert save(results, "a.txt", b"3") == "a_3_analysis.json"
    assert sorted(contents(tmp_path).values()) == [b"1", b"2", b"3"]


def test_leftovers_of_a_killed_master_are_removed(tmp_path: Path) -> None:
    """Temporary files are deleted at the start; other files stay."""
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / ".tmp-0123abcd").write_bytes(b"half a res")
    (tmp_path / "text" / ".hidden").write_bytes(b"of the user")
    save(Results(tmp_path, "out"), "a.txt", b"1")
    assert contents(tmp_path) == {".hidden": b"of the user", "a_analysis.json": b"1"}


def test_foreign_file_is_kept(tmp_path: Path, results: Results) -> None:
    """A file of another program is not overwritten; equal bytes in it are found."""
    save(results, "a.txt", b"1")
    (tmp_path / "text" / "a_2_analysis.json").write_bytes(b"of the user")
    (tmp_path / "text" / "b_analysis.json").write_bytes(b"of the user")
    assert save(results, "a.txt", b"2") == "a_3_analysis.json"
    assert save(results, "b.txt", b"of the user") == "b_analysis.json"
    assert save(results, "b.txt", b"2") == "b_2_analysis.json"
    assert contents(tmp_path)["a_2_analysis.json"] == b"of the user"


def test_name_of_a_folder_is_skipped(tmp_path: Path, results: Results) -> None:
    """A folder occupies a name like a file."""
    (tmp_path / "text" / "a_analysis.json").mkdir(parents=True)
    assert save(results, "a.txt") == "a_2_analysis.json"


@pytest.mark.parametrize("with_folder", [False, True])
def test_numbers_restart_after_results_are_removed(
    tmp_path: Path, results: Results, with_folder: bool
) -> None:
    """After a user removes all results, the next one gets the plain name again."""
    for data in (b"1", b"2", b"3"):
        save(results, "a.txt", data)
    for path in (tmp_path / "text").iterdir():
        path.unlink()
    if with_folder:
        (tmp_path / "text").rmdir()
    names = [save(results, "a.txt", data) for data in (b"3", b"4")]
    assert names == ["a_analysis.json", "a_2_analysis.json"]


def test_thousands_of_one_name_are_each_kept(tmp_path: Path, results: Results) -> None:
    """Two thousand different results of one name get two thousand names."""
    names = [save(results, "a.txt", str(number).encode()) for number in range(2000)]
    assert names[-1] == "a_2000_analysis.json"
    assert sorted(map(int, contents(tmp_path).values())) == list(range(2000))


def test_threads_that_save_at_once_lose_nothing(tmp_path: Path, results: Results) -> None:
    """Of 400 concurrent results with 200 different contents, each content is stored once."""
    datas = [str(number // 2).encode() for number in range(400)]
    with ThreadPoolExecutor(16) as pool:
        names = list(pool.map(lambda data: save(results, "a.txt", data), datas))
    stored = contents(tmp_path)
    assert [stored[name] for name in names] == datas
    assert len(stored) == 200


def test_file_system_without_hard_links_loses_nothing(
    tmp_path: Path, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without hard links, results are renamed into place, and existing files are kept."""

    def refuse(*_: object) -> None:
        raise PermissionError("no hard links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert save(results, "a.txt", b"1") == "a_analysis.json"
    (tmp_path / "text" / "a_2_analysis.json").write_bytes(b"of the user")
    assert save(results, "a.txt", b"3") == "a_3_analysis.json"
    assert contents(tmp_path)["a_2_analysis.json"] == b"of the user"


# Equal names


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
def test_names_equal_on_some_file_system_are_equal(
    tmp_path: Path, results: Results, one: str, other: str
) -> None:
    """Case, Unicode composition and replaced characters are ignored, also after a restart."""
    first = save(results, one, b"1")
    second = save(results, other, b"2")
    assert save(Results(tmp_path, "out"), other, b"1") == first
    assert "_2_" in second
    assert contents(tmp_path) == {first: b"1", second: b"2"}


def test_edited_result_is_not_reused(results: Results, tmp_path: Path) -> None:
    """After a user edits a saved result, the same upload gets a new name."""
    assert save(results, "a.txt", b"the result") == "a_analysis.json"
    (tmp_path / "text" / "a_analysis.json").write_bytes(b"was edited")
    assert save(results, "a.txt", b"the result") == "a_2_analysis.json"
    assert contents(tmp_path)["a_analysis.json"] == b"was edited"


@pytest.mark.parametrize("edited", [True, False])
def test_removed_result_is_saved_again(results: Results, tmp_path: Path, edited: bool) -> None:
    """It is saved under a free name, also where the next number exists on disk."""
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
