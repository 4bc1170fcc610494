"""What the client does beside sending one type of files and waiting, against a real cluster."""

import hashlib
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from protocol.task_types import TASK_TYPES
from scripts.local_cluster import PROJECT, LocalCluster, clean_environment
from tests.conftest import TOKEN
from tests.contract.programs import only_line, run, run_client_here, wait_until
from tests.rows import check_rows

DONE, SOME_FAILED, NOTHING_DONE = 0, 1, 2
Done = subprocess.CompletedProcess[str]


def client(cluster: LocalCluster, *words: str | Path) -> Done:
    return run_client_here(cluster.url, *map(str, words))


def texts(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(f"a good text in {folder.name} called {name}", encoding="utf-8")
    return [folder / name for name in names]


def ledger(cluster: LocalCluster, job_id: str) -> dict[str, Any]:
    answer = requests.get(f"{cluster.url}/jobs/{job_id}", timeout=10)
    assert answer.ok, answer.text
    return dict(answer.json())


def newest(cluster: LocalCluster) -> dict[str, Any]:
    return dict(requests.get(f"{cluster.url}/jobs?limit=1", timeout=10).json()["jobs"][0])


def in_background(cluster: LocalCluster, *files: Path) -> str:
    """Send files without waiting; return the job's id."""
    done = client(cluster, "text", "--background", *files)
    assert (done.returncode, done.stderr) == (DONE, "")
    return done.stdout.split()[1]


def test_background_says_how_to_come_back(cluster: LocalCluster, tmp_path: Path) -> None:
    """The job's id, its address, and the command line that follows it, which works."""
    files = map(str, texts(tmp_path, "a.txt", "b.txt"))
    done = run("client.py", cluster.url, "text", "--background", *files)
    assert (done.returncode, done.stderr) == (DONE, "")
    job, status, page, back = (line.partition(": ")[2] for line in done.stdout.splitlines())
    assert requests.get(status, timeout=10).json()["job_id"] == job
    assert page == f"{cluster.url}/ui#/jobs/{job}"
    words = shlex.split(back)
    followed = run("client.py", *words[2:])
    assert (followed.returncode, followed.stderr) == (DONE, "")
    assert followed.stdout.startswith("Task Type: text\nMessage: Text processing complete\n")
    assert "Files Processed: 2" in followed.stdout
    assert followed.stdout.endswith(f"Job: {job}\nPage: {page}\n")


@pytest.mark.skipif(os.name == "nt", reason="quotes as POSIX shells do")
def test_way_back_works_where_the_client_was_called(cluster: LocalCluster, tmp_path: Path) -> None:
    """Started from another folder, the line that is printed can be typed in that one."""
    texts(tmp_path, "a.txt")
    here = clean_environment() | {"PATH": os.fspath(tmp_path)}
    client = [sys.executable, os.path.relpath(PROJECT / "client.py", tmp_path), cluster.url]
    sent = subprocess.run(
        [*client, "text", "--background", "a.txt"],
        cwd=tmp_path,
        env=here,
        capture_output=True,
        text=True,
        check=True,
    )
    line = sent.stdout.splitlines()[-1].partition(": ")[2]
    assert shlex.split(line)[:3] == client
    followed = subprocess.run(
        ["/bin/sh", "-c", line], cwd=tmp_path, env=here, capture_output=True, text=True, check=True
    )
    assert "Files Processed: 1" in followed.stdout
    here["PATH"] = os.fspath(Path(sys.executable).parent)
    short = subprocess.run(
        [Path(sys.executable).name, *client[1:], "text", "--background", "a.txt"],
        cwd=tmp_path,
        env=here,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f": {Path(sys.executable).name} {client[1]} " in short.stdout


def test_retry_takes_the_failed_files(cluster: LocalCluster, tmp_path: Path) -> None:
    """A new job of those alone, whose summary is shown; without any, the master says so."""
    (tmp_path / "empty.txt").write_bytes(b"")
    job_id = in_background(cluster, *texts(tmp_path, "a.txt"), tmp_path / "empty.txt")
    assert client(cluster, "follow", job_id).returncode == SOME_FAILED
    again = client(cluster, "retry", job_id)
    assert (again.returncode, again.stderr) == (SOME_FAILED, "")
    assert "Message: Text processing complete, but 1 of 1 file failed" in again.stdout
    assert newest(cluster)["job_id"] != job_id
    assert f"Job: {newest(cluster)['job_id']}\n" in again.stdout
    good = in_background(cluster, *texts(tmp_path, "a.txt"))
    wait_until(lambda: ledger(cluster, good)["state"] == "done")
    refused = client(cluster, "retry", good)
    assert refused.returncode == NOTHING_DONE
    assert "no failed file" in only_line(refused.stderr)


def test_cancelled_job_is_no_success(own_cluster: LocalCluster, tmp_path: Path) -> None:
    """A job that waits for a slave can be cancelled; following it tells so, with exit code 1."""
    own_cluster.start_master()
    job_id = in_background(own_cluster, *texts(tmp_path / "t", "a.txt"))
    done = client(own_cluster, "cancel", job_id)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout == f"Job {job_id}: cancelled, 0 of 1 file processed\n"
    followed = client(own_cluster, "follow", job_id)
    assert followed.returncode == SOME_FAILED
    assert "Message: Text processing cancelled after 0 of 1 file" in followed.stdout


@pytest.mark.parametrize("word", ["follow", "retry", "cancel"])
def test_unknown_job_is_told(cluster: LocalCluster, word: str) -> None:
    """A job that the master does not know: one line in its words, exit code 2."""
    done = client(cluster, word, "0123456789abcdef")
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    line = only_line(done.stderr)
    assert "no job 0123456789abcdef" in line
    assert line.endswith(f"client.py {cluster.url} jobs")
    whole = client(cluster, word, "0123456789abcdef" * 2)
    assert "no job 0123456789abcdef0123456789abcdef" in only_line(whole.stderr)


def test_results_come_home(cluster: LocalCluster, tmp_path: Path) -> None:
    """With --output each result is there, byte for byte, beside what was there before."""
    files = texts(tmp_path / "sent", "a.txt", "b.txt")
    home = tmp_path / "deep/home"
    done = client(cluster, "text", *files, "--output", home)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout.endswith(f"Downloaded: 2 of 2 results, to {home}\n")
    entries = ledger(cluster, newest(cluster)["job_id"])["files"]
    sums = {Path(entry["saved_file"]).name: entry["result_sha256"] for entry in entries}
    held = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in home.iterdir()}
    assert held.pop("manifest.csv")
    assert held == sums
    (name, *_) = sums
    (home / name).write_text("mine")
    assert client(cluster, "follow", newest(cluster)["job_id"], "--output", home).returncode == DONE
    assert (home / name).read_text() == "mine"
    assert (home / name.replace(".json", "_2.json")).is_file()
    assert len(list(home.iterdir())) == 4


def test_result_that_can_not_come_home_is_told(cluster: LocalCluster, tmp_path: Path) -> None:
    """A result that was removed or changed on the master: the file is named, exit code 1."""
    job_id = in_background(cluster, *texts(tmp_path / "lost", "lost.txt", "kept.txt"))
    wait_until(lambda: ledger(cluster, job_id)["state"] == "done")
    lost, _ = (cluster.results / Path(e["saved_file"]) for e in ledger(cluster, job_id)["files"])
    lost.unlink()
    done = client(cluster, "follow", job_id, "--output", tmp_path / "home")
    assert done.returncode == SOME_FAILED
    assert lost.name in only_line(done.stderr)
    assert "Downloaded: 1 of 2 results" in done.stdout


def test_output_that_can_not_be_is_told_first(cluster: LocalCluster, tmp_path: Path) -> None:
    """Where results can't be written, nothing is sent."""
    (file,) = texts(tmp_path / "x", "a.txt")
    before = client(cluster, "jobs").stdout
    done = client(cluster, "text", file, "--output", file)
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    assert "--output" in only_line(done.stderr)
    assert client(cluster, "jobs").stdout == before


def test_auto_makes_a_job_for_each_type(
    cluster: LocalCluster, tmp_path: Path, sample_files: dict[str, list[Path]]
) -> None:
    """Files go by what they hold, not by their names; what nothing is for is listed."""
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for task_type in ("image", "text", "audio"):
        file = sample_files[task_type][0]
        (mixed / f"{task_type}.bin").write_bytes(file.read_bytes())
    (pdf, *_) = (file for file in sample_files["document"] if file.suffix == ".pdf")
    (mixed / "document.txt").write_bytes(pdf.read_bytes())
    (mixed / "archive.png").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0")
    (mixed / "empty.txt").write_bytes(b"")
    done = client(cluster, "auto", mixed, "--output", tmp_path / "home")
    assert (done.returncode, done.stderr) == (SOME_FAILED, "")
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("Task Type")] == [
        f"Task Type: {name}"
        for name in TASK_TYPES
        if name in {"image", "text", "audio", "document"}
    ]
    assert lines.count("Files Processed: 1") == 4
    assert len({line for line in lines if line.startswith("Page: ")}) == 4
    skipped = lines[lines.index("Skipped Files:") + 1 :]
    assert skipped == ["  archive.png: no known content", "  empty.txt: empty"]
    assert len(list((tmp_path / "home").iterdir())) == 5
    rows = (tmp_path / "home/manifest.csv").read_text(encoding="utf-8").splitlines()[1:]
    types = [name for name in TASK_TYPES if name in {"image", "text", "audio", "document"}]
    assert [row.split(",")[3] for row in rows] == types
    for name in ("archive.png", "empty.txt"):
        (mixed / name).unlink()
    assert client(cluster, "auto", mixed).returncode == DONE


