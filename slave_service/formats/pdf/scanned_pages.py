"""Reads pages of a PDF that are pictures: PDFium renders them, and OCR reads the picture.

At 200 dots per inch more words are found than at 150. A page counts as scanned if it has no words
of its own but drawings, or a few words and pictures over most of its area.
"""

from ctypes import c_float
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from protocol.failures import FileError
from protocol.option_values import ocr_engines
from slave_service import progress
from slave_service.models import ocr_languages
from slave_service.models.ocr import rapid
from slave_service.models.ocr.reader import read_page

MAX_PAGES = 500
"""Limit of the pages that are read in one file; others keep what text they have."""
_DOTS_PER_INCH, _POINTS_PER_INCH = 200, 72
_MAX_SIDE_PIXELS = 4000
_FEW_WORDS = 10
_MIN_PICTURE_SHARE = 0.5
_MAX_OBJECTS = 1000
"""Limit of the objects of a page whose area is added up."""
_MIN_CONFIDENCE, _LOW_CONFIDENCE = 30.0, 70.0
"""Below the first, what was read is no text but a drawing; below the second, a warning is given."""
_PAGES_NAMED = 10


@dataclass(slots=True)
class ScannedPages:
    """Reads scanned pages one by one, and remembers what came of them.

    Raises ``Unsupported`` where the engine can't read the languages here.
    """

    languages: str
    engine: str = ocr_engines.AUTO
    confidences: dict[int, float] = field(default_factory=dict)
    """By number of each page that was read, from 1: the mean confidence, 0 to 100."""
    unread: list[int] = field(default_factory=list)
    """Scanned pages over ``MAX_PAGES``, and those that failed."""

    def __post_init__(self) -> None:
        if self.engine == ocr_engines.RAPIDOCR:
            rapid.require(self.languages)

    def read(self, page: Any, number: int, own_text: str) -> str:  # noqa: ANN401 - pypdfium2 has no types
        """Return the text of a page: what OCR reads where it is scanned, else ``own_text``."""
        if not self.are_read or not _is_scanned(page, own_text):
            return own_text
        if len(self.confidences) + len(self.unread) >= MAX_PAGES:
            self.unread.append(number)
            return own_text
        try:
            found = read_page(_rendered(page), self.languages, self.engine)
        except FileError:
            self.unread.append(number)
            return own_text
        finally:
            progress.part_finished()
        is_text = found.confidence >= _MIN_CONFIDENCE
        if not is_text or len(found.text.split()) <= len(own_text.split()):
            return own_text
        self.confidences[number] = round(found.confidence, 2)
        return found.text

    @property
    def are_read(self) -> bool:
        """Whether scanned pages are read at all: not without Tesseract or a language's data."""
        return is_available(self.languages)

    def warnings(self) -> list[str]:
        """Return what a person must know of the pages that were read, or not."""
        doubtful = [n for n, value in self.confidences.items() if value < _LOW_CONFIDENCE]
        found = []
        if doubtful:
            found.append(
                f"Scanned pages that were hard to read (numbers: {_listed(doubtful)}): compare "
                "their text with the original, or scan them again at 300 dpi."
            )
        if self.unread:
            found.append(
                f"Scanned pages that were not read (numbers: {_listed(self.unread)}; at most "
                f"{MAX_PAGES} are): send them in a file of their own."
            )
        return found


@cache
def is_available(languages: str) -> bool:
    """Return whether Tesseract and its data for these languages are installed."""
    installed = ocr_languages.installed()
    return installed is not None and ocr_languages.why_missing(languages, installed) is None


def _is_scanned(page: Any, own_text: str) -> bool:  # noqa: ANN401 - the same
    import pypdfium2.raw as pdfium

    words = len(own_text.split())
    if not words:
        return bool(pdfium.FPDFPage_CountObjects(page) > 0)
    return words < _FEW_WORDS and _picture_share(page) >= _MIN_PICTURE_SHARE


def _picture_share(page: Any) -> float:  # noqa: ANN401 - the same
    """Return the area of the page's pictures by that of the page; more than 1 if they overlap."""
    import pypdfium2.raw as pdfium

    pictures = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM)
    width, height = page.get_size()
    area = 0.0
    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    for index in range(min(_MAX_OBJECTS, pdfium.FPDFPage_CountObjects(page))):
        item = pdfium.FPDFPage_GetObject(page, index)
        is_picture = pdfium.FPDFPageObj_GetType(item) in pictures
        if is_picture and pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top):
            area += abs((right.value - left.value) * (top.value - bottom.value))
    return float(area / max(1.0, width * height))


def _rendered(page: Any) -> Any:  # noqa: ANN401 - the same
    """Return the page as a picture in mode L."""
    scale = min(_DOTS_PER_INCH / _POINTS_PER_INCH, _MAX_SIDE_PIXELS / max(1.0, *page.get_size()))
    # Comments and form values are read as such; the icon of a comment looks like a letter.
    bare = {"draw_annots": False, "may_draw_forms": False}
    return page.render(scale=scale, grayscale=True, **bare).to_pil()


def _listed(numbers: list[int]) -> str:
    more = ", …" if len(numbers) > _PAGES_NAMED else ""
    return ", ".join(map(str, numbers[:_PAGES_NAMED])) + more
