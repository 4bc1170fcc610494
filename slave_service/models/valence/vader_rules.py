"""Computes VADER's compound score by NLTK's rules, without its regular expressions.

``polarity_scores`` of NLTK's analyzer splits the sentence and looks at every word. Here the words
are known already, and only rated words with a modifier near them go through the rules: any other
one has the valence of the lexicon. The rules are those of NLTK's ``sentiment_valence`` with the
same operations in the same order, so that the score is the same to the last digit.
"""

from functools import cache
from operator import attrgetter
from typing import Any

from slave_service.models.valence.nltk_vader import vader
from slave_service.models.valence.units import Unit, is_negation

_NEAR = 3
"""Words before a rated one that NLTK's rules look at; after it, two."""
# Words of NLTK's SPECIAL_CASE_IDIOMS and of its phrases of two words.
_IN_PHRASES = frozenset("shit bomb ass yeah mustard death mouth enough kind sort".split())
_OTHER_MODIFIERS = frozenset({"least", "so", "this", "but"}) | _IN_PHRASES
_FADING = (1.0, 0.95, 0.9)
"""Weight of a booster by its distance."""
_EMPHASIS = frozenset({"so", "this"})
_is_capital = attrgetter("is_capital")


def compound(analyzer: Any, units: list[Unit]) -> float:  # noqa: ANN401  (NLTK ships no types)
    """Return the compound score of a sentence, -1 to 1 with four decimal places."""
    marks = "".join([unit.marks for unit in units if unit.marks])
    counted = [unit for unit in units if unit.is_counted]
    rated = [index for index, unit in enumerate(counted) if unit.valence]
    modifiers = [unit.is_modifier for unit in counted]
    if True in modifiers or True in [counted[index].is_capital for index in rated]:
        valences = _modified(analyzer, counted, rated, modifiers)
        total = _total(counted, rated, valences)
    else:
        total = sum([counted[index].valence for index in rated])
    if marks and total:
        emphasis = analyzer._punctuation_emphasis(total, marks)
        total += emphasis if total > 0 else -emphasis
    return round(float(analyzer.constants.normalize(total)), 4)


def _modified(
    analyzer: Any,  # noqa: ANN401  (the same)
    units: list[Unit],
    rated: list[int],
    modifiers: list[bool],
) -> list[float]:
    """Return the valences of the rated words, by the rules where a modifier is near."""
    is_cap_diff: bool | None = None
    first: dict[str, float] = {}
    for index in rated:
        unit = units[index]
        if unit.text in first:
            # NLTK gives a repeated word the valence of its first place.
            continue
        valence = unit.valence
        if unit.is_capital or True in modifiers[max(0, index - _NEAR) : index + _NEAR]:
            if is_cap_diff is None:
                is_cap_diff = _is_cap_diff(units)
            valence = _by_rules(analyzer, units, index, is_cap_diff)
        first[unit.text] = valence
    return [first[units[index].text] for index in rated]


def _by_rules(analyzer: Any, units: list[Unit], index: int, is_cap_diff: bool) -> float:  # noqa: ANN401
    """Return the valence of a rated word among its neighbours."""
    constants = analyzer.constants
    boosters = _boosters()
    unit = units[index]
    following = units[index + 1 : index + 2]
    is_kind_of = unit.lower == "kind" and bool(following) and following[0].lower == "of"
    if is_kind_of or unit.lower in boosters:
        return 0.0
    valence = unit.valence
    if unit.is_capital and is_cap_diff:
        valence += constants.C_INCR if valence > 0 else -constants.C_INCR
    for distance in range(1, min(index, _NEAR) + 1):
        before = units[index - distance]
        # Only at the greatest distance do the rules also ask for the words in between.
        if not before.is_modifier and distance < _NEAR:
            continue
        if before.lower in analyzer.lexicon:
            continue
        if before.lower in boosters:
            scalar = constants.scalar_inc_dec(before.text, valence, is_cap_diff)
            valence += scalar * _FADING[distance - 1]
        valence = _negated(constants, valence, units, index, distance)
        if distance == _NEAR and True in map(_is_in_phrase, units[index - 3 : index + 3]):
            words = [other.text for other in units]
            valence = analyzer._idioms_check(valence, words, index)
    return _after_least(analyzer, valence, units, index)


def _is_in_phrase(unit: Unit) -> bool:
    return unit.is_modifier and unit.lower in _IN_PHRASES


def _negated(
    constants: Any,  # noqa: ANN401  (the same)
    valence: float,
    units: list[Unit],
    index: int,
    distance: int,
) -> float:
    """Apply a negation at this distance before the word: ``_never_check``."""
    before = units[index - distance]
    if distance > 1:
        nearer = units[index - distance + 1].text in _EMPHASIS
        if before.text == "never" and nearer:
            return valence * (1.5 if distance == 2 else 1.25)
        # NLTK's "and … or" binds so that these two words need no "never".
        if distance == _NEAR and units[index - 1].text in _EMPHASIS:
            return valence * 1.25
    return float(valence * constants.N_SCALAR) if is_negation(before.lower) else valence


def _after_least(analyzer: Any, valence: float, units: list[Unit], index: int) -> float:  # noqa: ANN401
    """Invert after "least", but not after "at least" and "very least": ``_least_check``."""
    if not index or units[index - 1].lower != "least" or "least" in analyzer.lexicon:
        return valence
    if index > 1 and units[index - 2].lower in {"at", "very"}:
        return valence
    return float(valence * analyzer.constants.N_SCALAR)


def _is_cap_diff(units: list[Unit]) -> bool:
    """Return whether some words are in capital letters, but not all."""
    number: int = sum(map(_is_capital, units))
    return 0 < number < len(units)


def _total(units: list[Unit], rated: list[int], valences: list[float]) -> float:
    """Return the sum, with less weight before the first "but" and more after it."""
    contrasts = [index for index, unit in enumerate(units) if unit.lower == "but"]
    if not contrasts:
        return sum(valences)
    but = contrasts[0]
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