def test_auto_resumes_at_the_type_of_the_job(
    cluster: LocalCluster, tmp_path: Path, sample_files: dict[str, list[Path]]
) -> None:
    """The types ahead of the interrupted job's were sent; it and those after it are."""
    for task_type in ("image", "text", "audio"):
        file = sample_files[task_type][0]
        (tmp_path / file.name).write_bytes(file.read_bytes())
    opened = requests.post(f"{cluster.url}/jobs", json={"task_type": "text"}, timeout=10)
    done = client(cluster, "auto", tmp_path, "--resume", opened.json()["job_id"])
    assert (done.returncode, done.stderr) == (DONE, "")
    types = [line for line in done.stdout.splitlines() if line.startswith("Task Type")]
    assert types == ["Task Type: text", "Task Type: audio"]
    assert ledger(cluster, opened.json()["job_id"])["done_files"] == 1


def test_auto_without_work_sends_nothing(cluster: LocalCluster, tmp_path: Path) -> None:
    """A folder in which nothing can be used: exit code 2."""
    (tmp_path / "archive.gz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0")
    done = client(cluster, "auto", tmp_path)
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    assert "nothing was sent" in only_line(done.stderr)


def test_drill_shows_that_nothing_is_lost(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two slaves is taken off a job in the middle; the ledger and the verdict follow.

    The job is a third of the usual one.
    """
    monkeypatch.setattr("client_service.drill._MIN_FILES", 20)
    monkeypatch.setattr("client_service.drill._FILES_PER_WORKER", 10)
    done = client(cluster, "drill")
    assert (done.returncode, done.stderr) == (DONE, "")
    (verdict,) = (line for line in done.stdout.splitlines() if line.startswith("Nothing was lost"))
    assert "20 submitted = 20 done + 0 failed + 0 cancelled, 20 of 20 results identical" in verdict
    assert "The ledger of job" in done.stdout
    assert len(cluster.present()) == 2


def test_drill_needs_two_slaves(own_cluster: LocalCluster) -> None:
    """With one slave there is nobody to take over, which is told."""
    own_cluster.start_master()
    own_cluster.start_slaves(1)
    done = client(own_cluster, "drill")
    assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
    assert "needs two slaves" in only_line(done.stderr)


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_reader_that_goes_is_no_traceback(cluster: LocalCluster, tmp_path: Path) -> None:
    """Whoever reads the output may stop reading (``| head``)."""
    in_background(cluster, *texts(tmp_path, "a.txt"))
    with subprocess.Popen(
        [sys.executable, PROJECT / "client.py", cluster.url, "jobs"],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stderr is not None
        reader.stdout.close()
        assert reader.stderr.read() == b""
        assert reader.wait(30) == SOME_FAILED


@pytest.mark.skipif(os.name == "nt", reason="no shell and no /dev/full there")
@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        (">&-", DONE, ""),
        ("2>&-", DONE, ""),
        (">/dev/full", SOME_FAILED, "client.py: can't go on: [Errno 28] No space left on device\n"),
    ],
)
def test_output_that_goes_nowhere_is_no_traceback(
    cluster: LocalCluster, end: str, code: int, said: str
) -> None:
    """Standard output or error may be closed; a full one is told of in a line."""
    line = f"{shlex.join([sys.executable, str(PROJECT / 'client.py'), cluster.url, 'jobs'])} {end}"
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, said)


def test_ctrl_c_while_it_starts_is_no_traceback(tmp_path: Path) -> None:
    """What the client is made of takes a moment to load, and Ctrl-C may come in that."""
    (tmp_path / "http.py").write_text("raise KeyboardInterrupt")
    done = run("client.py", "http://localhost:1", "jobs", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "client.py: stopped\n")


def test_token_that_is_missing_is_told(own_cluster: LocalCluster) -> None:
    """Without the right token: where to set it, and nothing about slaves that are not shown."""
    own_cluster.start_master(CLUSTER_TOKEN=TOKEN)

    def check(row: tuple[str, dict[str, str]]) -> None:
        word, settings = row
        done = run_client_here(own_cluster.url, word, **settings)
        assert (done.returncode, done.stdout) == (NOTHING_DONE, "")
        line = only_line(done.stderr)
        assert "set CLUSTER_TOKEN in the environment or in .env" in line
        assert "wrong-token" not in line

    wrong = {"CLUSTER_TOKEN": "wrong-token"}
    check_rows(
        {
            "drill without": ("drill", {}),
            "drill with a wrong one": ("drill", wrong),
            "jobs without": ("jobs", {}),
            "jobs with a wrong one": ("jobs", wrong),
        },
        check,
    )
