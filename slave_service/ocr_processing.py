"""Reads the text of a page: all pages of a TIFF or a PDF, of an animation only the first frame.

The result is JSON, or a PDF that shows the pages and can be searched. ``image_size`` and
``image_mode`` are those of the first page.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, overload

import pytesseract
from PIL import Image, ImageDraw, ImageFont

from protocol.failures import Corrupt, TooLarge, Unavailable
from protocol.option_values import ocr_engines, ocr_outputs
from slave_service import progress, sheets
from slave_service.file_result import FileResult
from slave_service.formats import image_pages
from slave_service.formats.searchable_pdf.writing import SearchablePdf
from slave_service.models import ocr_languages
from slave_service.models.ocr import correction, page_text, rapid, tesseract
from slave_service.models.ocr.page_text import PageText
from slave_service.models.ocr.reader import read_page

_INSTALL = (
    "on Debian or Ubuntu: apt install tesseract-ocr; on macOS: brew install tesseract; on "
    "Windows: the installer of https://github.com/UB-Mannheim/tesseract/wiki, and put its folder "
    "on PATH"
)
_MAX_PAGES = 500
_MAX_WORK_PIXELS = 25_000_000_000
"""After so many no further page is begun: about two hours, or 500 pages that two engines read."""
_MAX_PDF_BYTES = 500_000_000
_NO_WORDS = (
    "No words were found in this {kind}; if it shows text, send it upright, sharper, or with "
    "letters at least 20 pixels high."
)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page and what was read from it; ``text`` is None for one that can't be decoded."""

    number: int
    sheet: sheets.Sheet | None
    text: PageText | None


@overload
def process(source: BinaryIO, languages: str = ..., engine: str = ...) -> dict[str, object]: ...
@overload
def process(
    source: BinaryIO, languages: str = ..., engine: str = ..., *, output: str
) -> dict[str, object] | FileResult: ...
def process(
    source: BinaryIO,
    languages: str = ocr_languages.DEFAULT,
    engine: str = ocr_engines.AUTO,
    *,
    output: str = ocr_outputs.JSON,
) -> dict[str, object] | FileResult:
    """Return the text of the pages, with the confidence of the engine that read it.

    ``languages`` is in Tesseract's form, such as ``eng+deu``, and is ``language`` in the result.
    ``engine`` is one of ``protocol.option_values.ocr_engines``, ``output`` one of
    ``protocol.option_values.ocr_outputs``.

    ``average_confidence`` is the mean over the words, 0 to 100; 0.0 where there are none.
    ``page_count`` is the number of pages, or of frames of an animation, ``pages_read`` the
    number of those that were read. ``words`` of the first page are ``{"text", "confidence",
    "box": [left, top, width, height]}`` in reading order; boxes are in pixels of the upright
    picture. ``pages`` has the same of each page. Each page renews the deadline of the file.
    """
    if engine == ocr_engines.RAPIDOCR:
        rapid.require(languages)
    with sheets.opened(source, _MAX_PAGES) as file:
        pages = _pages(file, languages, engine)
        if output == ocr_outputs.PDF:
            return _as_pdf(file, pages)
        # Of each page, only its words stay in memory.
        numbered = [(page.number, page.text) for page in pages]
        return _as_json(file, languages, numbered)


def _pages(file: sheets.Sheets, languages: str, engine: str) -> Iterator[_Page]:
    """Yield the pages, until those that are brought end or ``_MAX_WORK_PIXELS`` are exceeded."""
    work = 0
    for number, sheet in enumerate(file.each, start=1):
        if work > _MAX_WORK_PIXELS:
            return
        text = None
        if sheet:
            try:
                text = read_page(sheet.levels, languages, engine)
            except (Corrupt, TooLarge):
                if number == 1:
                    raise
            else:
                work += text.work
        yield _Page(number, sheet, text)
        progress.part_finished()


def _as_json(
    file: sheets.Sheets, languages: str, numbered: list[tuple[int, PageText | None]]
) -> dict[str, object]:
    pages = _read_ones(numbered)
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
        "image_mode": file.mode,
        "rotation": first.rotation,
        "words": [word.described() for word in first.words],
        "pages": [page.described(number) for number, page in numbered if page is not None],
        "page_count": file.page_count,
        "pages_read": len(pages),
        "warnings": [*file.warnings, *_warnings(file, numbered)],
    }


def _as_pdf(file: sheets.Sheets, pages: Iterator[_Page]) -> FileResult:
    """Return a PDF of the pages that can be decoded, with their words as invisible text."""
    written = io.BytesIO()
    pdf = SearchablePdf(written)
    numbered = []
    for page in pages:
        numbered.append((page.number, page.text))
        if page.sheet and page.text:
            image = correction.turned(page.sheet.shown(), page.text.turn)
            across, down = page.sheet.dots_per_inch
            pdf.add(image, (down, across) if page.text.turn % 180 else (across, down), page.text)
        if pdf.size > _MAX_PDF_BYTES:
            raise TooLarge(
                f"The searchable PDF would have over {_MAX_PDF_BYTES // 1_000_000:,} MB: send "
                "fewer pages at a time."
            )
    _read_ones(numbered)
    pdf.finish()
    return FileResult(written.getvalue(), (*file.warnings, *_warnings(file, numbered)))


def _read_ones(numbered: list[tuple[int, PageText | None]]) -> list[PageText]:
    """Return the pages that were read; raise ``Corrupt`` where there is none."""
    pages = [page for _, page in numbered if page is not None]
    if not pages:
        raise Corrupt("No page of this PDF can be shown; save or export it again.")
    return pages


def _warnings(file: sheets.Sheets, pages: list[tuple[int, PageText | None]]) -> list[str]:
    has_pages = file.kind in ("TIFF", sheets.PDF)
    if has_pages:
        found = _unread_pages(file.page_count, pages)
    else:
        found = image_pages.warning(file.page_count, file.kind)
    if not any(page and page.words for _, page in pages):
        kind = "PDF" if file.kind == sheets.PDF else "picture"
        return [*found, _NO_WORDS.format(kind=kind)]
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
            "it as a file of its own and send that."
        )
    if (last := pages[-1][0]) < page_count:
        many = (
            f"{page_count:,}" if page_count < image_pages.MAX_COUNTED else f"{page_count:,} or more"
        )
        found.append(
            f"This file has too many pages ({many}): only the first {last} were read; "
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
    engines = {ocr_engines.FEATURE} if rapid.is_installed() else set()
    return ocr_languages.features(installed) | engines


def _why_not_started(languages: str) -> str:
    available = ocr_languages.installed()
    if available is not None and (missing := ocr_languages.why_missing(languages, available)):
        return f"{missing}, or set TESSDATA_PREFIX to the folder that holds its data"
    return f"Tesseract does not run here; reinstall it: {_INSTALL}"
