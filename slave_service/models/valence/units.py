"""The words of a sentence as VADER sees them, and what the rules of this package do to them."""

from dataclasses import dataclass, field
from functools import cache

from slave_service.models.valence.nltk_vader import vader

WINDOW = 3
"""Words before a rated one in which VADER looks for negations."""
SCOPE = 6
"""Words after a negation in which these rules look for what it inverts."""
CLAUSE_WORDS = frozenset(
    "but because although though if when while since unless until whereas so however except which "
    "who".split()
)
BE = frozenset("is are was were be been being am it's he's she's that's i'm they're you're".split())
GET = frozenset("get got getting gets become became becoming".split())
BOOSTERS = frozenset("very really so too that quite all particularly especially a an the".split())


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
    is_counted: bool = field(init=False)
    """Whether it counts as a word: VADER ignores rated and other special words of one character."""

    def __post_init__(self) -> None:
        self.is_counted = self.is_plain or len(self.text) > 1


NOT = Unit("not", "not", is_modifier=True)


def phrase_key(phrase: tuple[str, ...]) -> str:
    """Return the word in the lexicon that stands for a phrase."""
    return "\u2060".join(("", *phrase))


def is_negation(word: str) -> bool:
    """Return whether VADER takes a word in lower case for a negation."""
    return word in _negations() or "n't" in word


@cache
def _negations() -> frozenset[str]:
    return frozenset(vader().VaderConstants.NEGATE)


def target_after(units: list[Unit], index: int, scope: int) -> int | None:
    """Return the place of the first rated word after ``index`` in its clause."""
    if units[index].ends_clause:
        return None
    for place in range(index + 1, min(len(units), index + 1 + scope)):
        unit = units[place]
        if unit.lower in CLAUSE_WORDS or is_negation(unit.lower):
            return None
        if unit.valence and unit.lower != "no":
            # An emoticon after a negation is not negated, and what follows it is another clause.
            return place if any(map(str.isalpha, unit.lower)) else None
        if unit.ends_clause:
            return None
    return None


def insert_not(units: list[Unit], target: int) -> None:
    """Insert a negation before a rated word and the adverbs before it."""
    place = target
    while place > 0 and target - place < WINDOW - 1 and units[place - 1].lower in BOOSTERS:
        place -= 1
    units.insert(place, NOT)


def invert_next(units: list[Unit], index: int, scope: int) -> bool:
    """Insert a negation before the first rated word in the scope; return whether there is one."""
    target = target_after(units, index, scope)
    if target is None:
        return False
    insert_not(units, target)
    return True


def neutral_text(word: str) -> str:
    """Return a text in place of a word that VADER neither rates nor takes for a negation."""
    # VADER takes any word with "n't" in it for a negation.
    return "\u2060" + word.replace("'", "")


def neutral(unit: Unit, marks: str = "") -> Unit:
    """Return a word in place of ``unit`` that is neither rated nor a negation."""
    text = neutral_text(unit.lower)
    return Unit(text, text, marks=marks or unit.marks, ends_clause=unit.ends_clause)
