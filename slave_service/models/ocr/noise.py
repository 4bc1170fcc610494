"""Finds noise and speckles on a page, and smooths a page that has them."""

from typing import TYPE_CHECKING, Any

from PIL import Image, ImageChops, ImageFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAMPLE = 500
"""Side of the square in the middle of the page that is examined, in pixels."""
_RADIUS_BY_NOISE = ((40.0, 1.4), (12.0, 1.0))
"""Radius of the smoothing from a standard deviation on, in gray levels."""
_SPECKLE_LEVELS, _MAX_SPECKLES = 60, 0.002
"""A pixel that differs so much is a speckle; share of pixels that may be speckles."""


def without_noise(page: Image.Image) -> Image.Image:
    """Return a page in mode L smoothed as far as its noise needs; a clean one as it is."""
    width, height = page.size
    left, top = max(0, (width - _SAMPLE) // 2), max(0, (height - _SAMPLE) // 2)
    sample = page.crop((left, top, min(width, left + _SAMPLE), min(height, top + _SAMPLE)))
    noise = _deviation(sample)
    for least, radius in _RADIUS_BY_NOISE:
        if noise >= least:
            return page.filter(ImageFilter.GaussianBlur(radius))
    return page.filter(ImageFilter.MedianFilter(3)) if _is_speckled(sample) else page


def _deviation(sample: Image.Image) -> float:
    """Return the standard deviation of normal noise, in gray levels.

    The mask is that of J. Immerkær, "Fast noise variance estimation" (1996), under which strokes
    and slopes vanish; the median leaves out the edges of letters.
    """
    import numpy as np

    levels = np.asarray(sample, dtype=np.int32)
    if min(levels.shape) < 3:
        return 0.0
    across = _second_difference(levels)
    both = _second_difference(across.T)
    return float(np.median(np.abs(both))) / 0.6745 / 6


def _second_difference(levels: "NDArray[Any]") -> "NDArray[Any]":
    difference: NDArray[Any] = levels[:, :-2] - 2 * levels[:, 1:-1] + levels[:, 2:]
    return difference


def _is_speckled(sample: Image.Image) -> bool:
    """Return whether many pixels are unlike all of their neighbours."""
    import numpy as np

    levels = np.asarray(sample, dtype=np.int16)
    calm = np.asarray(_without_single_pixels(sample), dtype=np.int16)
    return bool((np.abs(levels - calm) > _SPECKLE_LEVELS).mean() > _MAX_SPECKLES)


def _without_single_pixels(page: Image.Image) -> Image.Image:
    """Return the page with each level brought between the second lowest and highest around it.

    It differs from the page where single pixels do, and not at strokes, unlike with a median.
    """
    low, high = page.filter(ImageFilter.RankFilter(3, 1)), page.filter(ImageFilter.RankFilter(3, 7))
    return ImageChops.lighter(low, ImageChops.darker(high, page))
