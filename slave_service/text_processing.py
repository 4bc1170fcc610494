"""Analyses a text: counts of words and sentences, common words, language and sentiment.

The sentiment is VADER's: C.J. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based Model for
Sentiment Analysis of Social Media Text", ICWSM 2014, in NLTK's implementation, with the lexicon
of the authors' package, so that nothing is downloaded. Rules and learned weights of words change
it where it errs (see ``models.valence``).
"""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import islice
from operator import itemgetter
from typing import BinaryIO

from protocol.failures import Unavailable
from protocol.option_values.segmentation import FEATURE as SEGMENTATION_FEATURE
from protocol.option_values.segmentation import SEGMENTED
from slave_service.formats.text_decoding import Decoded, read_text
from slave_service.models import language, segmentation, sentence_ends
from slave_service.models.keyword_phrases import keyword_phrases
from slave_service.models.readability import readability
from slave_service.models.sentences import TopSentences
from slave_service.models.stop_words import STOP_WORDS
from slave_service.models.valence import sentiment

_MAX_COMMON_WORDS = 10
_WORD = re.compile(r"\w+")
_SHORT_BLOCK = 100_000
"""Characters of a block that is searched for words as a whole."""


def process(source: BinaryIO, keywords: str = "") -> dict[str, object]:
    """Analyse one text, given as an open seekable file.

    ``word_count`` counts words between white space, ``character_count`` code points.
    ``common_words`` and ``keywords`` are ``[[word, count], …]``, at most ten, equal counts in order
    of first appearance. Where ``keywords`` is ``SEGMENTED``, those of Chinese and Japanese texts
    are of ``segmentation.segmented_keywords``. ``sentiment_score`` is in -1…1: the mean over
    the sentences that have a sentiment (see ``models.valence.sentiment``), 0.0 where there are
    none. It is for English only: in another ``language`` the score is 0.0, no positive and
    negative words are counted, and ``sentiment_supported`` is False. ``sentences`` are those of
    ``sentences.TopSentences``, each with its score. Raises ``Unsupported`` where the file is not a
    text, ``TooLarge`` over ``text_decoding.MAX_BYTES``, ``Unavailable`` without the libraries of
    ``SEGMENTED`` for a text that needs them.
    """
    decoded = read_text(source)
    word_count, words = _counted(decoded)
    sentence_count = 0
    detected = language.identify_text(decoded.text, words, sentiment.analyzer().lexicon)
    is_english = detected == language.ENGLISH
    totals = sentiment.SentimentTotals()
    top_sentences = TopSentences()
    for begin, end in sentence_spans(decoded.text, detected):
        sentence_count += 1
        score = totals.add(decoded.text, begin, end) if is_english else 0.0
        top_sentences.add(begin, end, score)
    by_count = sorted(words.items(), key=itemgetter(1), reverse=True)
    found, warnings = _first(item for item in by_count if _is_keyword(item[0])), decoded.warnings
    if keywords == SEGMENTED and detected in segmentation.LANGUAGES:
        found = segmentation.segmented_keywords(decoded.text, detected)
        if len(decoded.text) > segmentation.MAX_CHARACTERS:
            warnings = [*warnings, segmentation.NOT_WHOLE]
    return {
        "word_count": word_count,
        "character_count": len(decoded.text),
        "sentence_count": sentence_count,
        "unique_words": len(words),
        "common_words": _first(by_count),
        "keywords": found,
        "keyword_phrases": keyword_phrases(decoded.text) if is_english else [],
        "language": detected,
        "sentiment_supported": is_english,
        "sentiment_score": totals.mean(),
        "positive_words": totals.positive_words,
        "negative_words": totals.negative_words,
        "sentences": top_sentences.of(decoded.text),
        "readability": readability(words, sentence_count) if is_english else None,
        "encoding": decoded.encoding,
        "warnings": warnings,
    }


def _counted(decoded: Decoded) -> tuple[int, Counter[str]]:
    """Return the number of words between white space, and how often each word is there.

    A long text repeats its tokens, so that only the different ones are searched for words; the
    order of first appearance is the same.
    """
    total = 0
    words: Counter[str] = Counter()
    for block in decoded.blocks():
        if len(block) < _SHORT_BLOCK:
            total += len(block.split())
            words.update(_WORD.findall(block.lower()))
            continue
        tokens = Counter(block.split())
        total += tokens.total()
        for token, count in tokens.items():
            lower = token.lower()
            for word in (lower,) if lower.isalpha() else _WORD.findall(lower):
                words[word] += count
    return total, words


def features() -> frozenset[str]:
    """Return the feature of slaves that have the libraries of requirements-text.txt."""
    return frozenset({SEGMENTATION_FEATURE} if segmentation.is_installed() else ())


def versions() -> dict[str, str]:
    """Return the versions of the libraries of requirements-text.txt, where all are installed."""
    return segmentation.versions()


def self_test() -> None:
    """Raise ``Unavailable`` where libraries or the lexicon are missing or a result is wrong.

    The model of languages is not loaded: that takes a second of CPU time and 120 MB.
    """
    try:
        if find_spec("py3langid") is None:
            raise ImportError("the package py3langid is missing")
        result = process(io.BytesIO(b"I love this. I hate that! The sky is up."))
        russian = read_text(io.BytesIO("Широкая электрификация южных губерний".encode("cp1251")))
    except (ImportError, OSError) as error:
        raise Unavailable(
            f"Texts can't be analysed on this computer ({error}); "
            "run: pip install -r requirements.txt"
        ) from error
    # VADER's formula: 3.2 / √(3.2² + 15) and -2.992 / √(2.992² + 15), each to four places.
    expected = (3, round((0.6369 - 0.6114) / 2, 4), 1, 1)
    names = ("sentence_count", "sentiment_score", "positive_words", "negative_words")
    if tuple(result[name] for name in names) != expected or russian.encoding != "cp1251":
        raise Unavailable(
            "The text analysis gives a wrong answer to a known text; "
            "run: pip install --force-reinstall -r requirements.txt"
        )


def sentence_spans(text: str, language_code: str) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each sentence with a word character, in linear time.

    Emoji and emoticons with a valence after the mark at its end belong to the sentence; where no
    sentence precedes them they are one of their own.
    """
    last: tuple[int, int] | None = None
    for begin, end in sentence_ends.pieces(text, language_code):
        if _WORD.search(text, begin, end):
            if last is not None:
                yield last
            last = begin, end
        elif sentiment.has_valence(text, begin, end):
            last = (begin if last is None else last[0]), end
    if last is not None:
        yield last


def _first(counts: Iterable[tuple[str, int]]) -> list[list[object]]:
    return [[word, count] for word, count in islice(counts, _MAX_COMMON_WORDS)]


def _is_keyword(word: str) -> bool:
    has_letter = any(map(str.isalpha, word))
    return len(word) > 1 and has_letter and word not in STOP_WORDS
