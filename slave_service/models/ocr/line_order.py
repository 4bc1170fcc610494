"""Brings lines that were found anywhere on a page into reading order: columns, then rows.

The page is cut recursively along white gaps, from top to bottom and into columns (the XY-cut of
G. Nagy and S. Seth, "Hierarchical representation of optically scanned documents", 1984).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from slave_service.models.ocr.page_text import Word

_GUTTER = 1.5
"""Width of the gap between columns, in heights of a line."""
_PARAGRAPH_GAP = 0.9
"""Height of the gap between paragraphs, in heights of a line."""
_MIN_OVERLAP = 0.5
"""Share of the lower line's height by which pieces of one row overlap."""
_MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class _Line:
    words: list[Word]
    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top


def ordered(lines: list[list[Word]]) -> tuple[Word, ...]:
    """Return the words of upright lines in reading order, with their ``line`` set.

    A block is a column, or the rows between two cuts across the page.
    """
    boxes = [_line(words) for words in lines]
    if not boxes:
        return ()
    heights = sorted(line.height for line in boxes)
    blocks = _cut(boxes, max(1, heights[len(heights) // 2]), 0)
    found: list[Word] = []
    for number, block in enumerate(blocks, start=1):
        found += _numbered(block, number)
    return tuple(found)


def _line(words: list[Word]) -> _Line:
    return _Line(
        words,
        left=min(word.box[0] for word in words),
        top=min(word.box[1] for word in words),
        right=max(word.box[0] + word.box[2] for word in words),
        bottom=max(word.box[1] + word.box[3] for word in words),
    )


def _cut(lines: list[_Line], height: int, depth: int) -> list[list[_Line]]:
    """Return the blocks of these lines in reading order."""
    if len(lines) < 2 or depth == _MAX_DEPTH:
        return [lines]
    columns = _groups(lines, lambda line: (line.left, line.right), _GUTTER * height)
    if len(columns) > 1 and all(_has_rows(column) for column in columns):
        return [block for column in columns for block in _cut(column, height, depth + 1)]
    bands = _groups(lines, lambda line: (line.top, line.bottom), 0)
    if len(bands) == 1:
        return [lines]
    for at in _gaps(bands):
        above = [line for band in bands[:at] for line in band]
        below = [line for band in bands[at:] for line in band]
        parts = [_cut(part, height, depth + 1) for part in (above, below)]
        if sum(map(len, parts)) > 2:
            return [block for part in parts for block in part]
    return [lines]


def _gaps(bands: list[list[_Line]]) -> list[int]:
    """Return the places between bands that may part columns from what is above or below them."""
    rows = [len(band) > 1 for band in bands]
    return [at for at in range(1, len(bands)) if rows[at] != rows[at - 1]][:1]


def _has_rows(lines: list[_Line]) -> bool:
    return len(_groups(lines, lambda line: (line.top, line.bottom), 0)) > 1


def _groups(
    lines: list[_Line], extent: Callable[[_Line], tuple[int, int]], gap: float
) -> list[list[_Line]]:
    """Return the lines in groups that lie apart by more than ``gap`` along one axis."""
    groups: list[list[_Line]] = []
    end = 0.0
    for line in sorted(lines, key=extent):
        low, high = extent(line)
        # The boxes of neighbouring lines overlap a little.
        shrink = (high - low) * 0.15 if gap == 0 else 0.0
        if not groups or low + shrink > end + gap:
            groups.append([])
            end = high - shrink
        groups[-1].append(line)
        end = max(end, high - shrink)
    return groups


def _numbered(lines: list[_Line], block: int) -> list[Word]:
    """Return the words of a block, row by row, with numbers of paragraphs and rows."""
    rows: list[list[_Line]] = []
    for line in sorted(lines, key=lambda line: (line.top + line.bottom, line.left)):
        last = rows[-1][0] if rows else None
        if last and min(last.bottom, line.bottom) - max(last.top, line.top) > (
            _MIN_OVERLAP * min(last.height, line.height)
        ):
            rows[-1].append(line)
        else:
            rows.append([line])
    found: list[Word] = []
    paragraph, bottom = 1, rows[0][0].bottom
    for number, row in enumerate(rows):
        top = min(line.top for line in row)
        if top - bottom > _PARAGRAPH_GAP * max(line.height for line in row):
            paragraph += 1
        bottom = max(line.bottom for line in row)
        for line in sorted(row, key=lambda line: line.left):
            found += [replace(word, line=(block, paragraph, number)) for word in line.words]
    return found
