"""Computes VADER's compound score by NLTK's rules, without its regular expressions.

``polarity_scores`` of NLTK's analyzer splits the sentence and looks at every word. Here the words
are known already, and only rated words with a modifier near them go through NLTK's rules: any other
one has the valence of the lexicon. The score is the same.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from slave_service.models.valence.nltk_vader import vader
from slave_service.models.valence.units import Unit, is_negation

_NEAR = 3
"""Words before a rated one that NLTK's rules look at; after it, two."""
# Words of NLTK's SPECIAL_CASE_IDIOMS and of its phrases of two words.
_IN_PHRASES = frozenset("shit bomb ass yeah mustard death mouth enough kind sort".split())
_OTHER_MODIFIERS = frozenset({"least", "so", "this", "but"}) | _IN_PHRASES


@dataclass(frozen=True, slots=True)
class _Words:
    """What NLTK's rules take as a sentence."""

    words_and_emoticons: list[str]
    is_cap_diff: bool


def compound(analyzer: Any, units: list[Unit]) -> float:  # noqa: ANN401  (NLTK ships no types)
    """Return the compound score of a sentence, -1 to 1 with four decimal places."""
    marks = "".join([unit.marks for unit in units if unit.marks])
    # NLTK ignores words of one character.
    units = [unit for unit in units if unit.is_plain or len(unit.text) > 1]
    rated = [index for index, unit in enumerate(units) if unit.valence]
    words: _Words | None = None
    valences: list[float] = []
    first: dict[str, float] = {}
    for index in rated:
        unit = units[index]
        valence = first.get(unit.text)
        if valence is None:
            # NLTK gives a repeated word the valence of its first place.
            valence = unit.valence
            near = units[max(0, index - _NEAR) : index + _NEAR]
            if unit.is_capital or True in [other.is_modifier for other in near]:
                words = words or _Words([unit.text for unit in units], _is_cap_diff(units))
                valence = _by_rules(analyzer, words, units, index)
            first[unit.text] = valence
        valences.append(valence)
    total = _total(units, rated, valences)
    if marks and total:
        emphasis = analyzer._punctuation_emphasis(total, marks)
        total += emphasis if total > 0 else -emphasis
    return round(float(analyzer.constants.normalize(total)), 4)


def _by_rules(analyzer: Any, words: _Words, units: list[Unit], index: int) -> float:  # noqa: ANN401
    unit = units[index]
    following = units[index + 1 : index + 2]
    is_kind_of = unit.lower == "kind" and bool(following) and following[0].lower == "of"
    if is_kind_of or unit.lower in analyzer.constants.BOOSTER_DICT:
        return 0.0
    return float(analyzer.sentiment_valence(0, words, unit.text, index, [])[0])


def _is_cap_diff(units: list[Unit]) -> bool:
    """Return whether some words are in capital letters, but not all."""
    return 0 < sum([unit.is_capital for unit in units]) < len(units)


def _total(units: list[Unit], rated: list[int], valences: list[float]) -> float:
    """Return the sum, with less weight before the first "but" and more after it."""
    but = next((index for index, unit in enumerate(units) if unit.lower == "but"), None)
    if but is None:
        return sum(valences)
    return sum(
        valence * (0.5 if index < but else 1.5 if index > but else 1.0)
        for index, valence in zip(rated, valences, strict=True)
    )


def is_modifier(word: str) -> bool:
    """Return whether a word in lower case can change the valence of another by NLTK's rules."""
    return word in _boosters() or word in _OTHER_MODIFIERS or is_negation(word)


@cache
def _boosters() -> frozenset[str]:
    return frozenset(vader().VaderConstants.BOOSTER_DICT)


def constants() -> Any:  # noqa: ANN401  (the same)
    """Return NLTK's constants, with a faster look-up of negations."""

    class Constants(vader().VaderConstants):  # type: ignore[misc]
        # NLTK's table of each word with each punctuation mark takes most of the time and misses
        # brackets and double marks. Here words have no punctuation, so the table stays empty.
        PUNC_LIST: list[str] = []  # noqa: RUF012  (as NLTK has it)

        def negated(self, input_words: list[str], include_nt: bool = True) -> bool:
            if len(input_words) == 1 and include_nt:
                return is_negation(input_words[0].lower())
            return bool(super().negated(input_words, include_nt))

    return Constants()
