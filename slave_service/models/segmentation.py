"""Finds the keywords of Chinese and Japanese texts, which have no spaces between words.

Chinese is divided by jieba's dictionary and hidden Markov model (rjieba), Japanese by MeCab
(fugashi) with UniDic (unidic-lite): T. Kudo et al., "Applying Conditional Random Fields to Japanese
Morphological Analysis", 2004. The packages are those of requirements-text.txt.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from heapq import nlargest
from operator import itemgetter
from pathlib import Path
from typing import Any

from protocol.failures import Unavailable
from slave_service.models import packages
from slave_service.models.stop_words import STOP_WORDS

MAX_KEYWORDS = 10
_MAX_WORD_CHARACTERS = 40
MAX_CHARACTERS = 1_000_000
"""Characters from the beginning that are divided; they take up to fourteen seconds in Japanese."""
NOT_WHOLE = (
    f"keywords are those of the first {MAX_CHARACTERS:,} characters of this text; "
    "split the text to get those of all of it."
)
_INSTALL = "pip install -r requirements-text.txt"
_PACKAGES = {
    "rjieba": "rjieba",
    "opencc": "opencc",
    "fugashi": "fugashi",
    "unidic_lite": "unidic-lite",
}
"""Names of distributions by those of modules."""

# MeCab takes quadratic time for a run of letters or kana, so a long piece is cut anywhere. At a NUL
# it would stop.
_PIECE = re.compile("[^\0\n\r。！？]{1,500}[。！？]?")
_IDEOGRAPH = re.compile("[\u3005\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

_CHINESE_TAGS = ("n", "v", "a", "i", "j", "l")
"""First letters in jieba's dictionary: nouns, verbs, adjectives, idioms, abbreviations, phrases."""
_CHINESE_LATIN = "eng"
_CHINESE_STOP_WORDS = frozenset(
    "没有 可以 可能 能够 应该 不能 不会 不是 就是 还是 成为 进行 时 事".split()
)
_PREFIX, _NOUN, _SUFFIX, _VERB = "接頭辞", "名詞", "接尾辞", "動詞"
_INFLECTED = (_VERB, "形容詞", "形状詞")
_CONTENT = "一般"
"""Verbs and adjectives that are no auxiliaries."""
_ADVERBIAL = "副詞可能"
"""Nouns of time and place, which stand beside other nouns without being a part of them."""
_NUMBER, _STEM = "数詞", "助動詞語幹"
_HIRAGANA = re.compile("[\u3041-\u309f]+")
_ORTHOGRAPHIC_BASE = 10
"""Index of UniDic's feature orthBase: the dictionary form, spelled as in the text."""
_PERSONAL_SUFFIXES = frozenset("達様君氏")
_JAPANESE_STOP_WORDS = frozenset(
    (
        "こと もの ため とき ところ わけ はず ほか うち まま "
        "事 物 為 時 所 訳 方 中 上 下 内 前 後 間 今"
    ).split()
)


def is_installed() -> bool:
    """Return whether the packages of requirements-text.txt are installed; loads none of them."""
    return packages.are_installed(*_PACKAGES)


def versions() -> dict[str, str]:
    """Return the versions of the packages; empty where one is missing."""
    if not is_installed():
        return {}
    return packages.versions(*_PACKAGES.values())


def segmented_keywords(text: str, language: str) -> list[list[object]]:
    """Return ``[[word, count], …]``, at most ten, the most frequent first.

    ``language`` is one of ``LANGUAGES``. Words are nouns, verbs and adjectives in lower case, those
    of Japanese in their dictionary form; equal counts are in order of first appearance. Raises
    ``Unavailable`` where the packages are missing or damaged.
    """
    if not is_installed():
        raise Unavailable(
            f"This slave can't divide Chinese and Japanese into words: run {_INSTALL} on it, or "
            "leave out the option keywords."
        )
    find_words = LANGUAGES[language]
    counts: Counter[str] = Counter()
    for piece in _PIECE.findall(text[:MAX_CHARACTERS]):
        counts.update(word.lower() for word in find_words(piece))
    wanted = [item for item in counts.items() if _is_wanted(item[0])]
    return [[*item] for item in nlargest(MAX_KEYWORDS, wanted, key=itemgetter(1))]


