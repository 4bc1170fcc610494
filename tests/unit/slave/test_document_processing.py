"""The document processor: detection of the document type, and keys of the result."""

import io
import json
import sys
import zipfile
from typing import Any

import docx
import pytest

from protocol import failures
from slave_service import document_processing
from slave_service.formats.pdf import reading

EMPTY = {"title": "", "author": "", "subject": "", "creator": "", "created": "", "modified": ""}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PDF = document_processing._known_pdf()


def read(data: bytes) -> dict[str, Any]:
    """Process a file's bytes."""
    return document_processing.process(io.BytesIO(data))


def a_docx() -> bytes:
    """Return a document of two paragraphs and a table."""
    document = docx.Document()
    document.add_paragraph("one two")
    document.add_paragraph("three")
    document.add_table(1, 1).cell(0, 0).text = "four"
    stored = io.BytesIO()
    document.save(stored)
    return stored.getvalue()


def test_pdf() -> None:
    """The result of a PDF has the number of pages."""
    assert read(PDF) == {
        "document_type": "PDF",
        "page_count": 1,
        "pages": [{"begin": 0, "end": 8}],
        "text_layer": True,
        "pages_without_text": 0,
        "comments": [],
        "form_fields": [],
        "attachments": [],
        "outline": [],
        "text_content": "It works",
        "word_count": 2,
        "character_count": 8,
        "metadata": EMPTY,
        "warnings": [],
    }


def test_docx() -> None:
    """The result of a DOCX has the numbers of paragraphs and tables."""
    assert read(a_docx()) == {
        "document_type": "DOCX",
        "paragraph_count": 2,
        "table_count": 1,
        "comments": [],
        "outline": [],
        "text_content": "one two\nthree\nfour",
        "word_count": 4,
        "character_count": 18,
        "metadata": {
            **EMPTY,
            "author": "python-docx",
            "creator": "Microsoft Macintosh Word",
            "created": "2013-12-23T23:15:00+00:00",
            "modified": "2013-12-23T23:15:00+00:00",
        },
        "warnings": [],
    }


def test_text() -> None:
    """Any other file is a text, and the result has its encoding."""
    assert read("smör\u00a0gås, bröd\r\n".encode()) == {
        "document_type": "Generic Text",
        "encoding": "utf-8",
        "outline": [],
        "text_content": "smör\u00a0gås, bröd\r\n",
        "word_count": 3,
        "character_count": 16,
        "metadata": EMPTY,
        "warnings": [],
    }


@pytest.mark.parametrize("data", [PDF, a_docx(), b"plain \xe4\n"])
def test_results_are_strict_json(data: bytes) -> None:
    """A result is strict JSON, and the same each time."""
    result = read(data)

    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert read(data) == result


def test_all_of_the_text() -> None:
    """A long text is not cut."""
    text = "word " * 50_000

    result = read(text.encode())

    assert (result["text_content"], result["word_count"]) == (text, 50_000)


def test_words_are_those_of_split() -> None:
    """Words are counted as by split(), at all Unicode white space."""
    text = "a\u2003b\x1cc\u200bd\x85e\u3000\u2028f  \n"

    assert read(text.encode())["word_count"] == len(text.split())


def test_white_space_alone() -> None:
    """A file of white space is a text without words."""
    result = read(b" \n\t ")

    assert (result["word_count"], result["character_count"]) == (0, 4)


@pytest.mark.parametrize("before", [b"\n", b"HTTP/1.1 200 OK\r\n\r\n\x00", b"#" * 1000])
def test_pdf_signature_after_other_bytes(before: bytes) -> None:
    """A PDF can begin anywhere in the first kilobyte."""
    assert read(before + PDF)["document_type"] == "PDF"


def test_text_about_pdf() -> None:
    """A text that contains the PDF signature is a text."""
    assert read(b"Every PDF begins with %PDF-1.4.\n")["document_type"] == "Generic Text"


