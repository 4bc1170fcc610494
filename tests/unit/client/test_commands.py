"""How the client tells of its jobs when it ends before they do."""

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
FULL = "the master says no: the job would be larger"


class Master:
    """Stands in for the master: what it does at each call is up to the test."""

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

    def create(self, _task_type: str) -> str:
        job_id = f"j{len(self.states) + 1}"
        self._call("create", job_id)
        self.states[job_id], self.files[job_id] = "open", []
        return job_id

    def add_files(
        self, job_id: str, _field: str, files: Sequence[Source], _first: int, _tell: object
    ) -> None:
        self._call("add", job_id)
        self.files[job_id] += files

    def start(self, job_id: str) -> None:
        self._call("start", job_id)
        self.states[job_id] = "done"

    def abandon(self, job_id: str) -> dict[str, Any]:
        self._call("abandon", job_id)
        self.states[job_id] = "cancelled"
        return self.head(job_id)

    def head(self, job_id: str) -> dict[str, Any]:
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


def sources(*names: str) -> list[Source]:
    return [Source(Path(name), name, 1) for name in names]


def load(*names: str) -> JobInput:
    return JobInput("text", FileTotals(len(names), len(names)), lambda: iter(sources(*names)))


def send(master: Master, loads: Sequence[JobInput], **options: Any) -> int:
    return process(cast(JobApi, master), Command(URL, "auto", ["files"], **options), loads)


def with_job(state: str, *names: str) -> Master:
    """A master that has a job, j1, of these files."""
    master = Master()
    master.states["j1"], master.files["j1"] = state, sources(*names)
    return master


def lines(error: pytest.ExceptionInfo[BaseException]) -> list[str]:
    return str(error.value).splitlines()


def test_resume_of_a_started_job_checks_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    """The very files that a job has are all there; nothing is sent."""
    master = with_job("done", "a", "b")
    assert send(master, [load("a", "b")], resume="j1") == ALL_DONE
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
def test_resume_that_can_not_be_is_no_success(state: str, named: str, said: str) -> None:
    """Files that a job was started without, and those of one that was cancelled, are not sent."""
    master = with_job(state, "a", "b")
    with pytest.raises(UsageError, match=said):
        send(master, [load(*named)], resume="j1")


def test_refused_upload_leaves_no_open_job() -> None:
    """What the master won't have is cancelled, since nobody would come back to it."""
    master = Master(add=MasterError(FULL))
    with pytest.raises(MasterError) as error:
        send(master, [load("a")])
    assert lines(error) == [FULL, "job j1 is cancelled"]
    assert master.states == {"j1": "cancelled"}


def test_job_that_can_not_be_cancelled_is_told_of() -> None:
    """Nothing is claimed that did not happen."""
    master = Master(start=MasterError(FULL), abandon=MasterUnavailable("it is gone"))
    with pytest.raises(MasterError) as error:
        send(master, [load("a")])
    assert lines(error)[0] == FULL
    assert "job j1 could not be cancelled" in lines(error)[1]


def test_refused_job_of_before_stays() -> None:
    """A job that was resumed is its user's to cancel."""
    master = with_job("open", "a")
    master.troubles["add"] = MasterError(FULL)
    with pytest.raises(MasterError) as error:
        send(master, [load("a", "b")], resume="j1")
    assert lines(error) == [
        FULL,
        "job j1 stays open; to cancel it:",
        f"  python client.py {URL} cancel j1",
    ]
    assert master.states == {"j1": "open"}


def test_lost_master_tells_how_to_go_on() -> None:
    """A job whose upload broke off is not cancelled: it can be gone on with."""
    master = Master(add=MasterUnavailable("it is gone"))
    with pytest.raises(MasterUnavailable) as error:
        send(master, [load("a")])
    way = f"  python client.py {URL} auto --resume j1 files"
    assert lines(error) == ["it is gone", "to send the rest of the files:", way]
    assert "abandon j1" not in master.called


def test_file_that_vanished_may_be_left_out() -> None:
    """The command line to go on with may name it, so the user is told what to do about it."""
    master = Master(add=UsageError("a.txt can't be read (No such file or directory)"))
    with pytest.raises(UsageError) as error:
        send(master, [load("a")])
    assert lines(error)[1] == "with that put right or left out, to send the rest of the files:"


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
def test_jobs_that_were_started_are_not_forgotten(
    trouble: dict[str, BaseException], raised: type[Exception]
) -> None:
    """Whatever keeps the second job from being made or sent, the first goes on and is told of."""
    master = Master(**trouble)
    with pytest.raises(raised) as error:
        send(master, [load("a"), load("b"), load("c")])
    assert lines(error)[-4:] == [
        "the job goes on; to come back:",
        f"  python client.py {URL} follow j1",
        "to stop instead:",
        f"  python client.py {URL} cancel j1",
    ]
    told_to_resume = any("--resume j2" in line for line in lines(error))
    assert told_to_resume == (trouble.keys() == {"add_j2"} and raised is Interrupted)


def test_stop_after_the_end_claims_no_job_that_goes_on(tmp_path: Path) -> None:
    """Ctrl-C while the results of a job come home: it is done, and they can be fetched again."""
    master = Master(ledger_j1=KeyboardInterrupt())
    with pytest.raises(Interrupted) as stop:
        send(master, [load("a")], output=tmp_path)
    assert lines(stop) == [
        "job j1 is done; to fetch its results:",
        f"  python client.py {URL} follow --output {tmp_path} j1",
    ]


def test_stop_after_the_end_tells_of_the_later_jobs() -> None:
    """Those that are still under way go on, and only those."""
    master = Master(ledger_j1=KeyboardInterrupt())
    with pytest.raises(Interrupted) as stop:
        send(master, [load("a"), load("b")])
    assert lines(stop) == [
        "job j1 is done; to see how it went:",
        f"  python client.py {URL} follow j1",
        "the job goes on; to come back:",
        f"  python client.py {URL} follow j2",
        "to stop instead:",
        f"  python client.py {URL} cancel j2",
    ]


def test_cancelled_job_without_files_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    """A job that was cancelled before it had a file is not complete."""
    master = Master()

    def cancel() -> None:
        master.states["j1"], master.files["j1"] = "cancelled", []

    master.troubles["head"] = cancel
    assert send(master, [load("a")]) == SOME_FAILED
    assert "processing cancelled after 0 of 0 files" in capsys.readouterr().out
