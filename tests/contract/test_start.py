"""What the programs say before they start: bad settings, addresses, folders and `.env` files."""

import base64
import contextlib
import os
import shutil
import socket
from pathlib import Path

import pytest

from scripts.local_cluster import PROJECT, LocalCluster, free_port
from tests.conftest import TOKEN
from tests.contract.programs import only_line, run
from tests.e2e.steps import posix_only

REMOTE = "http://192.0.2.1:5000"
"""An address that is nobody's (RFC 5737)."""

NUMBERS = {
    "master": "MASTER_PORT SLAVE_TIMEOUT HEARTBEAT_INTERVAL MAX_ATTEMPTS MAX_FILE_SIZE "
    "MAX_JOB_SIZE",
    "slave": "SLAVE_PORT SLAVE_WORKERS FILE_TIMEOUT WORKER_MEMORY",
}


def stopped(program: str, name: str, **settings: str) -> str:
    """Start a program that must stop at once; return its one line, which names the variable."""
    done = run(f"{program}.py", **settings)
    assert (done.returncode, done.stdout) == (2, "")
    line = only_line(done.stderr)
    assert line.startswith(f"{program}.py: ")
    assert name in line
    return line


@pytest.mark.parametrize(
    ("program", "name"),
    [(program, name) for program, names in NUMBERS.items() for name in names.split()],
)
def test_bad_number_stops_the_program(program: str, name: str) -> None:
    """A number that is none stops the program with exit code 2 and that one line."""
    assert "'many'" in stopped(program, name, **{name: "many"})


@pytest.mark.parametrize(
    ("program", "name", "value"),
    [
        ("slave", "SLAVE_HOST", "0.0.0.0"),
        ("slave", "SLAVE_IP", "192.168.1.5"),
        ("slave", "MASTER_URL", "http://192.168.1.5:5000"),
    ],
)
def test_without_a_token_nothing_leaves_this_computer(program: str, name: str, value: str) -> None:
    """Asked for an address beyond loopback without a token, a program says what to set."""
    assert "set CLUSTER_TOKEN" in stopped(program, name, **{name: value})


def test_master_says_how_to_open_the_cluster() -> None:
    """The refusal has a new token each time, and lines that a shell takes as they are."""
    said = [run("master.py", MASTER_HOST="0.0.0.0", MASTER_PORT="5001") for _ in range(2)]
    tokens = []
    for done in said:
        assert (done.returncode, done.stdout) == (2, "")
        first, _, *lines = done.stderr.splitlines()
        assert first.startswith("master.py: MASTER_HOST=0.0.0.0 ")
        assert "set CLUSTER_TOKEN" in first
        starts = [line.split() for line in lines if line.endswith((" master.py", " slave.py"))]
        settings = [dict(word.split("=", 1) for word in line[:-2]) for line in starts]
        secure_master, secure_slave, plain_master, plain_slave = settings
        assert secure_master["MASTER_HOST"] == plain_master["MASTER_HOST"] == "0.0.0.0"
        assert {"TLS_CERT", "TLS_KEY", "TLS_CA"} <= secure_master.keys() & secure_slave.keys()
        assert secure_slave["MASTER_URL"].startswith("https://")
        assert secure_slave["MASTER_URL"].endswith(":5001")
        assert plain_slave["ALLOW_PLAIN_HTTP"] == plain_master["ALLOW_PLAIN_HTTP"] == "1"
        assert "may read" in done.stderr
        (token,) = {each["CLUSTER_TOKEN"] for each in settings}
        assert len(base64.urlsafe_b64decode(token)) == 24
        tokens.append(token)
    assert tokens[0] != tokens[1]


@posix_only
def test_lines_that_are_pasted_work(tmp_path: Path) -> None:
    """The master starts with its line, and a slave on the same computer registers with its own."""
    cluster = LocalCluster(tmp_path)
    port = str(free_port())
    said = run("master.py", MASTER_HOST="0.0.0.0", MASTER_PORT=port).stderr.splitlines()
    master, slave = (line.split() for line in said[-2:])
    settings = [dict(word.split("=", 1) for word in line[:-2]) for line in (master, slave)]
    assert settings[0].pop("MASTER_PORT") == port
    cluster.port = int(port)
    cluster.settings = {"CLUSTER_TOKEN": settings[0]["CLUSTER_TOKEN"], "SLAVE_WORKERS": "1"}
    try:
        cluster.start_master(PROJECT / "master.py", **settings[0])
        cluster.start_slaves(1, **settings[1])
        assert cluster.present()[0]["slave_ip"] in settings[1]["MASTER_URL"]
    finally:
        cluster.stop()


