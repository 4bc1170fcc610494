"""Log lines of a worker process about unexpected errors."""

import pytest

from slave_service.workers.worker_process import _as_failure


def test_error_message_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The message of an unexpected error, which can quote the file, can't forge log lines."""
    failure = _as_failure(ValueError("a\n2026 forged \x1b[2J" + "x" * 100_000))
    assert failure.code == "internal"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert len(line) < 1200
