"""Messages about jobs when the client ends before they do."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from client_service.arguments import Command
from client_service.commands import JobInput, process
from client_service.errors import (
    ALL_DONE,
    SOME_FAILED,
    Interrupted,
    MasterError,
    MasterUnavailable,
    UsageError,
)
from client_service.local_files import FileTotals, Source
from client_service.master_api.job_api import JobApi

URL = "http://localhost:5000"
FULL = "the master refused the request: the job would be larger"


class Master:
    """A fake master; ``troubles`` maps a call to an exception to raise or a function to run."""

    master_url = URL

    def __init__(self, **troubles: BaseException | Callable[[], None]) -> None:
        self.troubles = troubles
        self.states: dict[str, str] = {}
        self.files: dict[str, list[Source]] = {}
        self.called: list[str] = []

    def _call(self, name: str, job_id: str = "") -> None:
        self.called.append(f"{name} {job_id}".strip())
        trouble = self.troubles.get(f"{name}_{job_id}") or self.troubles.get(name)
        if isinstance(trouble, BaseException):
            raise trouble
        if trouble:
            trouble()

    def page_of(self, job_id: str) -> str:
        return f"{URL}/ui#/jobs/{job_id}"

    def jobs(self, id_prefix: str) -> Iterator[dict[str, Any]]:
        return (self.head(job_id) for job_id in self.states if job_id.startswith(id_prefix))

    def status(self) -> dict[str, Any]:
        return {"status": "alive"}

    def create(self, _task_type: str, _options: object) -> str:
        job_id = f"j{len(self.states) + 1}"
        self._call("create", job_id)
        self.states[job_id], self.files[job_id] = "open", []
        return job_id

    def begin_files(
        self, job_id: str, _field: str, files: Sequence[Source], _first: int, _tell: object
    ) -> "Upload":
        return Upload(self, job_id, files)

    def add(self, job_id: str, files: Sequence[Source]) -> None:
        self._call("add", job_id)
        self.files[job_id] += files

    def start(self, job_id: str) -> None:
        self._call("start", job_id)
        self.states[job_id] = "done"

    def abandon(self, job_id: str) -> dict[str, Any]:
        self._call("abandon", job_id)
        self.states[job_id] = "cancelled"
        return self.head(job_id)

    def head(self, job_id: str, _wait_s: int = 0) -> dict[str, Any]:
        self._call("head", job_id)
        total = len(self.files[job_id])
        state = self.states[job_id]
        counts = {"total_files": total, "done_files": total, "failed_files": 0}
        return {
            "job_id": job_id,
            "task_type": "text",
            "state": state,
            "cancelled_files": 0,
        } | counts

    def ledger(self, job_id: str) -> Iterator[dict[str, Any]]:
        self._call("ledger", job_id)
        for file in self.files[job_id]:
            yield {
                "filename": file.name,
                "size": file.size,
                "saved_file": file.name,
                "warnings": [],
            }


class Upload:
    """A fake upload, whose files the job has after ``finish``."""

    def __init__(self, master: Master, job_id: str, files: Sequence[Source]) -> None:
        self.finish = lambda: master.add(job_id, files)

    def end(self) -> None:
        """Send nothing."""


def sources(*names: str) -> list[Source]:
    return [Source(Path(name), name, 1) for name in names]


def job_input(*names: str) -> JobInput:
    return JobInput("text", FileTotals(len(names), len(names)), lambda: iter(sources(*names)))


def send(master: Master, inputs: Sequence[JobInput], **options: Any) -> int:
    return process(cast(JobApi, master), Command(URL, "auto", ["files"], **options), inputs)


def with_job(state: str, *names: str) -> Master:
    """Return a master that has a job, j1, of these files."""
    master = Master()
    master.states["j1"], master.files["j1"] = state, sources(*names)
    return master


def lines(error: pytest.ExceptionInfo[BaseException]) -> list[str]:
    return str(error.value).splitlines()


def test_resume_of_a_started_job_checks_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    """If a started job has all named files, nothing is sent."""
    master = with_job("done", "a", "b")
    assert send(master, [job_input("a", "b")], resume="j1") == ALL_DONE
    assert "j1 has all its files already" in capsys.readouterr().err
    assert not [call for call in master.called if call.startswith(("add", "start"))]


@pytest.mark.parametrize(
    ("state", "named", "said"),
    [
        ("cancelled", "ab", "job j1 was cancelled: send the files as a new job"),
        ("done", "abc", "job j1 was started without c: send these as a new job"),
        ("running", "abcde", "job j1 was started without c and 2 more: send these"),
        ("queued", "xb", "in its place the job has 'a'"),
        ("done", "a", "more files than were named"),
    ],
)
def test_impossible_resume_is_an_error(state: str, named: str, said: str) -> None:
    """Files can't be added to a started or cancelled job."""
    master = with_job(state, "a", "b")
    with pytest.raises(UsageError, match=said):
        send(master, [job_input(*named)], resume="j1")


