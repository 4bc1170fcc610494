"""Draws a sound of unknown length as at most a thousand points, in one pass and bounded memory.

The frames are gathered in bins of equal width. Whenever the bins are full, two by two become one
and the width doubles, so where a bin begins never depends on the blocks that the frames came in.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_POINTS = 1000

_BINS = 1 << 15
"""Even, to be merged in pairs. At least half are in use in the end, so each of a thousand points
is made of 16 or more, and begins where it should to a sixteenth of its length."""
_MIN_REDUCEAT_WIDTH = 32
"""Over fewer frames a reduction by NumPy takes ten times as long as halving does."""
_PLACES = 4


class Waveform:
    """The lowest and the highest value in each stretch of the frames that were added."""

    def __init__(self) -> None:
        import numpy as np

        self._lows = np.empty(_BINS)
        self._highs = np.empty(_BINS)
        self._width = 1
        self._full_bins = 0
        """Bins that are complete; the next one may have been begun."""
        self._partial_frames = 0
        """Frames in the bin that is not complete."""

    def add(self, frames: "NDArray[np.float64]") -> None:
        """Take the next frames, one finite number each, in blocks of any length."""
        while len(frames):
            if self._partial_frames or len(frames) < self._width:
                taken = self._fill_one(frames)
            else:
                taken = self._fill_many(frames)
            frames = frames[taken:]
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
        place = slice(self._full_bins, self._full_bins + bins)
        self._lows[place] = _of_each(part, self._width, np.minimum)
        self._highs[place] = _of_each(part, self._width, np.maximum)
        self._full_bins += bins
        return len(part)

    def _merge(self) -> None:
        import numpy as np

        half = _BINS // 2
        self._lows[:half] = np.minimum(self._lows[::2], self._lows[1::2])
        self._highs[:half] = np.maximum(self._highs[::2], self._highs[1::2])
        self._full_bins, self._width = half, 2 * self._width

    def points(self, divisor: int = 1) -> list[list[float]]:
        """Return ``[[lowest, highest], …]`` over ``divisor``: at most ``MAX_POINTS``, in order.

        Of fewer frames than that each is a point.
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
    """Return the lowest or highest of every ``width`` frames, a power of two."""
    import numpy as np

    if width >= _MIN_REDUCEAT_WIDTH:
        return extreme.reduceat(frames, np.arange(0, len(frames), width))
    while width > 1:
        frames, width = extreme(frames[::2], frames[1::2]), width // 2
    return frames


def _rounded(value: float) -> float:
    # Adding zero turns the negative zero into the plain one.
    return round(value, _PLACES) + 0.0
