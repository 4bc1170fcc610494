"""Chooses the code page of a text by the letters and words of the languages written in it.

The sample is decoded in each code page, and each character beyond ASCII gives points: about 1 for
a letter of the language, more for a frequent one; less than 0 for another letter, for a capital or
another script inside a word, and for a sign where none is written. The mean over these characters
and the share of words that are function words of the language make the score; the best pair of code
page and language wins. The method is that of G. Kikui, "Identifying the coding system and language
of on-line documents" (1996), with letters in place of trained models.
"""

import codecs
import re
from collections import Counter
from functools import cache

from slave_service.models import letters
from slave_service.models.function_words import FUNCTION_WORDS

_SAMPLE_BYTES = 4096
ENOUGH = 0.55
"""Score from which the choice is trusted; a right one has about 1."""

_WESTERN = "en fr de es pt it nl sv da no fi is ca"
_CENTRAL = "pl cs sk hu hr sl ro de"
# By Python's codec: its languages, and points for how common it is. ISO 8859-1 and -9 are not here,
# since cp1252 and cp1254 contain them.
_PAGES = {
    "cp1252": (_WESTERN, 0.12),
    "cp1250": (_CENTRAL, 0.05),
    "cp1254": ("tr", 0.05),
    "cp1257": ("lt lv et", 0.03),
    "cp1251": ("ru uk bg sr mk be", 0.1),
    "cp1253": ("el", 0.1),
    "cp1255": ("he", 0.1),
    "cp1256": ("ar", 0.05),
    "cp874": ("th", 0.05),
    "iso8859_2": (_CENTRAL, 0.0),
    "iso8859_13": ("lt lv", 0.0),
    "iso8859_5": ("ru uk bg sr mk be", 0.0),
    "iso8859_6": ("ar", 0.0),
    "iso8859_7": ("el", 0.0),
    "koi8_r": ("ru", 0.05),
    "koi8_u": ("uk", 0.05),
    "cp866": ("ru", 0.0),
    "mac_cyrillic": ("ru uk bg", 0.08),
    "mac_roman": (_WESTERN, -0.15),
    "cp850": (_WESTERN, -0.25),
    "cp932": ("ja", 0.1),
    "euc_jp": ("ja", 0.05),
    "gb18030": ("zh", 0.1),
    "big5": ("zh_Hant", 0.1),
    "cp949": ("ko", 0.1),
    # Without a byte order mark, ASCII characters or NUL bytes.
    "utf_16_le": ("ja zh zh_Hant ko", 0.0),
    "utf_16_be": ("ja zh zh_Hant ko", 0.0),
}
_QUOTES = frozenset("‘’‚“”„«»‹›…–—•")
_SIGNS = frozenset("€™¡¿£¥§©ª«®°±²³·¹º¼½¾×÷‰†‡№ „\xa0\xad")
_FOREIGN = -1.5
_WORD = re.compile(r"[^\W\d_]+")


def best_code_page(sample: bytes) -> tuple[str | None, float]:
    """Return the most likely code page of a sample, and its score; None where none decodes it."""
    best: tuple[str | None, float] = (None, 0.0)
    for page, (languages, bonus) in _PAGES.items():
        # A character that the end of the sample cuts is left out.
        decoder = codecs.getincrementaldecoder(page)()
        try:
            text = decoder.decode(sample[:_SAMPLE_BYTES])
        except UnicodeDecodeError:
            continue
        score = _score(text, languages.split()) + bonus
        if best[0] is None or score > best[1]:
            best = codecs.lookup(page).name, score
    return best


def _score(text: str, languages: list[str]) -> float:
    """Return the score of the language that fits the text best."""
    foreign, fixed, total = _characters(text)
    if not total:
        return 0.0
    words = Counter(_WORD.findall(text.lower()))
    number = max(1, words.total())
    best = -9.0
    for language in languages:
        points = _points(language)
        mean = fixed + sum(points.get(char, _FOREIGN) * count for char, count in foreign.items())
        known = _function_words(language)
        share = sum(count for word, count in words.items() if word in known) / number
        exact = sum(count for word, count in words.items() if not word.isascii() and word in known)
        best = max(best, mean / total + share + min(0.5, 0.5 * exact / total))
    return best


def _characters(text: str) -> tuple[Counter[str], float, int]:
    """Return the letters beyond ASCII in lower case, the points of the others, and the total."""
    found: Counter[str] = Counter()
    fixed = 0.0
    total = 0
    for index, char in enumerate(text):
        if char.isascii():
            continue
        total += 1
        before = text[index - 1] if index else " "
        after = text[index + 1] if index + 1 < len(text) else " "
        inside = before.isalpha() and after.isalpha()
        if char in _QUOTES or char in _SIGNS:
            fixed += 0.8 if not inside or char in "’·" else _FOREIGN
        elif not char.isalpha() and not "\u0590" <= char <= "\u0e7f":
            fixed += 0.5 if "\u3000" <= char <= "\u303f" or char >= "\uff00" else -2.0
        else:
            found[char.lower()] += 1
            if char.isupper() and before.islower():
                fixed += _FOREIGN
            # Only Latin letters beyond ASCII are beside ASCII letters.
            if char >= "\u0370" and (_is_latin(before) or _is_latin(after)):
                fixed += _FOREIGN
    return found, fixed, total


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


@cache
def _function_words(language: str) -> frozenset[str]:
    more = letters.MORE_FUNCTION_WORDS.get(language, "")
    return FUNCTION_WORDS.get(language, frozenset(more.split()))


@cache
def _points(language: str) -> dict[str, float]:
    """Return the points of each letter of a language."""
    if language in letters.LETTERS:
        alphabet = letters.LETTERS[language]
        last = max(1, len(alphabet) - 1)
        return {char: 1.4 - 0.8 * place / last for place, char in enumerate(alphabet)}
    return _east_asian_points(language)


def _east_asian_points(language: str) -> dict[str, float]:
    """Return the points of characters of Chinese, Japanese and Korean, frequent ones or any."""
    if language == "ko":
        rare = _encodable("euc_kr", 0xAC00, 0xD7A4)
        return dict.fromkeys(rare, 0.7) | dict.fromkeys(letters.HANGUL, 1.4)
    if language == "ja":
        rare = _encodable("cp932", 0x4E00, 0x9FA6)
        kana = dict.fromkeys(map(chr, range(0x3041, 0x30FF)), 1.3)
        return dict.fromkeys(rare, 0.3) | dict.fromkeys(letters.KANJI, 1.2) | kana
    is_simplified = language == "zh"
    rare = _encodable("gb2312" if is_simplified else "big5", 0x4E00, 0x9FA6)
    common = letters.SIMPLIFIED if is_simplified else letters.TRADITIONAL
    return dict.fromkeys(rare, 0.4) | dict.fromkeys(common, 1.5)


def _encodable(encoding: str, first: int, end: int) -> list[str]:
    found = []
    for code in range(first, end):
        try:
            chr(code).encode(encoding)
        except UnicodeEncodeError:
            continue
        found.append(chr(code))
    return found