def _is_wanted(word: str) -> bool:
    return len(word) <= _MAX_WORD_CHARACTERS and word not in STOP_WORDS


def _chinese(text: str) -> Iterator[str]:
    """Yield the words of a piece of text, written as there.

    jieba's dictionary has few words in traditional characters, so it gets each one's simplified
    form, which is one character too.
    """
    segmenter, simplified = _chinese_models()
    begin = 0
    for word, tag in segmenter.tag("".join(map(simplified, text))):
        end = begin + len(word)
        is_long = len(word) > 1 or (tag == "n" and _IDEOGRAPH.match(word))
        is_wanted = tag == _CHINESE_LATIN or tag.startswith(_CHINESE_TAGS)
        if is_long and is_wanted and word not in _CHINESE_STOP_WORDS:
            yield text[begin:end]
        begin = end


def _japanese(text: str) -> Iterator[str]:
    """Yield the words of a piece of text; nouns in a row, with prefix and suffix, are one word."""
    return filter(_is_japanese_keyword, _japanese_words(text))


def _japanese_words(text: str) -> Iterator[str]:
    noun = detail = ""
    for node in _japanese_model()(text):
        is_unit = detail == _NUMBER and not node.white_space
        surface, (pos, detail, use) = node.surface, node.feature[:3]
        is_noun = pos == _NOUN and detail not in (_NUMBER, _STEM) and not is_unit
        is_part = is_noun and use != _ADVERBIAL
        if noun and not node.white_space and (is_part or _is_suffix(pos, detail, surface)):
            noun += surface
            continue
        yield noun
        noun = surface if is_part or (pos == _PREFIX and _IDEOGRAPH.match(surface)) else ""
        if is_noun and not is_part:
            yield surface
        elif pos in _INFLECTED and detail == _CONTENT:
            yield _base(pos, node)
    yield noun


def _is_suffix(pos: str, detail: str, surface: str) -> bool:
    is_of_nouns = pos == _SUFFIX and detail == "名詞的" and surface not in _PERSONAL_SUFFIXES
    return is_of_nouns and bool(_IDEOGRAPH.match(surface))


def _base(pos: str, node: Any) -> str:  # noqa: ANN401  (fugashi ships no types)
    """Return the dictionary form; none for a verb in hiragana, as in について."""
    # A word that is not in the dictionary has fewer features.
    is_known = len(node.feature) > _ORTHOGRAPHIC_BASE
    base = str(node.feature[_ORTHOGRAPHIC_BASE] if is_known else node.surface)
    return "" if pos == _VERB and _HIRAGANA.fullmatch(base) else base


def _is_japanese_keyword(word: str) -> bool:
    is_long = len(word) > 1 or _IDEOGRAPH.match(word) is not None
    return is_long and word not in _JAPANESE_STOP_WORDS and any(map(str.isalpha, word))


@cache
def _chinese_models() -> tuple[Any, Callable[[str], str]]:
    try:
        import rjieba
        from opencc import OpenCC

        convert = OpenCC("t2s").convert
    except (ImportError, OSError, RuntimeError) as error:
        raise _damaged(error) from error

    @cache
    def simplified(character: str) -> str:
        found = convert(character)
        return found if len(found) == 1 else character

    return rjieba, simplified


@cache
def _japanese_model() -> Any:  # noqa: ANN401  (fugashi ships no types)
    try:
        import unidic_lite
        from fugashi import GenericTagger

        # Without its folder, another dictionary of the computer would be taken.
        folder = Path(unidic_lite.DICDIR)
        return GenericTagger(f'-r "{folder / "mecabrc"}" -d "{folder}"')
    except (ImportError, OSError, RuntimeError) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> Unavailable:
    return Unavailable(
        f"Chinese and Japanese can't be divided into words on this computer ({error}); "
        f"run: {_INSTALL} --force-reinstall"
    )


LANGUAGES: dict[str, Callable[[str], Iterator[str]]] = {"zh": _chinese, "ja": _japanese}
"""What finds the words of a piece of text, by ISO 639-1 code."""
