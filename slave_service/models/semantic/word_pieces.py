"""Cuts a text into the word pieces of BERT's uncased English models.

The same as ``BertTokenizer`` with ``do_lower_case``: control characters are removed, accents too,
CJK characters and punctuation stand alone, and each word is cut from the left into the longest
pieces that the vocabulary has (J. Devlin et al., "BERT", 2018; Y. Wu et al., 2016: WordPiece).
"""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

_UNKNOWN = "[UNK]"
_MAX_WORD_CHARACTERS = 100
"""A longer word is one unknown piece, as in the original; it also bounds the time of a word."""
_CJK = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
_ASCII_SIGNS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def word_pieces(text: str, vocabulary: Mapping[str, int]) -> Iterator[int]:
    """Yield the number of each piece, without the marks of beginning and end."""
    for word in _words(text):
        yield from _pieces(word, vocabulary)


def _words(text: str) -> Iterator[str]:
    for run in "".join(map(_cleaned, text)).split():
        start = 0
        for position, letter in enumerate(run):
            if _is_sign(letter):
                if start < position:
                    yield run[start:position]
                yield letter
                start = position + 1
        if start < len(run):
            yield run[start:]


@lru_cache(maxsize=8192)
def _cleaned(letter: str) -> str:
    """Return a character in lower case, without accents.

    Done for each character alone: a final sigma is lowered like any other, and the accents need no
    order, for which a run of them would take quadratic time.
    """
    if letter < "\x7f":
        return letter.lower() if letter >= " " else " " if letter in "\t\n\r" else ""
    if letter == "\ufffd" or unicodedata.category(letter) in {"Cc", "Cf", "Co"}:
        return ""
    if any(first <= ord(letter) <= last for first, last in _CJK):
        return f" {unicodedata.normalize('NFD', letter)} "
    parts = unicodedata.normalize("NFD", letter)
    return "".join(part.lower() for part in parts if unicodedata.category(part) != "Mn")


def _is_sign(letter: str) -> bool:
    return letter in _ASCII_SIGNS or unicodedata.category(letter).startswith("P")


def _pieces(word: str, vocabulary: Mapping[str, int]) -> list[int]:
    if len(word) > _MAX_WORD_CHARACTERS:
        return [vocabulary[_UNKNOWN]]
    found, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        for end in range(len(word), start, -1):
            piece = vocabulary.get(prefix + word[start:end])
            if piece is not None:
                break
        else:
            return [vocabulary[_UNKNOWN]]
        found.append(piece)
        start = end
    return found
