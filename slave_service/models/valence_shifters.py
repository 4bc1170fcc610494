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
from dataclasses import dataclass
from functools import cache

from slave_service.models.function_words import FUNCTION_WORDS
from slave_service.models.phrases import INTENSIFIERS, PHRASES, QUANTIFIERS, SHIFTERS

_WINDOW = 3
"""Words before a rated one in which VADER looks for negations."""
_SCOPE = 6
"""Words after a negation in which these rules look for what it inverts."""
_CLAUSE_WORDS = frozenset(
    "but because although though if when while since unless until whereas so however except which "
    "who".split()
)
_BE = frozenset(
    "is are was were be been being am it's he's she's that's i'm they're you're".split()
)
_GET = frozenset("get got getting gets become became becoming".split())
_BOOSTERS = frozenset("very really so too that quite all particularly especially a an the".split())
_LOOKS = tuple("look sound tast smell feel felt seem act behav".split())
_BEFORE_LIKE = _BE | frozenset("just something things stuff exactly anything more much".split())
_COMPARATIVES = frozenset("better worse more easier faster nicer happier".split())
_MODALS = frozenset("could should would".split())
_WISHED = frozenset("it they he she there this that these those the my".split())
_SUBJECTS = frozenset("i you we they he she it i'm you're we're they're he's she's it's".split())
_NEW_CLAUSE = _SUBJECTS | frozenset("and or what how why where whether instead means".split())
_RAISING = frozenset(
    "think believe say feel expect find suppose guess consider imagine call seem thought".split()
)
"""Verbs whose negation is meant for the clause after them: "I don't think that it is good"."""

_CAN = frozenset("can't cannot cant couldn't couldnt".split())
_BEFORE_FEW = frozenset("a the these those last next first past my some".split())
_FUNCTION = frozenset("and or but in on at for with to of as if that than".split())


@dataclass(slots=True, eq=False)
class Unit:
    """One word of a sentence as VADER sees it. It is not changed, but replaced by another."""

    text: str
    lower: str
    valence: float = 0.0
    """Its rating in the lexicon; 0.0 where it has none."""
    marks: str = ""
    """Exclamation and question marks around it, which VADER counts."""
    ends_clause: bool = False
    """Whether a comma or another mark follows it."""
    is_trigger: bool = False
    """Whether a rule or a phrase may begin at this word."""
    is_capital: bool = False
    is_modifier: bool = False
    """Whether VADER's rules look at it near a rated word."""
    is_plain: bool = False
    """Whether no rule looks at it; all plain words are one of a few objects."""


_NOT = Unit("not", "not", is_modifier=True)
_STRONGLY = Unit("extremely", "extremely", is_modifier=True)
_QUITE = Unit("quite", "quite", is_modifier=True)
Rule = Callable[[list[Unit], int], None]
Phrase = tuple[str, ...]
_CONTRASTS = {("not", word) for word in ("only", "just", "merely", "simply")}


def phrase_key(phrase: Phrase) -> str:
    """Return the word in the lexicon that stands for a phrase."""
    return "\u2060".join(("", *phrase))


def is_negation(word: str) -> bool:
    """Return whether VADER takes a word in lower case for a negation."""
    return word in _negations() or "n't" in word


@cache
def _negations() -> frozenset[str]:
    from nltk.sentiment.vader import VaderConstants

    return frozenset(VaderConstants.NEGATE)


def is_trigger(word: str) -> bool:
    """Return whether a word in lower case can change something here."""
    return word in _anchors() or word in _RULES or word in INTENSIFIERS or is_negation(word)


def is_context(word: str) -> bool:
    """Return whether a rule that begins at another word asks for this one, in lower case."""
    return word in _context() or word.startswith(_LOOKS)


