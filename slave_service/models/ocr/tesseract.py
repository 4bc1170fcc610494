"""Starts Tesseract for one picture of a page, and parses its table of words."""

import pytesseract
from PIL import Image

from protocol.failures import Internal, OutOfMemory, TooLarge
from slave_service.models import ocr_languages
from slave_service.models.ocr.page_text import Word

NAME = "tesseract"
MAX_SIDE_PIXELS = 32_767
"""Tesseract's limit: it stores coordinates as signed 16-bit integers."""
_MIN_SIDE_PIXELS = 4
"""Fewer pixels show no letter, and make some versions of Tesseract fail."""
_WORD_LEVEL = "5"
_ONE_LINE = "--psm 7"


def read(page: Image.Image, languages: str, *, is_one_line: bool = False) -> tuple[Word, ...]:
    """Return the words of a page in mode L, with boxes in its pixels, in reading order.

    ``languages`` is in Tesseract's form, such as ``eng+deu``. Raises ``TooLarge``,
    ``OutOfMemory`` or ``Internal``.
    """
    if min(page.size) < _MIN_SIDE_PIXELS:
        return ()
    if max(page.size) > MAX_SIDE_PIXELS:
        raise TooLarge(
            f"This picture is {page.width:,} x {page.height:,} pixels, and text can be read in at "
            f"most {MAX_SIDE_PIXELS:,} a side; cut it into parts and send those."
        )
    # pytesseract saves a copy in this format; PPM takes no time to compress.
    page.format = "PPM"
    options = {"config": _ONE_LINE} if is_one_line else {}
    try:
        return parse(
            pytesseract.image_to_data(page, lang=ocr_languages.best_order(languages), **options)
        )
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


def parse(table: str) -> tuple[Word, ...]:
    """Return the words in Tesseract's TSV (see "tsv" in its manual page)."""
    header, *rows = table.split("\n")
    # pytesseract's own parser truncates the confidences to integers.
    names = header.strip().split("\t")
    cells = (dict(zip(names, row.split("\t"), strict=False)) for row in rows)
    words = (_word(cell) for cell in cells if cell.get("level") == _WORD_LEVEL)
    # Tesseract can report the border of a picture as a word of blanks.
    return tuple(word for word in words if word.text)


def _word(cell: dict[str, str]) -> Word:
    block, paragraph, line = (int(cell[name]) for name in ("block_num", "par_num", "line_num"))
    left, top, width, height = (int(cell[name]) for name in ("left", "top", "width", "height"))
    return Word(
        line=(block, paragraph, line),
        text=cell.get("text", "").strip(),
        confidence=float(cell["conf"]),
        box=(left, top, width, height),
    )
