"""Keeps the sentences of a text that say most about its mood, however many it has."""

import heapq
import re

MAX_SENTENCES = 200
MAX_CHARACTERS = 300
"""Longest text of a sentence in the result, with the sign that it was cut."""

_BLOCK_CHARACTERS = 1 << 16
_NO_SPACE = re.compile(r"\S")


class TopSentences:
    """The sentences with the largest magnitude of sentiment; of equal ones the first.

    Up to ``MAX_SENTENCES`` that is all of them.
    """

    def __init__(self) -> None:
        # The heap's first is the next to go: the weakest, and of equal ones the last.
        self._kept: list[tuple[float, int, int, float]] = []

    def add(self, begin: int, end: int, sentiment: float) -> None:
        """Take the next sentence, which stands between two offsets in the text."""
        entry = (abs(sentiment), -begin, end, sentiment)
        if len(self._kept) < MAX_SENTENCES:
            heapq.heappush(self._kept, entry)
        else:
            heapq.heappushpop(self._kept, entry)

    def of(self, text: str) -> list[dict[str, object]]:
        """Return the kept ones in the text's order, without the white space around them.

        Each has ``text`` (cut where it is too long), ``sentiment``, and ``begin`` and ``end``,
        which are never cut.
        """
        ordered = sorted((-negated, end, sentiment) for _, negated, end, sentiment in self._kept)
        return [_described(text, *sentence) for sentence in ordered]


def _described(text: str, begin: int, end: int, sentiment: float) -> dict[str, object]:
    begin, end = _stripped(text, begin, end)
    if end - begin > MAX_CHARACTERS:
        shown = text[begin : begin + MAX_CHARACTERS - 1] + "…"
    else:
        shown = text[begin:end]
    return {"text": shown, "sentiment": sentiment, "begin": begin, "end": end}


def _stripped(text: str, begin: int, end: int) -> tuple[int, int]:
    """Return the offsets without white space at both ends, where there is anything else.

    A text of one sentence is as long as the whole, so no copy is made of it.
    """
    first = _NO_SPACE.search(text, begin, end)
    begin = first.start() if first else end
    while begin < end:
        block = text[max(begin, end - _BLOCK_CHARACTERS) : end]
        space = len(block) - len(block.rstrip())
        end -= space
        if space < len(block):
            break
    return begin, end
