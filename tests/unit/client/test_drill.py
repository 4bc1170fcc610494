"""The drill: its report on two ledgers, and its cleanup when it ends early."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from client_service.drill import DrillJob, drill, report, write_texts
from client_service.errors import ALL_DONE, SOME_FAILED, MasterError, MasterUnavailable
from client_service.master_api.job_api import JobApi


def ledger(*results: str | None, attempts: int = 1) -> list[dict[str, Any]]:
    return [
        {
            "index": index,
            "filename": f"drill-{index}.txt",
            "state": "done" if result else "failed",
            "attempts": attempts,
            "slave": f"10.0.0.1:300{index % 2}",
            "result_sha256": result,
        }
        for index, result in enumerate(results)
    ]


class Master:
    """A fake master with two slaves that raises an error at one call."""

    def __init__(self, call: str, trouble: BaseException) -> None:
        self.call, self.trouble = call, trouble
        self.abandoned: list[str] = []

    def status(self) -> dict[str, Any]:
        return {"slaves": [{"task_types": ["text"], "workers": 1}] * 2}

    def create(self, _task_type: str) -> str:
        return "j1"

    def begin_files(self, *_given: object) -> "Master":
        self._may_fail("begin_files")
        return self

    def end(self) -> None:
        self._may_fail("end")

    def finish(self) -> None:
        self._may_fail("finish")

    def start(self, _job_id: str) -> None:
        self._may_fail("start")

    def head(self, _job_id: str) -> dict[str, Any]:
        self._may_fail("head")
        raise AssertionError

    def abandon(self, job_id: str) -> dict[str, Any]:
        self.abandoned.append(job_id)
        return {"state": "cancelled"}

    def _may_fail(self, call: str) -> None:
        if call == self.call:
            raise self.trouble


@pytest.mark.parametrize("call", ["begin_files", "end", "finish", "start", "head"])
@pytest.mark.parametrize("trouble", [KeyboardInterrupt(), MasterError("it refuses")])
def test_drill_that_ends_early_leaves_no_job(
    call: str, trouble: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    """After Ctrl-C or a refusal, the drill cancels its job and says so."""
    master = Master(call, trouble)
    with pytest.raises(type(trouble)):
        drill(cast(JobApi, master))
    assert master.abandoned == ["j1"]
    assert capsys.readouterr().err == "client.py: job j1 is cancelled\n"


def test_drill_without_its_master_reports_the_open_job(capsys: pytest.CaptureFixture[str]) -> None:
    """A master that was unavailable until the retries ended is not called again."""
    master = Master("head", MasterUnavailable("it is gone"))
    with pytest.raises(MasterUnavailable):
        drill(cast(JobApi, master))
    assert master.abandoned == []
    assert "j1 could not be cancelled" in capsys.readouterr().err


def test_drill_without_the_token_is_refused_by_the_master() -> None:
    """If the status lists no slaves, the drill reports the missing token, not missing slaves."""

    class Guarded(Master):
        def status(self) -> dict[str, Any]:
            return {"status": "alive"}

        def jobs(self) -> Iterator[dict[str, Any]]:
            raise self.trouble

    with pytest.raises(MasterError, match="refused without its token"):
        drill(cast(JobApi, Guarded("jobs", MasterError("refused without its token"))))


def test_complete_results_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """The report has the counts, and lists only files that were handed over again."""
    disturbed = [*ledger("a", "b"), *ledger("c", attempts=2)]
    code = report(
        DrillJob("j1", ledger("a", "b", "c")), DrillJob("j2", disturbed, "10.0.0.1:3000", 1)
    )
    printed = capsys.readouterr().out
    assert code == ALL_DONE
    assert printed.splitlines()[-2] == (
        "Nothing was lost: 3 submitted = 3 done + 0 failed + 0 cancelled, 3 of 3 results "
        "identical, 1 file moved from slave 10.0.0.1:3000 to others."
    )
    assert printed.count("drill-0.txt") == 1
    assert "drill-1.txt" not in printed


@pytest.mark.parametrize("disturbed", [("a", "b"), ("a", "b", "x"), ("a", "b", None)])
def test_loss_is_reported(
    disturbed: tuple[str | None, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing, failed or different result gives exit code 1 and a negative verdict."""
    code = report(
        DrillJob("j1", ledger("a", "b", "c")), DrillJob("j2", ledger(*disturbed), "x:1", 1)
    )
    assert code == SOME_FAILED
    assert "SOMETHING IS WRONG" in capsys.readouterr().out


def test_texts_are_the_same_each_time(tmp_path: Path) -> None:
    """The sample texts are deterministic, all different, and of the stated sizes."""
    texts = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_texts(tmp_path / name, 60, 1)
        texts.append([path.read_bytes() for path in sorted((tmp_path / name).iterdir())])
    assert texts[0] == texts[1]
    assert len(set(texts[0])) == 60
    assert all(2000 < len(text) < 110_000 for text in texts[0])