def test_refused_upload_leaves_no_open_job() -> None:
    """A new job whose files the master refuses is cancelled."""
    master = Master(add=MasterError(FULL))
    with pytest.raises(MasterError) as error:
        send(master, [job_input("a")])
    assert lines(error) == [FULL, "job j1 is cancelled"]
    assert master.states == {"j1": "cancelled"}


def test_failed_cancellation_is_reported() -> None:
    """If the cancellation fails, the message says so."""
    master = Master(start=MasterError(FULL), abandon=MasterUnavailable("it is gone"))
    with pytest.raises(MasterError) as error:
        send(master, [job_input("a")])
    assert lines(error)[0] == FULL
    assert "job j1 could not be cancelled" in lines(error)[1]


def test_refused_resumed_job_stays() -> None:
    """A resumed job is not cancelled; the message says how to cancel it."""
    master = with_job("open", "a")
    master.troubles["add"] = MasterError(FULL)
    with pytest.raises(MasterError) as error:
        send(master, [job_input("a", "b")], resume="j1")
    assert lines(error) == [
        FULL,
        "job j1 stays open; to cancel it:",
        f"  python client.py {URL} cancel j1",
    ]
    assert master.states == {"j1": "open"}


def test_lost_master_gives_the_command_to_resume() -> None:
    """A job whose upload was interrupted is not cancelled, since it can be resumed."""
    master = Master(add=MasterUnavailable("it is gone"))
    with pytest.raises(MasterUnavailable) as error:
        send(master, [job_input("a")])
    way = f"  python client.py {URL} auto --resume j1 files"
    assert lines(error) == ["it is gone", "to send the rest of the files:", way]
    assert "abandon j1" not in master.called


def test_vanished_file_may_be_left_out() -> None:
    """The command to resume names the vanished file, so the message says to restore or omit it."""
    master = Master(add=UsageError("a.txt can't be read (No such file or directory)"))
    with pytest.raises(UsageError) as error:
        send(master, [job_input("a")])
    assert lines(error)[1] == "with that corrected or left out, to send the rest of the files:"


@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        ({"create_j2": MasterError(FULL)}, MasterError),
        ({"create_j2": MasterUnavailable("it is gone")}, MasterUnavailable),
        ({"create_j2": KeyboardInterrupt()}, Interrupted),
        ({"add_j2": MasterError(FULL)}, MasterError),
        ({"add_j2": KeyboardInterrupt()}, Interrupted),
    ],
)
def test_started_jobs_are_in_the_message(
    trouble: dict[str, BaseException], raised: type[Exception]
) -> None:
    """If the second job can't be made or sent, the message has the commands for the first."""
    master = Master(**trouble)
    with pytest.raises(raised) as error:
        send(master, [job_input("a"), job_input("b"), job_input("c")])
    assert lines(error)[-4:] == [
        "the job goes on; to follow:",
        f"  python client.py {URL} follow j1",
        "to cancel instead:",
        f"  python client.py {URL} cancel j1",
    ]
    told_to_resume = any("--resume j2" in line for line in lines(error))
    assert told_to_resume == (trouble.keys() == {"add_j2"} and raised is Interrupted)


def test_stop_during_download_says_that_the_job_is_done(tmp_path: Path) -> None:
    """After Ctrl-C during the download, the message has the command to download again."""
    master = Master(ledger_j1=KeyboardInterrupt())
    with pytest.raises(Interrupted) as stop:
        send(master, [job_input("a")], output=tmp_path)
    assert lines(stop) == [
        "job j1 is done; to fetch its results:",
        f"  python client.py {URL} follow --output {tmp_path} j1",
    ]


def test_stop_after_the_first_job_lists_the_later_jobs() -> None:
    """Only jobs that still run are listed as going on."""
    master = Master(ledger_j1=KeyboardInterrupt())
    with pytest.raises(Interrupted) as stop:
        send(master, [job_input("a"), job_input("b")])
    assert lines(stop) == [
        "job j1 is done; to see how it went:",
        f"  python client.py {URL} follow j1",
        "the job goes on; to follow:",
        f"  python client.py {URL} follow j2",
        "to cancel instead:",
        f"  python client.py {URL} cancel j2",
    ]


def test_cancelled_job_without_files_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    """The summary of a job that was cancelled without files says so, with exit code 1."""
    master = Master()

    def cancel() -> None:
        master.states["j1"], master.files["j1"] = "cancelled", []

    master.troubles["head"] = cancel
    assert send(master, [job_input("a")]) == SOME_FAILED
    assert "processing cancelled after 0 of 0 files" in capsys.readouterr().out
