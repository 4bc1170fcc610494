"""Rewrites the words of an English sentence where VADER's rules get negations and idioms wrong.

VADER inverts the valence of a word with a negation among the three words before it. These rules
come before it, and change only what they name:

- A phrase of ``phrases.PHRASES`` becomes one word with a valence of its own.
- "No" before a rated word is a negation and has no valence itself, as in version 3.3 of the package
  vaderSentiment; NLTK has the rules of an earlier one.
- Other words that invert the clause after them (``phrases.SHIFTERS``; L. Polanyi and A. Zaenen,
  "Contextual valence shifters", 2006), and negations further away than three words, invert the
  first rated word of their clause (I. Councill et al., "What's great and what's not", 2010).
- A negation with a comparative or with "enough" inverts nothing: "couldn't be happier", "can't
  recommend it enough".
- What is not real is inverted: "could have been better", "I wish it were", "used to be nice" (the
  irrealis of M. Taboada et al., "Lexicon-based methods for sentiment analysis", 2011).
- "Pretty", "super", "like" and "well" have their valence only in the meaning that was rated.
"""

from collections.abc import Callable
from functools import cache

from slave_service.models.function_words import FUNCTION_WORDS
from slave_service.models.valence import word_rules
from slave_service.models.valence.phrases import INTENSIFIERS, PHRASES, QUANTIFIERS, SHIFTERS
from slave_service.models.valence.units import (
    BOOSTERS,
    CLAUSE_WORDS,
    SCOPE,
    WINDOW,
    Unit,
    insert_not,
    invert_next,
    is_negation,
    neutral,
    neutral_text,
    phrase_key,
    target_after,
)
from slave_service.models.valence.word_rules import RULES

_Step = Callable[[list[Unit], int], int]
"""Changes words at a place; returns how many before it are gone."""

_BEFORE_FEW = frozenset("a the these those last next first past my some".split())
Phrase = tuple[str, ...]
_CONTRASTS = {("not", word) for word in ("only", "just", "merely", "simply")}


def is_trigger(word: str) -> bool:
    """Return whether a word in lower case can change something here."""
    return word in _anchors() or word in RULES or word in INTENSIFIERS or is_negation(word)


def is_context(word: str) -> bool:
    """Return whether a rule or phrase that begins at another word asks for this one."""
    return word in _context() or word_rules.is_context(word)


@cache
def _context() -> frozenset[str]:
    phrases = (frozenset(phrase) for phrase in (*PHRASES, *SHIFTERS))
    return frozenset().union(*phrases, CLAUSE_WORDS, BOOSTERS, _BEFORE_FEW)


@cache
def _anchors() -> dict[str, list[tuple[int, Phrase]]]:
    """Return phrases and shifters, the longest first, by their rarest word, and its place.

    The first word that is not a function word is taken for the rarest, so that few words of a text
    lead to a comparison.
    """
    common = FUNCTION_WORDS["en"]
    found: dict[str, list[tuple[int, Phrase]]] = {}
    for phrase in sorted({*PHRASES, *SHIFTERS}, key=lambda phrase: (-len(phrase), phrase)):
        place = next((place for place, word in enumerate(phrase) if word not in common), 0)
        found.setdefault(phrase[place], []).append((place, phrase))
    return found


def rewrite(units: list[Unit]) -> bool:
    """Apply the rules to the words of a sentence, in place; return whether one changed something.

    Most sentences have a word at which a rule may begin, and few of them are changed.
    """
    triggers = [index for index, unit in enumerate(units) if unit.is_trigger]
    if not triggers:
        return False
    has_phrases = _each_trigger(units, triggers, _replace_phrase)
    if has_phrases:
        triggers = [index for index, unit in enumerate(units) if unit.is_trigger]
    return _each_trigger(units, triggers, _apply_rule) or has_phrases


def _each_trigger(units: list[Unit], triggers: list[int], rule: _Step) -> bool:
    """Apply a rule at each of the places, or where they are after a change; return as ``rewrite``.

    What a rule inserts is no trigger.
    """
    before = units.copy()
    for index in triggers:
        removed = rule(units, index)
        if units != before:
            _each_trigger_from(units, index + 1 - removed, rule)
            return True
    return False


def _each_trigger_from(units: list[Unit], index: int, rule: _Step) -> None:
    while index < len(units):
        removed = rule(units, index) if units[index].is_trigger else 0
        index += 1 - removed


def _apply_rule(units: list[Unit], index: int) -> int:
    lower = units[index].lower
    rule = RULES.get(lower)
    if rule:
        rule(units, index)
    elif lower in INTENSIFIERS:
        word_rules.intensify(units, index)
    elif is_negation(lower):
        word_rules.negate(units, index)
    return 0


def _replace_phrase(units: list[Unit], index: int) -> int:
    """Replace the longest phrase with its anchor here, if there is one.

    Returns how many words before the anchor are gone.
    """
    for place, phrase in _anchors().get(units[index].lower, ()):
        begin = index - place
        if begin < 0:
            continue
        if len(phrase) > 1:
            # Most candidates already differ in the word beside the anchor.
            beside = 1 if place == 0 else place - 1
            if units[begin + beside : begin + beside + 1] and (
                units[begin + beside].lower != phrase[beside]
            ):
                continue
            part = units[begin : begin + len(phrase)]
            if tuple([unit.lower for unit in part]) != phrase:
                continue
            if any(unit.ends_clause for unit in part[:-1]):
                continue
        if phrase in SHIFTERS:
            return place if _shift(units, begin, begin + len(phrase)) else 0
        _replace(units, begin, phrase)
        return place
    return 0


def _replace(units: list[Unit], begin: int, phrase: Phrase) -> None:
    """Replace a phrase that begins here by one word with its valence."""
    end = begin + len(phrase)
    if phrase[:2] in _CONTRASTS:
        _join_contrast(units, end)
    valence = PHRASES[phrase]
    text = phrase_key(phrase) if valence else neutral_text(phrase[-1])
    part = units[begin:end]
    marks = "".join(unit.marks for unit in part)
    units[begin:end] = [Unit(text, text, valence, marks, part[-1].ends_clause)]
    if phrase in {("if", "only"), ("so", "much", "for")}:
        invert_next(units, begin, SCOPE)


def _join_contrast(units: list[Unit], begin: int) -> None:
    """Turn the "but" of "not only … but" into "and", since it contrasts nothing."""
    for index in range(begin, min(len(units), begin + 2 * SCOPE)):
        if units[index].lower == "but":
            units[index] = Unit("and", "and", marks=units[index].marks)
            return


def _shift(units: list[Unit], index: int, end: int) -> bool:
    """Invert the first rated word after a shifter; return whether there is one."""
    phrase = tuple([unit.lower for unit in units[index:end]])
    scope = SCOPE if phrase[0] in QUANTIFIERS else 1 if phrase == ("less", "than") else WINDOW
    target = target_after(units, end - 1, scope)
    if target is None or (SHIFTERS[phrase] and units[target].valence < 0):
        return False
    if phrase == ("few",) and index and units[index - 1].lower in _BEFORE_FEW:
        return False
    if phrase[0] in {"stopped", "quit"} and not units[target].lower.endswith("ing"):
        return False
    insert_not(units, target)
    part = units[index:end]
    marks = "".join(unit.marks for unit in part)
    units[index:end] = [neutral(part[-1], marks)]
    return True
