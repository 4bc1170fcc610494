"""Rows of a manifest: RFC 4180, and no formula among them."""

import csv
import io

import pytest

from protocol.manifest import COLUMNS, HEADER, escape_formula, row, unescape_formula
from tests.unit.client.test_answers import ENTRY

TEXTS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'quoted'", "'", "''=1", ""]
TEXTS += ['say "hello", twice', "a,b", "two\nlines", "a'b", "a=b", "日本語", " =1"]


@pytest.mark.parametrize("text", TEXTS)
def test_cell_is_read_as_it_was(text: str) -> None:
    """Any reader of CSV gives the cell back, less the mark that keeps it from being a formula."""
    line = row(ENTRY | {"filename": text, "error": text}, text, "text", "j1")
    (cells,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    found = dict(zip(COLUMNS, cells, strict=True))
    for column in ("source", "result", "error"):
        assert unescape_formula(found[column]) == text
        assert not found[column].startswith(tuple("=+-@\t\r\n＝"))


def test_rows_end_as_the_standard_has_it() -> None:
    """Lines end in CR LF; only cells that need it are quoted, and quotes in them doubled."""
    assert HEADER == (
        "index,source,result,task_type,state,code,error,sha256,result_sha256,job_id\r\n"
    )
    line = row(ENTRY | {"filename": 'a "b".txt', "result_sha256": None}, "", "text", "j1")
    assert line == '0,"a ""b"".txt",,text,done,,,cd,,j1\r\n'


def test_ordinary_cells_stay() -> None:
    """A mark is put only where it is needed."""
    assert [escape_formula(text) for text in ("a=b", "2023/notes.txt", "")] == [
        "a=b",
        "2023/notes.txt",
        "",
    ]


def test_what_utf_8_does_not_know_is_replaced() -> None:
    """Half a character, which JSON may bring, is no reason to have no manifest."""
    assert row(ENTRY | {"filename": "a\ud800"}, "", "text", "j1").encode().startswith(b"0,a?,")
