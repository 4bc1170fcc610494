"""What a worker process says of errors that nobody foresaw."""

import pytest

from slave_service.workers.worker_process import _as_failure


def test_text_of_an_error_gets_no_lines_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """A library's error may quote the file, which must not write into the slave's log."""
    failure = _as_failure(ValueError("a\n2026 forged \x1b[2J" + "x" * 100_000))
    assert failure.code == "internal"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert len(line) < 1200
