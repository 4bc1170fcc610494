"""Warnings about content of documents and texts that the text of the result lacks."""

import io
import zipfile
from typing import Any

import docx
import pypdfium2
import pytest
from PIL import Image

from slave_service import document_processing, text_processing
from tests.hostile import docx_writing, pdf_writing
from tests.unit.slave.test_pdf_reading import encrypted, lines, pdf

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SQUARE = b"10 10 50 50 re f"


def read(data: bytes) -> dict[str, Any]:
    return document_processing.process(io.BytesIO(data))


def read_without_ocr(data: bytes) -> dict[str, Any]:
    """Read like a slave that lacks the data of a language."""
    return document_processing.process(io.BytesIO(data), "tlh")


def scan(pages: int) -> bytes:
    """Return a PDF whose pages are pictures, like a scan."""
    images = [Image.new("RGB", (60, 80), "gray") for _ in range(pages)]
    file = io.BytesIO()
    images[0].save(file, "PDF", save_all=True, append_images=images[1:])
    return file.getvalue()


def annotated(*entries: bytes) -> bytes:
    """Return a PDF of one page of text with these annotations."""
    kids = b" ".join(b"<</Type/Annot/Rect[0 0 9 9]%s>>" % entry for entry in entries)
    return pdf_writing.one_page(pdf_writing.stream(pdf_writing.CONTENT), more=b"/Annots[%s]" % kids)


def document(**parts: tuple[str, bytes]) -> bytes:
    """Return a document with a line of text and relations to parts of the given kinds."""
    entries = [(f"{OFFICE}/{kind}", f"{name}.xml", "") for name, (kind, _) in parts.items()]
    files = {f"word/{name}.xml": data for name, (_, data) in parts.items()}
    files["word/_rels/document.xml.rels"] = docx_writing.relations(*entries)
    return docx_writing.package(docx_writing.document(docx_writing.paragraph("Text")), files)


def test_scan_gives_a_warning() -> None:
    """A PDF whose pages are pictures has no text layer, and the warning names ocr."""
    result = read_without_ocr(scan(3))

    assert (result["page_count"], result["text_layer"], result["pages_without_text"]) == (
        3,
        False,
        3,
    )
    (warning,) = result["warnings"]
    assert "no text: its pages are pictures" in warning
    assert "ocr" in warning


def test_pages_without_text_are_named() -> None:
    """The warning names the pages that are pictures, and leaves out blank ones."""
    result = read_without_ocr(pdf(lines(b"one"), SQUARE, b"", lines(b"four"), SQUARE))

    assert (result["text_layer"], result["pages_without_text"]) == (True, 3)
    (warning,) = result["warnings"]
    assert "2 of 5 (numbers: 2, 5)" in warning


def test_blank_pages_are_no_scan() -> None:
    """A PDF with blank pages has a warning that says so."""
    result = read(pdf(b"", b""))

    assert (result["text_layer"], result["pages_without_text"]) == (False, 2)
    assert result["warnings"] == ["This PDF has no text, and nothing is drawn on its pages."]


def test_many_pages_without_text_are_not_all_named() -> None:
    """The warning names ten pages at most."""
    (warning,) = read_without_ocr(pdf(lines(b"one"), *[SQUARE] * 40))["warnings"]
    assert "40 of 41 (numbers: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …)" in warning


def test_a_pdf_with_an_empty_password_is_read_whole() -> None:
    """A PDF with an empty password is read without a warning."""
    result = read(encrypted(pdf(lines(b"open")), ""))
    assert (result["text_content"], result["text_layer"], result["warnings"]) == ("open", True, [])


def test_very_many_annotations_are_bounded() -> None:
    """A page with more annotations than the limit is read, with a warning."""
    result = read(annotated(*[b"/Subtype/Text/Contents(x)"] * 30_000))
    assert result["text_content"].startswith("Good day")
    assert len(result["comments"]) == 20_000
    assert "further comments" in result["warnings"][0]


