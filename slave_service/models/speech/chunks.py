"""Collects the speech of a sound in chunks of at most 28 s, for a model that takes 30 s."""

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slave_service.models.speech.spans import BEGIN, END, MIN_SPEECH
from slave_service.models.speech.voice_activity import WINDOW_S

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_WINDOWS = round(28 / WINDOW_S)
_MIN_WINDOWS = round(10 / WINDOW_S)
"""Of a chunk that is cut where speech goes on."""
_BEFORE, _AFTER = round(0.2 / WINDOW_S), round(0.4 / WINDOW_S)
"""Windows that are kept around speech."""


@dataclass(frozen=True, slots=True)
class Window:
    """The samples of one window, its number in the sound, and its probability of speech."""

    number: int
    samples: "NDArray[np.float32]"
    probability: float


@dataclass(frozen=True, slots=True)
class Chunk:
    """Windows with speech, in order; those of pauses are left out."""

    windows: tuple[Window, ...]

    @property
    def seconds(self) -> float:
        """Length of the speech with the pauses that are in it."""
        return len(self.windows) * WINDOW_S

    def samples(self) -> "NDArray[np.float32]":
        """Return the samples of all windows in one array."""
        import numpy as np

        return np.concatenate([window.samples for window in self.windows])

    def begin_in_sound(self, seconds: float) -> float:
        """Return the time in the sound of a begin at ``seconds``, or of the next speech after it.

        Whisper often lets a text begin where the one before ends, which can be before a pause.
        """
        place = min(max(0, math.floor(seconds / WINDOW_S)), len(self.windows) - 1)
        for later in range(place, len(self.windows)):
            if self.windows[later].probability >= BEGIN:
                return self._in_sound(later, seconds)
        return self._in_sound(place, seconds)

    def end_in_sound(self, seconds: float) -> float:
        """Return the time in the sound of an end at ``seconds``, or of the speech before it."""
        place = min(max(0, math.ceil(seconds / WINDOW_S) - 1), len(self.windows) - 1)
        for earlier in range(place, -1, -1):
            if self.windows[earlier].probability >= END:
                return self._in_sound(earlier, seconds)
        return self._in_sound(place, seconds)

    def _in_sound(self, place: int, seconds: float) -> float:
        within = min(max(0.0, seconds - place * WINDOW_S), WINDOW_S)
        return self.windows[place].number * WINDOW_S + within


class Chunks:
    """Takes the windows of a sound one by one, and returns a chunk when it is complete."""

    def __init__(self) -> None:
        self._before: deque[Window] = deque(maxlen=_BEFORE)
        self._held: list[Window] = []
        self._remaining = 0
        """Windows that are still kept unless speech goes on."""

    def add(self, window: Window) -> Chunk | None:
        """Take the next window; return a chunk if it is full."""
        if window.probability >= (END if self._remaining else BEGIN):
            self._held += [*self._before, window]
            self._before.clear()
            self._remaining = _AFTER
        elif self._remaining:
            self._held.append(window)
            self._remaining -= 1
        else:
            self._before.append(window)
        return self._cut() if len(self._held) >= MAX_WINDOWS else None

    def finish(self) -> Chunk | None:
        """Return the last chunk, or None where no speech is left."""
        held, self._held = self._held, []
        return _chunk(held)

    def _cut(self) -> Chunk | None:
        place = _best_cut(self._held)
        first, self._held = self._held[:place], self._held[place:]
        return _chunk(first)


def _chunk(windows: list[Window]) -> Chunk | None:
    """Return a chunk; None where its speech is too short to be any."""
    spoken = sum(window.probability >= BEGIN for window in windows)
    return Chunk(tuple(windows)) if spoken >= MIN_SPEECH else None


def _best_cut(windows: list[Window]) -> int:
    """Return the place of the longest pause, or else of the least probable speech."""
    places = range(_MIN_WINDOWS, len(windows))
    longest = max(places, key=lambda place: windows[place].number - windows[place - 1].number)
    if windows[longest].number - windows[longest - 1].number > 1:
        return longest
    return min(
        places, key=lambda place: windows[place].probability + windows[place - 1].probability
    )
