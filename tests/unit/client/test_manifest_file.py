"""``manifest.csv`` in the folder of ``--output``: complete, and replaced atomically."""

import hashlib
from pathlib import Path

import pytest

from client_service.errors import ALL_DONE, SOME_FAILED
from tests.unit.client.test_answers import ENTRY
from tests.unit.client.test_downloading import Master, held, listed


def test_manifest_lists_every_file(tmp_path: Path) -> None:
    """Each file has a row, failed ones included, and no cell is a formula in a spreadsheet."""
    master = Master({"a.json": b"a", "b.json": b"b"})
    del master.sent["b.json"]
    assert master.fetch(tmp_path) == SOME_FAILED
    first, second, failed = listed(tmp_path)
    assert first == {
        "index": "0",
        "source": "sent 0.txt",
        "result": "a.json",
        "task_type": "text",
        "state": "done",
        "code": "",
        "error": "",
        "sha256": ENTRY["sha256"],
        "result_sha256": hashlib.sha256(b"a").hexdigest(),
        "job_id": "j1",
    }
    assert (second["state"], second["result"]) == ("done", "")
    assert (failed["code"], failed["error"]) == ("empty", 'There is nothing, "really", in it.')
    assert "'=failed.txt" in (tmp_path / "manifest.csv").read_text(encoding="utf-8")


def test_manifest_keeps_the_rows_of_other_jobs(tmp_path: Path) -> None:
    """A job that is downloaded again has its rows once, and those of other jobs stay."""
    for job_id in ("j1", "j2", "j1"):
        assert Master({"a.json": b"a"}).fetch(tmp_path, job_id) == ALL_DONE
    assert [row["job_id"] for row in listed(tmp_path)] == ["j2", "j2", "j1", "j1"]


@pytest.mark.parametrize("content", [b"name,size\r\na,1\r\n", b"\xff\xfe", b"", b'index,"a\r\n'])
def test_manifest_of_another_program_stays(tmp_path: Path, content: bytes) -> None:
    """Another program's file of that name stays; the new manifest is numbered."""
    (tmp_path / "manifest.csv").write_bytes(content)
    for _ in range(2):
        assert Master({"a.json": b"a"}).fetch(tmp_path) == ALL_DONE
    assert (tmp_path / "manifest.csv").read_bytes() == content
    assert len(listed(tmp_path, "manifest_2.csv")) == 2


def test_manifest_survives_a_spreadsheet(tmp_path: Path) -> None:
    """A manifest that a spreadsheet saved, with a byte order mark and CRLF, is still updated."""
    Master({"a.json": b"a"}).fetch(tmp_path)
    manifest = tmp_path / "manifest.csv"
    manifest.write_bytes(b"\xef\xbb\xbf" + manifest.read_bytes().replace(b"\r\n", b"\n"))
    Master({"b.json": b"b"}).fetch(tmp_path, "j2")
    assert [row["job_id"] for row in listed(tmp_path)] == ["j1", "j1", "j2", "j2"]


def test_unwritable_manifest_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The results are downloaded all the same, an earlier manifest stays, the exit code is 1."""
    Master({"a.json": b"a"}).fetch(tmp_path)
    before = (tmp_path / "manifest.csv").read_bytes()
    replace = Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.name == "manifest.csv":
            raise OSError(28, "No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", full)
    assert Master({"b.json": b"b"}).fetch(tmp_path, "j2") == SOME_FAILED
    assert "manifest.csv can't be written there (No space left" in capsys.readouterr().err
    assert held(tmp_path) == {"a.json": b"a", "b.json": b"b"}
    assert (tmp_path / "manifest.csv").read_bytes() == before
