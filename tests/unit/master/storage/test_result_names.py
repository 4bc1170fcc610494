"""Result names are safe for every uploaded name."""

import unicodedata
from pathlib import Path

import pytest

from master_service.storage.results import Results
from protocol.result_names import safe_stem
from protocol.task_types import TASK_TYPES


@pytest.mark.parametrize(
    ("filename", "stem"),
    [
        ("report.txt", "report"),
        ("report", "report"),
        ("archive.tar.gz", "archive.tar"),
        (".bashrc", "bashrc"),
        (".Xresources", "Xresources"),
        ("." + "x" * 200, "x" * 180),
        ("a" + "é" * 100 + ".txt", "a" + "é" * 89),
        ("a/b\\c/d.txt", "d"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot"),
        ("C:\\Users\\me\\é.txt", "é"),
        ("C:evil.txt", "C_evil"),
        ("a/", "file"),
        ("", "file"),
        (".", "file"),
        ("..", "file"),
        ("...", "file"),
        (".txt", "txt"),
        (" .txt", "file"),
        ("a. . .txt", "a"),
        ("  a  .txt", "a"),
        ('a<b>c:d"e|f?g*h.txt', "a_b_c_d_e_f_g_h"),
        ("a\x00b\nc\x7fd.txt", "a_b_c_d"),
        ("broken-\udcff.txt", "broken-_"),
        ("100%.txt", "100%"),
        ("{stem}{0}{.txt", "{stem}{0}{"),
        ("%s%d.txt", "%s%d"),
        ("con.txt", "_con"),
        ("CON", "_CON"),
        ("nul.tar.gz", "_nul.tar"),
        ("COM1 .txt", "_COM1"),
        ("com1 .x.txt", "_com1 .x"),
        ("lpt².txt", "_lpt²"),
        ("console.txt", "console"),
        ("日本語.txt", "日本語"),
        (unicodedata.normalize("NFD", "é") + ".txt", "é"),
    ],
)
def test_stem_is_safe_everywhere(filename: str, stem: str) -> None:
    """The stem is the last part of the name, without characters that a file system refuses."""
    assert safe_stem(filename) == stem


@pytest.mark.parametrize("letter", ["a", "é", "日", "😀", "e\u0301"])
@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_long_names_fit(tmp_path: Path, letter: str, task_type: str) -> None:
    """A name of 300 characters is cut to 255 bytes, number included."""
    results, task = Results(tmp_path, "out"), TASK_TYPES[task_type]
    paths = [results.save(task, letter * 300 + ".bin", bytes([n])).path for n in range(11)]
    assert len(set(paths)) == 11
    for path in tmp_path.rglob("*.*"):
        assert len(path.name.encode()) <= 255
        assert len(path.name) >= 40


@pytest.mark.parametrize(
    "filename",
    [
        "../../evil.txt",
        "..\\..\\evil.txt",
        "/etc/evil",
        "C:\\evil.txt",
        "..",
        "\x00",
        "~/x",
        "a/..",
    ],
)
@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_nothing_is_written_outside(tmp_path: Path, filename: str, task_type: str) -> None:
    """For any uploaded name, one file is written, in the folder of its type."""
    root = tmp_path / "deep" / "inside"
    Results(root, "out").save(TASK_TYPES[task_type], filename, b"1")
    (written,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written.parent == root / task_type


@pytest.mark.parametrize("filename", ["{stem}.txt", "{}.txt", "%s.txt", "{0[0]}.txt", "{stem!r"])
def test_format_characters_are_kept(tmp_path: Path, filename: str) -> None:
    """Braces and percent signs in a name are not interpreted."""
    saved = Results(tmp_path, "out").save(TASK_TYPES["text"], filename, b"1")
    assert saved.path == f"out/text/{safe_stem(filename)}_analysis.json"