@cache
def _context() -> frozenset[str]:
    phrases = (frozenset(phrase) for phrase in (*PHRASES, *SHIFTERS))
    return frozenset().union(
        *phrases, _CLAUSE_WORDS, _BE, _GET, _BOOSTERS, _BEFORE_LIKE, _COMPARATIVES, _WISHED,
        _NEW_CLAUSE, _RAISING, _BEFORE_FEW, _FUNCTION,
        {"to", "have", "of", "'ve", "there", "enough"},
    )  # fmt: skip


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


def rewrite(units: list[Unit]) -> None:
    """Apply the rules to the words of a sentence, in place."""
    _each_trigger(units, _replace_phrase)
    _each_trigger(units, _apply_rule)


def _each_trigger(units: list[Unit], rule: Rule) -> None:
    index = 0
    while index < len(units):
        if units[index].is_trigger:
            rule(units, index)
        index += 1


def _apply_rule(units: list[Unit], index: int) -> None:
    lower = units[index].lower
    rule = _RULES.get(lower)
    if rule:
        rule(units, index)
    elif lower in INTENSIFIERS:
        _intensify(units, index)
    elif is_negation(lower):
        _negate(units, index)


def _replace_phrase(units: list[Unit], index: int) -> None:
    """Replace the longest phrase with its anchor here, if there is one."""
    for place, phrase in _anchors().get(units[index].lower, ()):
        begin = index - place
        if begin < 0:
            continue
        part = units[begin : begin + len(phrase)]
        if len(phrase) > 1:
            if tuple([unit.lower for unit in part]) != phrase:
                continue
            if any(unit.ends_clause for unit in part[:-1]):
                continue
        if phrase in SHIFTERS:
            _shift(units, begin, begin + len(phrase))
        else:
            _replace(units, begin, phrase)
        return


def _replace(units: list[Unit], begin: int, phrase: Phrase) -> None:
    """Replace a phrase that begins here by one word with its valence."""
    end = begin + len(phrase)
    if phrase[:2] in _CONTRASTS:
        _join_contrast(units, end)
    valence = PHRASES[phrase]
    text = phrase_key(phrase) if valence else _neutral_text(phrase[-1])
    part = units[begin:end]
    marks = "".join(unit.marks for unit in part)
    units[begin:end] = [Unit(text, text, valence, marks, part[-1].ends_clause)]
    if phrase in {("if", "only"), ("so", "much", "for")}:
        _invert_next(units, begin, _SCOPE)


def _join_contrast(units: list[Unit], begin: int) -> None:
    """Turn the "but" of "not only … but" into "and", since it contrasts nothing."""
    for index in range(begin, min(len(units), begin + 2 * _SCOPE)):
        if units[index].lower == "but":
            units[index] = Unit("and", "and", marks=units[index].marks)
            return


def _shift(units: list[Unit], index: int, end: int) -> None:
    """Invert the first rated word after a shifter, if there is one."""
    phrase = tuple([unit.lower for unit in units[index:end]])
    scope = _SCOPE if phrase[0] in QUANTIFIERS else 1 if phrase == ("less", "than") else _WINDOW
    target = _target(units, end - 1, scope)
    if target is None or (SHIFTERS[phrase] and units[target].valence < 0):
        return
    if phrase == ("few",) and index and units[index - 1].lower in _BEFORE_FEW:
        return
    if phrase[0] in {"stopped", "quit"} and not units[target].lower.endswith("ing"):
        return
    _insert_not(units, target)
    part = units[index:end]
    marks = "".join(unit.marks for unit in part)
    units[index:end] = [_neutral(part[-1], marks)]


def _target(units: list[Unit], index: int, scope: int) -> int | None:
    """Return the place of the first rated word after ``index`` in its clause."""
    if units[index].ends_clause:
        return None
    for place in range(index + 1, min(len(units), index + 1 + scope)):
        unit = units[place]
        if unit.lower in _CLAUSE_WORDS or is_negation(unit.lower):
            return None
        # An emoticon after a negation is not negated.
        if unit.valence and unit.lower != "no" and any(map(str.isalpha, unit.lower)):
            return place
        if unit.ends_clause:
            return None
    return None


