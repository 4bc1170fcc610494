"""Computes the sentence vector of a text with all-MiniLM-L6-v2 (N. Reimers et al., 2021).

A text longer than the 256 pieces that the model was made for is cut into windows; its vector is the
mean of their vectors, each weighed by the pieces of its window. Of a long text, some windows are
taken, from its beginning to its end.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from slave_service.models.semantic import network, weights
from slave_service.models.semantic.word_pieces import word_pieces

MODEL = "all-MiniLM-L6-v2"
SIZE = 384
DECIMALS = 5
MAX_WINDOWS = 16
"""Of a text, some 3,000 English words in all, which take some five seconds."""
MAX_CHARACTERS = 262_144
"""That are cut into pieces at most, which takes half a second."""
_WINDOW_PIECES = 254
"""256 with the marks of beginning and end."""
_LAYERS = 6
_BEGIN, _END = "[CLS]", "[SEP]"


@dataclass(frozen=True, slots=True)
class SentenceVector:
    """``values`` are ``SIZE`` numbers of Euclidean length 1 (0 for a text without any piece).

    ``is_whole`` says whether they are those of the whole text.
    """

    values: list[float]
    is_whole: bool


def is_installed() -> bool:
    """Return whether the package of requirements-embedding.txt is installed."""
    return weights.folder() is not None


def sentence_vector(text: str) -> SentenceVector:
    """Return the vector of a text, rounded to ``DECIMALS``; raises ``Unavailable``."""
    import numpy as np

    vocabulary = weights.vocabulary()
    pieces = list(word_pieces(text[:MAX_CHARACTERS], vocabulary))
    starts = range(0, len(pieces), _WINDOW_PIECES)
    chosen = _spread(starts)
    is_whole = len(chosen) == len(starts) and len(text) <= MAX_CHARACTERS
    total = np.zeros(SIZE)
    with _threads().limit(limits=1, user_api="blas"):
        for start in chosen:
            window = pieces[start : start + _WINDOW_PIECES]
            marked = [vocabulary[_BEGIN], *window, vocabulary[_END]]
            mean = network.encode(marked, weights.parameters(), _LAYERS).mean(axis=0)
            total += mean / math.sqrt(float(mean @ mean)) * len(window)
    length = math.sqrt(float(total @ total)) or 1.0
    # Adding 0.0 makes 0.0 of -0.0.
    return SentenceVector(
        [round(float(value), DECIMALS) + 0.0 for value in total / length], is_whole
    )


def _spread(starts: Sequence[int]) -> list[int]:
    """Return ``MAX_WINDOWS`` at most, at equal distances from the first one on."""
    count = min(len(starts), MAX_WINDOWS)
    return [starts[number * len(starts) // count] for number in range(count)]


@cache
def _threads() -> Any:  # noqa: ANN401  (threadpoolctl ships no types)
    """Return what limits the threads of NumPy: several change the order of sums, and so results."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
