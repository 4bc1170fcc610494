"""Starts Tesseract for one picture of a page, and parses its table of words."""

from collections.abc import Iterable
from itertools import groupby, pairwise
from statistics import median

import pytesseract
from PIL import Image

from protocol.failures import Internal, OutOfMemory, TooLarge
from protocol.option_values import ocr_engines
from slave_service.models import ocr_languages
from slave_service.models.ocr import line_order
from slave_service.models.ocr.page_text import Word

NAME = ocr_engines.TESSERACT
MAX_SIDE_PIXELS = 32_767
"""Tesseract's limit: it stores coordinates as signed 16-bit integers."""
_MIN_SIDE_PIXELS = 4
"""Fewer pixels show no letter, and make some versions of Tesseract fail."""
_WORD_LEVEL = "5"
_ONE_LINE, _ONE_BLOCK = "--psm 7", "--psm 6"
_WIDE_GAP = 1.5
"""In heights of a word, from which on a gap may be one between columns."""


def read(page: Image.Image, languages: str, *, is_one_line: bool = False) -> tuple[Word, ...]:
    """Return the words of a page in mode L, with boxes in its pixels, in reading order.

    ``languages`` is in Tesseract's form, such as ``eng+deu``. Raises ``TooLarge``,
    ``OutOfMemory`` or ``Internal``.
    """
    return _read(page, languages, _ONE_LINE if is_one_line else "")


def read_as_one_block(page: Image.Image, languages: str) -> tuple[Word, ...]:
    """Return the same without Tesseract's analysis of the page, which can miss lines and columns.

    Columns are told apart by the gaps in the lines.
    """
    return in_columns(_read(page, languages, _ONE_BLOCK))


def in_columns(words: Iterable[Word]) -> tuple[Word, ...]:
    """Return the words of lines that can run across columns, column by column."""
    lines = [list(line) for _, line in groupby(words, key=lambda word: word.line)]
    return line_order.ordered([piece for line in lines for piece in _pieces(line)])


def _pieces(line: list[Word]) -> list[list[Word]]:
    """Return a line cut at its wide gaps."""
    height = median(word.box[3] for word in line)
    pieces = [line[:1]]
    for word, following in pairwise(line):
        if following.box[0] - (word.box[0] + word.box[2]) > _WIDE_GAP * height:
            pieces.append([])
        pieces[-1].append(following)
    return pieces


def _read(page: Image.Image, languages: str, config: str) -> tuple[Word, ...]:
    if min(page.size) < _MIN_SIDE_PIXELS:
        return ()
    if max(page.size) > MAX_SIDE_PIXELS:
        raise TooLarge(
            f"This picture is {page.width:,} x {page.height:,} pixels, and text can be read in at "
            f"most {MAX_SIDE_PIXELS:,} a side; cut it into parts and send those."
        )
    # pytesseract saves a copy in this format; PPM takes no time to compress.
    page.format = "PPM"
    options = {"config": config} if config else {}
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
