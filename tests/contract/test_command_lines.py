"""The command lines of the programs, as a user types them."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from protocol.settings.declaration import SETTINGS
from protocol.version import VERSION
from scripts.local_cluster import PROJECT, clean_environment, free_port
from tests.conftest import TOKEN
from tests.contract.programs import answers, only_line, run, wait_until

PROGRAMS = ("master", "slave", "client")
QUICK_S = 5.0
"""Without the libraries it is a fraction of a second; with them, on a busy computer, more."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with copies of the programs, which read the ``.env`` there."""
    for name in ("protocol", "slave_service", "master_service", "client_service"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=ignored)
    for program in PROGRAMS:
        shutil.copy(PROJECT / f"{program}.py", tmp_path)
    return tmp_path


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_needs_no_settings(copy: Path, program: str) -> None:
    """``--help`` lists the program's settings at once, whatever is wrong with ``.env``."""
    (copy / ".env").write_text("this is broken\n", "utf-8")
    began = time.monotonic()
    done = run(copy / f"{program}.py", "--help", MASTER_PORT="no", SLAVE_PORT="no")
    assert time.monotonic() - began < QUICK_S
    assert (done.returncode, done.stderr) == (0, "")
    names = [name for name, setting in SETTINGS.items() if program in setting.users]
    assert [name for name in names if f"[{name};" not in done.stdout] == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_version_is_told(program: str) -> None:
    """``--version`` prints the project's name and release."""
    done = run(f"{program}.py", "--version")
    assert (done.returncode, done.stdout) == (0, f"file-processing-cluster {VERSION}\n")


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("master --prot 5001", "--port"),
        ("master htpp://localhost:5000", "--help"),
        ("slave http://localhost:5000 --worker 2", "--workers"),
        ("slave http://localhost:5000 http://localhost:5001", "--help"),
        ("client http://localhost:5000 text master.py --outptu x", "--output"),
    ],
)
def test_unknown_words_start_nothing(line: str, meant: str) -> None:
    """What a program does not know ends it with 2 and names what may have been meant."""
    program, *words = line.split()
    done = run(f"{program}.py", *words)
    assert (done.returncode, done.stdout) == (2, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"{program}.py: ")
    assert meant in last
    assert program == "client" or last == only_line(done.stderr)


@pytest.mark.parametrize("program", ["master", "slave"])
def test_bad_option_is_named(program: str) -> None:
    """A value that came from an option is refused by that, whatever the environment says."""
    done = run(f"{program}.py", "--port", "many", **{f"{program.upper()}_PORT": "no"})
    assert (done.returncode, done.stdout) == (2, "")
    assert only_line(done.stderr).startswith(f"{program}.py: --port must be a whole number")


def test_options_start_a_cluster(tmp_path: Path) -> None:
    """Master, slave and client find each other by their command lines alone.

    Options win over the environment, an address needs no scheme, and relative paths count from the
    current folder.
    """
    port, slave_port = str(free_port()), str(free_port())
    address = f"127.0.0.1:{port}"
    master = ["--port", port, "--spool-dir", "spool", "--results-dir", "out"]
    slave = [address, "--slave-port", slave_port, "--workers", "1", "--worker-memory", "1.5g"]
    elsewhere = {"MASTER_PORT": "1", "MASTER_URL": "http://127.0.0.1:1", "CLUSTER_TOKEN": ""}
    started: list[subprocess.Popen[bytes]] = []

    def start(program: str, *words: str) -> None:
        command = [sys.executable, str(PROJECT / f"{program}.py"), *words]
        log = (tmp_path / f"{program}.log").open("wb")
        env = clean_environment() | elsewhere
        with log:
            started.append(subprocess.Popen(command, cwd=tmp_path, env=env, stdout=log, stderr=log))

    try:
        start("master", *master, "--cluster-token", TOKEN)
        start("slave", *slave, "--cluster-token", TOKEN, "--host", "127.0.0.1")
        wait_until(lambda: answers(f"http://{address}"))
        status = f"http://{address}/check_status"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        wait_until(lambda: requests.get(status, headers=headers, timeout=10).json()["slaves"])
        (found,) = requests.get(status, headers=headers, timeout=10).json()["slaves"]
        assert (found["slave_port"], found["workers"]) == (int(slave_port), 1)
        (tmp_path / "a.txt").write_text("good", "utf-8")
        file = str(tmp_path / "a.txt")
        done = run("client.py", address, "--cluster-token", TOKEN, "text", file, **elsewhere)
        assert (done.returncode, done.stderr) == (0, "")
        saved = str(tmp_path / "out" / "text" / "a_analysis.json")
        assert saved in done.stdout
        assert Path(saved).is_file()
        url = ("--master-url", f"http://{address}")
        refused = run("client.py", *url, "--cluster-token", "wrong-token", "jobs", **elsewhere)
        assert refused.returncode == 2
        assert "CLUSTER_TOKEN" in only_line(refused.stderr)
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(30)
    assert (tmp_path / "spool").is_dir()


@pytest.mark.parametrize("program", PROGRAMS)
def test_misspelt_names_are_warned_of(copy: Path, program: str) -> None:
    """The place and the name that was meant are told, and what is wrong besides after it.

    The ``.env`` beside the program counts, whatever the current folder; the environment wins.
    """
    lines = ["CLUSTER-TOKEN=s", "", "MASTER_PROT=5001", "MASTER_BRANCH=x", "ALLOW_PLAIN_HTTP=no!"]
    lines.append("CLUSTER_TOKEN=two words")  # which would stop the program
    (copy / ".env").write_text("\n".join(lines), "utf-8")
    remote = {"MASTER_URL": "http://192.0.2.1:5000", "CLUSTER_TOKEN": TOKEN, "LOG_LEVL": "DEBUG"}
    done = run(copy / f"{program}.py", *(["jobs"] if program == "client" else []), **remote)
    assert done.returncode == 2
    *warnings, last = done.stderr.splitlines()
    assert "ALLOW_PLAIN_HTTP must be 1 or 0" in last
    assert warnings == [
        f"{program}.py: warning: {copy / '.env'}:1: CLUSTER-TOKEN is not a setting: "
        "did you mean CLUSTER_TOKEN?",
        f"{program}.py: warning: {copy / '.env'}:3: MASTER_PROT is not a setting: "
        "did you mean MASTER_PORT?",
        f"{program}.py: warning: environment variable LOG_LEVL is not a setting: "
        "did you mean LOG_LEVEL?",
    ]
