"""The rules that begin at one word, such as "no", "too" or "could"; ``shifting`` applies them."""

from collections.abc import Callable

from slave_service.models.valence.units import (
    BE,
    CLAUSE_WORDS,
    GET,
    NOT,
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

_LOOKS = tuple("look sound tast smell feel felt seem act behav".split())
_BEFORE_LIKE = BE | frozenset("just something things stuff exactly anything more much".split())
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
_FUNCTION = frozenset("and or but in on at for with to of as if that than".split())
_CONTEXT = (
    _BEFORE_LIKE | _COMPARATIVES | _WISHED | _NEW_CLAUSE | _RAISING | _FUNCTION | BE | GET
) | {"to", "have", "of", "'ve", "there", "enough"}
_STRONGLY = Unit("extremely", "extremely", is_modifier=True)
_QUITE = Unit("quite", "quite", is_modifier=True)
Rule = Callable[[list[Unit], int], None]


def is_context(word: str) -> bool:
    """Return whether one of these rules, which begins at another word, asks for this one."""
    return word in _CONTEXT or word.startswith(_LOOKS)


def _no(units: list[Unit], index: int) -> None:
    """Make "no" a negation where a rated word follows."""
    target = target_after(units, index, WINDOW)
    if target is None:
        return
    before = [unit.lower for unit in units[max(0, index - 2) : index]]
    is_best = units[target].lower in _COMPARATIVES and "there" in " ".join(before)
    units[index] = neutral(units[index]) if is_best else NOT


def negate(units: list[Unit], index: int) -> None:
    """Decide what a negation inverts, if it is not what VADER would invert."""
    if _inverts_nothing(units, index):
        units[index] = neutral(units[index])
        return
    target = target_after(units, index, SCOPE)
    if target is None or _distance(units, index, target) <= WINDOW:
        return
    between = {unit.lower for unit in units[index + 1 : target]}
    is_raised = not between.isdisjoint(_RAISING)
    if is_raised or (units[target].valence > 0 and between.isdisjoint(_NEW_CLAUSE)):
        units[index] = neutral(units[index])
        insert_not(units, target)


def _inverts_nothing(units: list[Unit], index: int) -> bool:
    """Return whether the negation strengthens, asks or is said twice."""
    lower = units[index].lower
    following = [unit.lower for unit in units[index + 1 : index + 1 + SCOPE]]
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
    for unit in units[index + 1 : index + 1 + SCOPE]:
        if unit.lower in _COMPARATIVES or (unit.valence and unit.lower.endswith("ier")):
            return True
        if unit.ends_clause or unit.lower in CLAUSE_WORDS:
            return False
    return False


def _modal(units: list[Unit], index: int) -> None:
    """Invert what could have been, and what could be better."""
    following = [unit.lower for unit in units[index + 1 : index + 4]]
    if not following or units[index].ends_clause:
        return
    is_past = bool({"have", "of", "'ve"} & set(following[:2]))
    target = target_after(units, index, SCOPE)
    if target is None:
        if following[0] == "not" and _has_comparative(units, index + 1):
            units[index + 1] = neutral(units[index + 1])
        return
    is_comparative = units[target].lower in _COMPARATIVES or units[target].lower.endswith("ier")
    is_open = units[index].lower in {"could", "should"} and is_comparative
    if units[index].lower == "would" and "been" not in following:
        return
    if is_past or is_open:
        insert_not(units, target)


def _wish(units: list[Unit], index: int) -> None:
    """Rate a wish for something that is not so as negative."""
    if index + 1 < len(units) and units[index + 1].lower in _WISHED:
        key = phrase_key(("if", "only"))
        invert_next(units, index, SCOPE + 2)
        units[index] = Unit(key, key, -1.0, units[index].marks)


def _used(units: list[Unit], index: int) -> None:
    """Invert a past habit: "used to be nice", but not "is used to good service"."""
    before = units[index - 1].lower if index else ""
    if index + 1 < len(units) and units[index + 1].lower == "to" and before not in BE | GET:
        invert_next(units, index + 1, SCOPE)


def _too(units: list[Unit], index: int) -> None:
    """Invert what is out of reach: "too tired to enjoy"."""
    for place in range(index + 2, min(len(units), index + 5)):
        if units[place].lower == "to":
            invert_next(units, place, WINDOW + 1)
            return
        if units[place].ends_clause:
            return


def _like(units: list[Unit], index: int) -> None:
    """Take the rating from "like" where it is a preposition."""
    before = units[index - 1].lower if index else ""
    if before in _BEFORE_LIKE or before.startswith(_LOOKS):
        units[index] = neutral(units[index])


def _well(units: list[Unit], index: int) -> None:
    """Take the rating from a "Well," that begins a sentence."""
    if index == 0 and units[index].ends_clause:
        units[index] = neutral(units[index])


def _pretty(units: list[Unit], index: int) -> None:
    """Make "pretty" and "super" adverbs before an adjective."""
    if index + 1 == len(units) or units[index].ends_clause:
        return
    following = units[index + 1]
    before = units[index - 1].lower if index else ""
    is_adverb = before in BE or units[index].lower == "super" or bool(following.valence)
    if is_adverb and following.lower not in _FUNCTION:
        units[index] = _STRONGLY if units[index].lower == "super" else _QUITE


def intensify(units: list[Unit], index: int) -> None:
    """Make a negative word an adverb before a positive one: "damn good"."""
    following = units[index + 1 : index + 2]
    if following and following[0].valence > 0 and not units[index].ends_clause:
        units[index] = _STRONGLY


def _best(units: list[Unit], index: int) -> None:
    """Take "at best" for mild criticism of what it qualifies."""
    if index and units[index - 1].lower == "at":
        key = phrase_key(("never", "again"))
        for place in range(max(0, index - 1 - WINDOW), index - 1):
            if units[place].valence > 0:
                units[place] = neutral(units[place])
        best = units[index]
        units[index] = Unit(key, key, -2.0, best.marks, best.ends_clause)


def _nor(units: list[Unit], index: int) -> None:
    """Keep the negation before "nor" from inverting what follows a second time."""
    before = units[max(0, index - WINDOW) : index]
    padding = neutral_text("nor")
    if any(map(is_negation, (unit.lower for unit in before))) and before[-1].text != padding:
        units[index:index] = [neutral(units[index])] * (WINDOW - 1)


RULES: dict[str, Rule] = {
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
"""By the word at which a rule begins, in lower case; ``negate`` and ``intensify`` have many."""
