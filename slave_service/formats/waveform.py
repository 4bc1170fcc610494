"""Reduces a sound of unknown length to at most 1,000 points, in one pass and bounded memory.

Frames are collected in bins of equal width. When all bins are full, pairs of bins are merged and
the width doubles, so the boundaries of the bins do not depend on the lengths of the blocks.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_POINTS = 1000

_BINS = 1 << 15
"""Number of bins; even, since they are merged in pairs. At least half of them are in use after a
merge, so each of 1,000 points has 16 bins or more, and its begin is exact to 1/16 of its length."""
_MIN_REDUCEAT_WIDTH = 32
"""Below this width, ``reduceat`` takes ten times as long as repeated halving."""
_PLACES = 4


class Waveform:
    """The lowest and the highest value in each bin of the added frames."""

    def __init__(self) -> None:
        import numpy as np

        self._lows = np.empty(_BINS)
        self._highs = np.empty(_BINS)
        self._width = 1
        self._full_bins = 0
        """Number of complete bins; the next one can be partly filled."""
        self._partial_frames = 0
        """Number of frames in the incomplete bin."""

    def add(self, frames: "NDArray[np.float64]") -> None:
        """Add a block of any length, with one finite number for each frame."""
        while len(frames):
            if self._partial_frames or len(frames) < self._width:
                added = self._fill_one(frames)
            else:
                added = self._fill_many(frames)
            frames = frames[added:]
            if self._full_bins == _BINS:
                self._merge()

    def _fill_one(self, frames: "NDArray[np.float64]") -> int:
        part = frames[: self._width - self._partial_frames]
        low, high = float(part.min()), float(part.max())
        if self._partial_frames:
            low = min(low, float(self._lows[self._full_bins]))
            high = max(high, float(self._highs[self._full_bins]))
        self._lows[self._full_bins], self._highs[self._full_bins] = low, high
        self._partial_frames += len(part)
        if self._partial_frames == self._width:
            self._full_bins, self._partial_frames = self._full_bins + 1, 0
        return len(part)

    def _fill_many(self, frames: "NDArray[np.float64]") -> int:
        import numpy as np

        bins = min(len(frames) // self._width, _BINS - self._full_bins)
        part = frames[: bins * self._width]
        bins_slice = slice(self._full_bins, self._full_bins + bins)
        self._lows[bins_slice] = _of_each(part, self._width, np.minimum)
        self._highs[bins_slice] = _of_each(part, self._width, np.maximum)
        self._full_bins += bins
        return len(part)

    def _merge(self) -> None:
        import numpy as np

        half = _BINS // 2
        self._lows[:half] = np.minimum(self._lows[::2], self._lows[1::2])
        self._highs[:half] = np.maximum(self._highs[::2], self._highs[1::2])
        self._full_bins, self._width = half, 2 * self._width

    def points(self, divisor: int = 1) -> list[list[float]]:
        """Return at most ``MAX_POINTS`` pairs ``[lowest, highest]``, each divided by ``divisor``.

        With fewer frames than ``MAX_POINTS``, each frame is a point.
        """
        import numpy as np

        frames = self._full_bins * self._width + self._partial_frames
        bins = self._full_bins + bool(self._partial_frames)
        points = min(MAX_POINTS, frames)
        if not points:
            return []
        edges = [index * frames // points // self._width for index in range(points)]
        lows = np.minimum.reduceat(self._lows[:bins], edges)
        highs = np.maximum.reduceat(self._highs[:bins], edges)
        pairs = zip(lows.tolist(), highs.tolist(), strict=True)
        return [[_rounded(low / divisor), _rounded(high / divisor)] for low, high in pairs]


def _of_each(
    frames: "NDArray[np.float64]", width: int, extreme: "np.ufunc"
) -> "NDArray[np.float64]":
    """Return the lowest or highest of each ``width`` frames; ``width`` is a power of two."""
    import numpy as np

    if width >= _MIN_REDUCEAT_WIDTH:
        return extreme.reduceat(frames, np.arange(0, len(frames), width))
    while width > 1:
        frames, width = extreme(frames[::2], frames[1::2]), width // 2
    return frames


def _rounded(value: float) -> float:
    # Adding 0.0 turns -0.0 into 0.0.
    return round(value, _PLACES) + 0.0
