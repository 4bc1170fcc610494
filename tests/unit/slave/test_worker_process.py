"""What a worker process answers and logs where a file can't be processed."""

from pathlib import Path

import pytest

from protocol.failures import NotProcessed
from slave_service.workers.worker_process import _as_failure, _process


def test_error_message_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The message of an unexpected error, which can quote the file, can't forge log lines."""
    failure = _as_failure(ValueError("a\n2026 forged \x1b[2J" + "x" * 100_000))
    assert failure.code == "internal"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert len(line) < 1200


def test_log_line_locates_the_error(capsys: pytest.CaptureFixture[str]) -> None:
    """The log names the functions, files and lines in which an unexpected error occurred."""

    def read() -> None:
        raise KeyError("x")

    try:
        read()
    except KeyError as error:
        _as_failure(error)
    line = capsys.readouterr().err
    raised_at = read.__code__.co_firstlineno + 1
    assert f"unexpected KeyError: \"'x'\" in read (test_worker_process.py:{raised_at})" in line
    assert "called by test_log_line_locates_the_error (test_worker_process.py:" in line


def test_upload_of_an_ended_request_is_no_error(tmp_path: Path) -> None:
    """A file that its slave has removed meanwhile is not processed, which is no internal error."""
    task = {"task_type": "text", "path": str(tmp_path / "gone")}
    with pytest.raises(NotProcessed, match="ended before the file was begun"):
        _process(task, {})
