"""Keeps the sentences of a text with the strongest sentiment, in bounded memory."""

import heapq
import re

MAX_SENTENCES = 200
MAX_CHARACTERS = 300
"""Longest text of a sentence in the result, including the ellipsis of a cut one."""

_BLOCK_CHARACTERS = 1 << 16
_NO_SPACE = re.compile(r"\S")


class TopSentences:
    """The ``MAX_SENTENCES`` sentences with the largest magnitude of sentiment, first ones in a tie.

    Of a text with fewer sentences it keeps all.
    """

    def __init__(self) -> None:
        # The first entry of the heap is the next to be removed: the weakest, in a tie the last.
        self._kept: list[tuple[float, int, int, float]] = []

    def add(self, begin: int, end: int, sentiment: float) -> None:
        """Add the next sentence, given by its offsets in the text."""
        entry = (abs(sentiment), -begin, end, sentiment)
        if len(self._kept) < MAX_SENTENCES:
            heapq.heappush(self._kept, entry)
        else:
            heapq.heappushpop(self._kept, entry)

    def of(self, text: str) -> list[dict[str, object]]:
        """Return the kept sentences in text order, without the white space around them.

        Each has ``text`` (cut to ``MAX_CHARACTERS``), ``sentiment``, and ``begin`` and ``end`` of
        the whole sentence.
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
    """Return the offsets without white space at both ends.

    The text is not copied, since one sentence can be as long as the whole text.
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
