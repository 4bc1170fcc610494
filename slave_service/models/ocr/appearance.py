"""Measures how a page looks: ink and paper, the direction of its lines, the height of its print.

All of it is estimated from a copy of at most about ``_SIDE`` pixels a side, which takes a few
percent of the time that reading takes.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDE = 1400
"""At 1400 pixels, the lines of a densely printed A4 page are still apart."""
_MIN_SHORT_SIDE = 40
"""The copy of a long narrow picture keeps this height, so that its one line stays legible."""
_BLUR_RADIUS = 16
"""Wider than strokes, narrower than changes of light; in pixels of the copy."""
_MIN_DEVIATION = 10
_INK_SHARE_OF_STRONGEST = 0.4
_MAX_POINTS = 25_000
"""Of the ink's pixels this many are used for angles."""
_BLOCK = 32
"""Side of the blocks whose paper is measured, in pixels of the copy."""
_PAPER_PERCENTILE = 85
_CLEARLY = 1.3
"""Ratio of measures; letters of a single word have stripes in other directions too."""
_LONG = 8
"""Width of a line in its heights from which on its direction can be measured."""
_STRIP = 120
"""Width of the strips in which lines are told apart, so that columns don't hide gaps."""
_SPECKLE_SHARE = 0.15
_MIN_RUN = 4
"""Rows; less is a rule or a speckle."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """What was measured; lengths are in pixels of the page, not of the copy."""

    ink_is_light: bool
    contrast: float
    """Gray levels between ink and the paper around it."""
    paper: "NDArray[Any]"
    """Gray level of the paper, block by block, of the page with dark ink."""
    angle: float
    """Degrees clockwise, -44 to 44, by which the page has to be turned so that its lines run along
    an axis."""
    lies_on_side: bool
    """Whether, after the turn by ``angle``, lines run from top to bottom."""
    line_height: float
    """Median height of a line of print; 0 where none stands out."""
    is_one_line: bool
    """Whether all ink is in one line."""


def measure(page: Image.Image) -> Appearance | None:
    """Return the appearance of a page in mode L; None where no ink stands out."""
    import numpy as np

    factor = max(1, min(-(-max(page.size) // _SIDE), min(page.size) // _MIN_SHORT_SIDE))
    copy = page.reduce(factor) if factor > 1 else page
    levels = np.asarray(copy, dtype=np.int16)
    around = np.asarray(copy.filter(ImageFilter.BoxBlur(_BLUR_RADIUS)), dtype=np.int16)
    deviation = levels - around
    cubes = deviation.astype(np.float64) ** 3
    weight = np.abs(cubes).sum()
    is_light = bool(weight and cubes.sum() / weight > 0.3)
    darkness = deviation if is_light else -deviation
    strongest = float(np.percentile(darkness, 99.5))
    strongest = max(strongest, float(darkness.max()) * 0.5)
    if strongest < _MIN_DEVIATION:
        return None
    rows, columns = np.nonzero(darkness > max(_MIN_DEVIATION, strongest * _INK_SHARE_OF_STRONGEST))
    if not len(rows):
        return None
    step = -(-len(rows) // _MAX_POINTS)
    x, y = columns[::step].astype(np.float64), rows[::step].astype(np.float64)
    angle, lies = _direction(x, y) if not _is_short_line(columns, rows) else (0.0, False)
    all_x, all_y = _turned(columns, rows, angle + (90 if lies else 0))
    heights, is_one_line = _lines(all_x, all_y)
    return Appearance(
        ink_is_light=is_light,
        contrast=strongest,
        paper=_paper(255 - levels if is_light else levels),
        angle=angle,
        lies_on_side=lies,
        line_height=heights * factor,
        is_one_line=is_one_line,
    )


def _paper(levels: "NDArray[Any]") -> "NDArray[Any]":
    """Return the paper's level in each block of the copy."""
    import numpy as np

    height, width = levels.shape
    down, across = max(1, height // _BLOCK), max(1, width // _BLOCK)
    tops = np.linspace(0, height, down + 1).astype(int)
    lefts = np.linspace(0, width, across + 1).astype(int)
    return np.array(
        [
            [
                np.percentile(levels[top:bottom, left:right], _PAPER_PERCENTILE)
                for left, right in pairwise(lefts)
            ]
            for top, bottom in pairwise(tops)
        ]
    )


def _is_short_line(columns: "NDArray[Any]", rows: "NDArray[Any]") -> bool:
    """Return whether upright ink is a few words in one line, which tell nothing of directions."""
    height, width = _extent(rows), _extent(columns)
    return height < width < _LONG * height and _lines(columns, rows)[1]


def _extent(places: "NDArray[Any]") -> int:
    """Return the number of pixels from the first to the last."""
    return int(places.max() - places.min()) + 1


def _direction(x: "NDArray[Any]", y: "NDArray[Any]") -> tuple[float, bool]:
    """Return ``angle`` and ``lies_on_side``: projected along lines, ink lies in few rows.

    The measure is that of W. Postl, "Detection of linear oblique structures and skew scan in
    digitized documents" (1986): the sum of squared differences of neighbouring rows. The page is
    taken for upright unless another direction is clearly better.
    """
    import numpy as np

    # Without it, pixels fall into rows in a pattern of their grid, most of all at 45 degrees.
    jitter = np.random.default_rng(0).random((2, len(x)))
    x, y = x + jitter[0], y + jitter[1]
    angles = np.arange(-44, 45, 1.0)
    upright = [_stripes(x, y, angle) for angle in angles]
    lying = [_stripes(x, y, angle + 90) for angle in angles]
    lies = max(lying) > _CLEARLY * max(upright)
    offset = 90 if lies else 0
    best = float(angles[int(np.argmax(lying if lies else upright))])
    fine = np.clip(best + np.arange(-1, 1.01, 0.1), -44, 44)
    scores = [_stripes(x, y, angle + offset) for angle in fine]
    if max(scores) < _CLEARLY * _stripes(x, y, offset):
        return 0.0, lies
    return round(float(fine[int(np.argmax(scores))]), 1), lies


def _turned(
    x: "NDArray[Any]", y: "NDArray[Any]", degrees: float
) -> "tuple[NDArray[Any], NDArray[Any]]":
    """Return points turned clockwise, as seen with y downwards."""
    import numpy as np

    turn = np.deg2rad(degrees)
    return x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)


