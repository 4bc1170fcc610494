"""Rows of a manifest: RFC 4180, with formulas escaped."""

import csv
import io

import pytest

from protocol.manifest import COLUMNS, HEADER, escape_formula, row, unescape_formula
from tests.unit.client.test_answers import ENTRY

TEXTS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'quoted'", "'", "''=1", ""]
TEXTS += ['say "hello", twice', "a,b", "two\nlines", "a'b", "a=b", "日本語", " =1"]


@pytest.mark.parametrize("text", TEXTS)
def test_cell_survives_escaping(text: str) -> None:
    """A CSV reader returns the escaped cell, ``unescape_formula`` the text; none is a formula."""
    line = row(ENTRY | {"filename": text, "error": text}, text, "text", "j1")
    (cells,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    found = dict(zip(COLUMNS, cells, strict=True))
    for column in ("source", "result", "error"):
        assert unescape_formula(found[column]) == text
        assert not found[column].startswith(tuple("=+-@\t\r\n＝"))


def test_rows_follow_rfc_4180() -> None:
    """Lines end in CR LF; only cells that need it are quoted, and quotes in them are doubled."""
    assert HEADER == (
        "index,source,result,task_type,state,code,error,sha256,result_sha256,job_id\r\n"
    )
    line = row(ENTRY | {"filename": 'a "b".txt', "result_sha256": None}, "", "text", "j1")
    assert line == '0,"a ""b"".txt",,text,done,,,cd,,j1\r\n'


def test_ordinary_cells_stay() -> None:
    """Cells that can't be formulas are not changed."""
    assert [escape_formula(text) for text in ("a=b", "2023/notes.txt", "")] == [
        "a=b",
        "2023/notes.txt",
        "",
    ]


def test_lone_surrogate_is_replaced() -> None:
    """A lone surrogate, which JSON can contain and UTF-8 can't encode, is replaced."""
    assert row(ENTRY | {"filename": "a\ud800"}, "", "text", "j1").encode().startswith(b"0,a?,")
