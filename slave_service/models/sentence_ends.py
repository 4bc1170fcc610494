"""Decides where a sentence ends: a full stop can also belong to an abbreviation or to a number.

The rules are those of most rule-based splitters (G. Grefenstette and P. Tapanainen, "What is a
word, what is a sentence?", 1994): a list of abbreviations, the shape of the word before the full
stop, and whether the next word looks like the first of a sentence. Each decision reads a bounded
number of characters, so that the time is linear in the length of the text.
"""

import re
from collections.abc import Iterator
from functools import cache

from slave_service.models import abbreviations as known
from slave_service.models.function_words import FUNCTION_WORDS

# A run of marks matches whatever follows it: a lookahead would take quadratic time on a line of a
# million dots.
_MARK = re.compile(r"""[.!?…。！？]+["'”’»)\]」』）]*""")
_FULL_WIDTH = re.compile("[。！？]")
_CLOSING = "\"'”’»)]」』）"
_LOOK_BACK = 24
_LOOK_AHEAD = 40
_OPENING = "([{\"'“‘„«»¿¡*_–—-"
_NEXT_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_LETTER_PARTS = re.compile(r"(?:[^\W\d_]{1,3}\.)+[^\W\d_]{1,3}\Z")
_SPACED_PARTS = re.compile(r"(?:\A|[\s(])((?:[^\W\d_]{1,3}\.\s?){1,2}[^\W\d_]{1,4})\Z")
_NEXT_PART = re.compile(r"\s?([^\W\d_]{1,4})\.")
_ABBREVIATIONS = known.BEFORE_NAMES | known.IN_SENTENCES | known.BEFORE_NUMBERS
_TIME = frozenset({"a.m", "p.m"})

ORDINAL_LANGUAGES = frozenset({"de", "da", "no", "cs", "pl", "hu", "fi", "tr"})
"""Languages that write ordinal numbers with a full stop: "der 2. Weltkrieg"."""


def pieces(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each piece of the text up to and including a sentence mark.

    ``language`` is an ISO 639-1 code. The last piece is what follows the last mark.
    """
    begin = 0
    length = len(text)
    for mark in _MARK.finditer(text):
        end = mark.end()
        # The dot in "3.14" ends no sentence; a full-width mark ends one without a space after it.
        if end < length and not text[end].isspace() and not _FULL_WIDTH.search(mark.group()):
            continue
        if end < length and _goes_on(text, begin, mark, language):
            continue
        yield begin, end
        begin = end
    yield begin, length


def _goes_on(text: str, begin: int, mark: re.Match[str], language: str) -> bool:
    """Return whether the sentence that began at ``begin`` goes on after the mark."""
    start, end = mark.span()
    marks = mark.group()
    if marks != ".":
        # «“Stop!” she said.» is one sentence.
        return marks[-1] in _CLOSING and text[end : end + 2].lstrip(" ")[:1].islower()
    before = text[max(begin, start - _LOOK_BACK) : start]
    words = before.rsplit(None, 1)
    word = words[-1].lstrip(_OPENING) if words else ""
    if not _can_be_abbreviation(word):
        return False
    after = text[end : end + _LOOK_AHEAD]
    stripped = after.lstrip()
    if not stripped or after[: len(after) - len(stripped)].count("\n") > 1:
        return False
    at_start = begin + len(before) == start and before.strip(_OPENING + " \t\r\n") == word
    if not word.isdigit():
        return _word_goes_on(word, before, stripped, at_start=at_start)
    # "1. Open the box." is one sentence.
    is_item = at_start and (begin == 0 or "\n" in text[begin - 1 : begin + 4])
    return len(word) <= 3 and (is_item or _ordinal_goes_on(word, stripped, language))


def _can_be_abbreviation(word: str) -> bool:
    """Return whether the word before a full stop needs a closer look."""
    if not word:
        return False
    if len(word) <= 2 or "." in word or word[-1].isdigit():
        return True
    return word.lower() in _ABBREVIATIONS


def _ordinal_goes_on(word: str, after: str, language: str) -> bool:
    """Return whether a number with a full stop is an ordinal number, as in "3. Mai"."""
    if after[0].islower() or len(word) > 2:
        return after[0].islower()
    if _first_word(after) in known.MONTHS_AND_DAYS:
        return True
    return language in ORDINAL_LANGUAGES and not _begins(after)


def _word_goes_on(word: str, before: str, after: str, *, at_start: bool) -> bool:
    """Return whether the sentence goes on after a word with a full stop, before ``after``."""
    lower = word.lower()
    first = after.lstrip(_OPENING)[:1]
    if lower in known.NEVER_LAST or _is_spaced_abbreviation(before, word, after):
        return True
    if first.isdigit() and lower in known.BEFORE_NUMBERS:
        return True
    if lower in _TIME:
        return first.islower() or _first_word(after) in known.MONTHS_AND_DAYS
    if lower in known.BEFORE_NAMES:
        return word[0].isupper() or not _begins(after)
    is_abbreviation = (
        lower in known.IN_SENTENCES
        or _LETTER_PARTS.match(word) is not None
        or _is_initial(word, at_start=at_start)
    )
    return is_abbreviation and not _begins(after)


def _is_initial(word: str, *, at_start: bool) -> bool:
    """Return whether ``word`` is the initial of a name; "I" is one only before the rest of it."""
    return len(word) == 1 and word.isupper() and (word != "I" or at_start)


def _is_spaced_abbreviation(before: str, word: str, after: str) -> bool:
    """Return whether the full stop is in or after an abbreviation such as "z. B."."""
    if len(word) > 4:
        return False
    parts = _SPACED_PARTS.search(before)
    if parts and " ".join(parts.group(1).lower().split()) in known.SPACED:
        return not _begins(after) or word[0].isupper()
    following = _NEXT_PART.match(after)
    if following is None:
        return False
    return f"{word}. {following.group(1)}".lower() in _spaced_beginnings()


@cache
def _spaced_beginnings() -> frozenset[str]:
    return known.SPACED | {entry.rpartition(". ")[0] for entry in known.SPACED if ". " in entry}


def _first_word(after: str) -> str:
    found = _NEXT_WORD.search(after)
    return found.group().lower() if found else ""


def _begins(after: str) -> bool:
    """Return whether the next word looks like the first of a sentence: a capital function word."""
    following = after.lstrip(_OPENING)
    if not following[:1].isupper():
        return False
    word = _first_word(following)
    return word in _all_function_words() and not (len(word) == 1 and following[1:2] == ".")


@cache
def _all_function_words() -> frozenset[str]:
    return frozenset().union(*FUNCTION_WORDS.values()) | known.FIRST_WORDS