def _stripes(x: "NDArray[Any]", y: "NDArray[Any]", degrees: float) -> float:
    import numpy as np

    _, down = _turned(x, y, degrees)
    rows = np.bincount((down - down.min()).astype(np.int64)).astype(np.float64)
    return float((np.diff(rows) ** 2).sum())


def _lines(x: "NDArray[Any]", y: "NDArray[Any]") -> tuple[float, bool]:
    """Return the median height of lines of upright ink, and whether all of it is one line."""
    import numpy as np

    down = (y - y.min()).astype(np.int64)
    strips = ((x - x.min()) // _STRIP).astype(np.int64)
    height = int(down.max()) + 2
    counts = np.bincount(strips * height + down, minlength=(int(strips.max()) + 1) * height)
    counts = counts.reshape(-1, height)
    heights = _runs(counts > _speckle(counts))
    heights = heights[heights >= _MIN_RUN]
    if not len(heights):
        return 0.0, False
    typical = float(np.median(heights))
    whole = np.bincount(down, minlength=height)
    (inked,) = np.nonzero(whole > _speckle(whole))
    extent = inked[-1] - inked[0] + 1
    return typical, bool(extent <= 1.6 * typical)


def _speckle(counts: "NDArray[Any]") -> float:
    """Return the number of pixels in a row up to which they are taken for noise."""
    import numpy as np

    return _SPECKLE_SHARE * float(np.percentile(counts[counts > 0], 90))


def _runs(ink: "NDArray[Any]") -> "NDArray[Any]":
    """Return the lengths of the runs of True in each row."""
    import numpy as np

    edges = np.diff(np.pad(ink, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    # Begins and ends are in the same order, as both are listed row by row.
    begins, ends = np.nonzero(edges == 1)[1], np.nonzero(edges == -1)[1]
    return ends - begins
