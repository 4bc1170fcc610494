"""The client's list of jobs, and jobs named by the beginning of their ids."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from scripts.local_cluster import PROJECT, LocalCluster, clean_environment
from tests.contract.programs import read_to_its_end, run, wait_until
from tests.contract.test_client_words import DONE, client, in_background, ledger, texts


def test_jobs_are_listed(cluster: LocalCluster, tmp_path: Path) -> None:
    """A line for each job, the newest first, with its state and counts."""
    (tmp_path / "empty.txt").write_bytes(b"")
    job_ids = [in_background(cluster, *texts(tmp_path, "a.txt"), tmp_path / "empty.txt")]
    job_ids.append(in_background(cluster, *texts(tmp_path, "c.txt")))
    wait_until(lambda: all(ledger(cluster, job)["state"] == "done" for job in job_ids))
    done = client(cluster, "jobs")
    assert (done.returncode, done.stderr) == (DONE, "")
    titles, second, first = done.stdout.splitlines()[:3]
    assert titles.startswith("JOB ")
    assert titles.endswith(" CREATED (UTC)")
    assert second.split()[:4] == [job_ids[1], "text", "done", "1/0/1"]
    assert first.split()[:4] == [job_ids[0], "text", "done", "1/1/2"]
    elsewhere = run("client.py", cluster.url, "jobs", TZ="XYZ-05:30")
    titles, second = elsewhere.stdout.splitlines()[:2]
    assert titles.endswith(" CREATED (UTC+05:30)")
    created = datetime.fromisoformat(f"{' '.join(second.split()[4:])}+05:30")
    assert timedelta(0) <= datetime.now(timezone.utc) - created < timedelta(minutes=10)
    assert second.index(str(created.year)) == titles.index("CREATED")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_jobs_fit_a_terminal(cluster: LocalCluster, tmp_path: Path) -> None:
    """On a terminal ids are short, lines have 80 columns, and follow takes such an id."""
    job_id = in_background(cluster, *texts(tmp_path, "a.txt"))
    screen, terminal = os.openpty()
    with subprocess.Popen(
        [sys.executable, PROJECT / "client.py", cluster.url, "jobs"],
        env=clean_environment() | {"TZ": "XYZ-05:30"},
        stdout=terminal,
    ):
        os.close(terminal)
        shown = read_to_its_end(screen)
    titles, newest_job = shown.splitlines()[:2]
    assert len(titles) == len(newest_job) <= 80
    short = newest_job.split()[0]
    assert job_id.startswith(short)
    assert client(cluster, "follow", short).returncode == DONE


def test_job_is_found_by_the_beginning_of_its_id(own_cluster: LocalCluster, tmp_path: Path) -> None:
    """follow, cancel, retry and --resume find it; of several, each is listed with its age."""
    own_cluster.start_master()
    (file,) = texts(tmp_path / "t", "a.txt")
    job_id = in_background(own_cluster, file)
    done = client(own_cluster, "cancel", job_id[:4].upper())
    assert done.stdout == f"Job {job_id}: cancelled, 0 of 1 file processed\n"
    followed = client(own_cluster, "follow", job_id[:8])
    assert f"Job: {job_id}\n" in followed.stdout
    assert "no failed file" in client(own_cluster, "retry", job_id[:8]).stderr
    assert "was cancelled" in client(own_cluster, "text", file, "--resume", job_id[:8]).stderr
    assert own_cluster.master is not None
    own_cluster.master.stop()
    # Ids that begin alike are too rare to wait for.
    with closing(sqlite3.connect(own_cluster.folder / "spool/jobs.db")) as db, db:
        twin = job_id[:8] + "z" * 24
        columns = ",".join(row[1] for row in db.execute("PRAGMA table_info(jobs)"))
        others = columns.replace("number", "number+1").replace("job_id", f"'{twin}'")
        db.execute(f"INSERT INTO jobs ({columns}) SELECT {others} FROM jobs")  # noqa: S608 (no input)
    own_cluster.start_master()
    said = client(own_cluster, "cancel", job_id[:4]).stderr.splitlines()
    assert (
        said[0]
        == f"client.py: several jobs (2) have an id that begins with {job_id[:4]}: give more of it"
    )
    assert [line.split()[:3] for line in said[1:]] == [
        [twin, "text", "cancelled"],
        [job_id, "text", "cancelled"],
    ]
    assert all(re.search(r" (second|minute)s? ago$", line) for line in said[1:])
    assert client(own_cluster, "cancel", job_id[:9]).returncode == DONE
