"""Joins words that were divided at the end of a line.

The rule, for a letter, a hyphen, the end of a line, and a letter: the hyphen stays where the page
has the word with its hyphen elsewhere, where what precedes has another hyphen, is a single letter
or a prefix of compounds ("well-known"), or where a capital follows a small letter
("Franco-German").
In all other cases, and where the page has the joined word elsewhere, it is left out.
"""

import re

_DIVIDED = re.compile(r"(?<=[^\W\d_])-[ \t]?\n(?=[^\W\d_])")
_WORD = re.compile(r"[\w-]+")
_LONGEST = 40
_PREFIXES = frozenset(
    """all anti best co cross double ex first full half hard high ill long low mid multi much never
    non one open part post pre quasi second self semi short single so soft third three two ultra
    vice well worst""".split()
)
"""First parts that English compounds keep their hyphen after, at the end of a line as elsewhere."""


def join(text: str) -> str:
    """Return the text of a page with divided words joined, in linear time."""
    divisions = list(_DIVIDED.finditer(text))
    if not divisions:
        return text
    words = set(_WORD.findall(text.lower()))
    pieces = []
    begin = 0
    for division in divisions:
        before = text[max(begin, division.start() - _LONGEST) : division.start()]
        after = text[division.end() : division.end() + _LONGEST]
        pieces.append(text[begin : division.start()])
        if _keeps_hyphen(_last_word(before), _first_word(after), words):
            pieces.append("-")
        begin = division.end()
    return "".join((*pieces, text[begin:]))


def _keeps_hyphen(before: str, after: str, words: set[str]) -> bool:
    first, second = before.lower(), after.lower()
    if f"{first}-{second}" in words:
        return True
    if f"{first}{second}" in words:
        return False
    if "-" in first or len(first) == 1 or first in _PREFIXES:
        return True
    return after[:1].isupper() and not before.isupper()


def _last_word(text: str) -> str:
    found = re.search(r"[\w-]{0,40}\Z", text)
    return found[0] if found else ""


def _first_word(text: str) -> str:
    found = _WORD.match(text)
    return found[0] if found else ""
