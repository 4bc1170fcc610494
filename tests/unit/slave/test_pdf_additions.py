"""PDF: comments, form entries, dates, divided words, and columns in their order of reading."""

import io
import time
from typing import Any

import pytest

from slave_service import document_processing
from slave_service.formats.pdf import hyphens
from slave_service.formats.pdf.dates import iso_date
from tests.hostile import pdf_writing
from tests.unit.slave.test_pdf_reading import lines, pdf

LEFT = """The quarterly report shows that revenue
grew by 12.5 percent compared with last
year, while operating costs remained flat.
Customers in Northern Europe placed more
orders than expected, and the new factory
will open in September as planned.""".split("\n")
RIGHT = [line.upper() for line in LEFT]


def read(data: bytes) -> dict[str, Any]:
    return document_processing.process(io.BytesIO(data))


def placed(*texts: tuple[int, int, str]) -> bytes:
    """Return a PDF with each text at its place, in the order given."""
    shown = "".join(f"1 0 0 1 {x} {y} Tm ({text}) Tj " for x, y, text in texts)
    return pdf(f"BT /F 9 Tf {shown}ET".encode())


def row_by_row(*columns: list[str], top: int = 700, width: int = 260) -> list[tuple[int, int, str]]:
    return [
        (40 + number * width, top - 14 * row, column[row])
        for row in range(len(columns[0]))
        for number, column in enumerate(columns)
    ]


