"""Download of results: complete, verified, and never over a different file."""

import csv
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from client_service.errors import ALL_DONE, SOME_FAILED, MasterError, MasterUnavailable, UsageError
from client_service.master_api.job_api import JobApi
from client_service.transfer.downloading import fetch
from client_service.transfer.output_folder import prepare
from protocol.manifest import unescape_formula
from tests.unit.client.test_answers import ENTRY


class Master:
    """A fake master with a ledger of results, and the bytes that it sends for each."""

    def __init__(self, results: dict[str, bytes], **sources: str) -> None:
        self.results = results
        self.sources = sources
        """The file names of results, by the stem of the result."""
        self.sent = dict(results)
        self.asked: list[str] = []

    def ledger(self, job_id: str) -> Iterator[dict[str, Any]]:
        for index, (name, data) in enumerate(self.results.items()):
            sha256 = hashlib.sha256(data).hexdigest()
            yield ENTRY | {
                "index": index,
                "filename": self.sources.get(name.partition(".")[0], f"sent {index}.txt"),
                "saved_file": f"{job_id}/text/{name}",
                "result_sha256": sha256,
            }
        yield ENTRY | {
            "index": len(self.results),
            "filename": "=failed.txt",
            "state": "failed",
            "saved_file": None,
            "result_sha256": None,
            "code": "empty",
            "error": 'There is nothing, "really", in it.',
        }

    def begin_download(self, _task_type: str, name: str) -> "Request":
        self.asked.append(name)
        return Request(name)

    def download(self, request: "Request", target: BinaryIO) -> str:
        name = request.name
        if name not in self.sent:
            raise MasterError("There is no such result.")
        target.write(self.sent[name])
        return hashlib.sha256(self.sent[name]).hexdigest()

    def fetch(self, folder: Path, job_id: str = "j1") -> int:
        head = {"job_id": job_id, "task_type": "text", "done_files": len(self.results)}
        return fetch(cast(JobApi, self), head, folder)


class Request:
    """A fake request for a result."""

    def __init__(self, name: str) -> None:
        self.name = name

    def close(self) -> None:
        """Do nothing."""


def held(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder and below, without the manifest."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.csv")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def listed(folder: Path, name: str = "manifest.csv") -> list[dict[str, str]]:
    """Return the rows of a manifest, with the protection against formulas removed."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    return [{column: unescape_formula(cell) for column, cell in row.items()} for row in rows]


def test_results_are_downloaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every result is in the folder under its name, and nothing else."""
    results = {"a_analysis.json": b"a", "b_analysis.json": b"b"}
    assert Master(results).fetch(tmp_path) == ALL_DONE
    assert held(tmp_path) == results
    assert capsys.readouterr().out.splitlines() == [
        "Output Files:",
        f"  {tmp_path / 'a_analysis.json'}  (from sent 0.txt)",
        f"  {tmp_path / 'b_analysis.json'}  (from sent 1.txt)",
        f"Downloaded: 2 of 2 results, to {tmp_path}",
    ]


def test_next_result_is_requested_before_one_is_stored(tmp_path: Path) -> None:
    """The master prepares one result while the one before is stored; none is requested twice."""
    master = Master({f"{number}.json": b"%d" % number for number in range(4)})
    requested: list[int] = []
    download = master.download

    def recording(request: Request, target: BinaryIO) -> str:
        requested.append(len(master.asked))
        return download(request, target)

    master.download = recording  # type: ignore[method-assign]
    (tmp_path / "2.json").write_bytes(b"2")
    assert master.fetch(tmp_path) == ALL_DONE
    assert master.asked == ["0.json", "1.json", "3.json"]
    assert requested == [2, 2, 3]


def test_different_file_is_kept(tmp_path: Path) -> None:
    """An existing file stays; the result is numbered, and a second download adds no file."""
    (tmp_path / "a.json").write_bytes(b"mine")
    (tmp_path / "a_2.json").write_bytes(b"mine too")
    master = Master({"a.json": b"a"})
    for _ in range(2):
        assert master.fetch(tmp_path) == ALL_DONE
    assert held(tmp_path) == {"a.json": b"mine", "a_2.json": b"mine too", "a_3.json": b"a"}
    assert master.asked == ["a.json"]


def test_folder_in_the_way_is_no_result(tmp_path: Path) -> None:
    """A folder with the name of the result counts as a different file."""
    (tmp_path / "a.json").mkdir()
    assert Master({"a.json": b"a"}).fetch(tmp_path) == ALL_DONE
    assert (tmp_path / "a_2.json").read_bytes() == b"a"


