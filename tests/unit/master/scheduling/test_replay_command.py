"""The command that replays a log of the scheduler."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from master_service.scheduling.replay_log import main
from tests.unit.master.scheduling.test_replay_log import EVENTS, history, write

PROJECT = Path(__file__).resolve().parents[4]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_command_prints_how_many_events_replay(path: Path) -> None:
    """As a program, the module succeeds and prints the number of events."""
    write(path, history())
    done = subprocess.run(
        [sys.executable, "-m", "master_service.scheduling.replay_log", os.fspath(path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, f"{len(EVENTS)} events replay exactly\n")


def call_main(monkeypatch: pytest.MonkeyPatch, argument: str) -> str | int | None:
    """Call the command in this process; return what it exits with, which is None if it does not."""
    monkeypatch.setattr(sys, "argv", ["replay_log", argument])
    try:
        main()
    except SystemExit as ended:
        return ended.code
    return None


def test_command_without_a_difference_prints_one_line(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The number of events is all that it prints."""
    write(path, history())
    assert call_main(monkeypatch, str(path)) is None
    assert capsys.readouterr().out == f"{len(EVENTS)} events replay exactly\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b'{"start": {"max_attempts": 3}}\n{}\n', "line 2: not an event")],
)
def test_command_fails_with_one_line(
    path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, reason: str
) -> None:
    """A file that does not exist, or does not replay, fails with its reason."""
    if content is not None:
        path.write_bytes(content)
    message = call_main(monkeypatch, str(path))
    assert isinstance(message, str)
    assert reason in message
    assert "\n" not in message


def test_command_explains_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--help`` names the argument, and the setting that makes such a file."""
    assert call_main(monkeypatch, "--help") == 0
    shown = capsys.readouterr().out
    assert "path" in shown
    assert "SCHEDULER_LOG" in shown
