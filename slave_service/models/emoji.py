"""Finds emoji in a text and gives each the valence of its description, as VADER does.

The descriptions come with the package ``vaderSentiment`` (``emoji_utf8_lexicon.txt``). The valence
of an emoji is the sum of the valences of the words in its description. Where the words do not give
the sentiment ("broken heart", "OK hand", "thumbs up"), two short tables take precedence.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_VARIATIONS_AND_TONES = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_JOINER = "\u200d"
_MAX_VALENCE = 4.0
"""VADER's lexicon goes from -4 to 4."""

_OBJECT_WORDS = frozenset(
    "cancer credit cut diamond die dizzy dumpling fallen fire free growing hand joker joystick low "
    "lowercase lowered no play playing safety slash stop straight top united zzz".split()
)
"""Words of the lexicon that name an object in descriptions, such as the zodiac sign Cancer."""

_VALENCES_BY_DESCRIPTION = {
    "thumbs up": 2.0,
    "thumbs down": -2.0,
    "middle finger": -2.5,
    "broken heart": -2.5,
    "beating heart": 3.2,
    "growing heart": 3.2,
    "pouting face": -2.3,
    "face with symbols on mouth": -2.5,
    "face vomiting": -2.3,
    "nauseated face": -2.0,
    "pile of poo": -1.5,
    "unamused face": -1.5,
    "face with steam from nose": -1.2,
    "person facepalming": -1.5,
    "star-struck": 2.5,
    "face savoring food": 1.8,
    "winking face": 1.0,
    "slightly smiling face": 1.0,
    "clapping hands": 1.8,
    "raising hands": 1.8,
    "flexed biceps": 1.5,
    "victory hand": 1.5,
    "hundred points": 2.0,
    "trophy": 2.0,
    "birthday cake": 1.5,
}
"""Frequent emoji whose descriptions have no word of the lexicon, or a misleading one."""


@dataclass(frozen=True, slots=True)
class EmojiLexicon:
    """The valences of emoji, by their sequences without skin tones and variation selectors."""

    valences: Mapping[str, float]
    _pattern: re.Pattern[str]

    def split_token(self, token: str) -> Iterator[tuple[str, bool]]:
        """Yield the pieces of a token, and whether each is the key of an emoji.

        A sequence of several code points is one emoji. Emoji without a valence are left out.
        """
        begin = 0
        for match in self._pattern.finditer(token):
            if begin < match.start():
                yield token[begin : match.start()], False
            if key := self.key(match.group()):
                yield key, True
            begin = match.end()
        if begin < len(token):
            yield token[begin:], False

    def key(self, emoji: str) -> str | None:
        """Return the key of an emoji in ``valences``; None where it has no valence.

        Skin tones and variation selectors are ignored. An unknown sequence has the key of its first
        known part.
        """
        plain = _VARIATIONS_AND_TONES.sub("", emoji)
        candidates = (plain, *plain.split(_JOINER))
        return next((part for part in candidates if part in self.valences), None)

    def has_valence(self, text: str, begin: int, end: int) -> bool:
        """Return whether there is an emoji with a valence between the offsets."""
        return any(self.key(match.group()) for match in self._pattern.finditer(text, begin, end))


def lexicon(descriptions: str, words: Mapping[str, float]) -> EmojiLexicon:
    """Create the lexicon from lines ``emoji<tab>description`` and the valences of ``words``."""
    known = dict(line.split("\t")[:2] for line in descriptions.splitlines() if "\t" in line)
    # Longer sequences begin with the same code points; ASCII is left out, as digits begin keycaps.
    first = _one_of({emoji[0] for emoji in known if not emoji[0].isascii()})
    pattern = re.compile(
        f"{first}(?:[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|{_JOINER}{first})*", re.UNICODE
    )
    valences = {
        _VARIATIONS_AND_TONES.sub("", emoji): valence
        for emoji, description in known.items()
        if (valence := _valence(description, words))
    }
    return EmojiLexicon(valences, pattern)


def _one_of(characters: Iterable[str]) -> str:
    """Return a pattern for one of the characters.

    ``re`` compares a character with one entry of a set after the other where the set goes beyond
    U+FFFF. So the entries are ranges, and only characters beyond U+FFFF are compared with theirs.
    """
    ranges: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    low, high = (
        "".join(f"{chr(begin)}-{chr(end)}" for begin, end in ranges if (end > 0xFFFF) == is_high)
        for is_high in (False, True)
    )
    return f"(?:[{low}]|(?=[\U00010000-\U0010ffff])[{high}])"


def _valence(description: str, words: Mapping[str, float]) -> float:
    plain = description.partition(":")[0].strip()
    if plain in _VALENCES_BY_DESCRIPTION:
        return _VALENCES_BY_DESCRIPTION[plain]
    rated = (word for word in plain.lower().split() if word not in _OBJECT_WORDS)
    total = sum(words.get(word, 0.0) for word in rated)
    return max(-_MAX_VALENCE, min(_MAX_VALENCE, total))
