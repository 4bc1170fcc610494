"""Finds the columns of a page whose text runs across them, and their order of reading.

PDFium gives text in the order of the page's content. Most programs write one column after the
other, which needs no change; others write line by line across all columns. There, a gutter is
searched that no text crosses (as in the XY cut of Nagy and Seth, 1984): what is above it, the
left column, the right column, what is below. Tables have such gutters too, so both sides must
have lines of several words.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_MOST_RECTANGLES = 4000
_FEWEST_LINES = 4
"""Lines of each side."""
_GUTTER = 9.0
"""Least width, in points, of the gutter between two columns."""
_FEWEST_WORDS = 3.0
"""Mean number of words of a column's lines; cells of tables have fewer."""
_SAME_LINE = 3.0
"""Points by which the bases of two texts in one line may differ."""
_MOST_DEPTH = 3
_FAR = 1_000_000.0
_HYPHEN = re.compile("[\x02\ufffe](?:\r\n)?")
"""What PDFium gives for a hyphen at the end of a line, with or without the line break."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points; y grows upwards."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def middle(self) -> float:
        """The height of the middle."""
        return (self.bottom + self.top) / 2


def find(textpage: Any) -> list[Box]:  # noqa: ANN401 - pypdfium2 has no types
    """Return the parts of a page in their order of reading; [] where it needs no change."""
    count = textpage.count_rects()
    if not 2 * _FEWEST_LINES <= count <= _MOST_RECTANGLES:
        return []
    boxes = [Box(*textpage.get_rect(index)) for index in range(count)]
    if not _runs_across(boxes):
        return []
    parts = _split(textpage, boxes, Box(-_FAR, -_FAR, _FAR, _FAR), 0)
    return parts if len(parts) > 1 else []


def _runs_across(boxes: list[Box]) -> bool:
    """Return whether the text goes to the right over a gap in the same line, several times."""
    jumps = 0
    for one, other in pairwise(boxes):
        is_right = other.left - one.right >= _GUTTER
        jumps += is_right and abs(one.bottom - other.bottom) <= _SAME_LINE + 2
    return jumps >= _FEWEST_LINES


def _split(textpage: Any, boxes: list[Box], area: Box, depth: int) -> list[Box]:  # noqa: ANN401
    """Divide an area at its best gutter, and what is below and its columns again."""
    if depth >= _MOST_DEPTH or not _runs_across(boxes):
        return [area]
    boxes = sorted(boxes, key=lambda box: -box.middle)
    begin, end, gutter = _best_band(boxes)
    band = boxes[begin:end]
    if not band:
        return [area]
    top = (boxes[begin - 1].middle + band[0].middle) / 2 if begin else area.top
    bottom = (band[-1].middle + boxes[end].middle) / 2 if end < len(boxes) else area.bottom
    left = Box(area.left, bottom, gutter, top)
    right = Box(gutter, bottom, area.right, top)
    if not (_is_prose(textpage, left) and _is_prose(textpage, right)):
        return [area]
    return [
        *([Box(area.left, top, area.right, area.top)] if begin else []),
        *_split(textpage, [box for box in band if box.right <= gutter], left, depth + 1),
        *_split(textpage, [box for box in band if box.left >= gutter], right, depth + 1),
        *(
            _split(
                textpage, boxes[end:], Box(area.left, area.bottom, area.right, bottom), depth + 1
            )
            if end < len(boxes)
            else []
        ),
    ]


def _best_band(boxes: list[Box]) -> tuple[int, int, float]:
    """Return the longest run of boxes, from the top, that a gutter divides, and its middle."""
    best = (0, 0, 0.0)
    edges = sorted({round(box.left) for box in boxes})
    # Columns begin at a common left edge; more candidates than these are no columns.
    counts = {edge: sum(abs(box.left - edge) < 2 for box in boxes) for edge in edges[:200]}
    for edge in sorted(counts, key=lambda edge: -counts[edge])[:12]:
        if counts[edge] < _FEWEST_LINES:
            continue
        low, high = edge - 1 - _GUTTER, edge - 1
        begin = 0
        for position in range(len(boxes) + 1):
            is_end = position == len(boxes)
            if is_end or (boxes[position].left < high and boxes[position].right > low):
                if position - begin > best[1] - best[0] and _has_sides(boxes[begin:position], low):
                    best = (begin, position, (low + high) / 2)
                begin = position + 1
    return best


def _has_sides(boxes: list[Box], gutter: float) -> bool:
    left = {round(box.bottom / _SAME_LINE) for box in boxes if box.right <= gutter}
    right = {round(box.bottom / _SAME_LINE) for box in boxes if box.right > gutter}
    return len(left) >= _FEWEST_LINES and len(right) >= _FEWEST_LINES


def _is_prose(textpage: Any, area: Box) -> bool:  # noqa: ANN401 - the same
    lines = [line.split() for line in text_within(textpage, area).splitlines() if line.strip()]
    return sum(map(len, lines)) >= _FEWEST_WORDS * max(1, len(lines))


def text_within(textpage: Any, area: Box) -> str:  # noqa: ANN401 - the same
    """Return the text of an area, with hyphens that end a line restored."""
    text: str = textpage.get_text_bounded(area.left, area.bottom, area.right, area.top, "replace")
    text = _HYPHEN.sub("-\n", text).replace("\r\n", "\n")
    return "\n".join(line.rstrip(" ") for line in text.split("\n")).strip("\n")


def in_order(textpage: Any, text: str) -> str:  # noqa: ANN401 - the same
    """Return the page's ``text`` column by column, or as it is where it has no columns."""
    parts = [text_within(textpage, area) for area in find(textpage)]
    ordered = "\n".join(part for part in parts if part)
    # Characters outside of all areas, or in two, would be lost or repeated.
    return ordered if parts and _letters(ordered) == _letters(text) else text


def _letters(text: str) -> int:
    return sum(character.isalnum() for character in text)
