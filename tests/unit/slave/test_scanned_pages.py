"""Tests of PDFs whose pages are pictures: OCR reads them, and the result says so."""

import io
import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from scripts.local_cluster import PROJECT
from slave_service import document_processing, progress
from slave_service.formats.pdf import scanned_pages
from tests.conftest import need
from tests.contract.programs import WORKER
from tests.unit.slave.test_pdf_reading import pdf

FIRST, SECOND = "The harbour opens in spring", "Tickets are sold at the gate"


@pytest.fixture(autouse=True)
def _tesseract() -> None:
    need("tesseract")


def scan(*texts: str) -> bytes:
    """Return a PDF with one picture of text a page, 4 x 1 inches at 200 dpi."""
    pages = []
    for text in texts:
        page = Image.new("L", (800, 200), 255)
        ImageDraw.Draw(page).text((40, 80), text, fill=0, font=ImageFont.load_default(size=32))
        pages.append(page)
    pdf = io.BytesIO()
    pages[0].save(pdf, "PDF", save_all=True, append_images=pages[1:], resolution=200)
    return pdf.getvalue()


def with_text_layer(data: bytes) -> bytes:
    """Return the PDF with the words "It works" as text on its first page."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyPDF2 warns that it is deprecated
        from PyPDF2 import PdfReader, PdfWriter
    reader, writer = PdfReader(io.BytesIO(data)), PdfWriter()
    reader.pages[0].merge_page(PdfReader(io.BytesIO(document_processing._known_pdf())).pages[0])
    for page in reader.pages:
        writer.add_page(page)
    pdf = io.BytesIO()
    writer.write(pdf)
    return pdf.getvalue()


def read(data: bytes) -> dict[str, Any]:
    return document_processing.process(io.BytesIO(data))


def test_scanned_pages_are_read() -> None:
    """The text of each page is there, and each is marked, with the confidence of OCR."""
    result = read(scan(FIRST, SECOND))
    assert result["text_content"] == f"{FIRST}\n\n{SECOND}"
    assert [page["ocr"] for page in result["pages"]] == [True, True]
    assert all(80 < page["confidence"] <= 100 for page in result["pages"])
    assert (result["text_layer"], result["pages_without_text"]) == (False, 0)
    assert result["warnings"] == []


def test_page_with_a_few_words_of_its_own_is_read() -> None:
    """A stamp or a page number as text does not hide that the page is a picture."""
    result = read(with_text_layer(scan(FIRST, SECOND)))
    assert FIRST in result["text_content"]
    assert result["text_layer"] is True
    assert result["pages"][0]["ocr"] is True


def test_page_with_text_is_not_read_by_ocr() -> None:
    """A page with text and without pictures is left to PDFium."""
    assert read(document_processing._known_pdf())["pages"] == [{"begin": 0, "end": 8}]


def test_scan_without_words_is_no_silent_success() -> None:
    """A warning says that the picture of a page showed no words."""
    (warning,) = read(pdf(b"10 10 50 50 re f"))["warnings"]
    assert "no words were found in the pictures" in warning
    (warning,) = read(scan(""))["warnings"]
    assert "no words were found in the pictures" in warning
    (warning,) = read(scan(FIRST, ""))["warnings"]
    assert "in which no words were found: 1 of 2 (numbers: 2)" in warning


@pytest.fixture
def _no_tesseract(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PATH", "")
    scanned_pages.is_available.cache_clear()
    yield
    scanned_pages.is_available.cache_clear()


@pytest.mark.usefixtures("_no_tesseract")
def test_without_tesseract_the_warning_says_what_to_do() -> None:
    """On a slave without OCR a scan is a success without text, with the reason."""
    result = read(scan(FIRST))
    assert (result["text_content"], result["text_layer"]) == ("", False)
    (warning,) = result["warnings"]
    assert "this slave has no OCR. Install Tesseract there" in warning


def test_missing_language_is_no_ocr() -> None:
    """Without the data of a language a page is not read with another one."""
    result = document_processing.process(io.BytesIO(scan(FIRST)), "tlh")
    assert result["text_content"] == ""


def test_pages_over_the_limit_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scanned pages that are too many are named, and the others are read."""
    monkeypatch.setattr(scanned_pages, "MAX_PAGES", 1)
    result = read(scan(FIRST, SECOND))
    assert result["text_content"] == FIRST
    assert "Scanned pages that were not read (numbers: 2;" in result["warnings"][-1]


def test_each_page_is_reported() -> None:
    """Each page that is read renews the deadline of the file."""
    reports: list[None] = []
    with progress.reported_to(lambda: reports.append(None)):
        read(scan(FIRST, SECOND))
    assert len(reports) == 2


def test_worker_sends_the_reports(tmp_path: Path) -> None:
    """A worker writes a line for each page before its answer."""
    (file := tmp_path / "scan.pdf").write_bytes(scan(FIRST, SECOND))
    task = {"task_type": "document", "path": str(file)}
    lines = subprocess.run(
        [sys.executable, "-m", WORKER, str(2 * 1024**3), "{}", ""],
        input=json.dumps(task | {"timeout_s": 60, "keywords": {}}).encode() + b"\n",
        stdout=subprocess.PIPE,
        cwd=PROJECT,
        check=True,
    ).stdout.splitlines()
    assert json.loads(lines[0])["reasons"] == {}
    assert [json.loads(line) for line in lines[1:3]] == [{"part_finished": True}] * 2
    assert "bytes" in json.loads(lines[3])
