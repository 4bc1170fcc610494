"""What a process under Landlock can and can't do, tried in such a process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.local_cluster import PROJECT
from slave_service.workers import landlock

TRY = """
import os, socket, stat, subprocess, sys
from pathlib import Path
from slave_service.workers.landlock import confine_to
own, foreign = map(Path, sys.argv[1:])
sys.stdout.flush()
assert confine_to(own)
{attempt}
"""
ALLOWED = {
    "make": "(own / 'a').write_text('x'); (own / 'b').mkdir()",
    "move": "(own / 'a').mkdir(); (own / 'b').touch(); (own / 'b').rename(own / 'a' / 'b')",
    "cut off and remove": "p = own / 'c'; p.write_text('x'); os.truncate(p, 0); p.unlink()",
    "read": "assert foreign.read_text() == 'precious'",
    "throw away": "Path('/dev/null').write_text('x')",
    "start and end a program": "c = subprocess.Popen(['sleep', '9']); c.kill(); c.wait()",
}
FORBIDDEN = {
    "write": "foreign.write_text('x')",
    "cut off": "os.truncate(foreign, 0)",
    "remove": "foreign.unlink()",
    "make": "(foreign.parent / 'new').write_text('x')",
    "make a folder": "(foreign.parent / 'new').mkdir()",
    "link": "(foreign.parent / 'new').symlink_to(own)",
    "move out": "(own / 'a').write_text('x'); (own / 'a').rename(foreign.parent / 'a')",
    "write by another program": "subprocess.run(['cp', sys.executable, foreign], check=True)",
}
if hasattr(os, "geteuid") and os.geteuid() == 0:
    FORBIDDEN["make a device"] = "os.mknod(own / 'd', 0o660 | stat.S_IFCHR, os.makedev(1, 3))"
SINCE_6_12 = {
    "signal its parent": "os.kill(os.getppid(), 0)",
    "connect": "socket.create_connection(('127.0.0.1', 9))",
    "listen": "socket.socket().bind(('127.0.0.1', 0))",
}

pytestmark = pytest.mark.skipif(not landlock.is_supported(), reason="this system has no Landlock")


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A file outside of the process's folder."""
    (folder := tmp_path / "foreign").mkdir()
    (file := folder / "file").write_text("precious")
    return file


def attempt(what: str, foreign: Path) -> subprocess.CompletedProcess[str]:
    (own := foreign.parent.parent / "own").mkdir()
    code = TRY.format(attempt=what)
    command = [sys.executable, "-c", code, str(own), str(foreign)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("what", list(ALLOWED))
def test_needed_operations_are_allowed(foreign: Path, what: str) -> None:
    """The process can write in its folder, read everywhere and start programs."""
    done = attempt(ALLOWED[what], foreign)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what", list(FORBIDDEN))
def test_changes_elsewhere_are_forbidden(foreign: Path, what: str) -> None:
    """The process and its children can't write, create, move or remove outside of its folder."""
    done = attempt(FORBIDDEN[what], foreign)
    assert done.returncode == 1
    assert "Permission" in done.stderr or "CalledProcessError" in done.stderr
    assert foreign.read_text() == "precious"
    assert list(foreign.parent.iterdir()) == [foreign]


@pytest.mark.parametrize("what", list(SINCE_6_12))
def test_signals_and_tcp_are_forbidden(foreign: Path, what: str) -> None:
    """The process can signal only its own children, and can't use TCP."""
    if not landlock.covers_network_and_signals():
        pytest.skip("before Linux 6.12 Landlock does not know of signals")
    done = attempt(SINCE_6_12[what], foreign)
    assert done.returncode == 1
    assert "PermissionError" in done.stderr
