"""Scores English text with VADER (Hutto and Gilbert 2014): NLTK's rules, vaderSentiment's lexicons.

Words are looked up without surrounding punctuation, and emoji are scored by their descriptions (see
``emoji``).
"""

import importlib.util
import math
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from slave_service.models.emoji import EmojiLexicon, lexicon

PASSAGE_WORDS = 200
"""Longest part of a sentence that is scored at once; in longer ones the score saturates."""

_MAX_TOKENS = 2 * PASSAGE_WORDS
"""Tokens of a passage, which can be more than words: dashes and emoji become separate tokens."""
# No word of the lexicon is longer, and NLTK raises where a token takes more than five seconds.
_MAX_TOKEN_CHARACTERS = 100
_PASSAGE = re.compile(rf"\S+(?:\s+\S+){{0,{PASSAGE_WORDS - 1}}}")

# VADER's rules and lexicon expect straight apostrophes, and white space between words.
_TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "—": " — "})
_WRAPPING = string.punctuation + "“”„«»‹›…–¡¿"
_EMOJI_SUFFIX = "\ufe0f"
"""Follows the key of each emoji, since NLTK ignores words of one character."""


@dataclass(slots=True)
class SentimentTotals:
    """Running totals over passages: scores, and numbers of positive and negative words."""

    scores: list[float] = field(default_factory=list)
    positive_words: int = 0
    negative_words: int = 0

    def add(self, text: str, begin: int, end: int) -> float:
        """Add the sentence between the offsets and return its score."""
        scored = len(self.scores)
        for passage in _PASSAGE.finditer(text, begin, end):
            tokens = list(_tokens(passage.group()))
            for first in range(0, len(tokens), _MAX_TOKENS):
                self._add_passage(tokens[first : first + _MAX_TOKENS])
        return _mean(self.scores[scored:])

    def mean(self) -> float:
        """Return the mean of all scores, to four places; 0 without any."""
        return _mean(self.scores)

    def _add_passage(self, tokens: list[str]) -> None:
        """Add the score and the lexicon words of one passage, if it has any."""
        known = analyzer().lexicon
        found = False
        for index, token in enumerate(tokens):
            valence = known.get(token.lower())
            if valence is None:
                word = token.strip(_WRAPPING)
                if len(word) > 1 and len(word) < len(token):
                    tokens[index] = _unwrap(token, word)
                valence = known.get(word.lower())
            if valence is not None:
                found = True
                self.positive_words += valence > 0
                self.negative_words += valence < 0
        if found:
            self.scores.append(analyzer().polarity_scores(" ".join(tokens))["compound"])


def _mean(scores: list[float]) -> float:
    if not scores:
        return 0.0
    # Adding 0.0 turns -0.0 into 0.0.
    return round(math.fsum(scores) / len(scores), 4) + 0.0


def _tokens(passage: str) -> Iterator[str]:
    """Yield the tokens between white space, with emoji as separate tokens."""
    for whole in passage.translate(_TYPOGRAPHY).split():
        token = whole[:_MAX_TOKEN_CHARACTERS]
        if token.isascii():
            yield token
            continue
        for piece, is_emoji in emoji().split_token(token):
            yield piece + _EMOJI_SUFFIX if is_emoji else piece


def _unwrap(token: str, word: str) -> str:
    """Return ``(great!!)`` as ``great ! !``: VADER takes single marks as emphasis, not as words."""
    marks = [character for character in token if character in "!?"]
    return " ".join([word, *marks])


@cache
def emoji() -> EmojiLexicon:
    """Return the emoji that have a valence."""
    return lexicon(_shipped("emoji_utf8_lexicon.txt"), _word_analyzer().lexicon)


@cache
def analyzer() -> Any:  # noqa: ANN401  (NLTK ships no types)
    """Return NLTK's analyzer with the lexicons of words and emoji."""
    found = _word_analyzer()
    found.lexicon |= {key + _EMOJI_SUFFIX: value for key, value in emoji().valences.items()}
    return found


@cache
def _word_analyzer() -> Any:  # noqa: ANN401  (the same)
    from nltk.sentiment.vader import SentimentIntensityAnalyzer, VaderConstants

    # The constructor refuses a lexicon file with hard links, which uv and conda create.
    found = SentimentIntensityAnalyzer.__new__(SentimentIntensityAnalyzer)
    found.constants = VaderConstants()
    # NLTK's table of each word with each punctuation mark takes most of the time and misses
    # brackets and double marks. Here words have no punctuation, so the table stays empty.
    found.constants.PUNC_LIST = []
    found.lexicon_file = _shipped("vader_lexicon.txt")
    words = found.make_lex_dict()
    # Chat codes such as 86 and 187 are ordinary numbers in other texts.
    found.lexicon = {word: value for word, value in words.items() if not word.isdigit()}
    return found


def _shipped(name: str) -> str:
    """Return the text of a file of the package vaderSentiment."""
    # Importing the package would load an HTTP client.
    spec = importlib.util.find_spec("vaderSentiment")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("the package vaderSentiment is missing")
    path = Path(spec.submodule_search_locations[0], name)
    return path.read_text(encoding="utf-8").rstrip("\n")