def test_token_does_not_travel_in_the_clear() -> None:
    """With a token, slave and client refuse another host until plain HTTP is allowed."""
    line = stopped("slave", "MASTER_URL", MASTER_URL=REMOTE, CLUSTER_TOKEN=TOKEN)
    assert "ALLOW_PLAIN_HTTP=1" in line
    done = run("client.py", REMOTE, "text", str(PROJECT / "client.py"), CLUSTER_TOKEN=TOKEN)
    assert (done.returncode, done.stdout) == (2, "")
    assert "ALLOW_PLAIN_HTTP=1" in only_line(done.stderr)
    assert TOKEN not in line + done.stderr


@pytest.mark.parametrize(("program", "name"), [("master", "MASTER_PORT"), ("slave", "SLAVE_PORT")])
def test_taken_port_stops_the_program(tmp_path: Path, program: str, name: str) -> None:
    """A port that was asked for and is taken stops the program in one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        where = f"can't listen on 127.0.0.1:{port} (another program uses it)"
        line = stopped(program, name, SPOOL_DIR=str(tmp_path), **{name: port})
        assert line == f"{program}.py: {name}: {where}: set {name} or --port to another"
        done = run(f"{program}.py", "--port", port, SPOOL_DIR=str(tmp_path))
    assert done.returncode == 2
    line = only_line(done.stderr)
    assert line == f"{program}.py: --port: {where}: set {name} or --port to another"


@pytest.mark.parametrize("program", ["master", "slave"])
def test_address_of_another_computer_stops_the_program(tmp_path: Path, program: str) -> None:
    """Where it is the host that can't be listened on, that is what the line names."""
    name = f"{program.upper()}_HOST"
    settings = {name: "192.0.2.1", "CLUSTER_TOKEN": TOKEN, "SPOOL_DIR": str(tmp_path)}
    line = stopped(program, name, **settings)
    assert line.startswith(f"{program}.py: {name}: can't listen on 192.0.2.1:")
    assert line.endswith(f"set {name} or --host to another")


def test_slave_takes_the_next_free_port(own_cluster: LocalCluster) -> None:
    """Where SLAVE_PORT is unset and 3000 is taken, a slave listens on a free one after it."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # by whatever else runs here: just as well
            stack.enter_context(socket.create_server(("127.0.0.1", 3000)))
        own_cluster.start_master()
        own_cluster.start_slaves(1, SLAVE_PORT="")
        (slave,) = own_cluster.present()
    assert 3000 < slave["slave_port"] < 3100


def test_second_master_leaves_the_first_alone(cluster: LocalCluster) -> None:
    """A second master on the same SPOOL_DIR stops in one line, and the first works on."""
    spool = str(cluster.folder / "spool")
    line = stopped("master", "SPOOL_DIR", SPOOL_DIR=spool, MASTER_PORT=str(free_port()))
    assert spool in line
    assert len(cluster.present()) == 2


@pytest.mark.parametrize("name", ["SPOOL_DIR", "RESULTS_DIR"])
def test_folder_that_cannot_be_one_stops_the_master(tmp_path: Path, name: str) -> None:
    """Where a folder can't be made the master stops before it listens, and names the variable."""
    (tmp_path / "a file").write_bytes(b"")
    settings = {"SPOOL_DIR": str(tmp_path / "spool"), name: str(tmp_path / "a file" / "folder")}
    with socket.create_server(("127.0.0.1", 0)) as taken:  # it stops in any case
        settings["MASTER_PORT"] = str(taken.getsockname()[1])
        stopped("master", name, **settings)


def test_programs_read_the_env_file_beside_them(tmp_path: Path) -> None:
    """The file beside the program counts, from whatever folder the program is started."""
    for package in ("protocol", "slave_service", "master_service", "client_service"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=ignored)
    for program in ("master", "slave", "client"):
        shutil.copy(PROJECT / f"{program}.py", tmp_path)
    (tmp_path / ".env").write_text("MASTER_PORT=no\nSLAVE_PORT=no\nALLOW_PLAIN_HTTP=no!\n")
    settings = {"CLUSTER_TOKEN": TOKEN}
    said = [run(tmp_path / f"{name}.py", **settings) for name in ("master", "slave")]
    said.append(run(tmp_path / "client.py", REMOTE, "text", os.devnull, **settings))
    assert [done.returncode for done in said] == [2, 2, 2]
    for done, name in zip(said, ("MASTER_PORT", "SLAVE_PORT", "ALLOW_PLAIN_HTTP"), strict=True):
        assert name in only_line(done.stderr)
    won = run(tmp_path / "master.py", MASTER_PORT="nor this", **settings)
    assert "'nor this'" in only_line(won.stderr)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere folders have no such modes")
def test_uploads_are_nobody_elses(own_cluster: LocalCluster) -> None:
    """Other users of the computer can't get at the spool and its ledger, whatever the umask."""
    own_cluster.start_master()
    assert (own_cluster.folder / "spool").stat().st_mode & 0o777 == 0o700
