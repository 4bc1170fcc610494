"""Guesses the language of a text from its words, to distinguish English from other languages.

A word gives one point to every language of which it is a function word (``function_words``), and
half a point to the languages that use all of its letters beyond ASCII, and to English where the
English sentiment lexicon contains it. The language with the most points is the result; English in a
tie, and where no word gives points. A text that is mostly in a non-Latin script gets the language
of the script. The same words always give the same result.

Words alone name few languages. So where they do not clearly show English, or another language has
as many points, the model of py3langid (M. Lui and T. Baldwin, "langid.py", 2012: naive Bayes over
byte sequences) names the language of a sample of the text, if it is sure of it.
"""

import re
from collections.abc import Container, Iterable, Mapping
from functools import cache
from typing import Any

from slave_service.models.function_words import FUNCTION_WORDS

ENGLISH, OTHER = "en", "other"

_HINT_POINTS = 0.5
_MIN_POINTS = 1.0
"""For a language other than English; one accent, as in café, is not enough."""
_MIN_FOREIGN_SHARE = 1 / 3
"""Share of words with letters beyond ASCII from which a text without points is not English."""
_MIN_WORDS = 3

_LETTERS = {
    "de": "äöüß",
    "fr": "àâçèéêëîïôùûœ",
    "es": "áéíñóú",
    "it": "àèéìòù",
    "nl": "ëï",
    "pt": "àáâãçéêíóôõú",
    "pl": "ąćęłńóśźż",
    "tr": "çğıöşü",
    "sv": "äåö",
    "da": "åæø",
    "no": "åæø",
    "fi": "äö",
    "cs": "áčďéěíňóřšťúůýž",
    "ro": "ăâîșțşţ",
    "hu": "áéíóöőúüű",
}
_LANGUAGES_BY_LETTER = {
    letter: tuple(code for code, letters in _LETTERS.items() if letter in letters)
    for letter in set("".join(_LETTERS.values()))
}

_SCRIPTS = (
    ("el", 0x370, 0x3FF),
    (OTHER, 0x400, 0x52F),  # Cyrillic
    ("hy", 0x530, 0x58F),
    ("he", 0x590, 0x5FF),
    (OTHER, 0x600, 0x77F),  # Arabic
    (OTHER, 0x900, 0x97F),  # Devanagari
    ("th", 0xE00, 0xE7F),
    ("ka", 0x10A0, 0x10FF),
    ("ko", 0x1100, 0x11FF),
    ("ja", 0x3040, 0x30FF),
    ("zh", 0x3400, 0x9FFF),
    ("ko", 0xAC00, 0xD7AF),
)
"""Unicode blocks of scripts: the language where only one uses the script, else ``OTHER``."""
_KANA = re.compile("[\u3040-\u30ff]")
_LATIN_END = 0x250
_LATIN_ADDITIONAL = range(0x1E00, 0x1F00)


_CLEARLY_ENGLISH = 0.25
"""Points of English per word from which the model is not asked."""
_SURE, _SURE_WITHOUT_WORDS, _SURE_OF_SCRIPT, _SURE_AGAINST_ENGLISH = 0.3, 0.4, 0.5, 0.8
"""Probability from which the model's language is taken, by what the words say."""
_SAMPLE_CHARACTERS = 2000
_CODES = {"nb": "no", "nn": "no"}


def identify_text(text: str, words: Mapping[str, int], english_lexicon: Container[str]) -> str:
    """Return the language of a text: as ``identify``, made more precise by the model.

    ``words`` are all words of the text in lower case, with their counts.
    """
    points = _points(words, english_lexicon)
    by_words = _by_words(words, english_lexicon, points)
    total = sum(words.values())
    if total < _MIN_WORDS and all(word.isascii() for word in words):
        return by_words
    needed = _SURE if by_words != OTHER else _SURE_OF_SCRIPT
    if by_words == ENGLISH:
        english = points.get(ENGLISH, 0.0)
        # "I", "in" and "on" are function words of other languages too.
        others = [number for code, number in points.items() if code != ENGLISH]
        is_tie = bool(others) and max(others) == english
        if english >= _CLEARLY_ENGLISH * total and not is_tie:
            return ENGLISH
        needed = _SURE_AGAINST_ENGLISH if english and not is_tie else _SURE_WITHOUT_WORDS
    code, probability = _model().classify(_sample(text))
    if code == ENGLISH:
        return by_words
    return _CODES.get(code, code) if probability >= needed else by_words


