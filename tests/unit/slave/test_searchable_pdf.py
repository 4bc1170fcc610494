"""The searchable PDF: its pages look like the scan, and its words are found at their boxes."""

import io
from itertools import pairwise

import pypdfium2
import pytest
from PIL import Image, ImageDraw

from protocol.failures import TooLarge
from slave_service import ocr_processing
from slave_service.file_result import FileResult
from slave_service.formats.searchable_pdf.writing import SearchablePdf
from slave_service.models.ocr.page_text import PageText, Word
from tests.conftest import need
from tests.unit.slave.test_ocr_processing import page, upload

LINES = ("Größere Mengen für", "Привет, мир - снова", "中文 測試 漢字", "a \N{GRINNING FACE} .")
DPI = 150.0


def text_of(lines: tuple[str, ...], size: tuple[int, int] = (600, 400)) -> PageText:
    """Return a page of these lines, each with a box for each word."""
    words, top = [], 40
    for number, line in enumerate(lines):
        left = 30
        for word in line.split():
            words.append(Word((1, 1, number), word, 90.0, (left, top, 18 * len(word), 30)))
            left += 18 * len(word) + 14
        top += 50
    return PageText(tuple(words), size)


def written(*pages: tuple[Image.Image, PageText]) -> bytes:
    file = io.BytesIO()
    pdf = SearchablePdf(file)
    for image, text in pages:
        pdf.add(image, (DPI, DPI), text)
    pdf.finish()
    return file.getvalue()


def first_page(data: bytes) -> tuple[str, list[tuple[float, ...]]]:
    """Return the text of the first page, and the box of each character that is no blank."""
    with pypdfium2.PdfDocument(data) as document:
        textpage = document[0].get_textpage()
        text = str(textpage.get_text_range())
        height = document[0].get_height()
        boxes: list[tuple[float, ...]] = []
        for index in range(textpage.count_chars()):
            left, bottom, right, top = textpage.get_charbox(index, loose=True)
            if textpage.get_text_range(index, 1).strip():
                boxes.append((left, height - top, right, height - bottom))
    return text, boxes


def test_words_are_found_in_order_at_their_boxes() -> None:
    """Letters of any script are extracted, and each word covers its box within a point."""
    text = text_of(LINES[:3])
    extracted, boxes = first_page(written((Image.new("L", (600, 400), 255), text)))
    assert extracted.split() == text.text.split()
    assert extracted.splitlines() == text.text.splitlines()
    begin = 0
    for word in text.words:
        letters = boxes[begin : begin + len(word.text)]
        begin += len(letters)
        left, top, width, height = (side * 72 / DPI for side in word.box)
        found = (letters[0][0], letters[0][1], letters[-1][2], letters[-1][3])
        assert found == pytest.approx((left, top, left + width, top + height), abs=1)
        assert all(a[2] == pytest.approx(b[0], abs=0.5) for a, b in pairwise(letters))


def test_characters_beyond_the_basic_plane_are_kept() -> None:
    """An emoji is one character, and single letters and marks are found too."""
    extracted, _ = first_page(written((Image.new("1", (600, 400), 1), text_of(LINES[3:]))))
    assert extracted.split() == LINES[3].split()


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_the_page_looks_as_it_is(mode: str) -> None:
    """The picture fills the page at its size, and the words are not seen."""
    image = Image.new(mode, (600, 400), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 299, 199), fill="black" if mode != "RGB" else "#c02020")
    with pypdfium2.PdfDocument(written((image, text_of(LINES)))) as document:
        assert document[0].get_size() == pytest.approx((600 * 72 / DPI, 400 * 72 / DPI))
        shown = document[0].render(scale=DPI / 72).to_pil().convert("RGB").resize((600, 400))
    expected = image.convert("RGB")
    for place in ((100, 100), (450, 100), (100, 300), (450, 300)):
        assert shown.getpixel(place) == pytest.approx(expected.getpixel(place), abs=6)


def test_same_pages_give_the_same_bytes() -> None:
    """Nothing in the file depends on time or chance."""
    pages = [(Image.new("L", (600, 400), 200), text_of(LINES))] * 2
    assert written(*pages) == written(*pages)
    assert len(pypdfium2.PdfDocument(written(*pages))) == 2


def test_page_without_words_and_huge_page() -> None:
    """Both are valid pages; a page is at most 200 inches long."""
    empty = PageText((), (40, 30_000))
    with pypdfium2.PdfDocument(written((Image.new("1", (40, 30_000), 1), empty))) as document:
        assert document[0].get_height() == pytest.approx(14_400)


def test_turned_scan_becomes_an_upright_pdf() -> None:
    """The PDF has the words of the JSON at its boxes, on the page as it was turned."""
    need("tesseract")
    scan = page("Hello brave\nnew world").rotate(90, expand=True)
    file = upload(scan, "TIFF", dpi=(100, 100))
    result = ocr_processing.process(file)
    pdf = ocr_processing.process(file, output="pdf")
    assert isinstance(pdf, FileResult)
    assert pdf.warnings == tuple(result["warnings"])  # type: ignore[arg-type]
    text, boxes = first_page(pdf)
    assert text.split() == ["Hello", "brave", "new", "world"]
    left, top, *_ = (side * 72 / 100 for side in result["words"][0]["box"])  # type: ignore[index]
    assert boxes[0][:2] == pytest.approx((left, top), abs=3)
    with pypdfium2.PdfDocument(pdf) as document:
        assert document[0].get_size() == pytest.approx((900 * 0.72, 300 * 0.72))


def test_too_large_pdf_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure says to send fewer pages."""
    monkeypatch.setattr(ocr_processing, "_MAX_PDF_BYTES", 100)
    with pytest.raises(TooLarge, match="send fewer pages"):
        ocr_processing.process(upload(Image.new("L", (90, 90), 255)), output="pdf")