@pytest.mark.skipif(os.name == "nt", reason="links need privileges there")
def test_link_to_nothing_is_not_followed(tmp_path: Path) -> None:
    """A link with the name of a result stays, and its target is not created."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "a.json").symlink_to(tmp_path / "elsewhere")
    master = Master({"a.json": b"a"})
    for _ in range(2):
        assert master.fetch(home) == ALL_DONE
    assert held(home) == {"a_2.json": b"a"}
    assert not (tmp_path / "elsewhere").exists()
    assert master.asked == ["a.json"]


def test_missing_result_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing or changed result is reported, the others are downloaded, the exit code is 1."""
    master = Master({"a.json": b"a", "b.json": b"b", "c.json": b"c"})
    del master.sent["a.json"]
    master.sent["b.json"] = b"changed"
    assert master.fetch(tmp_path) == SOME_FAILED
    assert held(tmp_path) == {"c.json": b"c"}
    printed = capsys.readouterr()
    assert "Downloaded: 1 of 3" in printed.out
    missing, changed = printed.err.splitlines()
    assert "a.json: this result was not downloaded: There is no such" in missing
    assert "b.json" in changed
    assert "has changed" in changed
    assert master.asked.count("b.json") == 2


def test_unavailable_master_ends_the_download(tmp_path: Path) -> None:
    """If the master is unavailable, the client does not retry each of the other results."""

    class Gone(Master):
        def download(self, request: Request, target: BinaryIO) -> str:
            raise MasterUnavailable(f"it is gone, and {request.name} with it ({target.name})")

    with pytest.raises(MasterUnavailable):
        Gone({"a.json": b"a"}).fetch(tmp_path)
    assert held(tmp_path) == {}


def test_folder_is_made_or_refused(tmp_path: Path) -> None:
    """The folder is created before anything is sent; a file in its place is a usage error."""
    prepare(tmp_path / "a/b")
    assert (tmp_path / "a/b").is_dir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match=r"--output .*file"):
        prepare(tmp_path / "file")


@pytest.mark.parametrize(
    "name", [".profile", "..\\..\\evil.txt", "..", "C:x", "CON", "nul.json", "a\0b", "\x1b[31m", ""]
)
def test_unsafe_name_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A result with an unsafe name is reported and not requested; the others are downloaded."""
    master = Master({name: b"evil", "a.json": b"a"})
    assert master.fetch(tmp_path) == SOME_FAILED
    assert held(tmp_path) == {"a.json": b"a"}
    assert master.asked == ["a.json"]
    assert [row["result"] for row in listed(tmp_path)] == ["", "a.json", ""]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(
        "not downloaded: a file of that name could do harm, here or on another system"
    )
    assert line.isprintable()


def test_results_are_in_the_folders_of_what_was_sent(tmp_path: Path) -> None:
    """Files of equal names in different folders have results without numbers."""
    sources = {"n_analysis": "2023/n.txt", "n_2_analysis": "2024\\n.txt", "c_analysis": "c.txt"}
    master = Master({f"{stem}.json": stem.encode() for stem in sources}, **sources)
    for _ in range(2):
        assert master.fetch(tmp_path) == ALL_DONE
    assert held(tmp_path) == {
        "2023/n_analysis.json": b"n_analysis",
        "2024/n_analysis.json": b"n_2_analysis",
        "c_analysis.json": b"c_analysis",
    }
    assert len(master.asked) == 3
    assert [(row["source"], row["result"]) for row in listed(tmp_path)] == [
        ("2023/n.txt", "2023/n_analysis.json"),
        ("2024\\n.txt", "2024/n_analysis.json"),
        ("c.txt", "c_analysis.json"),
        ("=failed.txt", ""),
    ]


@pytest.mark.skipif(os.name == "nt", reason="links need privileges there")
@pytest.mark.parametrize("source", ["out/a.txt", "out/deeper/a.txt"])
def test_link_does_not_lead_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    """Nothing is written through a link that leads out of the output folder."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    (home / "out").symlink_to(elsewhere, target_is_directory=True)
    master = Master({"a_analysis.json": b"a", "b.json": b"b"}, a_analysis=source)
    assert master.fetch(home) == SOME_FAILED
    assert list(elsewhere.iterdir()) == []
    assert held(home) == {"b.json": b"b"}
    assert "a link in" in capsys.readouterr().err


def test_file_in_the_way_of_a_folder_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A result whose folder can't be created is reported; the others are downloaded."""
    (tmp_path / "2023").write_bytes(b"mine")
    master = Master({"a_analysis.json": b"a", "b.json": b"b"}, a_analysis="2023/a.txt")
    assert master.fetch(tmp_path) == SOME_FAILED
    assert held(tmp_path) == {"2023": b"mine", "b.json": b"b"}
    assert "2023/a_analysis.json: this result was not downloaded: its path" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "source",
    [
        *["../../x.txt", "C:\\x.txt", "/etc/passwd", "CON/aux.txt", "a//b.txt", "~/.ssh/id.txt"],
        *["\\\\server\\share\\a.txt", "a/../../../b.txt", "ü" * 5000 + "/a.txt", "x/" * 2000 + "b"],
    ],
)
def test_no_name_leads_out(tmp_path: Path, source: str) -> None:
    """For any file name that a master states, the result is inside the output folder."""
    home = tmp_path / "some" / "home"
    home.mkdir(parents=True)
    assert Master({"a_analysis.json": b"a"}, a_analysis=source).fetch(home) == ALL_DONE
    (file,) = (p for p in tmp_path.rglob("*") if p.is_file() and p.name != "manifest.csv")
    assert file.resolve().is_relative_to(home.resolve())
    assert listed(home)[0] | {"source": source} == listed(home)[0]
    assert (home / listed(home)[0]["result"]) == file
