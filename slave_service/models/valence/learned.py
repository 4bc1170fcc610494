"""Joins VADER's score of an English sentence with weights of words, learned from human ratings.

VADER rates 7,500 words, and only by what they mean on their own: it is blind to "refund" and to
"the screen went dark". The weights are those of a ridge regression of the mean ratings of 23,703
sentences (C.J. Hutto and E. Gilbert, ICWSM 2014: reviews of products and films, editorials, and
tweets) on VADER's score and the words of the sentence; ``scripts/sentiment_weights.py`` makes them.

VADER's score stays where both agree. The learned estimate takes its place where VADER finds next to
nothing, and where the estimate clearly has the other sign. A sentence of few words says too little:
"The sky is up" has no sentiment.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

UNIT = 1000
"""What a weight of the file is a fraction of; sums of whole numbers do not depend on the order."""
NEUTRAL = 0.05
"""Magnitude below which VADER's authors take a score for neutral."""
_MIN_ESTIMATE, _CLEAR = 0.005, 0.1
_FEW_WORDS = 7
"""Different words in a sentence below which only a clear estimate counts."""
VADER, CONSTANT = "<vader>", "<constant>"
"""Names in the file of the weight of VADER's score, and of the constant."""
WEIGHTS = Path(__file__).with_name("word_weights.tsv")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def joined(
    score: float,
    weight: int,
    *,
    word_count: int,
    is_decided: bool = False,
    weights: Mapping[str, int] | None = None,
) -> float:
    """Return the sentiment of a sentence, -1 to 1 with four decimal places.

    ``score`` is VADER's, ``weight`` the sum of the weights of the ``word_count`` different words,
    and ``is_decided`` whether a rule for negations or idioms has found the sign. ``weights`` are
    those of the file if left out.
    """
    weights = _weights() if weights is None else weights
    found = (weights[CONSTANT] + weight + weights[VADER] * score) / UNIT
    estimate = round(max(-1.0, min(1.0, found)), 4)
    if abs(score) < NEUTRAL:
        is_known = abs(estimate) >= (_CLEAR if word_count < _FEW_WORDS else _MIN_ESTIMATE)
        return estimate if is_known else score
    is_reversed = estimate * score < 0 and abs(estimate) >= _CLEAR
    return estimate if is_reversed and not is_decided else score


def words_of(text: str) -> list[str]:
    """Return the words that can have weights, in lower case, of a text or a part between spaces."""
    return _WORD.findall(text.lower().replace("’", "'"))


def weight_of(words: Iterable[str]) -> int:
    """Return the sum of the weights of words that ``words_of`` gives."""
    weights = _weights()
    return sum([weights.get(word, 0) for word in words])


@cache
def _weights() -> dict[str, int]:
    lines = WEIGHTS.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {word: int(weight) for word, weight in rows}
