"""Which engine reads a page, and what tells that much of it was missed."""

import io
import random

import pytest
from PIL import Image, ImageDraw

from accuracy import ocr_scans
from accuracy.rows import word_recall
from protocol.failures import Corrupt, Encrypted, Unsupported
from slave_service import document_processing, ocr_processing, progress
from slave_service.models.ocr import quality, rapid, tesseract
from slave_service.models.ocr.page_text import Word
from slave_service.models.ocr.reader import read_page
from tests.conftest import need
from tests.unit.slave.test_ocr_processing import page, upload
from tests.unit.slave.test_pdf_reading import encrypted, lines, pdf
from tests.unit.slave.test_scanned_pages import FIRST, SECOND, scan


def test_words_are_counted_by_what_their_confidence_is_worth() -> None:
    """A sure word of Tesseract counts more than an equally sure one of RapidOCR; marks not."""
    words = [Word((1, 1, 1), text, 96.0, (0, 0, 9, 9)) for text in ("one", "two", "-", "|")]
    assert quality.words_right(words, "tesseract") == pytest.approx(2, abs=0.01)
    assert quality.words_right(words, "rapidocr") < 1.9
    assert quality.word_count(words) == 2


def test_ink_beside_the_words_is_measured() -> None:
    """Words without a box are ink that is left; margins, bars and blank paper are not."""
    image = page("Hello brave\nnew world")
    ImageDraw.Draw(image).rectangle((0, 0, 12, 300), fill=0)
    below = Word((1, 1, 1), "new", 90.0, (30, 90, 300, 60))
    above = Word((1, 1, 2), "Hello", 90.0, (30, 40, 300, 45))
    assert 0.4 < quality.ink_left(image, [above]) < 0.7
    assert quality.ink_left(image, [above, below]) < 0.01
    assert quality.ink_left(Image.new("L", (90, 90), 255), []) == 0


def test_missed_lines_are_read_in_a_second_attempt() -> None:
    """Tesseract's analysis of this receipt misses a third of its words."""
    need("tesseract")
    image, text = ocr_scans.receipt(random.Random("5 receipt 3"))  # noqa: S311 (no secret)
    assert word_recall(text, read_page(image, "eng", "tesseract").text) > 0.9


def test_direction_is_chosen_by_confidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """More words of little confidence, in the last direction tried, do not win."""
    tried: list[int] = []

    def read(*_: object, **__: object) -> tuple[Word, ...]:
        tried.append(len(tried))
        text, confidence, count = ("noise", 40.0, 9) if tried[1:] else ("right", 55.0, 3)
        return tuple(Word((1, 1, n), text, confidence, (0, 30 * n, 90, 20)) for n in range(count))

    monkeypatch.setattr(tesseract, "read", read)
    monkeypatch.setattr(quality, "ink_left", lambda *_: 0.0)
    assert "noise" not in read_page(page("Hello brave\nnew world"), "eng", "tesseract").text
    assert len(tried) > 1


def test_one_block_is_cut_at_gaps_into_columns() -> None:
    """The second attempt reads across columns, and the order is put right."""
    words = [
        Word((1, 1, row), f"{side}{row}", 90.0, (left, 30 * row, 40, 20))
        for row in range(3)
        for side, left in (("a", 0), ("b", 200))
    ]
    found = tesseract.in_columns(words)
    assert [word.text for word in found] == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_rapidocr_is_refused_where_it_can_not_read() -> None:
    """The failure names what is missing: the extra, or the language."""
    what = "rus: choose" if rapid.is_installed() else r"requirements-ocr\.txt"
    with pytest.raises(Unsupported, match=what):
        ocr_processing.process(upload(page("Word")), languages="rus", engine="rapidocr")
    with pytest.raises(Unsupported, match=what):
        document_processing.process(io.BytesIO(scan(FIRST)), languages="rus", engine="rapidocr")


def test_pages_of_a_pdf_are_read() -> None:
    """Every page has its text and size; each of them renews the deadline."""
    need("tesseract")
    reports: list[None] = []
    with progress.reported_to(lambda: reports.append(None)):
        result = ocr_processing.process(io.BytesIO(scan(FIRST, SECOND)), engine="tesseract")
    assert result["extracted_text"] == f"{FIRST}\n\n{SECOND}"
    assert (result["page_count"], result["pages_read"], result["engine"]) == (2, 2, "tesseract")
    assert (result["image_size"], result["image_mode"]) == ([800, 200], "RGB")
    assert [each["text"] for each in result["pages"]] == [FIRST, SECOND]  # type: ignore[attr-defined]
    assert (len(reports), result["warnings"]) == (2, [])


def test_pdf_that_can_not_be_opened() -> None:
    """A password and damage are told apart."""
    with pytest.raises(Encrypted, match="needs a password"):
        ocr_processing.process(io.BytesIO(encrypted(pdf(lines(b"secret")), "word")))
    with pytest.raises(Corrupt, match="damaged"):
        ocr_processing.process(io.BytesIO(b"%PDF-1.4 and no more"))


def test_pdf_is_known_with_bytes_before_its_signature() -> None:
    """PDF readers look for the signature in the first 1,024 bytes, and so does ocr."""
    need("tesseract")
    data = b"\x00junk\xff\n" + pdf(lines(b"Hello world"))
    result = ocr_processing.process(io.BytesIO(data))
    assert result["extracted_text"] == "Hello world"