def _sample(text: str) -> str:
    """Return the beginning of the text and a part of its middle, as one line."""
    middle = max(len(text) // 2, _SAMPLE_CHARACTERS)
    parts = text[:_SAMPLE_CHARACTERS], text[middle : middle + _SAMPLE_CHARACTERS]
    return " ".join(" ".join(parts).split())


@cache
def _model() -> Any:  # noqa: ANN401  (py3langid ships no types)
    """Return the model; the first text that needs it takes a second to load it."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def identify(words: Mapping[str, int], english_lexicon: Container[str]) -> str:
    """Return the ISO 639-1 code of the likeliest language, or ``other``.

    ``words`` are the words of the text in lower case, with their counts.
    """
    return _by_words(words, english_lexicon, _points(words, english_lexicon))


def _by_words(
    words: Mapping[str, int], english_lexicon: Container[str], points: Mapping[str, float]
) -> str:
    letters = _letters_by_script(words.items())
    foreign = {script: number for script, number in letters.items() if script != ENGLISH}
    if sum(foreign.values()) > letters.get(ENGLISH, 0):
        return _highest(foreign)
    total = sum(words.values())
    if total == 1 and next(iter(words)) in english_lexicon:
        return ENGLISH
    english = points.get(ENGLISH, 0.0)
    foreign_points = {code: number for code, number in points.items() if code != ENGLISH}
    likeliest = _highest(foreign_points) if foreign_points else ENGLISH
    highest = foreign_points.get(likeliest, 0.0)
    if highest > english and highest >= _MIN_POINTS:
        return likeliest
    if english or total < _MIN_WORDS:
        return ENGLISH
    non_ascii = sum(number for word, number in words.items() if not word.isascii())
    return OTHER if non_ascii >= _MIN_FOREIGN_SHARE * total else ENGLISH


def _highest(points: Mapping[str, float]) -> str:
    """Return the code with the most points; of equal ones the first in alphabetical order.

    The order in which points were given depends on Python's hash seed, and the result must not.
    """
    return min(points, key=lambda code: (-points[code], code))


def _points(words: Mapping[str, int], english_lexicon: Container[str]) -> dict[str, float]:
    points: dict[str, float] = {}
    in_lexicon = 0
    known = _languages_by_word()
    for word, number in words.items():
        languages = known.get(word, ())
        for code in languages:
            points[code] = points.get(code, 0.0) + number
        if not word.isascii():
            for code in _languages_by_letters(word):
                points[code] = points.get(code, 0.0) + _HINT_POINTS * number
        # Function words of other languages can be in the English lexicon, as German "die" is.
        if not languages and word in english_lexicon:
            in_lexicon += number
    if in_lexicon:
        points[ENGLISH] = points.get(ENGLISH, 0.0) + _HINT_POINTS * in_lexicon
    return points


def _languages_by_letters(word: str) -> set[str]:
    """Return the languages that use all letters of the word beyond ASCII."""
    found = [set(_LANGUAGES_BY_LETTER[letter]) for letter in word if letter in _LANGUAGES_BY_LETTER]
    return set.intersection(*found) if found else set()


@cache
def _languages_by_word() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code, words in FUNCTION_WORDS.items():
        for word in words:
            found[word] = (*found.get(word, ()), code)
    return found


def _letters_by_script(words: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Count letters by the language of their script; Latin letters count as English.

    The script of a word is that of its first letter.
    """
    found: dict[str, int] = {}
    latin = 0
    for word, number in words:
        if "a" <= word[0] <= "z":
            latin += len(word) * number
        elif word[0].isalpha():
            script = _script(ord(word[0]))
            # Japanese also uses Chinese characters; Chinese has no kana.
            script = "ja" if script == "zh" and _KANA.search(word) else script
            found[script] = found.get(script, 0) + len(word) * number
    found[ENGLISH] = found.get(ENGLISH, 0) + latin
    return found


def _script(letter: int) -> str:
    if letter < _LATIN_END or letter in _LATIN_ADDITIONAL:
        return ENGLISH
    return next((code for code, first, last in _SCRIPTS if first <= letter <= last), OTHER)
