"""Divides a sound into speech and the rest, from the probability of speech in each window."""

from dataclasses import dataclass, field

from slave_service.models.speech.voice_activity import WINDOW_S

BEGIN, END = 0.5, 0.35
"""Speech begins with a window above the first and ends below the second (silero-vad's values)."""
_MIN_PAUSE = round(0.5 / WINDOW_S)
MIN_SPEECH = round(0.25 / WINDOW_S)
_PAD = round(0.1 / WINDOW_S)
"""Windows that belong to speech on both sides, where a sound is too soft to be recognised."""
MAX_SPANS = 10_000


@dataclass(slots=True)
class Spans:
    """Collects spans of windows; speech counts once it lasts a quarter of a second.

    Speech with pauses below half a second is one span.
    """

    count: int = 0
    """Windows so far."""
    found: list[tuple[int, int]] = field(default_factory=list)
    """First window and the one after the last, the first ``MAX_SPANS``."""
    left_out: int = 0
    _windows: int = 0
    _begin: int | None = None
    _loud_end: int = 0

    def add(self, probability: float) -> None:
        """Take the next window."""
        self.count += 1
        if self._begin is None:
            if probability >= BEGIN:
                self._begin = self.count - 1
                self._loud_end = self.count
        elif probability >= END:
            self._loud_end = self.count
        elif self.count - self._loud_end >= _MIN_PAUSE:
            self._close()

    def finish(self) -> None:
        """Take the end of the sound."""
        self._close()

    def share(self) -> float:
        """Return the share of speech of all windows, 0 to 1."""
        return self._windows / self.count if self.count else 0.0

    def _close(self) -> None:
        begin, self._begin = self._begin, None
        if begin is None or self._loud_end - begin < MIN_SPEECH:
            return
        first, end = max(0, begin - _PAD), min(self.count, self._loud_end + _PAD)
        self._windows += end - first
        if len(self.found) < MAX_SPANS:
            self.found.append((first, end))
        else:
            self.left_out += 1
