"""Measures how easy an English text is to read: Flesch's reading ease and the grade of Kincaid.

R. Flesch, "A new readability yardstick", 1948; J.P. Kincaid et al., "Derivation of new readability
formulas", 1975. Both go by the words in a sentence and the syllables in a word.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

# Between two vowels, as in "player", y is a consonant.
_VOWELS = re.compile("(?:[aeiouáàâäæéèêëíîïóôöœúûü]|y(?![aeiou]))+")
_WORD = re.compile(r"[^\W\d_]+\Z")
# The rest of "it's", "don't" and the like, in which only the first part is a word.
_ENDINGS = frozenset("s t d m ll ve re".split())
_SILENT_E = re.compile(
    "(?:[^aeiouyl]|[aeiouy]l|[rl]l)e\\Z|[^aeiouydt]ed\\Z|[^aeiouycgsxzl]es\\Z"
    "|[aeiouy]les\\Z|(?<=[^aeiouy])e(?:ly|ment|ments|ful|less|ness)\\Z"
    "|\\A(?:some|every)(?=[tobw])"
)
"""Vowels that are not spoken: "have", "asked", "makes", "lovely", "something"."""
_TWO_VOWELS = re.compile(
    "ia(?!n\\Z|l\\Z|lly\\Z)|io(?!n|us)|eo(?!us|p)|[aoe]i?ing|iu|ua(?!r|l)|ism\\Z|eas?\\Z|reat[ie]"
)
"""Groups of vowels with one syllable more: "dial", "radio", "being", "idea", "creative"."""
_MAX_WORD_CHARACTERS = 50
_MAX_KNOWN_WORDS = 1 << 15


def readability(words: Mapping[str, int], sentence_count: int) -> dict[str, float] | None:
    """Return ``reading_ease`` and ``grade``, with one decimal place; None without a sentence.

    ``words`` are the English words of the text in lower case, with their counts.
    """
    number = syllables = 0
    for word, count in words.items():
        if (word.isalpha() or _WORD.match(word)) and word not in _ENDINGS:
            number += count
            syllables += count * syllables_of(word[:_MAX_WORD_CHARACTERS])
    if not number or not sentence_count:
        return None
    per_sentence, per_word = number / sentence_count, syllables / number
    return {
        "reading_ease": round(206.835 - 1.015 * per_sentence - 84.6 * per_word, 1),
        "grade": round(0.39 * per_sentence + 11.8 * per_word - 15.59, 1),
    }


@lru_cache(maxsize=_MAX_KNOWN_WORDS)
def syllables_of(word: str) -> int:
    """Estimate the syllables of an English word in lower case; at least 1."""
    part = word[:_MAX_WORD_CHARACTERS]
    number = len(_VOWELS.findall(part)) - len(_SILENT_E.findall(part))
    number += len(_TWO_VOWELS.findall(part))
    return max(1, number)
