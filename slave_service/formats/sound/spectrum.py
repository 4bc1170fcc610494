"""Measures the mean power spectrum of a sound (Welch 1967, Hann windows), block by block.

The windows do not overlap, and the powers of the channels are added, so that opposite channels do
not cancel. Each window's mean is subtracted, so that an offset is no frequency.
"""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WINDOW_SECONDS = 0.15
_MIN_FRAMES, _MAX_FRAMES = 256, 32768
_MAX_CHANNELS = 8
"""Of a sound with more channels, the sum of them is measured, to bound memory."""
_MIN_WINDOW_FRAMES = 16
"""Fewer frames have no spectrum to speak of."""
_MIN_SHARE_OF_LAST = 0.5
"""A last window that is filled less than this counts only if it is the only one."""


class Spectrum:
    """The mean power of the added frames by frequency."""

    def __init__(self, rate: int, channels: int) -> None:
        import numpy as np

        wanted = 2 ** math.ceil(math.log2(max(1.0, rate * _WINDOW_SECONDS)))
        self._frames = min(max(wanted, _MIN_FRAMES), _MAX_FRAMES)
        self._rate = rate
        self._is_mixed = channels > _MAX_CHANNELS
        self._window = _hann(self._frames)
        self._power = np.zeros(self._frames // 2 + 1)
        self._windows = 0
        self._rest = np.zeros((0, 1 if self._is_mixed else channels))

    def add(self, block: "NDArray[np.float64]") -> None:
        """Add a block of shape (frames, channels)."""
        import numpy as np

        if self._is_mixed:
            block = block.sum(axis=1, keepdims=True)
        block = np.concatenate([self._rest, block])
        count = len(block) // self._frames
        if count:
            self._take(block[: count * self._frames], self._window)
        self._windows += count
        self._rest = block[count * self._frames :].copy()

    def _take(self, part: "NDArray[np.float64]", window: "NDArray[np.float64]") -> None:
        """Add the power of each window in ``part``, which is a multiple of the window's length."""
        import numpy as np

        # The window has a mean and one frequency, so an offset is in the first bins alone.
        offset = np.fft.rfft(window, self._frames)
        for channel in range(part.shape[1]):
            windows = part[:, channel].reshape(-1, len(window)) * window
            bins = np.fft.rfft(windows, self._frames, axis=1)
            bins -= (bins[:, :1] / offset[0]) * offset
            self._power += (bins.real**2 + bins.imag**2).sum(axis=0)

    def described(self) -> dict[str, object]:
        """Return the two figures in Hz, rounded to 0.1; call it once, after the last block.

        ``dominant_frequency_hz`` is that of the highest peak, ``spectral_centroid_hz`` the mean
        frequency weighted with the power. Both are None without any sound but an offset.
        """
        rest = len(self._rest)
        if rest >= self._frames * _MIN_SHARE_OF_LAST or (
            rest >= _MIN_WINDOW_FRAMES and not self._windows
        ):
            self._take(self._rest, _hann(rest))
        self._power[0] = 0.0
        total = float(self._power.sum())
        # What rounding leaves of a constant is no sound either.
        is_empty = not total > 1e-24 * max(1, self._windows) * self._frames
        hz = self._rate / self._frames
        return {
            "dominant_frequency_hz": None if is_empty else round(self._peak() * hz, 1),
            "spectral_centroid_hz": None
            if is_empty
            else round(float((self._power * range(len(self._power))).sum()) / total * hz, 1),
        }

    def _peak(self) -> float:
        """Return the position of the highest bin, refined by its higher neighbor.

        For a sine and the Hann window, the ratio of the two magnitudes gives the exact position.
        """
        top = int(self._power.argmax())
        if top in (0, len(self._power) - 1):
            return float(top)
        left, middle, right = (float(power) for power in self._power[top - 1 : top + 2])
        ratio = math.sqrt(max(left, right) / middle)
        offset = max(0.0, (2 * ratio - 1) / (1 + ratio))
        return top + (offset if right > left else -offset)


def _hann(frames: int) -> "NDArray[np.float64]":
    import numpy as np

    return 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(frames) + 0.5) / frames)
