"""What the programs say before they start: bad settings, addresses, folders and `.env` files."""

import base64
import contextlib
import os
import socket
from pathlib import Path

import pytest

from master_service.settings import MasterSettings
from protocol.settings.environment import Environment, SettingError
from scripts.local_cluster import PROJECT, LocalCluster, free_port
from slave_service.settings import SlaveSettings
from tests.conftest import TOKEN
from tests.contract.programs import only_line, run
from tests.e2e.steps import posix_only
from tests.rows import check_rows

REMOTE = "http://192.0.2.1:5000"
"""An address that is nobody's (RFC 5737)."""


def stopped(program: str, name: str, **settings: str) -> str:
    """Start a program that must stop at once; return its one line, which names the variable."""
    done = run(f"{program}.py", **settings)
    assert (done.returncode, done.stdout) == (2, "")
    line = only_line(done.stderr)
    assert line.startswith(f"{program}.py: ")
    assert name in line
    return line


@pytest.mark.parametrize(("program", "name"), [("master", "MAX_JOB_SIZE"), ("slave", "SLAVE_PORT")])
def test_bad_number_stops_the_program(program: str, name: str) -> None:
    """A number that is none stops the program with exit code 2 and that one line.

    The unit tests of the settings have a row for each variable.
    """
    assert "'many'" in stopped(program, name, **{name: "many"})


def test_without_a_token_nothing_leaves_this_computer() -> None:
    """Asked for an address beyond loopback without a token, a program says what to set."""

    def check(name_and_value: tuple[str, str]) -> None:
        name, value = name_and_value
        with pytest.raises(SettingError, match=name) as refused:
            SlaveSettings.read(Environment({name: value}, PROJECT))
        assert "set CLUSTER_TOKEN" in only_line(str(refused.value))

    rows = {"SLAVE_IP": "192.168.1.5", "MASTER_URL": "http://192.168.1.5:5000"}
    check_rows({name: (name, value) for name, value in rows.items()}, check)
    assert "set CLUSTER_TOKEN" in stopped("slave", "SLAVE_HOST", SLAVE_HOST="0.0.0.0")


def settings_of(line: str) -> dict[str, str]:
    """Return the variables that a line such as ``A=1 B=2 python master.py`` sets."""
    return dict(word.split("=", 1) for word in line.split()[:-2])


def test_master_says_how_to_open_the_cluster() -> None:
    """The refusal has a new token each time, and lines that a shell takes as they are."""
    done = run("master.py", MASTER_HOST="0.0.0.0", MASTER_PORT="5001")
    assert (done.returncode, done.stdout) == (2, "")
    first, _, *lines = done.stderr.splitlines()
    assert first.startswith("master.py: MASTER_HOST=0.0.0.0 ")
    assert "set CLUSTER_TOKEN" in first
    starts = [line for line in lines if line.endswith((" master.py", " slave.py"))]
    secure_master, secure_slave, plain_master, plain_slave = map(settings_of, starts)
    assert secure_master["MASTER_HOST"] == plain_master["MASTER_HOST"] == "0.0.0.0"
    assert {"TLS_CERT", "TLS_KEY", "TLS_CA"} <= secure_master.keys() & secure_slave.keys()
    assert secure_slave["MASTER_URL"].startswith("https://")
    assert secure_slave["MASTER_URL"].endswith(":5001")
    assert plain_slave["ALLOW_PLAIN_HTTP"] == plain_master["ALLOW_PLAIN_HTTP"] == "1"
    assert "may read" in done.stderr
    (token,) = {settings_of(line)["CLUSTER_TOKEN"] for line in starts}
    assert len(base64.urlsafe_b64decode(token)) == 24
    with pytest.raises(SettingError, match="CLUSTER_TOKEN=") as again:
        MasterSettings.read(Environment({"MASTER_HOST": "0.0.0.0"}, PROJECT))
    assert token not in str(again.value)


@posix_only
def test_lines_that_are_pasted_work(tmp_path: Path) -> None:
    """The master starts with its line, and a slave on the same computer registers with its own.

    The slave's line has no port: where 3000 is taken, it listens on a free one after it.
    """
    cluster = LocalCluster(tmp_path)
    port = str(free_port())
    said = run("master.py", MASTER_HOST="0.0.0.0", MASTER_PORT=port).stderr.splitlines()
    master, slave = map(settings_of, said[-2:])
    assert master.pop("MASTER_PORT") == port
    cluster.port = int(port)
    cluster.settings = {"CLUSTER_TOKEN": master["CLUSTER_TOKEN"], "SLAVE_WORKERS": "1"}
    try:
        cluster.start_master(PROJECT / "master.py", **master)
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):  # by whatever else runs here: just as well
                stack.enter_context(socket.create_server(("127.0.0.1", 3000)))
            cluster.start_slaves(1, SLAVE_PORT="", **slave)
        (record,) = cluster.present()
        assert record["slave_ip"] in slave["MASTER_URL"]
        assert 3000 < record["slave_port"] < 3100
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


@pytest.mark.parametrize(
    ("program", "origin", "name"),
    [("master", "--port", "MASTER_PORT"), ("slave", "SLAVE_PORT", "SLAVE_PORT")],
)
def test_taken_port_stops_the_program(tmp_path: Path, program: str, origin: str, name: str) -> None:
    """A port that an option or a variable asks for and that is taken stops it in one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words, variables = ([origin, port], {}) if origin != name else ([], {name: port})
        done = run(f"{program}.py", *words, SPOOL_DIR=str(tmp_path), **variables)
    assert (done.returncode, done.stdout) == (2, "")
    where = f"can't listen on 127.0.0.1:{port} (another program uses it)"
    line = only_line(done.stderr)
    assert line == f"{program}.py: {origin}: {where}: set {name} or --port to another"


@pytest.mark.parametrize("program", ["master", "slave"])
def test_address_of_another_computer_stops_the_program(tmp_path: Path, program: str) -> None:
    """Where it is the host that can't be listened on, that is what the line names."""
    name = f"{program.upper()}_HOST"
    settings = {name: "192.0.2.1", "CLUSTER_TOKEN": TOKEN, "SPOOL_DIR": str(tmp_path)}
    line = stopped(program, name, **settings)
    assert line.startswith(f"{program}.py: {name}: can't listen on 192.0.2.1:")
    assert line.endswith(f"set {name} or --host to another")


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


@pytest.mark.skipif(os.name != "posix", reason="elsewhere folders have no such modes")
def test_uploads_are_nobody_elses(cluster: LocalCluster) -> None:
    """Other users of the computer can't get at the spool and its ledger, whatever the umask."""
    assert (cluster.folder / "spool").stat().st_mode & 0o777 == 0o700
