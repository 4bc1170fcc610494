"""Finds the phrases that an English text repeats, such as "battery life".

A phrase is two or three words in a row without a stop word, a number or a mark between them, as in
RAKE (S. Rose et al., "Automatic keyword extraction from individual documents", 2010), that the
text has at least twice. RAKE's own score prefers long phrases that are there once; the number of
times is what ``keywords`` go by too.
"""

import heapq
import re
from collections import Counter
from itertools import compress, pairwise
from operator import and_

from slave_service.models.stop_words import STOP_WORDS

MAX_PHRASES = 10
MAX_CHARACTERS = 1_000_000
"""Characters from the beginning that are searched; counting takes bounded time and memory."""
_MAX_WORD_CHARACTERS = 40
_MIN_COUNT = 2
# Quotes stay, so that "it's" is no word; an empty line ends a paragraph.
_BREAK = re.compile(r"[^\w\s'’-]+|(?<!\w)-|-(?!\w)|\n[^\S\n]*\n")


def keyword_phrases(text: str) -> list[list[object]]:
    """Return ``[[phrase, count], …]``, at most ten, the most frequent first.

    Phrases are in lower case; of equal counts, those of three words come first, and else the order
    is that of first appearance. A phrase of two words that is only ever part of one of three is
    left out.
    """
    marked = _BREAK.sub(" . ", text[:MAX_CHARACTERS].lower())
    words = marked.replace("-", " ").split()
    wanted = set(filter(_is_wanted, set(words) - STOP_WORDS))
    is_wanted = [word in wanted for word in words]
    is_pair = list(map(and_, is_wanted, is_wanted[1:]))
    pairs = Counter(compress(pairwise(words), is_pair))
    threes = zip(words, words[1:], words[2:], strict=False)
    triples = Counter(compress(threes, map(and_, is_pair, is_pair[1:])))
    found = [(phrase, number) for phrase, number in triples.items() if number >= _MIN_COUNT]
    inside = {(part, number) for phrase, number in found for part in pairwise(phrase)}
    top = heapq.nlargest(
        MAX_PHRASES,
        [*found, *(item for item in pairs.items() if item[1] >= _MIN_COUNT and item not in inside)],
        key=lambda item: item[1],
    )
    return [[" ".join(phrase), number] for phrase, number in top]


def _is_wanted(word: str) -> bool:
    return 1 < len(word) <= _MAX_WORD_CHARACTERS and word.isalpha()
