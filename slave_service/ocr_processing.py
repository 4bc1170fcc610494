"""Reads the text in a picture with Tesseract, in one run a page.

Of a file with several pages (TIFF) or frames (GIF) it reads the first one only: ``image_size``
and ``image_mode`` speak of one picture, and so does the text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO

import pytesseract
from PIL import Image, ImageDraw, ImageFont

from protocol.failures import Internal, OutOfMemory, TooLarge, Unavailable
from slave_service import processing
from slave_service.formats import image_pages, images
from slave_service.models import ocr_languages

_INSTALL = (
    "on Debian or Ubuntu: apt install tesseract-ocr; on macOS: brew install tesseract; on "
    "Windows: the installer of https://github.com/UB-Mannheim/tesseract/wiki, and put its folder "
    "on PATH"
)
_MAX_SIDE_PIXELS = 32_767
"""Tesseract counts pixels in 16 bits with a sign and refuses more."""
_MIN_SIDE_PIXELS = 4
"""No letter fits into fewer pixels, and some versions of Tesseract fail on such slivers."""
_WORD_LEVEL = "5"
_NO_WORDS = (
    "No words were found in this picture; if it shows text, send it upright, sharper, or with "
    "letters at least 20 pixels high."
)


@dataclass(frozen=True, slots=True)
class _Word:
    line: tuple[int, int, int]
    """The numbers of its block, of the paragraph in that, of the line in that."""
    text: str
    confidence: float
    box: tuple[int, int, int, int]
    """Left, top, width and height, in pixels of the page."""


def process(source: BinaryIO, languages: str = ocr_languages.DEFAULT) -> dict[str, object]:
    """Return the text of the picture's first frame, and how sure Tesseract is of it.

    ``languages`` are what Tesseract looks for, such as ``eng+deu``; the result names them as
    ``language``.

    ``average_confidence`` is the mean over the words, 0 to 100; 0.0 where there are none.
    ``page_count`` counts the pages of a TIFF or the frames of an animation, of which ``pages_read``
    were read. ``words`` are ``{"text", "confidence", "box": [left, top, width, height]}``, in
    reading order; boxes are in pixels of the upright picture.
    """
    picture = images.load(source)
    page = processing.gray(picture)
    words = _read(page, languages)
    text = _joined(words)
    confidences = [word.confidence for word in words if word.confidence >= 0]
    average = sum(confidences) / len(confidences) if confidences else 0.0
    return {
        "extracted_text": text,
        "word_count": len(text.split()),
        "character_count": len(text),
        "average_confidence": round(average, 2),
        "language": languages,
        "image_size": list(page.size),
        "image_mode": picture.mode,
        "words": [_described(word) for word in words],
        "page_count": picture.page_count,
        "pages_read": 1,
        "warnings": [
            *image_pages.warning(picture.page_count, picture.format),
            *([] if words else [_NO_WORDS]),
        ],
    }


def self_test(languages: str = ocr_languages.DEFAULT) -> None:
    """Raise Unavailable unless Tesseract has the languages and reads an English word, if any."""
    try:
        page = Image.new("L", (320, 100), 255)
        font = ImageFont.load_default(size=48)
        ImageDraw.Draw(page).text((30, 20), "Cluster", fill=0, font=font)
    except ImportError as error:
        raise Unavailable("This Pillow can't draw text; install the one from PyPI") from error
    try:
        answer = _joined(
            _parsed(pytesseract.image_to_data(page, lang=ocr_languages.best_order(languages)))
        )
    except pytesseract.TesseractNotFoundError as error:
        raise Unavailable(f"Tesseract is not installed; {_INSTALL}") from error
    except pytesseract.TesseractError as error:
        raise Unavailable(_why_not_started(languages)) from error
    except (pytesseract.TSVNotSupported, SystemExit) as error:
        # pytesseract ends the whole program where it can't make sense of the version.
        raise Unavailable(f"This Tesseract is too old; install 4 or later: {_INSTALL}") from error
    there = ocr_languages.installed()
    if there is not None and (missing := ocr_languages.why_missing(languages, there)):
        raise Unavailable(missing)
    # In another script a language alone may read it as other letters.
    if ocr_languages.DEFAULT in languages.split("+") and answer != "Cluster":
        raise Unavailable(f"Tesseract misreads a clear word here; reinstall it: {_INSTALL}")


def versions(languages: str = ocr_languages.DEFAULT) -> dict[str, str]:
    """Return what the text depends on: Tesseract's version, its languages and their data."""
    there = ocr_languages.installed()
    data = ocr_languages.fingerprints(languages, there) if there else {}
    version = str(pytesseract.get_tesseract_version())
    return {"tesseract": version, "OCR_LANGUAGES": languages, **data}


