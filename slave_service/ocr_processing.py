"""Reads the text in a picture with Tesseract, which it starts once for each picture.

Of a file with several pages (TIFF) or frames (GIF) it reads only the first, to which also
``image_size`` and ``image_mode`` refer.
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
"""Tesseract's limit: it stores coordinates as signed 16-bit integers."""
_MIN_SIDE_PIXELS = 4
"""Fewer pixels show no letter, and make some versions of Tesseract fail."""
_WORD_LEVEL = "5"
_NO_WORDS = (
    "No words were found in this picture; if it shows text, send it upright, sharper, or with "
    "letters at least 20 pixels high."
)


@dataclass(frozen=True, slots=True)
class _Word:
    line: tuple[int, int, int]
    """Number of the block, of the paragraph in the block, and of the line in the paragraph."""
    text: str
    confidence: float
    box: tuple[int, int, int, int]
    """Left, top, width and height, in pixels of the page."""


def process(source: BinaryIO, languages: str = ocr_languages.DEFAULT) -> dict[str, object]:
    """Return the text of the picture's first frame, with Tesseract's confidence.

    ``languages`` is in Tesseract's form, such as ``eng+deu``, and is ``language`` in the result.

    ``average_confidence`` is the mean over the words, 0 to 100; 0.0 where there are none.
    ``page_count`` is the number of pages of a TIFF or frames of an animation, ``pages_read`` the
    number of those that were read. ``words`` are ``{"text", "confidence", "box": [left, top, width,
    height]}`` in reading order; boxes are in pixels of the upright picture.
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
            *picture.warnings,
            *image_pages.warning(picture.page_count, picture.format),
            *([] if words else [_NO_WORDS]),
        ],
    }


def self_test(languages: str = ocr_languages.DEFAULT) -> None:
    """Raise ``Unavailable`` unless Tesseract has the languages and, with English, reads a word."""
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
        # pytesseract raises SystemExit where it can't parse Tesseract's version.
        raise Unavailable(f"This Tesseract is too old; install 4 or later: {_INSTALL}") from error
    available = ocr_languages.installed()
    if available is not None and (missing := ocr_languages.why_missing(languages, available)):
        raise Unavailable(missing)
    # Without English, a language of another script may read the word as other letters.
    if ocr_languages.DEFAULT in languages.split("+") and answer != "Cluster":
        raise Unavailable(f"Tesseract misreads a clear word here; reinstall it: {_INSTALL}")


def versions(languages: str = ocr_languages.DEFAULT) -> dict[str, str]:
    """Return Tesseract's version, its languages and fingerprints of their data."""
    available = ocr_languages.installed()
    data = ocr_languages.fingerprints(languages, available) if available else {}
    version = str(pytesseract.get_tesseract_version())
    return {"tesseract": version, "OCR_LANGUAGES": languages, **data}


def features() -> dict[str, object]:
    """Return the OCR fields of the registration: the installed languages."""
    available = ocr_languages.installed()
    return {"ocr_languages": list(available.names) if available else []}


def _why_not_started(languages: str) -> str:
    available = ocr_languages.installed()
    if available is not None and (missing := ocr_languages.why_missing(languages, available)):
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
    # pytesseract saves a copy in this format; PPM takes no time to compress.
    page.format = "PPM"
    try:
        return _parsed(pytesseract.image_to_data(page, lang=ocr_languages.best_order(languages)))
    except pytesseract.TesseractNotFoundError as error:
        raise Internal(
            "Tesseract was removed from this computer since the slave started."
        ) from error
    except pytesseract.TesseractError as error:
        message = str(error.message)
        if "malloc fail" in message or "bad_alloc" in message:
            raise OutOfMemory(
                "Reading this picture takes more memory than is available; scale it down and send "
                "it again."
            ) from error
        raise Internal(
            f"Tesseract stopped before it had read this picture (exit status {error.status})."
        ) from error


def _parsed(table: str) -> list[_Word]:
    """Return the words in Tesseract's TSV (see "tsv" in its manual page)."""
    header, *rows = table.split("\n")
    # pytesseract's own parser truncates the confidences to integers.
    names = header.strip().split("\t")
    cells = (dict(zip(names, row.split("\t"), strict=False)) for row in rows)
    words = (_word(cell) for cell in cells if cell.get("level") == _WORD_LEVEL)
    # Tesseract can report the border of a picture as a word of blanks.
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
    # Tesseract writes -1 for an unknown confidence, and rounding can exceed 100.
    confidence = round(min(100.0, max(0.0, word.confidence)), 2)
    return {"text": word.text, "confidence": confidence, "box": list(word.box)}


def _joined(words: list[_Word]) -> str:
    """Return the words in lines, with a blank line between paragraphs."""
    paragraphs = groupby(words, key=lambda word: word.line[:2])
    return "\n\n".join("\n".join(_lines(paragraph)) for _, paragraph in paragraphs)


def _lines(paragraph: Iterator[_Word]) -> Iterator[str]:
    for _, words in groupby(paragraph, key=lambda word: word.line):
        yield " ".join(word.text for word in words)
