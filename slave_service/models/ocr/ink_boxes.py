"""Moves the estimated boxes of a line's words to the ink: each word is between two gaps."""

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from slave_service.models.ocr.page_text import Word

if TYPE_CHECKING:
    from numpy.typing import NDArray

_INK_SHARE = 0.4
"""Of the range from paper to ink, from which on a pixel is ink."""
_Span = tuple[int, int]


def tightened(levels: "NDArray[Any]", words: list[Word]) -> list[Word]:
    """Return the words of one upright line with boxes around their ink.

    ``levels`` are the gray levels of the page, dark on light. A word without ink keeps its box.
    """
    import numpy as np

    top = max(0, min(word.box[1] for word in words))
    bottom = max(word.box[1] + word.box[3] for word in words)
    margin = (bottom - top) // 2
    left = max(0, min(word.box[0] for word in words) - margin)
    right = max(word.box[0] + word.box[2] for word in words) + margin
    ink = _ink(levels[top:bottom, left:right])
    if not ink.any():
        return words
    cuts = [left, *(_cuts(ink, left, words)), left + ink.shape[1]]
    found = []
    for word, low, high in zip(words, cuts, cuts[1:], strict=False):
        part = ink[:, low - left : high - left]
        across, down = (_span(np.asarray(part.any(axis=axis))) for axis in (0, 1))
        if across and down:
            box = (low + across[0], top + down[0], across[1] - across[0], down[1] - down[0])
            found.append(replace(word, box=box))
        else:
            found.append(word)
    return found


def _ink(region: "NDArray[Any]") -> "NDArray[Any]":
    import numpy as np

    if not region.size:
        return np.zeros(region.shape, dtype=bool)
    darkest, paper = np.percentile(region, (1, 90))
    ink: NDArray[Any] = region < paper - max(20.0, _INK_SHARE * float(paper - darkest))
    return ink


def _cuts(ink: "NDArray[Any]", left: int, words: list[Word]) -> list[int]:
    """Return the middle of the gap between each two words: the widest one near its estimate."""
    import numpy as np

    gaps = _gaps(np.asarray(ink.any(axis=0)))
    reach = ink.shape[0] / 2
    cuts: list[int] = []
    for word, following in pairwise(words):
        estimate = (word.box[0] + word.box[2] + following.box[0]) / 2 - left
        near = [gap for gap in gaps if abs((gap[0] + gap[1]) / 2 - estimate) <= reach]
        # The closer one of two equally wide gaps.
        best = max(near, key=lambda gap: _fit(gap, estimate), default=None)
        middle = (best[0] + best[1]) // 2 if best else round(estimate)
        cuts.append(max(middle + left, cuts[-1] if cuts else left))
    return cuts


def _fit(gap: _Span, estimate: float) -> float:
    return (gap[1] - gap[0]) - abs((gap[0] + gap[1]) / 2 - estimate) / 2


def _gaps(inked: "NDArray[Any]") -> list[_Span]:
    """Return the runs of columns without ink."""
    import numpy as np

    edges = np.diff(np.pad(~inked, 1).astype(np.int8))
    begins, ends = np.nonzero(edges == 1)[0], np.nonzero(edges == -1)[0]
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


def _span(inked: "NDArray[Any]") -> _Span | None:
    import numpy as np

    (places,) = np.nonzero(inked)
    return (int(places[0]), int(places[-1]) + 1) if len(places) else None