def annotated(*entries: bytes, catalog: bytes = b"") -> bytes:
    """Return a PDF of one page of text with these annotations, objects 6 and on."""
    kids = b" ".join(b"%d 0 R" % number for number in range(6, 6 + len(entries)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        pdf_writing.page(more=b"/Annots[%s]" % kids),
        pdf_writing.stream(pdf_writing.CONTENT),
        pdf_writing.FONT,
        *(b"<</Type/Annot/Rect[0 0 9 9]%s>>" % entry for entry in entries),
    ]
    return pdf_writing.file(objects)


def test_comments_and_filled_fields() -> None:
    """Comments and values are read; links, popups, empty ones and buttons add no text."""
    result = read(
        annotated(
            b"/Subtype/Text/Contents(Please check)/T(Ada)",
            b"/Subtype/FreeText/Contents(Here)",
            b"/Subtype/Highlight/Contents()",
            b"/Subtype/Link/Contents(a link)",
            b"/Subtype/Popup/Contents(a popup)",
            b"/Subtype/Widget/FT/Tx/T(name)/V(Ada Lovelace)",
            b"/Subtype/Widget/FT/Tx/T(empty)/V()",
            b"/Subtype/Widget/FT/Btn/T(box)/V/Off",
        )
    )
    assert result["text_content"] == "Good day to all\nand to you\nPlease check\nHere\nAda Lovelace"
    assert result["comments"] == [
        {"author": "Ada", "text": "Please check", "page": 1},
        {"author": "", "text": "Here", "page": 1},
    ]
    assert result["form_fields"] == [{"name": "name", "value": "Ada Lovelace", "page": 1}]
    assert result["warnings"] == []


def test_inherited_values() -> None:
    """Widgets inherit name and value of their field, which counts once; passwords are left out."""
    result = read(
        annotated(
            b"/Subtype/Widget/Parent 8 0 R",
            b"/Subtype/Widget/Parent 8 0 R",
            b"/FT/Tx/T(town)/V(Millbrook)/Kids[6 0 R 7 0 R]",
            b"/Subtype/Widget/FT/Tx/T(key)/V(secret)/Ff 8192",
            b"/Subtype/Widget/FT/Ch/T(choice)/V(two)/Opt[(one)(two)]",
            b"/Subtype/Widget/FT/Btn/T(agree)/V/Yes/AS/Yes/AP<</N<</Yes 5 0 R/Off 5 0 R>>>>",
            catalog=b"/AcroForm<</Fields[8 0 R 9 0 R 10 0 R 11 0 R]>>",
        )
    )
    assert result["text_content"].split("\n")[2:] == ["Millbrook", "two"]
    assert {entry["name"]: entry["value"] for entry in result["form_fields"]} == {
        "town": "Millbrook",
        "choice": "two",
        "agree": "Yes",
    }


def test_comments_are_no_text_layer() -> None:
    """A page with nothing but a comment has no text of its own."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        pdf_writing.page(more=b"/Annots[<</Subtype/Text/Rect[0 0 9 9]/Contents(a comment)>>]"),
        pdf_writing.stream(b"10 10 50 50 re f"),
        pdf_writing.FONT,
    ]
    result = read(pdf_writing.file(objects))
    assert result["text_content"] == "a comment"
    assert (result["text_layer"], result["pages_without_text"]) == (False, 1)
    assert "pictures" in result["warnings"][0]


@pytest.mark.parametrize("kids", [b"6 0 R", b"7 0 R", b"6 0 R 6 0 R 7 0 R"])
def test_forms_that_contain_themselves(kids: bytes) -> None:
    """Fields that are their own parents are read without end or crash."""
    data = annotated(
        b"/Subtype/Widget/FT/Tx/T(a)/V(x)/Parent 7 0 R/Kids[%s]" % kids,
        b"/FT/Tx/T(b)/Parent 6 0 R/Kids[6 0 R 7 0 R]",
        catalog=b"/AcroForm<</Fields[6 0 R 7 0 R]>>",
    )
    assert read(data)["text_content"].startswith("Good day")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("D:20240301093000Z", "2024-03-01T09:30:00+00:00"),
        ("D:20261127203611+01'00'", "2026-11-27T20:36:11+01:00"),
        ("D:20261127203611-0530", "2026-11-27T20:36:11-05:30"),
        ("D:2026", "2026-01-01T00:00:00"),
        ("20261127", "2026-11-27T00:00:00"),
        ("D:20261399", ""),
        ("D:20261127203611+99'00'", ""),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_dates(value: str, expected: str) -> None:
    """Dates are converted to ISO 8601; what is none is left out."""
    assert iso_date(value) == expected


def test_dates_of_a_pdf() -> None:
    """Both dates are in the metadata."""
    info = b"/CreationDate(D:20240301093000Z)/ModDate(D:20240302)"
    metadata = read(pdf(lines(b"text"), info=info))["metadata"]
    assert metadata["created"] == "2024-03-01T09:30:00+00:00"
    assert metadata["modified"] == "2024-03-02T00:00:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the implemen-\ntation works", "the implementation works"),
        ("well-\nknown", "well-known"),
        ("Franco-\nGerman", "Franco-German"),
        ("EXAM-\nPLE", "EXAMPLE"),
        ("e-\nmail", "e-mail"),
        ("state-of-the-\nart", "state-of-the-art"),
        ("re-\nuse and re-use", "re-use and re-use"),
        ("non-\nsense or nonsense", "nonsense or nonsense"),
        ("2019-\n2020", "2019-\n2020"),
        ("a list: -\nitem", "a list: -\nitem"),
        ("Übungs-\nstück", "Übungsstück"),
    ],
)
def test_divided_words(text: str, expected: str) -> None:
    """Divided words are joined; hyphens that belong to a word stay."""
    assert hyphens.join(text) == expected


def test_many_divided_words_take_linear_time() -> None:
    """A page of divided words is joined in linear time."""
    begin = time.process_time()
    assert hyphens.join("ab-\ncd " * 50_000) == "abcd " * 50_000
    hyphens.join("a" * 500_000 + "-\nb")
    assert time.process_time() - begin < 2


def test_columns_written_row_by_row() -> None:
    """Columns that are written line by line are read one after the other."""
    assert read(placed(*row_by_row(LEFT, RIGHT)))["text_content"].split("\n") == LEFT + RIGHT


def test_divided_words_in_columns() -> None:
    """Words that are divided at the end of a column's line, or of the column, are joined."""
    left = [
        *LEFT[:1],
        "grew by 12.5 percent in compari-",
        "son with last year, as it should",
        *LEFT[3:5],
        "and this is the implemen-",
    ]
    right = ["tation of it all", *RIGHT[1:]]
    text = read(placed(*row_by_row(left, right)))["text_content"]
    assert "in comparison with last" in text
    assert "the implementation of it all" in text


def test_columns_between_full_lines() -> None:
    """A title above the columns and a line below them keep their places."""
    title = (40, 730, "A title that goes over both of the columns of this page, as titles do here")
    end = (40, 600, "A last line that goes over both of the columns of this page, at its very end")
    text = read(placed(title, *row_by_row(LEFT, RIGHT), end))["text_content"]
    assert text.split("\n") == [title[2], *LEFT, *RIGHT, end[2]]


def test_three_columns() -> None:
    """Three columns are read in order."""
    third = [line.title() for line in LEFT]
    text = read(placed(*row_by_row(LEFT, RIGHT, third, width=250)))["text_content"]
    assert text.split("\n") == LEFT + RIGHT + third


def test_columns_in_order() -> None:
    """Columns that are written one after the other stay as they are."""
    texts = sorted(row_by_row(LEFT, RIGHT))
    in_order = [*reversed(texts[: len(LEFT)]), *reversed(texts[len(LEFT) :])]
    assert read(placed(*in_order))["text_content"].split("\n") == LEFT + RIGHT


def test_tables_are_no_columns() -> None:
    """The rows of a table stay together, though its cells have a gutter between them."""
    names, prices = [f"Article {n}" for n in range(12)], [f"{n}.50 euros" for n in range(12)]
    text = read(placed(*row_by_row(names, prices)))["text_content"]
    assert text.split("\n") == [f"{a} {b}" for a, b in zip(names, prices, strict=True)]


def test_a_page_of_many_texts_is_quick() -> None:
    """A page with thousands of texts in columns is read in bounded time."""
    texts = [(20 + 30 * (n % 20), 5000 - 9 * (n // 20), "ab cd") for n in range(3900)]
    begin = time.process_time()
    assert read(placed(*texts))["word_count"] >= 3900
    assert time.process_time() - begin < 3
