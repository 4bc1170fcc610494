"""Runs the project's programs for the contract's tests, waits for them, gives them slow work."""

import contextlib
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest
import requests
from PIL import Image, ImageDraw, ImageFont

from client_service import arguments, commands
from client_service.terminal.interrupt import InterruptHandler
from protocol.settings.environment import Environment
from protocol.tls import Tls
from scripts.local_cluster import PROJECT, LocalCluster, Program, clean_environment, free_port
from slave_service.registration import RefusedError, Registration
from slave_service.workers.worker_handle import SelfTestReport
from tests import waiting

T = TypeVar("T")
Part = tuple[str, bytes]

LIMIT_S = 60.0
"""For what takes seconds on a busy computer: well over that, and still an end."""


def run(
    program: str | Path, *arguments: str, **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Run a program of the project, or a copy of one, to its end; return how that went.

    A copy reads the ``.env`` beside it, so nothing that would win over it is set.
    """
    beside = {name: value for name, value in clean_environment().items() if value}
    return subprocess.run(
        [sys.executable, str(PROJECT / program), *arguments],
        env=(beside if Path(program).is_absolute() else clean_environment())
        | {"PYTHONUTF8": "1"}
        | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        check=False,
    )


def run_client_here(*words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run the client to its end like ``run("client.py", …)``, but in this process.

    For tests of what it says and returns; starting Python and its imports costs more than the rest.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            command = arguments.read(words)
            env = Environment(settings, PROJECT, command.given())
            code = commands.run(command, env, InterruptHandler())
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def registration(
    url: str, token: str | None = None, authority: str | Path | None = None
) -> Registration:
    """Return what registers a slave with the master at this address; no slave runs."""
    report = SelfTestReport(reasons={"text": None}, versions={})
    tls = Tls(authority=Path(authority) if authority else None)
    return Registration(url, token, tls, "127.0.0.1", free_port(), 1, report)


def registration_refusal(
    url: str, token: str | None = None, authority: str | Path | None = None
) -> str:
    """Return why a slave can't be registered at this address, as a slave logs it and stops."""
    with pytest.raises(RefusedError) as refused:
        registration(url, token, authority).run(threading.Event())
    return str(refused.value)


def only_line(text: str) -> str:
    """Return the one line that the text has."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    return lines[0]


def wait_until(condition: Callable[[], T], limit_s: float = LIMIT_S) -> T:
    """Return what the condition returns as soon as that is true; fail when it never is."""
    return waiting.wait_until(condition, limit_s)


def slave_alone(cluster: LocalCluster, **settings: str) -> tuple[Program, str]:
    """Start a slave that does without a master, wait for it, and return it and its address."""
    port = str(free_port())
    nobody = f"http://127.0.0.1:{free_port()}"
    slave = cluster.start_slave(**({"SLAVE_PORT": port, "MASTER_URL": nobody} | settings))
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(url) or slave.process.poll() is not None)
    assert slave.process.poll() is None, slave.log.read_text()
    return slave, url


def answers(url: str) -> bool:
    """Tell whether a program answers there."""
    try:
        return requests.get(url, timeout=10).ok
    except requests.RequestException:
        return False


def get_task(url: str, task_type: str, field: str, parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Have a slave process files; return its results."""
    files = [(field, part) for part in parts]
    answer = requests.post(
        f"{url}/get_task", data={"task_type": task_type}, files=files, timeout=LIMIT_S
    )
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def load(url: str) -> tuple[int, int]:
    """Return how many files a slave's workers hold, and how many wait for them."""
    status = requests.get(f"{url}/check_status", timeout=10).json()
    return status["running"], status["waiting"]


def running(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return those of the processes that still run."""
    return [process for process in processes if _runs(process)]


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def children(program: Program, command: str = "") -> list[psutil.Process]:
    """Return what the program started, directly or not, with this in its command line."""
    found = []
    for child in psutil.Process(program.process.pid).children(recursive=True):
        try:
            if command in " ".join(child.cmdline()):
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


WORKER = "slave_service.workers.worker_process"


@contextlib.contextmanager
def paused_workers(*slaves: Program) -> Iterator[None]:
    """Pause the workers of slaves: their files stay in progress, and cost no CPU time."""
    workers = [worker for slave in slaves for worker in children(slave, WORKER)]
    assert workers
    for worker in workers:
        worker.suspend()
    try:
        yield
    finally:
        for worker in running(workers):
            worker.resume()


def slow_text(seconds: int) -> bytes:
    """Return a text that keeps a worker busy for about so long while coverage counts its lines.

    Without, it is a third of that.
    """
    return b"The quick brown fox is good. " * (8_000 * seconds)


def page(lines: int) -> bytes:
    """Return a picture of dense print; 300 lines are half a minute of work for Tesseract."""
    picture = Image.new("L", (1400, 40 + 34 * lines), 255)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=26)
    for line in range(lines):
        text = f"line {line} of a long page that says the quick brown fox jumps over the dog"
        draw.text((20, 20 + 34 * line), text, fill=0, font=font)
    png = io.BytesIO()
    picture.save(png, "PNG", compress_level=1)
    return png.getvalue()


def read_to_its_end(screen: int) -> str:
    """Return what a terminal was written; Linux ends it with an error, others with nothing."""
    shown = b""
    while True:
        try:
            data = os.read(screen, 65536)
        except OSError:
            data = b""
        if not data:
            os.close(screen)
            return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", shown.decode("utf-8", "replace"))
        shown += data