def _insert_not(units: list[Unit], target: int) -> None:
    """Insert a negation before a rated word and the adverbs before it."""
    place = target
    while place > 0 and target - place < _WINDOW - 1 and units[place - 1].lower in _BOOSTERS:
        place -= 1
    units.insert(place, _NOT)


def _invert_next(units: list[Unit], index: int, scope: int) -> bool:
    target = _target(units, index, scope)
    if target is None:
        return False
    _insert_not(units, target)
    return True


def _neutral_text(word: str) -> str:
    # VADER takes any word with "n't" in it for a negation.
    return "\u2060" + word.replace("'", "")


def _neutral(unit: Unit, marks: str = "") -> Unit:
    """Return a word in place of ``unit`` that is neither rated nor a negation."""
    text = _neutral_text(unit.lower)
    return Unit(text, text, marks=marks or unit.marks, ends_clause=unit.ends_clause)


def _no(units: list[Unit], index: int) -> None:
    """Make "no" a negation where a rated word follows."""
    target = _target(units, index, _WINDOW)
    if target is None:
        return
    before = [unit.lower for unit in units[max(0, index - 2) : index]]
    is_best = units[target].lower in _COMPARATIVES and "there" in " ".join(before)
    units[index] = _neutral(units[index]) if is_best else _NOT


def _negate(units: list[Unit], index: int) -> None:
    """Decide what a negation inverts, if it is not what VADER would invert."""
    if _inverts_nothing(units, index):
        units[index] = _neutral(units[index])
        return
    target = _target(units, index, _SCOPE)
    if target is None or _distance(units, index, target) <= _WINDOW:
        return
    between = {unit.lower for unit in units[index + 1 : target]}
    is_raised = not between.isdisjoint(_RAISING)
    if is_raised or (units[target].valence > 0 and between.isdisjoint(_NEW_CLAUSE)):
        units[index] = _neutral(units[index])
        _insert_not(units, target)


def _inverts_nothing(units: list[Unit], index: int) -> bool:
    """Return whether the negation strengthens, asks or is said twice."""
    lower = units[index].lower
    following = [unit.lower for unit in units[index + 1 : index + 1 + _SCOPE]]
    if lower in _CAN:
        return "enough" in following or _has_comparative(units, index)
    if lower in {"never", "nothing"}:
        return _has_comparative(units, index)
    # "Isn't it great?"
    if index == 0 and "n't" in lower and following and following[0] in _SUBJECTS:
        return True
    return _is_double(units, index)


def _is_double(units: list[Unit], index: int) -> bool:
    """Return whether a dialect's second negation follows: "ain't no problem" means one."""
    following = units[index + 1 : index + 2]
    is_dialect = units[index].lower in {"ain't", "aint"} and bool(following)
    return is_dialect and following[0].lower.lstrip("\u2060").startswith("no")


def _distance(units: list[Unit], index: int, target: int) -> int:
    """Return how many words VADER counts; it leaves out those of one character."""
    return sum(len(unit.text) > 1 for unit in units[index + 1 : target + 1])


def _has_comparative(units: list[Unit], index: int) -> bool:
    if units[index].ends_clause:
        return False
    for unit in units[index + 1 : index + 1 + _SCOPE]:
        if unit.lower in _COMPARATIVES or (unit.valence and unit.lower.endswith("ier")):
            return True
        if unit.ends_clause or unit.lower in _CLAUSE_WORDS:
            return False
    return False


