"""Measures a sound of any length in one pass, block by block, in bounded memory."""

import math
from typing import TYPE_CHECKING

from protocol.failures import Corrupt
from slave_service.formats.sound.loudness import MIN_RATE_HZ, Loudness
from slave_service.formats.sound.silence import Silence
from slave_service.formats.sound.spectrum import Spectrum
from slave_service.formats.waveform import Waveform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BAD_SAMPLES = (
    "This sound file holds samples that are no usable numbers (NaN, infinite or huge); "
    "export it again."
)


class Measures:
    """Running totals over blocks of any length; ``rate`` is in Hz."""

    def __init__(self, rate: int, channels: int) -> None:
        self.frames = 0
        self.peak = 0.0
        self._rate, self._channels = rate, channels
        self._crossings = 0
        self._squares: list[float] = []
        self._was_positive: bool | None = None
        self._mean = Waveform()
        """Waveform of the channels' sum; ``points`` divides it by their number."""
        self._loudness = Loudness(rate, channels) if rate >= MIN_RATE_HZ else None
        self._silence = Silence(rate)
        self._spectrum = Spectrum(rate, channels)

    def add(self, block: "NDArray[np.float64]") -> None:
        """Add one block of shape (frames, channels); raise ``Corrupt`` for NaN and infinity."""
        import numpy as np

        with np.errstate(over="ignore", invalid="ignore"):
            squares = float(np.square(block).sum())
        if not math.isfinite(squares):
            raise Corrupt(_BAD_SAMPLES)
        self.frames += len(block)
        self._squares.append(squares)
        self.peak = max(self.peak, float(block.max()), -float(block.min()))
        # The sum has the sign of the mean. Adding channel by channel fixes the order of the
        # additions, so that rounding is the same on every computer.
        mix = block[:, 0].copy()
        for channel in range(1, block.shape[1]):
            mix += block[:, channel]
        self._count_crossings(mix[mix != 0] > 0)
        self._mean.add(mix)
        if self._loudness is not None:
            self._loudness.add(block)
        self._silence.add(block)
        self._spectrum.add(block)

    def _count_crossings(self, positive: "NDArray[np.bool_]") -> None:
        if not positive.size:
            return
        self._crossings += int((positive[1:] != positive[:-1]).sum())
        if self._was_positive is not None and self._was_positive != bool(positive[0]):
            self._crossings += 1
        self._was_positive = bool(positive[-1])

    def described(self, places: int | None = None) -> dict[str, object]:
        """Return the keys of the result; call it once, after the last block.

        ``places`` are the decimal places of ``rms_energy`` and ``peak``, None for all of them.
        """
        rms = math.sqrt(math.fsum(self._squares) / max(1, self.frames * self._channels))
        lufs = self._loudness.lufs() if self._loudness is not None else None
        return {
            "duration_seconds": self.frames / self._rate,
            "sample_rate": self._rate,
            "channels": self._channels,
            "rms_energy": rms if places is None else round(rms, places),
            "peak": self.peak if places is None else round(self.peak, places),
            "rms_dbfs": _decibels(rms),
            "peak_dbfs": _decibels(self.peak),
            "loudness_lufs": None if lufs is None else round(lufs, 2),
            **self._silence.described(),
            **self._spectrum.described(),
            "zero_crossings": self._crossings,
            "waveform": self._mean.points(self._channels),
            "frames": self.frames,
        }


def _decibels(amplitude: float) -> float | None:
    """Return the level of an amplitude, 0 dB being full scale; None for silence."""
    return round(20 * math.log10(amplitude), 2) + 0.0 if amplitude > 0 else None
