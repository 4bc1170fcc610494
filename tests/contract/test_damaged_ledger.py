"""A master whose ledger is damaged, emptied, foreign or out of reach, with real files."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import pytest
import requests

from master_service.storage.ledger_rows import VERSION
from scripts.local_cluster import LocalCluster, free_port
from tests.contract import jobs_api
from tests.contract.jobs_api import call, finished
from tests.contract.programs import only_line, run, wait_until
from tests.rows import check_rows
from tests.slave_pool import POOLED, PooledCluster, SlavePool

PAGE_BYTES = 4096
INTERIOR = 2
"""The kind of a page that points at others, in the tree of a table without row numbers."""
LOST = "Lost are the list of jobs and the uploads without a result; the results in RESULTS_DIR stay"


def cut_short(ledger: Path) -> None:
    os.truncate(ledger, ledger.stat().st_size // PAGE_BYTES // 2 * PAGE_BYTES + 100)


def noise(ledger: Path) -> None:
    ledger.write_bytes(os.urandom(ledger.stat().st_size))


def half_noise(ledger: Path) -> None:
    size = ledger.stat().st_size
    with ledger.open("r+b") as file:
        file.seek(PAGE_BYTES)
        file.write(os.urandom(size - PAGE_BYTES))


def newer(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("PRAGMA user_version=99")


def emptied(ledger: Path) -> None:
    os.truncate(ledger, 0)


def folder(ledger: Path) -> None:
    ledger.unlink()
    ledger.mkdir()


UNUSABLE: list[tuple[Callable[[Path], None], str]] = [
    (cut_short, "is damaged ("),
    (noise, "is damaged (file is not a database)"),
    (half_noise, "is damaged ("),
    (emptied, "is damaged (it is empty, though"),
    (
        newer,
        f"is of another release (it has version 99, and this release knows version {VERSION})",
    ),
    (folder, "is a folder"),
]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory, slave_pool: SlavePool | None) -> Path:
    """The folder of a cluster that has stopped, with a finished job and one that is not."""
    port = slave_pool.port if slave_pool else 0
    cluster = PooledCluster(tmp_path_factory.mktemp("stopped"), POOLED, port, pool=slave_pool)
    try:
        cluster.start_master()
        cluster.start_slaves(1)
        sent = jobs_api.send(cluster.url, "text", [(f"{n}.txt", b"x") for n in range(300)])
        finished(cluster.url, sent)
        call(cluster.url, "POST", "/jobs", 201, json={"task_type": "text"})
    finally:
        cluster.stop()
    return cluster.folder


@pytest.fixture
def used(own_cluster: LocalCluster, stopped: Path) -> LocalCluster:
    """A cluster to harm that has the files of the stopped one."""
    shutil.copytree(stopped, own_cluster.folder, dirs_exist_ok=True)
    return own_cluster


def ledger_of(cluster: LocalCluster) -> Path:
    """Return the ledger as one file, as a master leaves it that ends."""
    spool = cluster.folder / "spool"
    assert not (spool / "jobs.db-wal").exists()
    return spool / "jobs.db"


def test_unusable_ledger_stops_the_master(used: LocalCluster) -> None:
    """One line names the setting, the fault and the remedy, which works; no upload is touched."""
    whole = ledger_of(used).parent

    def check(row: tuple[Callable[[Path], None], str]) -> None:
        harm, said = row
        spool = used.folder / harm.__name__
        shutil.copytree(whole, spool)
        harm(spool / "jobs.db")
        before = sorted(spool.glob("jobs/*/*/*"))
        assert before
        done = run("master.py", SPOOL_DIR=str(spool), MASTER_PORT=str(free_port()))
        assert (done.returncode, done.stdout) == (2, "")
        line = only_line(done.stderr)
        assert f"master.py: SPOOL_DIR={spool} can't be used: its ledger jobs.db {said}" in line
        assert (
            "stop every master on this folder, move the folder aside and start the master" in line
        )
        assert LOST in line
        assert sorted(spool.glob("jobs/*/*/*")) == before

    check_rows({harm.__name__: (harm, said) for harm, said in UNUSABLE}, check)
    whole.rename(used.folder / "aside")
    used.start_master()
    assert call(used.url, "GET", "/jobs", 200).json() == {"jobs": []}
    assert len(list(used.results.glob("text/*"))) == 300


@pytest.mark.skipif(os.name != "posix" or not hasattr(os, "geteuid"), reason="modes of POSIX")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root writes anywhere")
def test_ledger_out_of_reach_stops_the_master(used: LocalCluster) -> None:
    """A file that the master's user can't write to: access is what is asked for."""
    ledger = ledger_of(used)
    ledger.chmod(0o400)
    done = run("master.py", SPOOL_DIR=str(ledger.parent), MASTER_PORT=str(free_port()))
    assert done.returncode == 2
    line = only_line(done.stderr)
    assert f"SPOOL_DIR={ledger.parent} can't be written to: its ledger" in line
    assert "read and write access to the folder and to all jobs.db*" in line


def first_leaf(file: BinaryIO, page: int) -> int:
    """Return the number of the page with a tree's first rows (sqlite.org/fileformat2.html)."""
    while True:
        file.seek((page - 1) * PAGE_BYTES)
        content = file.read(PAGE_BYTES)
        if content[0] != INTERIOR:
            return page
        first_cell = int.from_bytes(content[12:14], "big")
        page = int.from_bytes(content[first_cell : first_cell + 4], "big")


def test_damage_found_at_work_is_told(used: LocalCluster) -> None:
    """A page that is only read later: the log has the remedy, and requests a reason in JSON."""
    ledger = ledger_of(used)
    with closing(sqlite3.connect(ledger)) as db:
        query = "SELECT rootpage FROM sqlite_master WHERE name='files'"
        ((root,),) = db.execute(query).fetchall()
        job_id = db.execute("SELECT job_id FROM jobs WHERE state='done'").fetchone()[0]
    with ledger.open("r+b") as file:
        file.seek((first_leaf(file, root) - 1) * PAGE_BYTES)
        file.write(b"\xff" * PAGE_BYTES)
    master = used.start_master()
    url = used.url
    assert call(url, "GET", f"/jobs/{job_id}?limit=0", 200).json()["done_files"] == 300
    for method, path in (("GET", f"/jobs/{job_id}"), ("POST", f"/jobs/{job_id}/retry")):
        answer = call(url, method, path, 500)
        assert "ledger of jobs is damaged" in answer.json()["error"]
    log = wait_until(master.said)
    assert f"the ledger {ledger} is damaged (" in log
    assert LOST in log
    assert "Traceback" not in log
    assert requests.get(url, timeout=10).text == "Master is working"
