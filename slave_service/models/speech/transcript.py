"""Puts a transcript together from the chunks of a sound, without what the model invents."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from slave_service.models.speech.chunks import Chunk
from slave_service.models.speech.subtitles import srt
from slave_service.models.speech.whisper import Said

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_LANGUAGE = 0.5
"""Probability from which a language is certain."""
_MIN_POSSIBLE = 0.2
"""Probability from which speech is tried in the language of the speech before, or in English: a few
words say little of their language, and in another one their text fails the next bound."""
MIN_LOG_PROBABILITY, MIN_OF_CERTAIN_ENGLISH = -0.75, -1.0
MAX_COMPRESSION = 2.4
"""Text beyond these is not what was said (see docs/accuracy.md)."""
_ENGLISH = "en"
_PLACES = 2

_NO_SPEECH = "No speech was found, so there is no transcript."
_NOT_TOLD = (
    "The words of the speech or its language could not be told, so there is no transcript; the "
    "model needs clear speech in a common language."
)
_NOT_ENGLISH = (
    "The speech does not seem to be in English, and the model on this slave knows no other "
    "language, so there is no transcript; use a model without .en in SPEECH_MODEL."
)
_OTHER_LANGUAGE = (
    "The speech is in the language {language!r}, of which the model gets more words wrong than of "
    "English; compare the transcript with the sound."
)
_LEFT_OUT = (
    "{seconds} s of speech are not in the transcript, since its words or its language could not be "
    "told; listen from {places}."
)
_MAX_PLACES = 10


class Engine(Protocol):
    """A model that writes down speech (see ``whisper.Whisper``)."""

    name: str

    @property
    def knows_only_english(self) -> bool:
        """Whether it takes everything for English."""

    def languages(self, samples: "NDArray[np.float32]") -> dict[str, float]:
        """Return the probability of each language (ISO 639-1) in at most 30 s of speech."""

    def said(self, samples: "NDArray[np.float32]", language: str) -> list[Said]:
        """Return the text of at most 30 s of speech in a language."""


@dataclass(slots=True)
class Transcript:
    """Takes chunks in their order."""

    engine: Engine
    _segments: list[dict[str, object]] = field(default_factory=list)
    _left_out: list[tuple[float, float]] = field(default_factory=list)
    """Begin in the sound, and seconds of speech."""
    _seconds: dict[str, float] = field(default_factory=dict)
    """Of the text, by language."""
    _heard: float = 0.0
    _last_language: str | None = None

    def add(self, chunk: Chunk) -> None:
        """Write down one chunk."""
        self._heard += chunk.seconds
        samples = chunk.samples()
        language, lowest = self._language(samples)
        if language is None:
            self._left_out.append((chunk.begin_in_sound(0), chunk.seconds))
            return
        for said in self.engine.said(samples, language):
            self._add_said(chunk, said, language, lowest)

    def _language(self, samples: "NDArray[np.float32]") -> tuple[str | None, float]:
        """Return the language, and the least log probability of text in it."""
        if self.engine.knows_only_english:
            return _ENGLISH, MIN_LOG_PROBABILITY
        probabilities = self.engine.languages(samples)
        best = max(sorted(probabilities), key=lambda name: probabilities[name])
        if probabilities[best] >= MIN_LANGUAGE:
            self._last_language = best
            is_english = best == _ENGLISH
            return best, MIN_OF_CERTAIN_ENGLISH if is_english else MIN_LOG_PROBABILITY
        for possible in (self._last_language, _ENGLISH):
            if possible and probabilities.get(possible, 0) >= _MIN_POSSIBLE:
                return possible, MIN_LOG_PROBABILITY
        return None, MIN_LOG_PROBABILITY

    def _add_said(self, chunk: Chunk, said: Said, language: str, lowest: float) -> None:
        begin, end = chunk.begin_in_sound(said.begin), chunk.end_in_sound(said.end)
        seconds = max(0.0, min(said.end, chunk.seconds) - said.begin)
        is_doubtful = said.log_probability < lowest or said.compression > MAX_COMPRESSION
        if is_doubtful:
            self._left_out.append((begin, seconds))
        elif said.text:
            self._seconds[language] = self._seconds.get(language, 0.0) + seconds
            self._segments.append(
                {
                    "start": round(begin, _PLACES),
                    "end": round(max(begin, end), _PLACES),
                    "text": said.text,
                    "confidence": round(math.exp(min(0.0, said.log_probability)), _PLACES),
                }
            )

    def described(self) -> tuple[dict[str, object] | None, list[str]]:
        """Return the result's ``transcript``, None where there is none, and the warnings."""
        reason = self._why_none()
        if reason is not None:
            return None, [reason]
        times = [(each["start"], each["end"], each["text"]) for each in self._segments]
        language = max(sorted(self._seconds), key=lambda name: self._seconds[name])
        return {
            "text": " ".join(str(text) for _, _, text in times),
            "segments": self._segments,
            "srt": srt(times),  # type: ignore[arg-type] # as made above
            "language": language,
            "engine": self.engine.name,
        }, self._warnings(language)

    def _why_none(self) -> str | None:
        if not self._heard:
            return _NO_SPEECH
        lost = sum(seconds for _, seconds in self._left_out)
        if self.engine.knows_only_english:
            # Of another language it takes a part for English now and then.
            is_lost = not self._segments or lost > sum(self._seconds.values())
            return _NOT_ENGLISH if is_lost else None
        return None if self._segments else _NOT_TOLD

    def _warnings(self, language: str) -> list[str]:
        found = [_OTHER_LANGUAGE.format(language=language)] if language != _ENGLISH else []
        lost = sum(seconds for _, seconds in self._left_out)
        if lost >= 1:
            places = [f"{begin:.0f} s" for begin, _ in self._left_out[:_MAX_PLACES]]
            more = " and other places" if len(self._left_out) > _MAX_PLACES else ""
            found.append(_LEFT_OUT.format(seconds=round(lost), places=", ".join(places) + more))
        return found
