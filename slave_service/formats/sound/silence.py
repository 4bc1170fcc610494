"""Finds the stretches of silence in a sound, block by block."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THRESHOLD = 0.001
"""The greatest magnitude of silence, full scale being 1: -60 dBFS."""
MIN_SECONDS = 0.5
"""Shorter pauses, as between words, are not silence."""
MAX_SPANS = 1000
"""Number of spans that are listed; the share counts all of them."""
_GROUP_FRAMES = 256
"""Frames that are looked at as one: silence is far longer at common rates."""


@dataclass(slots=True)
class Silence:
    """The spans in which no channel exceeds ``THRESHOLD`` for ``MIN_SECONDS`` or longer."""

    rate: int
    _frames: int = 0
    _quiet_since: int = 0
    """The frame after the last loud one."""
    _silent_frames: int = 0
    _spans: list[tuple[int, int]] = field(default_factory=list)

    def add(self, block: "NDArray[np.float64]") -> None:
        """Add a block of shape (frames, channels)."""
        import numpy as np

        loud = self._loud_frames(block) + self._frames
        self._frames += len(block)
        if not loud.size:
            return
        begins = np.concatenate([[self._quiet_since], loud[:-1] + 1])
        for index in np.flatnonzero(loud - begins >= self._min_frames()).tolist():
            self._take(int(begins[index]), int(loud[index]))
        self._quiet_since = int(loud[-1]) + 1

    def _loud_frames(self, block: "NDArray[np.float64]") -> "NDArray[np.int64]":
        """Return the numbers of loud frames: all of them, or enough of them to find no silence."""
        import numpy as np

        count = len(block) // _GROUP_FRAMES
        if count > 1 and self._min_frames() >= 2 * _GROUP_FRAMES:
            groups = np.abs(block[: count * _GROUP_FRAMES]).reshape(count, -1)
            if (groups.max(axis=1) > THRESHOLD).all():
                # Silence would contain a whole group. So the first and last loud frames suffice,
                # with one of each group between them.
                first = np.flatnonzero(_is_loud(block[:_GROUP_FRAMES]))[:1]
                begin = (count - 1) * _GROUP_FRAMES
                last = np.flatnonzero(_is_loud(block[begin:]))[-1:] + begin
                between = np.arange(_GROUP_FRAMES, begin + 1, _GROUP_FRAMES)
                return np.concatenate([first, between, last])
        return np.flatnonzero(_is_loud(block))

    def described(self) -> dict[str, object]:
        """Return ``silence_share`` and ``silence_spans``; call it once, after the last block."""
        if self._frames - self._quiet_since >= self._min_frames():
            self._take(self._quiet_since, self._frames)
        spans = [
            {"begin": round(begin / self.rate, 3), "end": round(end / self.rate, 3)}
            for begin, end in self._spans
        ]
        share = round(self._silent_frames / max(1, self._frames), 4)
        return {"silence_share": share, "silence_spans": spans}

    def _min_frames(self) -> int:
        return max(1, round(self.rate * MIN_SECONDS))

    def _take(self, begin: int, end: int) -> None:
        self._silent_frames += end - begin
        if len(self._spans) < MAX_SPANS:
            self._spans.append((begin, end))


def _is_loud(block: "NDArray[np.float64]") -> "NDArray[np.bool_]":
    import numpy as np

    loud: NDArray[np.bool_] = np.any(np.abs(block) > THRESHOLD, axis=1)
    return loud
