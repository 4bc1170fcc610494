"""Computes from the samples of one sound its measures, and its speech where that is asked for."""

from typing import TYPE_CHECKING

from protocol.wire import read_warnings
from slave_service.formats.sound.measures import Measures
from slave_service.models.speech.listening import Listening

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Totals:
    """Takes the blocks of a sound; the arguments are those of ``audio_processing.process``."""

    def __init__(self, speech: str, speech_model: str) -> None:
        self._speech, self._speech_model = speech, speech_model
        self._listening: Listening | None = None
        self.measures: Measures | None = None

    def begin(self, rate: int, channels: int) -> Measures:
        """Begin a sound, and forget what an earlier attempt to decode it has added."""
        self.measures = Measures(rate, channels)
        self._listening = (
            Listening(rate, self._speech, self._speech_model) if self._speech else None
        )
        return self.measures

    def add(self, block: "NDArray[np.float64]") -> None:
        """Add a block of shape (frames, channels)."""
        if self.measures is not None:
            self.measures.add(block)
        if self._listening is not None:
            self._listening.add(block)

    def with_speech(self, result: dict[str, object]) -> dict[str, object]:
        """Return the result with the keys and the warnings of the speech, where it is asked for."""
        if self._listening is None:
            return result
        found, warnings = self._listening.described()
        return {**result, **found, "warnings": [*read_warnings(result["warnings"]), *warnings]}