def test_damaged_pdf_after_other_bytes() -> None:
    """A file with the PDF signature that is neither a PDF nor a text is a damaged PDF."""
    with pytest.raises(failures.Corrupt, match="PDF"):
        read(b"\x00\x01\x02\x03" * 50 + b"%PDF-1.4\n" + b"\x00\x07\x00\x00" * 500)


def test_damaged_pdf() -> None:
    """A file that begins with the PDF signature is not read as a text."""
    with pytest.raises(failures.Corrupt, match="PDF"):
        read(b"%PDF-1.4\n but no PDF follows\n")


def test_old_office_formats() -> None:
    """A file of Word 97 is refused with advice."""
    with pytest.raises(failures.Unsupported, match="save it as DOCX or PDF"):
        read(OLE + bytes(4096))


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ("Workbook", "XLS.*save it as XLSX"),
        ("PowerPoint Document", "PPT.*save it as PPTX"),
    ],
)
@pytest.mark.parametrize("position", [1024, 2**20 - 11])
def test_old_formats_are_named(stream: str, expected: str, position: int) -> None:
    """An OLE file is refused by the name of its format, with advice for it."""
    with pytest.raises(failures.Unsupported, match=expected):
        read(OLE.ljust(position, b"\0") + stream.encode("utf-16-le") + bytes(4096))


@pytest.mark.parametrize("stream", ["WordDocument", "__properties_version1.0"])
def test_damaged_old_formats(stream: str) -> None:
    """A Word document or a mail of Outlook whose container is damaged is corrupt."""
    with pytest.raises(failures.Corrupt, match="damaged"):
        read(OLE.ljust(1024, b"\0") + stream.encode("utf-16-le") + bytes(4096))


@pytest.mark.parametrize("position", [600, 2**20 - 10])
def test_encrypted_docx(position: int) -> None:
    """A DOCX with a password, which is an OLE file, is ``Encrypted`` and not an old format."""
    name = "EncryptedPackage".encode("utf-16-le")

    with pytest.raises(failures.Encrypted, match="password"):
        read(OLE.ljust(position, b"\0") + name + bytes(4096))


@pytest.mark.parametrize("head", [b"\x89PNG\r\n\x1a\n", b"\x7fELF", b"\x00\x01\x02\x03"])
def test_binary_files(head: bytes) -> None:
    """Other binary files are refused with advice."""
    with pytest.raises(failures.Unsupported, match=r"not a PDF, an Office document, .* or a text"):
        read(head + bytes(range(256)) * 8)


def test_other_zip_files() -> None:
    """A ZIP file without a document is refused."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w"):
        pass

    with pytest.raises(failures.Unsupported, match="ZIP"):
        read(stored.getvalue())


def test_memory_errors_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lack of memory is not reported as a damaged file."""

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(reading, "read", fail)

    with pytest.raises(MemoryError):
        read(PDF)


def test_self_test() -> None:
    """The self-test passes where everything is installed."""
    document_processing.self_test()


@pytest.mark.parametrize("library", ["pypdfium2", "lxml"])
def test_self_test_without_a_library(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    """Without a library the self-test fails and says what to install."""
    monkeypatch.setattr(document_processing, "find_spec", lambda name: name != library or None)

    with pytest.raises(failures.Unavailable, match=f"{library}; install"):
        document_processing.self_test()


def test_self_test_with_a_broken_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The self-test fails where a library can't be loaded."""
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    monkeypatch.setattr(document_processing, "find_spec", bool)

    with pytest.raises(failures.Unavailable, match="reinstall"):
        document_processing.self_test()


def test_self_test_with_a_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The self-test fails where a PDF is read wrongly."""
    wrong = reading.PdfContent(1, "It w0rks", {})
    monkeypatch.setattr(reading, "read", lambda *_: wrong)

    with pytest.raises(failures.Unavailable, match="wrongly"):
        document_processing.self_test()
