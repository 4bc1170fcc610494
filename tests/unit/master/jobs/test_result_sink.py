"""Results that are written while their bytes arrive."""

import errno
import hashlib
from datetime import datetime, timezone
from pathlib import Path

import pytest

from master_service.jobs import running_job
from master_service.jobs.result_sink import ResultSink
from master_service.jobs.running_job import JobCancelled, RunningJob
from master_service.storage.model import Job, JobState
from master_service.storage.results import Results, Staging
from protocol.task_types import TASK_TYPES

TEXT = TASK_TYPES["text"]
PIECES = [b"first", b"", b"second"]
WHOLE = b"".join(PIECES)
NOW = datetime(2026, 5, 1, tzinfo=timezone.utc)
FULL = OSError(errno.ENOSPC, "No space left on device")
INVALID = OSError(errno.EINVAL, "Invalid argument")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_job, "_RETRY_INTERVAL_S", 0.0)


@pytest.fixture
def job() -> RunningJob:
    return RunningJob(Job("j", "text", NOW, JobState.RUNNING, NOW, total_files=1), None)


class Disk:
    """Creates the files of results; each write takes three bytes, or raises the next error."""

    def __init__(self, root: Path, *errors: OSError) -> None:
        self.results = Results(root, "results")
        self.folder = root / "text"
        self._errors = list(errors)

    def begin(self) -> Staging:
        """Return a new file."""
        staging = self.results.begin(TEXT)
        write = staging.write

        def write_some(data: bytes | memoryview) -> int:
            if self._errors:
                raise self._errors.pop()
            return write(data[:3])

        staging.write = write_some  # type: ignore[method-assign]
        return staging


def write_pieces(sink: ResultSink) -> None:
    for piece in PIECES:
        sink.write(piece)


def test_result_is_hashed_while_it_is_written(tmp_path: Path, job: RunningJob) -> None:
    """Name, bytes and hash are those of the whole; no temporary file is left."""
    disk = Disk(tmp_path)
    sink = ResultSink(job, disk.begin)
    write_pieces(sink)
    staged = sink.staged()
    assert staged.size == len(WHOLE)
    saved = disk.results.publish(TEXT, "a.txt", staged)
    sink.discard()
    assert saved.sha256 == hashlib.sha256(WHOLE).hexdigest()
    assert [path.read_bytes() for path in disk.folder.iterdir()] == [WHOLE]


def test_empty_result_has_a_file(tmp_path: Path, job: RunningJob) -> None:
    """A result without bytes is a result."""
    staged = ResultSink(job, Disk(tmp_path).begin).staged()
    assert (staged.size, staged.path.read_bytes()) == (0, b"")


def test_full_disk_is_waited_for(tmp_path: Path, job: RunningJob) -> None:
    """No byte is lost, or written twice, by errors in the middle."""
    sink = ResultSink(job, Disk(tmp_path, FULL, FULL).begin)
    write_pieces(sink)
    assert sink.staged().path.read_bytes() == WHOLE


def test_permanent_error_is_raised_at_the_end(tmp_path: Path, job: RunningJob) -> None:
    """The exchange with the slave goes on: the error is not the slave's."""
    disk = Disk(tmp_path, INVALID)
    sink = ResultSink(job, disk.begin)
    write_pieces(sink)
    with pytest.raises(OSError, match="Invalid"):
        sink.staged()
    assert list(disk.folder.iterdir()) == []


def test_cancelled_job_waits_no_more(tmp_path: Path, job: RunningJob) -> None:
    """The end of the job is told with the result, of which nothing is left."""
    disk = Disk(tmp_path, *[FULL] * 1000)
    job.cancel()
    sink = ResultSink(job, disk.begin)
    write_pieces(sink)
    with pytest.raises(JobCancelled):
        sink.staged()
    assert list(disk.folder.iterdir()) == []
