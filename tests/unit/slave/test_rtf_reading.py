"""The RTF reader: text, structure, character sets, hostile files."""

import io
import time
from pathlib import Path

import pytest

from protocol import failures
from slave_service import document_processing
from slave_service.formats.rtf.reading import read

CASE = Path(__file__).parents[2] / "data" / "document" / "office.rtf"
FONTS = r"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset238 Arial CE;}{\f2\fcharset204 Arial Cyr;}}"


def text_of(body: str) -> str:
    return read(f"{{\\rtf1\\ansi{FONTS}{body}}}".encode("latin-1")).text


def test_file_of_another_program() -> None:
    """What pandoc writes is read with its heading, link, table and list."""
    with CASE.open("rb") as source:
        result = document_processing.process(source)
    assert result["document_type"] == "RTF"
    lines = ["Heading one", "Some text with a link.", "a\tb", "c1\tc2", "•\titem"]
    assert str(result["text_content"]).split("\n") == lines
    assert result["outline"] == [{"title": "Heading one", "level": 1, "begin": 0}]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (r"a\par b\line c\tab d", "a\nb\nc\td"),
        ("a\r\nb\\\nc", "ab\nc"),
        (r"\f1 P\'f8\'edli\'9a \f0 caf\'e9", "Příliš café"),
        (r"\f2\'cf\'f0\'e8\'e2\'e5\'f2", "Привет"),
        (r"{\f1 \'f8}\'f8", "řø"),
        (r"\uc1\u345?\u237\'ed{\uc0\u353}\u-10179?\u-8704?x", "říš\U0001f600x"),
        (r"a{\v hidden}b\v c\v0 d", "abd"),
        (r"{\*\unknown x}{\*\shppict{\pict 00ff}}{\field{\*\fldinst X}{\fldrslt y}}", "y"),
        (r"{\pict\bin5 {{{{{}a", "a"),
        (r"\{\}\\\~\_a\-b", "{}\\\u00a0\u2011ab"),
        (r"one{\footnote note}\par two{\header head}", "one\ntwo\nnote\nhead"),
        (r"\intbl a\cell b\par c\cell\row\pard d", "a\tb c\nd"),
        (r"{\listtext 1.\tab}item", "item"),
        ("}}}a", "a"),
    ],
)
def test_text(body: str, expected: str) -> None:
    """Paragraphs, character sets, Unicode, hidden text, notes and tables are read as shown."""
    assert text_of(body) == expected


def test_properties_and_comments() -> None:
    """Title, author and comments are read."""
    content = read(
        rb"{\rtf1{\info{\title A title}{\author Ada}{\company C}}text{\*\annotation check}}"
    )
    assert content.metadata == {"title": "A title", "author": "Ada"}
    assert content.text == "text\ncheck"
    assert content.more["comments"] == [{"author": "", "text": "check"}]


def test_default_code_page() -> None:
    """The code page of the document applies to fonts without a character set of their own."""
    assert read(rb"{\rtf1\ansi\ansicpg1250{\fonttbl{\f0\fcharset0 A;}}\f0 \'f8}").text == "ř"


def test_file_without_text() -> None:
    """A file of pictures alone has a warning."""
    warnings = read(rb"{\rtf1{\pict 00}}").warnings
    assert "pictures (1)" in warnings[0]
    assert "no text" in warnings[1]


def test_endless_nesting_is_refused() -> None:
    """Groups that are nested without end are refused."""
    with pytest.raises(failures.Corrupt, match="RTF"):
        document_processing.process(io.BytesIO(b"{\\rtf1" + b"{" * 100_000))


@pytest.mark.parametrize(
    "piece", [b"{}", rb"\b x", rb"\'41", rb"\u300?", b"\\", rb"\par ", b"{\\v "]
)
def test_time_is_linear(piece: bytes) -> None:
    """Ten times as many groups, words or characters take about ten times as long."""

    def seconds(size: int) -> float:
        data = b"{\\rtf1 " + piece * (size // len(piece))
        begin = time.process_time()
        read(data)
        return time.process_time() - begin

    assert seconds(100_000) < 40 * max(seconds(10_000), 0.002)
