"""Ratios, and the tables of the report."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report_tables
from benchmarks.measuring import Measurement
from benchmarks.report import replaced
from benchmarks.table import cpu_ratio_to_bound, ratio_to_bound
from benchmarks.waiting import LONG_WAIT_S, WAIT_S, skewed, waiting_slave
from benchmarks.workloads import Workload, make_documents


def taken(elapsed_s: float, **peak_mb: float) -> Measurement:
    return Measurement(elapsed_s, {"all": 2 * elapsed_s}, peak_mb, 0.0)


ROUND: Mapping[str, Measurement] = {
    "pool": taken(3.0),
    "ingest": taken(1.0),
    "request": taken(4.4, master=60, slave=50, worker=200),
    "client": taken(5.0, master=70, slave=50, worker=200),
    "celery": taken(7.0),
}
ABOUT: Mapping[str, Any] = {
    "date": "2026-11-28T14:00:00+00:00",
    "commit": "abc",
    "cpus": 2,
    "cpu": "a CPU",
    "python": "3.11.7",
    "versions": {"flask": "3.1.3"},
    "load_average": 0.5,
}


def test_taking_the_upload_in_is_added_to_engines() -> None:
    """Engines get paths, so theirs is the time with ingest; the project's has it already."""
    assert ratio_to_bound("request", ROUND) == pytest.approx(1.1)
    assert ratio_to_bound("celery", ROUND) == pytest.approx(2.0)
    assert cpu_ratio_to_bound("celery", ROUND) == pytest.approx(2.0)


def test_table_has_ratios_and_seconds() -> None:
    """Each row has L, and each system's multiple of it; a system that was not run has a dash."""
    row = {
        **ABOUT,
        "options": {"scale": 1.0},
        "rounds": [{name: one.as_json() for name, one in ROUND.items()}],
    }
    found = report_tables.comparison({"text": row})
    line = "| 2,000 texts | 3.00 s | 4.00 s | 1.10 (4.40 s) | 1.25 (5.00 s) | 2.00 (8.00 s) | 0 % |"
    assert found["times"].splitlines()[-1] == line
    assert found["memory"].splitlines()[-1] == "| 2,000 texts | 70 MB | 50 MB | 200 MB |"


def test_only_the_named_table_is_replaced() -> None:
    """Markers stay, so that the next report finds them; an unknown name is refused."""
    text = "a\n<!-- x: made by benchmarks.report -->\nold\n<!-- end of x -->\nb"
    assert replaced(replaced(text, "x", "old"), "x", "new") == text.replace("old", "new")
    with pytest.raises(ValueError, match="no marker"):
        replaced(text, "y", "new")


def test_one_file_in_ten_of_a_skewed_job_is_long() -> None:
    """The order is random and always the same."""
    waits_s = skewed(400)
    assert (waits_s.count(LONG_WAIT_S), waits_s.count(WAIT_S)) == (40, 360)
    assert waits_s == skewed(400)
    assert waits_s != sorted(waits_s)


def test_waiting_slave_differs_in_one_processor_alone(tmp_path: Path) -> None:
    """The slave that is measured is the real one."""
    script = waiting_slave(tmp_path / "program")
    project = Path(__file__).parents[3]
    copied = {path.relative_to(script.parent) for path in script.parent.rglob("*.py")}
    different = [
        str(path)
        for path in copied
        if (script.parent / path).read_text() != (project / path).read_text()
    ]
    assert different == ["slave_service/text_processing.py"]
    assert len(copied) > 50


def test_files_are_the_same_on_each_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files come from fixed seeds, and those of an interrupted run are made again."""
    monkeypatch.setattr("benchmarks.workloads.RESULTS", tmp_path)
    workload = Workload("some", "some", "document", 2, make_documents)
    first = {path.name: path.read_bytes() for path in workload.files()}
    (tmp_path / "files" / "some-2").rename(tmp_path / "files" / "some-2.unfinished")
    assert {path.name: path.read_bytes() for path in workload.files()} == first
    assert sorted(first) == ["letter 0000.docx", "report 0000.pdf"]