def _modal(units: list[Unit], index: int) -> None:
    """Invert what could have been, and what could be better."""
    following = [unit.lower for unit in units[index + 1 : index + 4]]
    if not following or units[index].ends_clause:
        return
    is_past = bool({"have", "of", "'ve"} & set(following[:2]))
    target = _target(units, index, _SCOPE)
    if target is None or (following[0] == "not" and target > index):
        if following[0] == "not" and _has_comparative(units, index + 1):
            units[index + 1] = _neutral(units[index + 1])
        return
    is_comparative = units[target].lower in _COMPARATIVES or units[target].lower.endswith("ier")
    is_open = units[index].lower in {"could", "should"} and is_comparative
    if units[index].lower == "would" and "been" not in following:
        return
    if is_past or is_open:
        _insert_not(units, target)


def _wish(units: list[Unit], index: int) -> None:
    """Rate a wish for something that is not so as negative."""
    if index + 1 < len(units) and units[index + 1].lower in _WISHED:
        key = phrase_key(("if", "only"))
        _invert_next(units, index, _SCOPE + 2)
        units[index] = Unit(key, key, -1.0, units[index].marks)


def _used(units: list[Unit], index: int) -> None:
    """Invert a past habit: "used to be nice", but not "is used to good service"."""
    before = units[index - 1].lower if index else ""
    if index + 1 < len(units) and units[index + 1].lower == "to" and before not in _BE | _GET:
        _invert_next(units, index + 1, _SCOPE)


def _too(units: list[Unit], index: int) -> None:
    """Invert what is out of reach: "too tired to enjoy"."""
    for place in range(index + 2, min(len(units), index + 5)):
        if units[place].lower == "to":
            _invert_next(units, place, _WINDOW + 1)
            return
        if units[place].ends_clause:
            return


def _like(units: list[Unit], index: int) -> None:
    """Take the rating from "like" where it is a preposition."""
    before = units[index - 1].lower if index else ""
    if before in _BEFORE_LIKE or before.startswith(_LOOKS):
        units[index] = _neutral(units[index])


def _well(units: list[Unit], index: int) -> None:
    """Take the rating from a "Well," that begins a sentence."""
    if index == 0 and units[index].ends_clause:
        units[index] = _neutral(units[index])


def _pretty(units: list[Unit], index: int) -> None:
    """Make "pretty" and "super" adverbs before an adjective."""
    if index + 1 == len(units) or units[index].ends_clause:
        return
    following = units[index + 1]
    before = units[index - 1].lower if index else ""
    is_adverb = before in _BE or units[index].lower == "super" or bool(following.valence)
    if is_adverb and following.lower not in _FUNCTION:
        units[index] = _STRONGLY if units[index].lower == "super" else _QUITE


def _intensify(units: list[Unit], index: int) -> None:
    """Make a negative word an adverb before a positive one: "damn good"."""
    following = units[index + 1 : index + 2]
    if following and following[0].valence > 0 and not units[index].ends_clause:
        units[index] = _STRONGLY


def _best(units: list[Unit], index: int) -> None:
    """Take "at best" for mild criticism of what it qualifies."""
    if index and units[index - 1].lower == "at":
        key = phrase_key(("never", "again"))
        for place in range(max(0, index - 1 - _WINDOW), index - 1):
            if units[place].valence > 0:
                units[place] = _neutral(units[place])
        best = units[index]
        units[index] = Unit(key, key, -2.0, best.marks, best.ends_clause)


def _nor(units: list[Unit], index: int) -> None:
    """Keep the negation before "nor" from inverting what follows a second time."""
    before = units[max(0, index - _WINDOW) : index]
    padding = _neutral_text("nor")
    if any(map(is_negation, (unit.lower for unit in before))) and before[-1].text != padding:
        units[index:index] = [_neutral(units[index])] * (_WINDOW - 1)


_RULES: dict[str, Rule] = {
    "nor": _nor,
    "no": _no,
    "wish": _wish,
    "used": _used,
    "too": _too,
    "like": _like,
    "well": _well,
    "pretty": _pretty,
    "super": _pretty,
    "best": _best,
    **dict.fromkeys(_MODALS, _modal),
}
