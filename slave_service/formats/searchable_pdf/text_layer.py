"""Places words as invisible text on a page of a PDF, so that each covers its box."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, zip_longest
from statistics import median

from slave_service.formats.searchable_pdf.glyphless_font import ADVANCE, ASCENT, UNITS_PER_EM
from slave_service.models.ocr.page_text import PageText, Word

_MAX_CODE = 0xFFFF
_MIN_HEIGHT = 2.0
"""Pixels; smaller text is lost in some readers."""
_MIN_STRETCH, _MAX_STRETCH = 1.0, 10_000.0
_MIN_SQUARE = 0.1
"""Near 45 degrees, the box of a slanted word does not tell its height."""
_CLEARLY = 1.4
_GAP = 0.2
"""In sizes of the font."""
_CHARACTER = ADVANCE / UNITS_PER_EM


class Codes:
    """Gives each character of a file a code of two bytes, in the order of first appearance."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}

    def encode(self, text: str) -> str:
        """Return the hexadecimal codes; characters over 65,535 different ones are left out."""
        codes = []
        for character in text:
            if character not in self.of and len(self.of) < _MAX_CODE:
                self.of[character] = len(self.of) + 1
            if code := self.of.get(character):
                codes.append(f"{code:04X}")
        return "".join(codes)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A word in pixels; ``middle`` and ``size`` are its vertical center and its own height."""

    text: str
    begin: float
    end: float
    middle: float
    size: float


def content(page: PageText, scale: tuple[float, float], height: float, codes: Codes) -> str:
    """Return the operators that show the words; ``scale`` is points a pixel, ``height`` points.

    Words on slanted lines are upright too: some readers take slanted ones to pieces.
    """
    slant = abs(math.radians(page.rotation - page.turn))
    operators = [f"q {scale[0]:.5f} 0 0 {-scale[1]:.5f} 0 {height:.3f} cm BT 3 Tr"]
    for _, block in groupby(page.words, key=lambda word: word.line[0]):
        placed = [(word.line, _placed(word, slant)) for word in block]
        usual = median(word.size for _, word in placed)
        for _, line in groupby(placed, key=lambda each: each[0]):
            operators += _line([word for _, word in line], usual, codes)
    return "\n".join([*operators, "ET Q"])


def _placed(word: Word, slant: float) -> _Placed:
    """Return a word with the height that it has along its line, which slants by an angle."""
    left, top, width, height = word.box
    cos, sin = math.cos(slant), math.sin(slant)
    square = cos * cos - sin * sin
    size = (height * cos - width * sin) / square if square > _MIN_SQUARE else 0.0
    return _Placed(word.text, left, left + max(1, width), top + height / 2, max(_MIN_HEIGHT, size))


def _line(words: list[_Placed], usual: float, codes: Codes) -> Iterator[str]:
    """Yield the operators of one line: each word is stretched to its box, and all are as high.

    A line has the ``usual`` size of its block unless its own is clearly another one: by changes of
    size, pdftotext takes columns to pieces.
    """
    size = median(word.size for word in words)
    size = usual if 1 / _CLEARLY < size / usual < _CLEARLY else size
    # Without slant, the line has one baseline, which marks such as a comma would leave.
    middles = [word.middle for word in words]
    is_even = max(middles) - min(middles) < size
    font = size * UNITS_PER_EM / ASCENT
    yield f"/F {font:.2f} Tf"
    for word, following in zip_longest(words, words[1:]):
        bottom = (median(middles) if is_even else word.middle) + size / 2
        yield f"1 0 0 -1 {word.begin:.2f} {bottom:.2f} Tm"
        end = word.end
        if following:
            # By a narrower gap, some readers take two words for one.
            end = max(word.begin + (end - word.begin) / 2, min(end, following.begin - _GAP * font))
        yield _shown(word.text, end - word.begin, font, codes)
        if following:
            yield _shown(" ", max(1.0, following.begin - end), font, codes)


def _shown(text: str, length: float, font: float, codes: Codes) -> str:
    stretch = 100 * length / (len(text) * _CHARACTER * font)
    stretch = min(_MAX_STRETCH, max(_MIN_STRETCH, stretch))
    return f"{stretch:.2f} Tz <{codes.encode(text)}> Tj"
