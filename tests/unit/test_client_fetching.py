"""How results come home: whole, checked, and never over a different file."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from client_service.api import JobApi
from client_service.errors import ALL_DONE, SOME_FAILED, MasterError, MasterGone, UsageError
from client_service.fetching import fetch, prepare


class Master:
    """Stands in for the master: a ledger of results, and what is sent for each."""

    def __init__(self, results: dict[str, bytes]) -> None:
        self.results = results
        self.sent = dict(results)
        self.asked: list[str] = []

    def ledger(self, job_id: str) -> Iterator[dict[str, Any]]:
        for name, data in self.results.items():
            sha256 = hashlib.sha256(data).hexdigest()
            yield {"saved_file": f"{job_id}/text/{name}", "result_sha256": sha256}
        yield {"saved_file": None, "result_sha256": None}

    def download(self, _task_type: str, name: str, target: BinaryIO) -> str:
        self.asked.append(name)
        if name not in self.sent:
            raise MasterError("There is no such result.")
        target.write(self.sent[name])
        return hashlib.sha256(self.sent[name]).hexdigest()

    def fetch(self, folder: Path) -> int:
        head = {"job_id": "j1", "task_type": "text", "done_files": len(self.results)}
        return fetch(cast(JobApi, self), head, folder)


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_results_come_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every result is in the folder under its name, and nothing else."""
    results = {"a_analysis.json": b"a", "b_analysis.json": b"b"}
    assert Master(results).fetch(tmp_path) == ALL_DONE
    assert held(tmp_path) == results
    assert capsys.readouterr().out == f"Brought Home: 2 of 2 results, to {tmp_path}\n"


def test_different_file_is_kept(tmp_path: Path) -> None:
    """What is there under the name stays; the result gets a number, and only once."""
    (tmp_path / "a.json").write_bytes(b"mine")
    (tmp_path / "a_2.json").write_bytes(b"mine too")
    master = Master({"a.json": b"a"})
    for _ in range(2):
        assert master.fetch(tmp_path) == ALL_DONE
    assert held(tmp_path) == {"a.json": b"mine", "a_2.json": b"mine too", "a_3.json": b"a"}
    assert master.asked == ["a.json"]


def test_folder_in_the_way_is_no_result(tmp_path: Path) -> None:
    """A folder that has the name is passed by like a different file."""
    (tmp_path / "a.json").mkdir()
    assert Master({"a.json": b"a"}).fetch(tmp_path) == ALL_DONE
    assert (tmp_path / "a_2.json").read_bytes() == b"a"


def test_result_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that can't be had is named with the reason, the others come, the exit code is 1."""
    master = Master({"a.json": b"a", "b.json": b"b", "c.json": b"c"})
    del master.sent["a.json"]
    master.sent["b.json"] = b"changed"
    assert master.fetch(tmp_path) == SOME_FAILED
    assert held(tmp_path) == {"c.json": b"c"}
    printed = capsys.readouterr()
    assert "Brought Home: 1 of 3" in printed.out
    missing, changed = printed.err.splitlines()
    assert "a.json: this result was not brought home: There is no such" in missing
    assert "b.json" in changed
    assert "has changed" in changed
    assert master.asked.count("b.json") == 2


def test_master_that_is_gone_ends_it(tmp_path: Path) -> None:
    """Without the master the other results are not waited for, one after the other."""

    class Gone(Master):
        def download(self, _task_type: str, name: str, target: BinaryIO) -> str:
            raise MasterGone(f"it is gone, and {name} with it ({target.name})")

    with pytest.raises(MasterGone):
        Gone({"a.json": b"a"}).fetch(tmp_path)
    assert held(tmp_path) == {}


def test_folder_is_made_or_refused(tmp_path: Path) -> None:
    """The folder is made before anything is sent; what can't be one is told."""
    prepare(tmp_path / "a/b")
    assert (tmp_path / "a/b").is_dir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match=r"--output .*file"):
        prepare(tmp_path / "file")


@pytest.mark.parametrize(
    "name", [".profile", "..\\..\\evil.txt", "..", "C:x", "CON", "nul.json", "a\0b", "\x1b[31m", ""]
)
def test_name_that_could_do_harm_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Such a result is not even asked for, and told as one that did not come; the others do."""
    master = Master({name: b"evil", "a.json": b"a"})
    assert master.fetch(tmp_path) == SOME_FAILED
    assert held(tmp_path) == {"a.json": b"a"}
    assert master.asked == ["a.json"]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(
        "not brought home: a file of that name could do harm, here or on another system"
    )
    assert line.isprintable()
