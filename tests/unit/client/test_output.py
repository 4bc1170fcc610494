"""Texts from a master are printed without control characters."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from client_service import listing, output
from client_service.drill import DrillJob, report
from client_service.master_api.job_api import JobApi
from client_service.slaves import why_unavailable
from client_service.terminal import progress
from tests.unit.client.test_answers import ENTRY, HEAD, SLAVE

CONTROL = "\x1b]0;owned\x07\x1b[2J\n"


class Master:
    """A fake master with a done and a failed file; every text has control characters."""

    def __init__(self, warnings: list[str] | None = None) -> None:
        self._warnings = warnings

    def ledger(self, _job_id: str) -> Iterator[dict[str, Any]]:
        done = {"saved_file": f"text/{CONTROL}a", "filename": f"a{CONTROL}.txt"}
        yield ENTRY | done | {"warnings": self._warnings}
        failed = {"state": "failed", "saved_file": None}
        yield ENTRY | failed | dict.fromkeys(("filename", "code", "error"), CONTROL)


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    text = printed.out + printed.err
    assert not set("\x1b\x07") & set(text)
    return text


def test_summary_has_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    """Paths, names, codes and errors have no control characters, and each file is one line."""
    assert output.print_summary(cast(JobApi, Master()), HEAD) == 1
    lines = shown(capsys).splitlines()
    assert lines[4] == "  text/?]0;owned??[2J?a  (from a?]0;owned??[2J?.txt)"
    assert len(lines) == 7


def test_summary_lists_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    """Each warning of a result is a line with the name of its file, without control characters."""
    output.print_summary(cast(JobApi, Master(["Only page 1 was read.", CONTROL])), HEAD)
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
def test_summary_names_the_source_of_a_result(
    capsys: pytest.CaptureFixture[str], filename: str, saved: str, line: str
) -> None:
    """The line begins with the path; the source follows only if the path does not show it."""

    class One:
        def ledger(self, _job_id: str) -> Iterator[dict[str, Any]]:
            yield ENTRY | {"filename": filename, "saved_file": saved}

    assert (
        output.print_summary(cast(JobApi, One()), HEAD | {"failed_files": 0, "total_files": 1}) == 0
    )
    assert capsys.readouterr().out.splitlines()[3:] == ["Saved Files:", line]


def test_list_of_jobs_has_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    """The list of jobs has no control characters, also in times that can't be parsed."""
    listing.show([HEAD | {"created_at": CONTROL}])
    assert len(shown(capsys).splitlines()) == 2


def test_message_has_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    """A message on standard error is one line without control characters."""
    progress.write_stderr(f"the job waits: {CONTROL}")
    assert shown(capsys) == "client.py: the job waits: ?]0;owned??[2J?\n"


def test_drill_has_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    """Names of slaves and files in the report have no control characters."""
    files = [
        ENTRY | {"slave": CONTROL, "filename": CONTROL, "result_sha256": CONTROL, "attempts": 2}
    ]
    report(DrillJob("j1", files), DrillJob("j2", files, CONTROL, 1))
    shown(capsys)


def test_reasons_of_slaves_have_no_control_characters() -> None:
    """A slave's reason, which an error prints, has no control characters."""
    slave = SLAVE | {"slave_ip": CONTROL, "unavailable": {"ocr": CONTROL}}
    why = why_unavailable({"slaves": [slave]}, "ocr")
    assert why is not None
    assert why.isprintable()
