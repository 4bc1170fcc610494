"""Scores English text with VADER (Hutto and Gilbert 2014): NLTK's rules, vaderSentiment's lexicons.

Where they find nothing, or clearly err, weights of words take their place (see ``learned``).

Words are looked up without surrounding punctuation, and emoji are scored by their descriptions (see
``emoji``).
"""

import math
import re
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar

from slave_service.models.emoji import EmojiLexicon, lexicon
from slave_service.models.packages import package_folder
from slave_service.models.valence import learned, vader_rules
from slave_service.models.valence.nltk_vader import vader
from slave_service.models.valence.phrases import PHRASES
from slave_service.models.valence.shifting import is_context, is_trigger, rewrite
from slave_service.models.valence.units import Unit, phrase_key

T = TypeVar("T")
PASSAGE_WORDS = 200
"""Longest part of a sentence that is scored at once; in longer ones the score saturates."""

_MAX_UNITS = 2 * PASSAGE_WORDS
"""Units of a passage, which can be more than words: dashes and emoji become separate units."""
# No word of the lexicon is longer.
_MAX_TOKEN_CHARACTERS = 100
_MAX_KNOWN_TOKENS = 1 << 16
_PASSAGE = re.compile(rf"\S+(?:\s+\S+){{0,{PASSAGE_WORDS - 1}}}")
_VALENCE = attrgetter("valence")
_EMOTICON = re.compile(r"\S+")
_SHORT_SENTENCE = 2 * PASSAGE_WORDS
"""Characters of a sentence that can't have more words than a passage."""

# VADER's rules and lexicon expect straight apostrophes, and white space between words.
_TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "—": " — "})
_WRAPPING = string.punctuation + "“”„«»‹›…–¡¿"
_CLAUSE_ENDS = (",", ";", ":", "—", "–", ")", ".", "!", "?", "…")
_EMOJI_SUFFIX = "\ufe0f"
"""Follows the key of each emoji, since NLTK ignores words of one character."""


@dataclass(slots=True)
class SentimentTotals:
    """Running totals over passages: scores, and numbers of positive and negative words."""

    scores: list[float] = field(default_factory=list)
    positive_words: int = 0
    negative_words: int = 0
    by_rules_alone: bool = False
    """Whether the weights of ``learned`` are left out, as for making them."""

    def add(self, text: str, begin: int, end: int) -> float:
        """Add the sentence between the offsets and return its score."""
        scored = len(self.scores)
        if end - begin <= _SHORT_SENTENCE:
            self._add_passage(text[begin:end])
        else:
            for passage in _PASSAGE.finditer(text, begin, end):
                self._add_passage(passage.group())
        added = len(self.scores) - scored
        return self.scores[-1] if added == 1 else _mean(self.scores[scored:])

    def mean(self) -> float:
        """Return the mean of all scores, to four places; 0 without any."""
        return _mean(self.scores)

    def _add_passage(self, passage: str) -> None:
        tokens = passage.split()
        units = list(chain.from_iterable(map(_known_units().__getitem__, tokens)))
        words: set[str] = set()
        if not self.by_rules_alone:
            words.update(chain.from_iterable(map(_known_words().__getitem__, tokens)))
        # Only a row of emoji has more units than fit; the words count once.
        self._add_units(units[:_MAX_UNITS], words)
        for first in range(_MAX_UNITS, len(units), _MAX_UNITS):
            self._add_units(units[first : first + _MAX_UNITS], set())

    def _add_units(self, units: list[Unit], words: set[str]) -> None:
        """Add the score and the lexicon words of one passage, if it has any."""
        valences = [unit.valence for unit in units if unit.valence]
        for valence in valences:
            if valence > 0:
                self.positive_words += 1
            else:
                self.negative_words += 1
        is_rewritten = rewrite(units)
        is_rated = any(map(_VALENCE, units)) if is_rewritten else bool(valences)
        score = vader_rules.compound(analyzer(), units) if is_rated else 0.0
        if words:
            weight, count = learned.weight_of(words), len(words)
            score = learned.joined(score, weight, word_count=count, is_decided=is_rewritten)
        if is_rated or score:
            self.scores.append(score)


def _mean(scores: list[float]) -> float:
    if not scores:
        return 0.0
    # Adding 0.0 turns -0.0 into 0.0.
    return round(math.fsum(scores) / len(scores), 4) + 0.0


