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
own, outside = map(Path, sys.argv[1:])
sys.stdout.flush()
assert confine_to(own)
{attempt}
"""
ALLOWED = {
    "create": "(own / 'a').write_text('x'); (own / 'b').mkdir()",
    "move": "(own / 'a').mkdir(); (own / 'b').touch(); (own / 'b').rename(own / 'a' / 'b')",
    "truncate and remove": "p = own / 'c'; p.write_text('x'); os.truncate(p, 0); p.unlink()",
    "read": "assert outside.read_text() == 'precious'",
    "write to null": "Path('/dev/null').write_text('x')",
    "start and end a program": "c = subprocess.Popen(['sleep', '9']); c.kill(); c.wait()",
}
FORBIDDEN = {
    "write": "outside.write_text('x')",
    "truncate": "os.truncate(outside, 0)",
    "remove": "outside.unlink()",
    "create": "(outside.parent / 'new').write_text('x')",
    "create a folder": "(outside.parent / 'new').mkdir()",
    "link": "(outside.parent / 'new').symlink_to(own)",
    "move out": "(own / 'a').write_text('x'); (own / 'a').rename(outside.parent / 'a')",
    "write by another program": "subprocess.run(['cp', sys.executable, outside], check=True)",
}
if hasattr(os, "geteuid") and os.geteuid() == 0:
    FORBIDDEN["create a device"] = "os.mknod(own / 'd', 0o660 | stat.S_IFCHR, os.makedev(1, 3))"
SINCE_6_12 = {
    "signal its parent": "os.kill(os.getppid(), 0)",
    "connect": "socket.create_connection(('127.0.0.1', 9))",
    "listen": "socket.socket().bind(('127.0.0.1', 0))",
}

pytestmark = pytest.mark.skipif(not landlock.is_supported(), reason="this system has no Landlock")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file outside of the process's folder."""
    (folder := tmp_path / "outside").mkdir()
    (file := folder / "file").write_text("precious")
    return file


def attempt(what: str, outside: Path) -> subprocess.CompletedProcess[str]:
    (own := outside.parent.parent / "own").mkdir()
    code = TRY.format(attempt=what)
    command = [sys.executable, "-c", code, str(own), str(outside)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("what", list(ALLOWED))
def test_needed_operations_are_allowed(outside: Path, what: str) -> None:
    """The process can write in its folder, read everywhere and start programs."""
    done = attempt(ALLOWED[what], outside)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what", list(FORBIDDEN))
def test_changes_elsewhere_are_forbidden(outside: Path, what: str) -> None:
    """The process and its children can't write, create, move or remove outside of its folder."""
    done = attempt(FORBIDDEN[what], outside)
    assert done.returncode == 1
    assert "Permission" in done.stderr or "CalledProcessError" in done.stderr
    assert outside.read_text() == "precious"
    assert list(outside.parent.iterdir()) == [outside]


@pytest.mark.parametrize("what", list(SINCE_6_12))
def test_signals_and_tcp_are_forbidden(outside: Path, what: str) -> None:
    """The process can signal only its own children, and can't use TCP."""
    if not landlock.covers_network_and_signals():
        pytest.skip("before Linux 6.12 Landlock does not know of signals")
    done = attempt(SINCE_6_12[what], outside)
    assert done.returncode == 1
    assert "PermissionError" in done.stderr
