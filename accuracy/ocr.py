"""Measures OCR on pages that are drawn from known words, clean and spoiled in known ways."""

import io
import random
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path

from PIL import Image

from accuracy import ocr_pages as pages
from accuracy.rows import Row, word_recall
from slave_service import ocr_processing
from slave_service.models.ocr import rapid

_PAGES = 3
_LINES = 6
_LOWEST, _LOWEST_WITHOUT_EXTRA = 0.95, 0.9
"""The second is for Tesseract alone."""

Maker = Callable[[random.Random], tuple[Image.Image, str]]


def measure(seed: int, folder: Path) -> list[Row]:
    """Return the share of words that are read, by kind of page; ``folder`` keeps the pages."""
    engine = "with" if rapid.is_installed() else "without"
    lowest = _LOWEST if rapid.is_installed() else _LOWEST_WITHOUT_EXTRA
    rows = []
    for kind, (make, count) in _kinds().items():
        shares, orders = [], []
        for number in range(count):
            image, text = make(random.Random(f"{seed} {kind} {number}"))  # noqa: S311 (no secret)
            image.save(folder / f"{kind} {number}.png")
            found = _read(image)
            shares.append(word_recall(text, found))
            orders.append(SequenceMatcher(None, text.split(), found.split()).ratio())
        what = f"words read, {engine} requirements-ocr.txt"
        rows.append(Row(kind, what, sum(shares) / count, count, lowest))
        if kind == "two columns":
            rows.append(Row(kind, "words in order", sum(orders) / count, count, lowest))
    mean = sum(row.value for row in rows) / len(rows)
    return [*rows, Row("all kinds", "mean", mean, sum(row.files for row in rows))]


def _read(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return str(ocr_processing.process(file)["extracted_text"])


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
