"""Measures the integrated loudness of a sound (ITU-R BS.1770-5, as EBU R 128 asks), in one pass.

Each channel goes through the two filters of the K-weighting; the mean squares of blocks of 400 ms,
which overlap by three quarters, are gated at -70 LUFS and then at 10 LU below the mean of the rest.

The recommendation gives the coefficients for 48 kHz. For other rates they follow by the bilinear
transform from the analog filters whose coefficients at 48 kHz are those of the recommendation
(their parameters: B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement",
AES Convention 145, 2018).
"""

import cmath
import math
from typing import TYPE_CHECKING

from slave_service.formats.sound.filtering import SPAN_FRAMES, Biquad, CascadeFilter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_RATE_HZ = 4000
"""The shelf of the K-weighting is at 1682 Hz, which has to be below half the rate."""

_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773
_CALIBRATION_HZ = 997
"""BS.1770-5, equation 2, subtracts the gain of the K-weighting at this frequency, 0.691 dB at
48 kHz; at other rates, the bilinear transform changes it by up to 0.04 dB."""
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0
_STEPS_OF_BLOCK = 4
_SURROUND, _LOW_FREQUENCY = 1.41, 0.0
_WEIGHTS: dict[int, tuple[float, ...]] = {
    # In the order of WAV: left, right, center, low frequency, back, side.
    4: (1.0, 1.0, _SURROUND, _SURROUND),
    5: (1.0, 1.0, 1.0, _SURROUND, _SURROUND),
    6: (1.0, 1.0, 1.0, _LOW_FREQUENCY, _SURROUND, _SURROUND),
    8: (1.0, 1.0, 1.0, _LOW_FREQUENCY, 1.0, 1.0, _SURROUND, _SURROUND),
}
"""BS.1770-5, tables 3 and 4, by the number of channels; 1 for all channels of other numbers."""


def k_weighting(rate: int) -> tuple[Biquad, Biquad]:
    """Return the shelf and the high-pass filter of the K-weighting for a rate in Hz."""
    k = math.tan(math.pi * _SHELF_HZ / rate)
    high = 10 ** (_SHELF_DB / 20)
    middle = high**0.4996667741545416
    a0 = 1 + k / _SHELF_Q + k * k
    shelf = (
        (high + middle * k / _SHELF_Q + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - middle * k / _SHELF_Q + k * k) / a0,
        2 * (k * k - 1) / a0,
        (1 - k / _SHELF_Q + k * k) / a0,
    )
    k = math.tan(math.pi * _HIGH_PASS_HZ / rate)
    a0 = 1 + k / _HIGH_PASS_Q + k * k
    high_pass = (1.0, -2.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / _HIGH_PASS_Q + k * k) / a0)
    return shelf, high_pass


def gain_db(filters: tuple[Biquad, Biquad], frequency_hz: float, rate: int) -> float:
    """Return the gain of two filters in a row at a frequency, both in Hz."""
    z1 = cmath.exp(-2j * math.pi * frequency_hz / rate)
    gain = 1.0
    for b0, b1, b2, a1, a2 in filters:
        gain *= abs((b0 + b1 * z1 + b2 * z1 * z1) / (1 + a1 * z1 + a2 * z1 * z1))
    return 20 * math.log10(gain)


class Loudness:
    """The gated loudness of the added frames."""

    def __init__(self, rate: int, channels: int) -> None:
        filters = k_weighting(rate)
        self._offset_db = -gain_db(filters, _CALIBRATION_HZ, rate)
        self._weights = _WEIGHTS.get(channels, (1.0,) * channels)
        self._filters = [CascadeFilter(filters) if weight else None for weight in self._weights]
        self._step = max(1, round(rate / 10))
        """Frames of 100 ms, by which the blocks are apart."""
        self._energies: list[float] = []
        """Of each step, the weighted sum of squares."""
        self._partial_energy = 0.0
        self._partial_frames = 0

    def add(self, block: "NDArray[np.float64]") -> None:
        """Add a block of shape (frames, channels), full scale being 1."""
        self._collect(self._power(block))

    def _power(self, block: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Return the weighted sum of squares of each frame that is filtered."""
        import numpy as np

        power: NDArray[np.float64] = np.zeros(0)
        for channel, (weight, filter_) in enumerate(zip(self._weights, self._filters, strict=True)):
            if filter_ is not None:
                filtered = filter_.add(block[:, channel])
                energy = weight * filtered * filtered
                # Channel by channel, in a fixed order, so that rounding is always the same.
                power = power + energy if len(power) else energy
        return power

    def _collect(self, power: "NDArray[np.float64]") -> None:
        """Add the power of each frame to the energy of its step."""
        first = min(self._step - self._partial_frames, len(power))
        self._partial_energy += float(power[:first].sum())
        self._partial_frames += first
        if self._partial_frames < self._step:
            return
        self._energies.append(self._partial_energy)
        whole = (len(power) - first) // self._step
        end = first + whole * self._step
        if whole:
            steps: NDArray[np.float64] = power[first:end].reshape(whole, self._step).sum(axis=1)
            self._energies.extend(steps.tolist())
        self._partial_energy = float(power[end:].sum())
        self._partial_frames = len(power) - end

    def lufs(self) -> float | None:
        """Return the loudness; None below 400 ms, and where every block is below -70 LUFS.

        Call it once, after the last block.
        """
        import numpy as np

        self._flush()
        if len(self._energies) < _STEPS_OF_BLOCK:
            return None
        blocks = np.convolve(self._energies, np.ones(_STEPS_OF_BLOCK), "valid")
        # A sum that is 0 can come out slightly negative.
        blocks = np.maximum(blocks, 0) / (_STEPS_OF_BLOCK * self._step)
        loud = blocks[blocks > 10 ** ((_ABSOLUTE_GATE_LUFS - self._offset_db) / 10)]
        if not loud.size:
            return None
        loud = loud[loud > loud.mean() * 10 ** (_RELATIVE_GATE_LU / 10)]
        return self._offset_db + 10 * math.log10(float(loud.mean()))

    def _flush(self) -> None:
        """Add the frames that the filters still keep."""
        import numpy as np

        waiting = max((each.waiting for each in self._filters if each), default=0)
        if waiting:
            zeros = np.zeros((SPAN_FRAMES - waiting, len(self._filters)))
            self._collect(self._power(zeros)[:waiting])
