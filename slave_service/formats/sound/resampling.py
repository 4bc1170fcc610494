"""Converts a sound of any length to another sample rate, block by block, in bounded memory."""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAX_TERM = 50_000
"""Other rates above 50 kHz are converted with a ratio that differs by 20 millionths at most."""
_HALF_PERIODS = 10
"""Half the length of the filter, in samples at the lower of both rates (SciPy's default)."""
_KAISER_BETA = 5.0


class Resampler:
    """Converts one channel from ``source_hz`` to ``target_hz``; call ``finish`` at the end.

    A low-pass filter of linear phase removes what the lower rate can't contain, without a delay.
    The samples do not depend on how the sound is divided into blocks.
    """

    def __init__(self, source_hz: int, target_hz: int) -> None:
        import numpy as np

        ratio = Fraction(target_hz, source_hz).limit_denominator(_MAX_TERM)
        self._up, self._down = ratio.numerator, ratio.denominator
        if not self._up:
            raise ValueError(f"{source_hz} Hz can't be converted to {target_hz} Hz")
        self._ratio = ratio
        # All borders are at multiples of ``down``, where a sample of the result lies.
        reach = _HALF_PERIODS * max(self._up, self._down) / self._up
        self._context = self._down * (math.ceil(reach / self._down) + 1)
        self._hop = self._down * math.ceil(source_hz / self._down)
        self._held: NDArray[np.float64] = np.zeros(self._context)
        self._filter = self._low_pass()

    def _low_pass(self) -> "NDArray[np.float64] | None":
        if self._up == self._down:
            return None
        from scipy.signal import firwin

        longest = max(self._up, self._down)
        taps: NDArray[np.float64] = firwin(
            2 * _HALF_PERIODS * longest + 1, 1 / longest, window=("kaiser", _KAISER_BETA)
        )
        return taps

    def add(self, samples: "NDArray[np.float64]") -> "Iterator[NDArray[np.float64]]":
        """Yield what is complete after ``samples``, in blocks of about a second."""
        import numpy as np

        self._held = np.concatenate([self._held, samples])
        length = self._hop + 2 * self._context
        while len(self._held) >= length:
            yield self._converted(self._held[:length])
            self._held = self._held[self._hop :]

    def finish(self) -> "NDArray[np.float64]":
        """Return the rest, of which the last sample may lie after the end of the sound."""
        import numpy as np

        rest = len(self._held) - self._context
        padded = np.concatenate([self._held, np.zeros(self._hop + 2 * self._context)])
        steps = math.ceil(rest / self._hop)
        parts = [
            self._converted(padded[step * self._hop :][: self._hop + 2 * self._context])
            for step in range(steps)
        ]
        joined = np.concatenate([np.zeros(0), *parts])
        return joined[: math.ceil(rest * self._ratio)]

    def _converted(self, samples: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Return the result for ``samples`` without the context at both ends."""
        import numpy as np

        first, length = self._context * self._ratio, self._hop * self._ratio
        if self._filter is None:
            whole = samples
        else:
            from scipy.signal import resample_poly

            whole = resample_poly(samples, self._up, self._down, window=self._filter)
        part: NDArray[np.float64] = whole[int(first) : int(first + length)]
        return part
