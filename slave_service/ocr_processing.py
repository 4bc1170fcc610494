"""Reads the text in a picture: all pages of a TIFF, of an animation only the first frame.

``image_size`` and ``image_mode`` are those of the first page.
"""

from collections.abc import Iterator
from typing import BinaryIO

import pytesseract
from PIL import Image, ImageDraw, ImageFont

from protocol import ocr_engines
from protocol.failures import Corrupt, TooLarge, Unavailable
from slave_service import processing
from slave_service.formats import image_pages, images
from slave_service.models import ocr_languages
from slave_service.models.ocr import channels, page_text, rapid, tesseract
from slave_service.models.ocr.page_text import PageText
from slave_service.models.ocr.reader import read_page

_INSTALL = (
    "on Debian or Ubuntu: apt install tesseract-ocr; on macOS: brew install tesseract; on "
    "Windows: the installer of https://github.com/UB-Mannheim/tesseract/wiki, and put its folder "
    "on PATH"
)
_MAX_PAGES = 100
_MAX_WORK_PIXELS = 300_000_000
"""After so many no further page is begun; reading them takes about two minutes."""
_NO_WORDS = (
    "No words were found in this picture; if it shows text, send it upright, sharper, or with "
    "letters at least 20 pixels high."
)


def process(
    source: BinaryIO,
    languages: str = ocr_languages.DEFAULT,
    engine: str = ocr_engines.AUTO,
) -> dict[str, object]:
    """Return the text of the picture's pages, with the confidence of the engine that read it.

    ``languages`` is in Tesseract's form, such as ``eng+deu``, and is ``language`` in the result.
    ``engine`` is one of ``protocol.ocr_engines``.

    ``average_confidence`` is the mean over the words, 0 to 100; 0.0 where there are none.
    ``page_count`` is the number of pages of a TIFF or frames of an animation, ``pages_read`` the
    number of those that were read. ``words`` of the first page are ``{"text", "confidence",
    "box": [left, top, width, height]}`` in reading order; boxes are in pixels of the upright
    picture. ``pages`` has the same of each page.
    """
    if engine == ocr_engines.RAPIDOCR:
        rapid.require(languages)
    picture = images.load(source)
    numbered = list(_pages(source, picture, languages, engine))
    pages = [page for _, page in numbered if page is not None]
    text = "\n\n".join(page.text for page in pages if page.text)
    words = [word for page in pages for word in page.words]
    first = pages[0]
    return {
        "extracted_text": text,
        "word_count": len(text.split()),
        "character_count": len(text),
        "average_confidence": round(page_text.mean_confidence(words), 2),
        "language": languages,
        "engine": "+".join(dict.fromkeys(page.engine for page in pages)),
        "image_size": list(first.size),
        "image_mode": picture.mode,
        "rotation": first.rotation,
        "words": [word.described() for word in first.words],
        "pages": [page.described(number) for number, page in numbered if page is not None],
        "page_count": picture.page_count,
        "pages_read": len(pages),
        "warnings": [*picture.warnings, *_warnings(picture, numbered)],
    }


def _pages(
    source: BinaryIO, picture: images.Picture, languages: str, engine: str
) -> Iterator[tuple[int, PageText | None]]:
    """Yield the number of each page, from 1, and its text; None for a page that can't be decoded.

    It ends after ``_MAX_PAGES`` pages, or when the pixels read exceed ``_MAX_WORK_PIXELS``.
    """
    first = read_page(_levels(picture), languages, engine)
    yield 1, first
    if picture.format != "TIFF" or picture.page_count == 1:
        return
    work = first.work
    for number, frame in enumerate(image_pages.tiff_frames(source, _MAX_PAGES), start=1):
        if number == 1:
            continue
        if work > _MAX_WORK_PIXELS:
            return
        try:
            page = read_page(_levels(images.load(source, frame)), languages, engine)
        except (Corrupt, TooLarge):
            yield number, None
        else:
            work += page.work
            yield number, page


def _levels(picture: images.Picture) -> Image.Image:
    """Return the upright page in mode L."""
    gray = processing.gray(picture)
    if picture.image.mode != "RGB" or picture.image.has_transparency_data:
        return gray
    colored = images.apply_orientation(picture.image, picture.orientation)
    return channels.clearest(gray, colored)


def _warnings(picture: images.Picture, pages: list[tuple[int, PageText | None]]) -> list[str]:
    if picture.format != "TIFF":
        found = image_pages.warning(picture.page_count, picture.format)
    else:
        found = _unread_pages(picture.page_count, pages)
    if not any(page and page.words for _, page in pages):
        return [*found, _NO_WORDS]
    empty = [number for number, page in pages if page and not page.words]
    if empty:
        found.append(
            f"No words were found on {_listed(empty)}; if there is text, send sharper pages."
        )
    return found


def _unread_pages(page_count: int, pages: list[tuple[int, PageText | None]]) -> list[str]:
    found = []
    if broken := [number for number, page in pages if page is None]:
        found.append(
            f"{_listed(broken).capitalize()} could not be read, being damaged or too large; save "
            "it from an image viewer as a file of its own and send that."
        )
    if (last := pages[-1][0]) < page_count:
        many = (
            f"{page_count:,}" if page_count < image_pages.MAX_COUNTED else f"{page_count:,} or more"
        )
        found.append(
            f"This picture has too many pages ({many}): only the first {last} were read; "
            f"save pages {last + 1} and later as a file of their own and send that."
        )
    return found


def _listed(numbers: list[int]) -> str:
    """Return ``page 3`` or ``pages 3, 5``, with at most 20 numbers."""
    shown = ", ".join(map(str, numbers[:20])) + (" and more" if len(numbers) > 20 else "")
    return f"page {shown}" if len(numbers) == 1 else f"pages {shown}"


def self_test(languages: str = ocr_languages.DEFAULT) -> None:
    """Raise ``Unavailable`` unless Tesseract has the languages and, with English, reads a word."""
    try:
        page = Image.new("L", (320, 100), 255)
        font = ImageFont.load_default(size=48)
        ImageDraw.Draw(page).text((30, 20), "Cluster", fill=0, font=font)
    except ImportError as error:
        raise Unavailable("This Pillow can't draw text; install the one from PyPI") from error
    try:
        table = pytesseract.image_to_data(page, lang=ocr_languages.best_order(languages))
        answer = page_text.joined(tesseract.parse(table))
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
    rapid.self_test(page, "Cluster")


def versions(languages: str = ocr_languages.DEFAULT) -> dict[str, str]:
    """Return the engines' versions, Tesseract's languages and fingerprints of their data."""
    available = ocr_languages.installed()
    data = ocr_languages.fingerprints(languages, available) if available else {}
    version = str(pytesseract.get_tesseract_version())
    return {"tesseract": version, "OCR_LANGUAGES": languages, **data, **rapid.versions()}


def features(languages: str = ocr_languages.DEFAULT) -> frozenset[str]:
    """Return a feature for each installed language, whatever the setting is, and for RapidOCR."""
    del languages
    available = ocr_languages.installed()
    installed = "+".join(available.names) if available else ""
    engine = ocr_engines.RAPIDOCR if rapid.is_installed() else ocr_engines.AUTO
    return ocr_languages.features(installed) | ocr_engines.features(engine)


def _why_not_started(languages: str) -> str:
    available = ocr_languages.installed()
    if available is not None and (missing := ocr_languages.why_missing(languages, available)):
        return f"{missing}, or set TESSDATA_PREFIX to the folder that holds its data"
    return f"Tesseract does not run here; reinstall it: {_INSTALL}"
