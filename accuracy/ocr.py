"""Measures OCR on pages that are drawn from known words, clean and spoiled in known ways."""

import io
import random
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from pathlib import Path

import pypdfium2
from PIL import Image

from accuracy import ocr_pages as pages
from accuracy import ocr_scans as scans
from accuracy.rows import Row, word_recall
from slave_service import document_processing, ocr_processing
from slave_service.file_result import FileResult
from slave_service.models.ocr import rapid

_PAGES = 3
_LINES = 6
_LOWEST, _LOWEST_WITHOUT_EXTRA = 0.95, 0.9
"""The second is for Tesseract alone."""
_LOWEST_MEAN = 0.995

Maker = Callable[[random.Random], tuple[Image.Image, str]]

_SCANS: dict[str, tuple[Maker, int, float, float]] = {
    "receipt": (scans.receipt, 10, 0.94, 0.8),
    "dense old print": (scans.dense_print, 4, 0.978, 0.9),
    "line of a scan": (scans.line, 10, 0.97, 0.9),
}
"""How a kind is drawn, how many, and the lowest shares with and without RapidOCR."""


def measure(seed: int, folder: Path) -> list[Row]:
    """Return the share of words that are read, by kind of page; ``folder`` keeps the pages."""
    engine = "with" if rapid.is_installed() else "without"
    lowest = _LOWEST if rapid.is_installed() else _LOWEST_WITHOUT_EXTRA
    rows = []
    for kind, (make, count) in _kinds().items():
        shares, orders = [], []
        for number in range(count):
            image, text = make(_chance(seed, kind, number))
            image.save(folder / f"{kind} {number}.png")
            found = _read(image)
            shares.append(word_recall(text, found))
            orders.append(SequenceMatcher(None, text.split(), found.split()).ratio())
        what = f"words read, {engine} requirements-ocr.txt"
        rows.append(Row(kind, what, sum(shares) / count, count, lowest))
        if kind == "two columns":
            rows.append(Row(kind, "words in order", sum(orders) / count, count, lowest))
    mean = sum(row.value for row in rows) / len(rows)
    lowest_mean = _LOWEST_MEAN if rapid.is_installed() else None
    rows.append(Row("all kinds", "mean", mean, sum(row.files for row in rows), lowest_mean))
    return [*rows, *_by_engine(seed, folder), *_as_pdf(seed)]


def _by_engine(seed: int, folder: Path) -> Iterator[Row]:
    """Yield a row for each engine and each kind of page on which they differ most."""
    engines = ["auto", "tesseract", *(["rapidocr"] if rapid.is_installed() else [])]
    for kind, (make, count, lowest, lowest_alone) in _SCANS.items():
        made = [make(_chance(seed, kind, number)) for number in range(count)]
        for number, (image, _) in enumerate(made):
            image.save(folder / f"{kind} {number}.png")
        for engine in engines:
            share = sum(word_recall(text, _read(image, engine)) for image, text in made) / count
            is_alone = engine == "tesseract" or not rapid.is_installed()
            bound = None if engine == "rapidocr" else lowest_alone if is_alone else lowest
            yield Row(kind, f"words read, {engine}", share, count, bound)


def _as_pdf(seed: int) -> Iterator[Row]:
    """Yield how many words are found in scanned PDFs, and in searchable PDFs of scans."""
    made = [pages.page(_chance(seed, "PDF", number)) for number in range(_PAGES)]
    shares, found = [], []
    for image, text in made:
        scan = io.BytesIO()
        image.save(scan, "PDF", resolution=150)
        shares.append(word_recall(text, str(document_processing.process(scan)["text_content"])))
        pdf = ocr_processing.process(scan, output="pdf")
        found.append(word_recall(text, _extracted(pdf)))
    yield Row("scanned PDF", "words read by document", sum(shares) / _PAGES, _PAGES, 0.97)
    yield Row("searchable PDF", "words that PDFium extracts", sum(found) / _PAGES, _PAGES, 0.97)


def _extracted(pdf: object) -> str:
    if not isinstance(pdf, FileResult):
        raise TypeError("ocr did not return a PDF")
    with pypdfium2.PdfDocument(pdf) as document:
        return str(document[0].get_textpage().get_text_range())


def _chance(seed: int, kind: str, number: int) -> random.Random:
    return random.Random(f"{seed} {kind} {number}")  # noqa: S311 (no secret)


def _read(image: Image.Image, engine: str = "auto") -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return str(ocr_processing.process(file, engine=engine)["extracted_text"])


def _kinds() -> dict[str, tuple[Maker, int]]:
    spoiled: dict[str, pages.Spoil] = {
        "normal noise": pages.noisy,
        "strong noise": pages.very_noisy,
        "speckles": pages.speckled,
        **{f"turned by {turn}°": pages.turned(turn) for turn in (90, 180, 270)},
        **{f"skewed by {angle}°": pages.skewed(angle) for angle in (2, 5, 10, 20)},
        "uneven light": pages.uneven,
        "light on dark": pages.inverted,
        "low contrast": pages.faint,
        "coloured ground": pages.colored,
        "like a photo": pages.photographed,
    }
    kinds: dict[str, tuple[Maker, int]] = {
        f"clean, {dpi} dpi": (_clean(dpi), _PAGES) for dpi in (72, 100, 150, 200, 300)
    }
    kinds |= {kind: (_spoiled(spoil), _PAGES) for kind, spoil in spoiled.items()}
    kinds["two columns"] = (lambda rng: pages.page(rng, columns=2), _PAGES)
    kinds["single line"] = (pages.single_line, _LINES)
    kinds["single word"] = (pages.single_word, _LINES)
    return kinds


def _clean(dpi: int) -> Maker:
    return lambda rng: pages.page(rng, dpi)


def _spoiled(spoil: pages.Spoil) -> Maker:
    def make(rng: random.Random) -> tuple[Image.Image, str]:
        image, text = pages.page(rng)
        return spoil(image, rng), text

    return make
