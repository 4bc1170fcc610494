"""Files in folders, through real programs: sent, kept and downloaded by their paths."""

import csv
import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from protocol.manifest import unescape_formula
from scripts.local_cluster import LocalCluster
from tests.conftest import assign, need
from tests.contract.jobs_api import Json, call, finished, form, job, send
from tests.contract.programs import run, run_client_here

DONE = 0
NATURAL = "notes_analysis.json"


def write(root: Path, *names: str) -> None:
    """Make texts with these names, each of its own."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"the good notes of {root.name} in {name}", encoding="utf-8")


def client(cluster: LocalCluster, *words: Path | str) -> "subprocess.CompletedProcess[str]":
    done = run_client_here(cluster.url, *map(str, words))
    assert (done.returncode, done.stderr) == (DONE, "")
    return done


def newest(cluster: LocalCluster) -> Json:
    head = call(cluster.url, "GET", "/jobs?limit=1", 200).json()["jobs"][0]
    return job(cluster.url, head["job_id"])


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a manifest, as they were before they were made harmless."""
    found = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    return [{column: unescape_formula(cell) for column, cell in row.items()} for row in found]


def downloaded(cluster: LocalCluster, job_id: str) -> dict[str, bytes]:
    """Return what is in the archive of a job's results, by path."""
    data = call(cluster.url, "GET", f"/jobs/{job_id}/results.zip", 200).content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert len(set(archive.namelist())) == len(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def held(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_two_folders_with_equal_names(cluster: LocalCluster, tmp_path: Path) -> None:
    """Ledger, summary, archive, folder and manifest say which result is of which file."""
    docs, home = tmp_path / "two folders", tmp_path / "home"
    write(docs, "2023/notes.txt", "2024/notes.txt", "top.txt")
    (docs / "2024/void.txt").touch()
    done = run("client.py", cluster.url, "text", str(docs), "--output", str(home))
    assert (done.returncode, done.stderr) == (1, "")
    told = newest(cluster)
    names = ["2023/notes.txt", "2024/notes.txt", "2024/void.txt", "top.txt"]
    assert [file["filename"] for file in told["files"]] == names
    saved = {file["filename"]: file["saved_file"] for file in told["files"]}
    lines = done.stdout.splitlines()
    for name in names[:2]:
        assert f"  {saved[name]}  (from {name})" in lines
        result = f"{Path(name).parent}/{NATURAL}"
        assert f"  {home / result}  (from {name})" in lines
        assert (home / result).read_bytes() == Path(saved[name]).read_bytes()
    archive = downloaded(cluster, told["job_id"])
    assert archive.keys() == {
        *(f"{year}/{NATURAL}" for year in ("2023", "2024")),
        Path(saved["top.txt"]).name,
        "manifest.csv",
    }
    assert archive == held(home)
    listed = rows(archive["manifest.csv"].decode())
    assert [(row["source"], row["result"], row["state"], row["code"]) for row in listed] == [
        (names[0], f"2023/{NATURAL}", "done", ""),
        (names[1], f"2024/{NATURAL}", "done", ""),
        (names[2], "", "failed", "empty"),
        (names[3], Path(saved["top.txt"]).name, "done", ""),
    ]
    for row, file in zip(listed, told["files"], strict=True):
        assert row["index"] == str(file["index"])
        for column in ("error", "sha256", "result_sha256"):
            assert row[column] == (file[column] or "")
        assert (row["task_type"], row["job_id"]) == ("text", told["job_id"])


def test_the_same_command_again_adds_nothing(cluster: LocalCluster, tmp_path: Path) -> None:
    """Run again, no result is written twice; the manifest has the rows of both jobs."""
    docs, home = tmp_path / "again", tmp_path / "home"
    write(docs, "2023/notes.txt", "2024/notes.txt")
    for _ in range(2):
        client(cluster, "text", docs, "--output", home)
    client(cluster, "follow", newest(cluster)["job_id"], "--output", home)
    found = held(home)
    manifest = rows(found.pop("manifest.csv").decode())
    assert found.keys() == {f"2023/{NATURAL}", f"2024/{NATURAL}"}
    assert len(manifest) == 4
    assert len({row["job_id"] for row in manifest}) == 2
    assert {row["result"] for row in manifest} == found.keys()


def test_several_folders_keep_their_names(cluster: LocalCluster, tmp_path: Path) -> None:
    """Two folders that are named lead the paths of their files, whatever else they have above."""
    write(tmp_path, "x/2023/notes.txt", "x/2024/notes.txt", "y/2024/notes.txt")
    client(cluster, "text", tmp_path / "x/2023", tmp_path / "x/2024")
    names = [file["filename"] for file in newest(cluster)["files"]]
    assert names == ["2023/notes.txt", "2024/notes.txt"]
    client(cluster, "text", tmp_path / "x/2024", tmp_path / "y/2024", "--output", tmp_path / "home")
    names = [file["filename"] for file in newest(cluster)["files"]]
    assert names == ["x/2024/notes.txt", "y/2024/notes.txt"]
    assert (tmp_path / "home/y/2024" / NATURAL).is_file()


def test_upload_of_an_older_client_is_resumed(cluster: LocalCluster, tmp_path: Path) -> None:
    """A job whose files lack the name of the folder that was named takes the rest of them."""
    write(tmp_path, "2023/a.txt", "2023/b/c.txt", "2024/d.txt")
    opened = call(cluster.url, "POST", "/jobs", 201, json={"task_type": "text"}).json()["job_id"]
    older = [(n, (tmp_path / "2023" / n).read_bytes()) for n in ("a.txt", "b/c.txt")]
    call(cluster.url, "POST", f"/jobs/{opened}/files", 200, **form("text", older))
    client(cluster, "text", tmp_path / "2023", tmp_path / "2024", "--resume", opened)
    names = [file["filename"] for file in finished(cluster.url, opened)["files"]]
    assert names == ["a.txt", "b/c.txt", "2024/d.txt"]


def test_curl_can_send_folders(cluster: LocalCluster, tmp_path: Path) -> None:
    """The name that curl gives a file is kept, with either separator."""
    need("curl")
    write(tmp_path, "a.txt", "b.txt")
    parts = [f"texts=@{tmp_path}/a.txt;filename=2023/n.txt"]
    parts += [f"texts=@{tmp_path}/b.txt;filename=2024/n.txt"]
    words = [word for part in parts for word in ("-F", part)]
    url = f"{cluster.url}/assign_task"
    subprocess.run(
        ["curl", "-sSf", "-F", "task_type=text", *words, url], check=True, capture_output=True
    )
    told = newest(cluster)
    assert [file["filename"] for file in told["files"]] == ["2023/n.txt", "2024/n.txt"]
    assert "2024/n_analysis.json" in downloaded(cluster, told["job_id"])


HOSTILE = {
    "../../x": "x_analysis",
    "C:\\x.txt": "C_/x_analysis",
    "/etc/passwd": "etc/passwd_analysis",
    "CON/aux.txt": "_CON/_aux_analysis",
    "2023\\notes.txt": "2023/notes_analysis",
    "2023/notes.txt": "2023/notes_2_analysis",
    "\\\\host\\share\\n.txt": "host/share/n_analysis",
    "a//b.txt": "a/b_analysis",
    "a/../../../b.txt": "a/b_2_analysis",
    "x_analysis.json/n.txt": "x_analysis.json_/n_analysis",
    "=1+1/=cmd.txt": "=1+1/=cmd_analysis",
    "long/" + "ü" * 3000 + ".txt": "long/" + "ü" * 90 + "_analysis",
}


@pytest.mark.parametrize("way", ["/assign_task", "/jobs/<id>/files"])
def test_hostile_names_are_kept_and_harmless(
    cluster: LocalCluster, tmp_path: Path, way: str
) -> None:
    """Each way in keeps the name as sent; results lie inside, in RESULTS_DIR flat, and agree."""
    parts = [(name, f"a good text {way} {name}".encode()) for name in HOSTILE]
    told = _sent(cluster, way, parts)
    assert [file["filename"] for file in told["files"]] == list(HOSTILE)
    for file in told["files"]:
        assert Path(file["saved_file"]).parent == cluster.results / "text"
    archive = downloaded(cluster, told["job_id"])
    flat = Path(told["files"][0]["saved_file"]).name
    paths = [flat, *(f"{path}.json" for path in list(HOSTILE.values())[1:])]
    assert list(archive) == [*paths, "manifest.csv"]
    home = tmp_path / "deep/inside/home"
    client(cluster, "follow", told["job_id"], "--output", home)
    assert held(home) == archive
    assert [path.parts[0] for path in map(Path, held(tmp_path))] == ["deep"] * len(archive)
    listed = rows(archive["manifest.csv"].decode())
    assert [(row["source"], row["result"]) for row in listed] == [*zip(HOSTILE, paths, strict=True)]


def _sent(cluster: LocalCluster, way: str, parts: list[tuple[str, bytes]]) -> Json:
    if way == "/assign_task":
        return finished(cluster.url, assign(cluster, "text", parts)["job_id"])
    job_id: str = call(cluster.url, "POST", "/jobs", 201, json={"task_type": "text"}).json()[
        "job_id"
    ]
    call(cluster.url, "POST", f"/jobs/{job_id}/files", 200, **form("text", parts))
    call(cluster.url, "POST", f"/jobs/{job_id}/start", 202)
    return finished(cluster.url, job_id)


def test_result_that_is_gone_has_no_path(cluster: LocalCluster) -> None:
    """In the manifest of an archive a result that was removed on the master is none."""
    parts = [(f"gone/{number}.txt", f"a gone text {number}".encode()) for number in range(2)]
    told = finished(cluster.url, send(cluster.url, "text", parts))
    Path(told["files"][0]["saved_file"]).unlink()
    archive = downloaded(cluster, told["job_id"])
    assert [row["result"] for row in rows(archive["manifest.csv"].decode())] == [
        "",
        "gone/1_analysis.json",
    ]
    assert b"gone/0_analysis.json" in archive["_missing.txt"]
