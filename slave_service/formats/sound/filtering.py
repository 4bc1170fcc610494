"""Filters a channel of sound with two recursive filters in a row, block by block.

NumPy has no recursive filter, and SciPy's takes a second and 60 MB to load. So the two are taken as
one linear system with four state variables: the output of a span of frames is a matrix times these
frames plus a matrix times the state before them. The states of all spans follow from each other by
sums over 1, 2, 4, ... spans.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPAN_FRAMES = 64
"""Frames that are filtered by one product; more take longer, fewer give more spans."""

Biquad = tuple[float, float, float, float, float]
"""b0, b1, b2, a1 and a2 of a filter of second order, a0 being 1."""
_STATES = 4


class CascadeFilter:
    """The filter of one channel, with its state between blocks."""

    def __init__(self, biquads: tuple[Biquad, Biquad]) -> None:
        import numpy as np

        self._matrices = _matrices(biquads)
        self._state = np.zeros(_STATES)
        self._rest = np.zeros(0)

    @property
    def waiting(self) -> int:
        """Number of frames that were added and are not filtered yet."""
        return len(self._rest)

    def add(self, frames: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Return the next filtered frames: all but those of an incomplete span."""
        import numpy as np

        frames = np.concatenate([self._rest, frames])
        count = len(frames) // SPAN_FRAMES
        self._rest = frames[count * SPAN_FRAMES :].copy()
        if not count:
            return frames[:0]
        spans = frames[: count * SPAN_FRAMES].reshape(count, SPAN_FRAMES)
        output_of_input, output_of_state, state_of_input, state_of_state = self._matrices
        after = spans @ state_of_input
        after[0] += self._state @ state_of_state
        step, distance = state_of_state, 1
        while distance < count:
            after[distance:] += after[:-distance] @ step
            step, distance = step @ step, 2 * distance
        before = np.vstack([self._state, after[:-1]])
        self._state = after[-1]
        filtered: NDArray[np.float64] = spans @ output_of_input + before @ output_of_state
        return filtered.ravel()


@lru_cache(maxsize=4)
def _matrices(biquads: tuple[Biquad, Biquad]) -> "tuple[NDArray[np.float64], ...]":
    """Return what a span's output, then the state after it, get of its input and of the state."""
    import numpy as np

    response, states = _run(biquads, [0.0] * _STATES, [1.0] + [0.0] * (SPAN_FRAMES - 1))
    output_of_input = np.zeros((SPAN_FRAMES, SPAN_FRAMES))
    for frame in range(SPAN_FRAMES):
        output_of_input[frame, frame:] = response[: SPAN_FRAMES - frame]
    units = np.eye(_STATES).tolist()
    free = [_run(biquads, unit, [0.0] * SPAN_FRAMES) for unit in units]
    output_of_state = np.array([output for output, _ in free])
    state_of_state = np.array([after[-1] for _, after in free])
    return output_of_input, output_of_state, np.array(states[::-1]), state_of_state


def _run(
    biquads: tuple[Biquad, Biquad], state: Sequence[float], frames: Sequence[float]
) -> tuple[list[float], list[list[float]]]:
    """Filter frame by frame (transposed direct form II); return the output and each next state."""
    now = list(state)
    output, states = [], []
    for frame in frames:
        value = frame
        for index, (b0, b1, b2, a1, a2) in enumerate(biquads):
            first, second = 2 * index, 2 * index + 1
            result = b0 * value + now[first]
            now[first] = b1 * value - a1 * result + now[second]
            now[second] = b2 * value - a2 * result
            value = result
        output.append(value)
        states.append(list(now))
    return output, states
