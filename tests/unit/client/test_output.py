"""What the client prints of a master's texts: never an order to the terminal."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from client_service import listing, output
from client_service.drill import Trial, report
from client_service.master_api.job_api import JobApi
from client_service.slaves import why_unavailable
from client_service.terminal import progress
from tests.unit.client.test_answers import ENTRY, HEAD, SLAVE

ORDER = "\x1b]0;owned\x07\x1b[2J\n"


class Master:
    """Has one file that is done and one that failed, with an order in every text."""

    def __init__(self, warnings: list[str] | None = None) -> None:
        self._warnings = warnings

    def ledger(self, _job_id: str) -> Iterator[dict[str, Any]]:
        done = {"saved_file": f"text/{ORDER}a", "filename": f"a{ORDER}.txt"}
        yield ENTRY | done | {"warnings": self._warnings}
        failed = {"state": "failed", "saved_file": None}
        yield ENTRY | failed | dict.fromkeys(("filename", "code", "error"), ORDER)


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    text = printed.out + printed.err
    assert not set("\x1b\x07") & set(text)
    return text


def test_summary_has_no_orders(capsys: pytest.CaptureFixture[str]) -> None:
    """Paths, names, codes and errors are shown without them, a line for each file."""
    assert output.summary(cast(JobApi, Master()), HEAD) == 1
    lines = shown(capsys).splitlines()
    assert lines[4] == "  text/?]0;owned??[2J?a  (from a?]0;owned??[2J?.txt)"
    assert len(lines) == 7


def test_summary_tells_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    """Each warning of a result is a line with the name of its file, without orders."""
    output.summary(cast(JobApi, Master(["Only page 1 was read.", ORDER])), HEAD)
    lines = shown(capsys).splitlines()
    assert lines[7:] == [
        "Warnings:",
        "  a?]0;owned??[2J?.txt: Only page 1 was read.",
        "  a?]0;owned??[2J?.txt: ?]0;owned??[2J?",
    ]


@pytest.mark.parametrize(
    ("filename", "saved", "line"),
    [
        ("a.txt", "text/a_analysis.json", "  text/a_analysis.json"),
        ("a.txt", "text/a_2_analysis.json", "  text/a_2_analysis.json  (from a.txt)"),
        ("2024/a.txt", "text/a_analysis.json", "  text/a_analysis.json  (from 2024/a.txt)"),
        ("2024\\a.txt", "text/a_analysis.json", "  text/a_analysis.json  (from 2024\\a.txt)"),
    ],
)
def test_summary_says_of_which_file_a_result_is(
    capsys: pytest.CaptureFixture[str], filename: str, saved: str, line: str
) -> None:
    """The path begins the line, and is all of it where it says by itself what was sent."""

    class One:
        def ledger(self, _job_id: str) -> Iterator[dict[str, Any]]:
            yield ENTRY | {"filename": filename, "saved_file": saved}

    assert output.summary(cast(JobApi, One()), HEAD | {"failed_files": 0, "total_files": 1}) == 0
    assert capsys.readouterr().out.splitlines()[3:] == ["Saved Files:", line]


def test_list_of_jobs_has_no_orders(capsys: pytest.CaptureFixture[str]) -> None:
    """A time is a text like any other."""
    listing.show([HEAD | {"created_at": ORDER}])
    assert len(shown(capsys).splitlines()) == 2


def test_note_has_no_orders(capsys: pytest.CaptureFixture[str]) -> None:
    """What the job waits for, and why a result did not come, are told in one line."""
    progress.note(f"the job waits: {ORDER}")
    assert shown(capsys) == "client.py: the job waits: ?]0;owned??[2J?\n"


def test_drill_has_no_orders(capsys: pytest.CaptureFixture[str]) -> None:
    """Names of slaves and files in its report are shown without them."""
    files = [ENTRY | {"slave": ORDER, "filename": ORDER, "result_sha256": ORDER, "attempts": 2}]
    report(Trial("j1", files), Trial("j2", files, ORDER, 1))
    shown(capsys)


def test_reasons_of_slaves_have_no_orders() -> None:
    """What a slave says of itself reaches the terminal in an error."""
    slave = SLAVE | {"slave_ip": ORDER, "unavailable": {"ocr": ORDER}}
    why = why_unavailable({"slaves": [slave]}, "ocr")
    assert why is not None
    assert why.isprintable()
