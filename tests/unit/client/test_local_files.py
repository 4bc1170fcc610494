"""The files that the arguments name, their names, and their order."""

import errno
import os
import sys
from pathlib import Path

import pytest

from client_service.errors import UsageError
from client_service.local_files import FileTotals, check, walk


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def names(*arguments: Path) -> list[str]:
    return [source.name for source in walk(list(map(str, arguments)))]


def test_folder_is_walked_in_the_order_of_its_paths(tmp_path: Path) -> None:
    """Names are relative, with slashes, in the order of paths; hidden files are left out."""
    write(
        tmp_path, "b.txt", "a/z.txt", "a/b/c.txt", "a.txt", "a-1.txt", ".hidden", ".git/x", "z/.y"
    )
    expected = ["a/b/c.txt", "a/z.txt", "a-1.txt", "a.txt", "b.txt"]
    assert names(tmp_path) == expected
    visible = (p.relative_to(tmp_path) for p in sorted(tmp_path.rglob("*")) if p.is_file())
    as_ever = [p.as_posix() for p in visible if not any(part[0] == "." for part in p.parts)]
    assert expected == as_ever


def test_files_keep_the_order_of_the_arguments(tmp_path: Path) -> None:
    """A named file is sent under the last part of its path, even if hidden, once per argument."""
    write(tmp_path, "b.txt", ".a.txt", "folder/c.txt")
    named = [tmp_path / name for name in ("b.txt", "folder", ".a.txt", "b.txt")]
    assert names(*named) == ["b.txt", "folder/c.txt", ".a.txt", "b.txt"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["x/2023"], ["notes.txt"]),
        (["x/2023", "x/2024"], ["2023/notes.txt", "2024/notes.txt"]),
        (["x/2023/", "x/2024/."], ["2023/notes.txt", "2024/notes.txt"]),
        (["x/2023", "y/2023"], ["x/2023/notes.txt", "y/2023/notes.txt"]),
        (["x/2023/notes.txt"], ["notes.txt"]),
        (["x/2023/notes.txt", "x/2024/notes.txt"], ["2023/notes.txt", "2024/notes.txt"]),
        (["x/2023/notes.txt", "y"], ["notes.txt", "y/2023/notes.txt"]),
        (
            ["x/2023", "x/2023/notes.txt", "y/2023"],
            ["x/2023/notes.txt", "x/2023/notes.txt", "y/2023/notes.txt"],
        ),
        (["x/2023", "x/2023"], ["2023/notes.txt", "2023/notes.txt"]),
        (["x/../x/2023", "x/2023"], ["2023/notes.txt", "2023/notes.txt"]),
        (["X/2024", "x/2023", "y/2024"], ["X/2024/b.txt", "x/2023/notes.txt"]),
    ],
)
def test_several_arguments_keep_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: list[str]
) -> None:
    """Of several arguments, each begins the names of its files, with parent folders if needed."""
    write(tmp_path, "x/2023/notes.txt", "x/2024/notes.txt", "y/2023/notes.txt", "X/2024/b.txt")
    (tmp_path / "y/2024").mkdir()
    monkeypatch.chdir(tmp_path)
    assert [source.name for source in walk(arguments)] == expected


def test_folder_is_named_by_the_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several arguments, ``.`` and ``..`` have the real names of their folders."""
    write(tmp_path, "x/here/a.txt", "other/b.txt")
    monkeypatch.chdir(tmp_path / "x/here")
    assert [source.name for source in walk([".", "../../other"])] == ["here/a.txt", "other/b.txt"]
    assert [source.name for source in walk(["."])] == ["a.txt"]


def test_files_are_counted(tmp_path: Path) -> None:
    """``check`` returns the number of files and their total size."""
    write(tmp_path, "12345", "a/234")
    assert check([str(tmp_path)]) == FileTotals(files=2, size=10)


@pytest.mark.parametrize("name", ["missing.txt", "missing/"])
def test_missing_file_is_named(tmp_path: Path, name: str) -> None:
    """A missing file is reported by the name as given, before anything is sent."""
    write(tmp_path, "a.txt")
    with pytest.raises(UsageError, match=r"missing.*no such file or folder; nothing was sent"):
        check([str(tmp_path / "a.txt"), str(tmp_path / name)])


def test_empty_name_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty argument, from an empty variable of a script, is not the current folder."""
    write(tmp_path, "a.txt")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="'': there is no such file or folder; nothing was sent"):
        check([""])


def test_too_long_name_is_reported() -> None:
    """A name that the system can't look up is a usage error."""
    with pytest.raises(UsageError, match=r"xxx: can't be read \(.+\); nothing was sent"):
        check(["x" * 300])


@pytest.mark.skipif(os.name == "nt", reason="no pipes among the files there")
def test_pipe_is_reported(tmp_path: Path) -> None:
    """A named pipe is a usage error, and is not opened."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="pipe: this is neither a file nor a folder"):
        check([str(tmp_path / "pipe")])


def test_file_without_status_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that may be read but not entered, a file is reported, not skipped."""
    write(tmp_path, "a.txt", "gone.txt", "z.txt")
    stat = Path.stat

    def refuse(path: Path, **more: bool) -> os.stat_result:
        errors = {"gone.txt": errno.ENOENT, "z.txt": errno.EACCES}
        if path.name in errors:
            raise OSError(errors[path.name], os.strerror(errors[path.name]))
        return stat(path, **more)

    monkeypatch.setattr(Path, "stat", refuse)
    found = walk([str(tmp_path)])
    assert next(found).name == "a.txt"
    with pytest.raises(UsageError, match=r"z.txt: can't be read \(Permission denied\)"):
        next(found)


def test_folder_without_files_is_an_error(tmp_path: Path) -> None:
    """A folder that has only hidden files is a usage error."""
    write(tmp_path, ".hidden")
    with pytest.raises(UsageError, match="no files in there; nothing was sent"):
        check([str(tmp_path)])


@pytest.mark.skipif(os.name == "nt", reason="links need privileges there")
def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    """Links to folders and links without a target are skipped; links to files are sent."""
    write(tmp_path, "a/b.txt")
    (tmp_path / "a/circle").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a/link.txt").symlink_to(tmp_path / "a/b.txt")
    (tmp_path / "a/nothing.txt").symlink_to(tmp_path / "gone")
    (tmp_path / "a/itself").symlink_to(tmp_path / "a/itself")
    (tmp_path / "a/below a file").symlink_to(tmp_path / "a/b.txt/c")
    os.mkfifo(tmp_path / "a/pipe")
    assert names(tmp_path) == ["a/b.txt", "a/link.txt"]


@pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="root reads all"
)
def test_unreadable_files_are_reported(tmp_path: Path) -> None:
    """A file or folder that may not be read is reported by its name."""
    write(tmp_path, "a.txt", "folder/b.txt")
    for name in ("a.txt", "folder"):
        (tmp_path / name).chmod(0)
        with pytest.raises(UsageError, match=f"{name}.*can't be read"):
            check([str(tmp_path / name)])
        (tmp_path / name).chmod(0o700)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux stores names that are no Unicode")
def test_name_that_is_not_utf8_can_be_sent(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are sent as question marks; the path is unchanged."""
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    (source,) = walk([str(tmp_path)])
    assert source.name == "caf?.txt"
    assert source.path.read_text() == "x"