class _KnownTokens(dict[str, tuple[T, ...]]):
    """What each token between white space consists of; a bounded number is kept."""

    def __init__(self, parts: Callable[[str], Iterable[T]]) -> None:
        super().__init__()
        self._parts = parts

    def __missing__(self, token: str) -> tuple[T, ...]:
        found = tuple(self._parts(token[:_MAX_TOKEN_CHARACTERS]))
        if len(token) <= _MAX_TOKEN_CHARACTERS:
            if len(self) >= _MAX_KNOWN_TOKENS:
                self.clear()
            self[token] = found
        return found


@cache
def _known_units() -> _KnownTokens[Unit]:
    return _KnownTokens(_units)


@cache
def _known_words() -> _KnownTokens[str]:
    return _KnownTokens(learned.words_of)


def _units(whole: str) -> Iterator[Unit]:
    """Yield the units of a token, with emoji as separate ones."""
    if whole.isascii():
        yield _unit(whole)
        return
    for token in whole.translate(_TYPOGRAPHY).split():
        if token.isascii():
            yield _unit(token)
            continue
        for piece, is_emoji in emoji().split_token(token):
            yield _unit(piece + _EMOJI_SUFFIX if is_emoji else piece)


def _unit(token: str) -> Unit:
    """Return a token as a word, without punctuation around it if it is not an emoticon.

    Of ``(great!!)`` the marks are kept: VADER takes them as emphasis.
    """
    known = analyzer().lexicon
    lower = token.lower()
    word = token
    if lower not in known:
        stripped = token.strip(_WRAPPING)
        if 1 < len(stripped) < len(token):
            word = stripped
            lower = word.lower()
    valence = known.get(lower, 0.0)
    ends_clause = token.endswith(_CLAUSE_ENDS)
    starts_rule = is_trigger(lower)
    modifies = vader_rules.is_modifier(lower)
    has_marks = "!" in token or "?" in token
    if not (valence or starts_rule or modifies or has_marks or len(word) < 2 or is_context(lower)):
        return _plain(word.isupper(), ends_clause)
    return Unit(
        text=word,
        lower=lower,
        valence=valence,
        marks="".join(character for character in token if character in "!?"),
        ends_clause=ends_clause,
        is_trigger=starts_rule,
        is_capital=word.isupper(),
        is_modifier=modifies,
    )


@cache
def _plain(is_capital: bool, ends_clause: bool) -> Unit:
    """Return the unit of all words that no rule looks at."""
    text = "PLAIN" if is_capital else "plain"
    return Unit(text, "plain", is_capital=is_capital, ends_clause=ends_clause, is_plain=True)


@cache
def emoji() -> EmojiLexicon:
    """Return the emoji that have a valence."""
    return lexicon(_shipped("emoji_utf8_lexicon.txt"), _word_analyzer().lexicon)


def has_valence(text: str, begin: int, end: int) -> bool:
    """Return whether a part of a text without words has an emoji or emoticon with a valence."""
    if emoji().has_valence(text, begin, end):
        return True
    known = analyzer().lexicon
    return any(token.group().lower() in known for token in _EMOTICON.finditer(text, begin, end))


@cache
def analyzer() -> Any:  # noqa: ANN401  (NLTK ships no types)
    """Return NLTK's analyzer with the lexicons of words and emoji."""
    found = _word_analyzer()
    found.lexicon |= {key + _EMOJI_SUFFIX: value for key, value in emoji().valences.items()}
    found.lexicon |= {phrase_key(key): value for key, value in PHRASES.items() if value}
    return found


@cache
def _word_analyzer() -> Any:  # noqa: ANN401  (the same)
    analyzer_class = vader().SentimentIntensityAnalyzer
    # The constructor refuses a lexicon file with hard links, which uv and conda create.
    found = analyzer_class.__new__(analyzer_class)
    found.constants = vader().VaderConstants()
    found.lexicon_file = _shipped("vader_lexicon.txt")
    words = found.make_lex_dict()
    # Chat codes such as 86 and 187 are ordinary numbers in other texts.
    found.lexicon = {word: value for word, value in words.items() if not word.isdigit()}
    return found


def _shipped(name: str) -> str:
    """Return the text of a file of the package vaderSentiment."""
    # Importing the package would load an HTTP client.
    folder = package_folder("vaderSentiment")
    if folder is None:
        raise ImportError("the package vaderSentiment is missing")
    return (folder / name).read_text(encoding="utf-8").rstrip("\n")
