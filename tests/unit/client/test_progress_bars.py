"""The progress bars: counts, rates and time left."""

import io
import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from client_service import following
from client_service.following import figures, follow
from client_service.master_api.job_api import JobApi
from client_service.terminal import progress


class Terminal(io.StringIO):
    """A fake terminal that records its output."""

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        """Return the successive contents of the line."""
        return [line for line in re.split(r"[\r\n]+", self.getvalue()) if line.strip()]


def seen(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make standard error a terminal for one test."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


def head(done: int, rate: float | None = None, left_s: float | None = None) -> dict[str, Any]:
    return {
        "task_type": "text",
        "state": "done" if done == 200 else "running",
        "total_files": 200,
        "done_files": done,
        "failed_files": 0,
        "cancelled_files": 0,
        "files_per_second": rate,
        "seconds_left": left_s,
    }


class Master:
    """A fake master that returns the given heads in order."""

    def __init__(self, *heads: dict[str, Any]) -> None:
        self.heads = list(heads)

    def head(self, _job_id: str, _wait_s: int = 0) -> dict[str, Any]:
        return self.heads.pop(0)


def test_job_shows_the_figures_of_the_master(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar of a followed job shows the master's rate and time left, updated at each poll."""
    terminal = seen(monkeypatch)
    monkeypatch.setattr(following, "_WAIT_S", 0)
    heads = [head(50, 2.2, 67.0), head(50, 2.1, 67.9), head(50, 0.35, 428.6), head(200, 3.1)]
    follow(cast(JobApi, Master(*heads)), "j1")
    shown = "\n".join(terminal.lines())
    for figure in ("2.2 files/s, 01:07 left", "2.1 files/s, 01:07 left", "0.35 files/s, 07:08"):
        assert f"50/200 [00:00, {figure}" in shown
    assert "25%" in terminal.lines()[0]
    assert terminal.lines()[-1].endswith("200/200 [00:00, 3.1 files/s]")


def test_figures_that_are_not_known_are_left_out() -> None:
    """Unknown figures are omitted, high rates have no fraction, failures are counted."""
    assert list(figures(head(0))) == []
    assert list(figures(head(9, 123.4, 4000.0))) == ["123 files/s", "1:06:40 left"]
    assert list(figures(head(0, 0.0) | {"failed_files": 2})) == ["0 files/s", "2 failed"]


def test_bytes_show_the_mean_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate is the mean since the start, without bytes that were sent before."""
    terminal = seen(monkeypatch)
    now = [100.0]
    mebi = 1 << 20
    bar: Any = progress.of_bytes("Sending", 100 * mebi, 50 * mebi)
    with bar:
        monkeypatch.setattr(bar, "_time", lambda: now[0])
        bar.start_t = bar.last_print_t = now[0]
        for seconds, sent in ((0.2, 10 * mebi), (4.8, 0), (4.8, 10 * mebi), (0.2, 0)):
            now[0] += seconds
            bar.update(sent)
            last = terminal.lines()[-1]
    assert "70.0M/100M [00:10<00:15, 2.10MB/s]" in last


def test_one_file_after_a_burst_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a burst, a single file still moves the bar."""
    terminal = seen(monkeypatch)
    now = [100.0]
    bar: Any = progress.of_files("Bringing", 1000)
    with bar:
        monkeypatch.setattr(bar, "_time", lambda: now[0])
        bar.start_t = bar.last_print_t = now[0]
        for seconds, count in ((0.2, 500), (0.2, 1)):
            now[0] += seconds
            bar.update(count)
            last = terminal.lines()[-1]
    assert "501/1000" in last


_ONE_FILE_A_LINE = """
import sys
from client_service.terminal import progress
with progress.of_files("Downloading results", 3) as bar:
    for _ in sys.stdin.buffer:
        bar.update()
        bar.refresh()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_bar_fits_a_terminal_that_was_resized() -> None:
    """After the terminal has become narrower, the bar has the new width."""
    import fcntl
    import pty
    import termios

    def resize(columns: int) -> None:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))

    def shown_after_a_file(count: str) -> str:
        assert program.stdin is not None
        program.stdin.write(b"\n")
        program.stdin.flush()
        shown = ""
        while not re.search(rf"{count} \[[^\r]*\]", shown):
            shown += os.read(screen, 4096).decode()
        return next(line for line in re.split(r"[\r\n]+", shown) if count in line).rstrip()

    screen, terminal = pty.openpty()
    resize(100)
    with subprocess.Popen(
        [sys.executable, "-c", _ONE_FILE_A_LINE],
        cwd=Path(__file__).resolve().parents[3],
        stdin=subprocess.PIPE,
        stderr=terminal,
    ) as program:
        assert len(shown_after_a_file("1/3")) == 99
        resize(80)
        assert len(shown_after_a_file("2/3")) == 79
    os.close(terminal)
    os.close(screen)


def test_unwritable_message_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error on writing to standard error is ignored."""

    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    progress.write_stderr("the job waits")