def features() -> dict[str, object]:
    """Return what a slave registers of its OCR: the languages that are installed."""
    there = ocr_languages.installed()
    return {"ocr_languages": list(there.names) if there else []}


def _why_not_started(languages: str) -> str:
    there = ocr_languages.installed()
    if there is not None and (missing := ocr_languages.why_missing(languages, there)):
        return f"{missing}, or set TESSDATA_PREFIX to the folder that holds its data"
    return f"Tesseract does not run here; reinstall it: {_INSTALL}"


def _read(page: Image.Image, languages: str) -> list[_Word]:
    if min(page.size) < _MIN_SIDE_PIXELS:
        return []
    if max(page.size) > _MAX_SIDE_PIXELS:
        raise TooLarge(
            f"This picture is {page.width:,} x {page.height:,} pixels, and text can be read in at "
            f"most {_MAX_SIDE_PIXELS:,} a side; cut it into parts and send those."
        )
    # pytesseract saves a copy in the format named here: this one costs no time to compress.
    page.format = "PPM"
    try:
        return _parsed(pytesseract.image_to_data(page, lang=ocr_languages.best_order(languages)))
    except pytesseract.TesseractNotFoundError as error:
        raise Internal("Tesseract has gone from this computer since the slave began.") from error
    except pytesseract.TesseractError as error:
        message = str(error.message)
        if "malloc fail" in message or "bad_alloc" in message:
            raise OutOfMemory(
                "Reading this picture took more memory than there is; scale it down and send it "
                "again."
            ) from error
        raise Internal(
            f"Tesseract stopped before it had read this picture (exit status {error.status})."
        ) from error


def _parsed(table: str) -> list[_Word]:
    """Read Tesseract's TSV (its manual page, "tsv"): one row for each word and what holds it."""
    header, *rows = table.split("\n")
    # pytesseract's own reading of it would cut the confidences down to whole numbers.
    names = header.strip().split("\t")
    cells = (dict(zip(names, row.split("\t"), strict=False)) for row in rows)
    words = (_word(cell) for cell in cells if cell.get("level") == _WORD_LEVEL)
    # A picture's frame can come as a word of blanks.
    return [word for word in words if word.text]


def _word(cell: dict[str, str]) -> _Word:
    block, paragraph, line = (int(cell[name]) for name in ("block_num", "par_num", "line_num"))
    left, top, width, height = (int(cell[name]) for name in ("left", "top", "width", "height"))
    return _Word(
        line=(block, paragraph, line),
        text=cell.get("text", "").strip(),
        confidence=float(cell["conf"]),
        box=(left, top, width, height),
    )


def _described(word: _Word) -> dict[str, object]:
    # Tesseract writes -1 where it has no confidence, and rounding can take it past 100.
    confidence = round(min(100.0, max(0.0, word.confidence)), 2)
    return {"text": word.text, "confidence": confidence, "box": list(word.box)}


def _joined(words: list[_Word]) -> str:
    """Write words into lines, and set paragraphs apart by a blank line."""
    paragraphs = groupby(words, key=lambda word: word.line[:2])
    return "\n\n".join("\n".join(_lines(paragraph)) for _, paragraph in paragraphs)


def _lines(paragraph: Iterator[_Word]) -> Iterator[str]:
    for _, words in groupby(paragraph, key=lambda word: word.line):
        yield " ".join(word.text for word in words)