def test_attached_files_are_counted() -> None:
    """The files attached to a PDF, as in a portfolio, are counted and named."""
    made = pypdfium2.PdfDocument(pdf(lines(b"cover")))
    made.new_attachment("report.txt").set_data(b"the report itself")
    file = io.BytesIO()
    made.save(file)
    made.close()
    result = read(file.getvalue())
    assert "attached files (1)" in result["warnings"][0]
    assert result["attachments"] == ["report.txt"]


def test_pdf_without_its_end_gives_a_warning() -> None:
    """A PDF without its end is read, with a warning that pages may be missing."""
    whole = pdf(lines(b"one"), lines(b"two"))
    result = read(whole[: whole.index(b"startxref")])
    assert "one" in result["text_content"]
    assert "end of this PDF is missing" in result["warnings"][0]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("chart", "charts (1)"),
        ("diagramData", "diagrams (1)"),
        ("oleObject", "embedded objects (1)"),
        ("package", "embedded files (1)"),
        ("aFChunk", "inserted documents (1)"),
    ],
)
def test_unread_parts_of_a_docx_are_counted(kind: str, expected: str) -> None:
    """Each kind of part that can contain text and is not read is counted."""
    (warning,) = read(document(part=(kind, b"<x/>")))["warnings"]
    assert f"Not part of the text: {expected}." in warning


def test_comments_of_a_docx_are_read() -> None:
    """Comments follow the text, and are a key with their authors; there is no warning."""
    made = docx.Document()
    run = made.add_paragraph().add_run("Commented text")
    made.add_comment(run, "Please check\nthis number", author="Ada", initials="A")
    made.add_comment(run, "")
    made.add_comment(run, "Right", author="Boris")
    commented = io.BytesIO()
    made.save(commented)
    result = read(commented.getvalue())
    assert result["text_content"] == "Commented text\nPlease check\nthis number\nRight"
    assert [entry["author"] for entry in result["comments"]] == ["Ada", "Boris"]
    assert result["warnings"] == []


def test_document_with_a_damaged_comments_part_is_read() -> None:
    """A document with a damaged comments part is read, with a warning about comments."""
    result = read(document(part=("comments", b"<broken")))
    assert result["text_content"] == "Text"
    assert "comments, whose part is damaged" in result["warnings"][0]


def test_a_docx_of_pictures_alone_names_ocr() -> None:
    """A document of pictures without text has a warning that names ocr."""
    picture = io.BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "PNG")
    made = docx.Document()
    made.add_picture(picture)
    file = io.BytesIO()
    made.save(file)
    result = read(file.getvalue())
    assert result["word_count"] == 0
    (warning,) = result["warnings"]
    assert "no text, but pictures (1)" in warning
    assert zipfile.is_zipfile(file)


def test_empty_docx_gives_a_warning() -> None:
    """A document without words has a warning that says so."""
    file = io.BytesIO()
    docx.Document().save(file)
    assert read(file.getvalue())["warnings"] == [
        "This document has no text; check that it is the right one."
    ]


DAMAGED = "Grüße, ".encode() * 9 + b"\xff\xfe" + "aus Köln. ".encode() * 9


@pytest.mark.parametrize("process", [document_processing.process, text_processing.process])
def test_undecodable_bytes_are_counted(process: Any) -> None:
    """The warning about undecodable bytes has their number and advice."""
    (warning,) = process(io.BytesIO(DAMAGED))["warnings"]
    assert "could not be read, and stand as \ufffd: 2 (the encoding was taken for utf-8)" in warning
    assert process(io.BytesIO("a genuine \ufffd".encode()))["warnings"] == []


@pytest.mark.parametrize("process", [document_processing.process, text_processing.process])
@pytest.mark.parametrize("data", [b" \n\t ", b"\xef\xbb\xbf"])
def test_text_of_white_space_gives_a_warning(process: Any, data: bytes) -> None:
    """A text without words is a success with a warning."""
    result = process(io.BytesIO(data))
    assert result["word_count"] == 0
    assert "not a single word" in result["warnings"][0]
