"""Analyses a text: how long it is, which words are common in it, and how it feels.

Sentiment is VADER's: C.J. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based Model for
Sentiment Analysis of Social Media Text", ICWSM 2014, as NLTK implements it, with the lexicon
that the authors' own package ships, so that nothing is downloaded.
"""

import heapq
import importlib.util
import io
import math
import re
import string
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from slave_service.errors import Unavailable
from slave_service.sentences import Strongest
from slave_service.text_decoding import read_text

PASSAGE_WORDS = 200
"""Longest part of a sentence that is scored at once: a score saturates at about that length."""

_COMMON = 10
# No lexicon word is longer, and NLTK gives up on a token that takes it more than five seconds.
_LONGEST_TOKEN = 100
_WORD = re.compile(r"\w+")
# One run of marks is one match, whatever follows: a lookahead here would make a line of a
# million dots take quadratic time.
_SENTENCE_END = re.compile(r"""[.!?…。！？]+["'”’»)\]」』）]*""")
_FULL_WIDTH = re.compile("[。！？]")
_PASSAGE = re.compile(rf"\S+(?:\s+\S+){{0,{PASSAGE_WORDS - 1}}}")

# VADER's rules and its lexicon know straight apostrophes, and words between white space.
_TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "—": " — "})
_WRAPPING = string.punctuation + "“”„«»‹›…–¡¿"
# What the word pattern leaves of "don't" and its like, missing in scikit-learn's stop words.
_CONTRACTIONS = frozenset(
    {"ain", "aren", "couldn", "didn", "doesn", "don", "hadn", "hasn", "haven", "isn", "ll"}
    | {"mustn", "shan", "shouldn", "ve", "wasn", "weren", "wouldn"}
)


@dataclass(slots=True)
class _Mood:
    """What the passages told so far: the scores, and the lexicon words by their sign."""

    scores: list[float] = field(default_factory=list)
    positive_words: int = 0
    negative_words: int = 0

    def mean(self) -> float:
        return _mean(self.scores)


def _mean(scores: list[float]) -> float:
    if not scores:
        return 0.0
    # Adding zero turns the negative zero into the plain one.
    return round(math.fsum(scores) / len(scores), 4) + 0.0


def process(source: BinaryIO) -> dict[str, object]:
    """Analyse one text, given as an open seekable file.

    Counts are of words between white space (``word_count``), code points (``character_count``)
    and sentences; ``common_words`` and ``keywords`` are ``[[word, count], …]``, at most ten, equal
    counts in order of first appearance. ``sentiment_score`` is in -1…1: the mean of VADER's
    compound scores over the sentences that hold a word of its lexicon, 0.0 where none does.
    ``sentences`` are those that ``sentences.Strongest`` keeps, each with its own such score.
    Raises ``Unsupported`` where the file is no text, ``TooLarge`` over ``text_decoding.MAX_BYTES``.
    """
    decoded = read_text(source)
    word_count = 0
    words: Counter[str] = Counter()
    for block in decoded.blocks():
        word_count += len(block.split())
        words.update(_WORD.findall(block.lower()))
    sentence_count = 0
    mood = _Mood()
    strongest = Strongest()
    for begin, end in _sentence_spans(decoded.text):
        sentence_count += 1
        scored = len(mood.scores)
        for passage in _PASSAGE.finditer(decoded.text, begin, end):
            _feel(passage.group(), mood)
        strongest.add(begin, end, _mean(mood.scores[scored:]))
    return {
        "word_count": word_count,
        "character_count": len(decoded.text),
        "sentence_count": sentence_count,
        "unique_words": len(words),
        "common_words": _most_common(words.items()),
        "keywords": _most_common(item for item in words.items() if _is_keyword(item[0])),
        "sentiment_score": mood.mean(),
        "positive_words": mood.positive_words,
        "negative_words": mood.negative_words,
        "sentences": strongest.of(decoded.text),
        "encoding": decoded.encoding,
        "warnings": decoded.warnings,
    }


def self_test() -> None:
    """Raise ``Unavailable`` where the libraries or the lexicon are missing or answer wrongly."""
    try:
        result = process(io.BytesIO(b"I love this. I hate that! The sky is up."))
        russian = process(io.BytesIO("Широкая электрификация южных губерний".encode("cp1251")))
    except (ImportError, OSError) as error:
        raise Unavailable(
            f"Texts can't be analysed on this computer ({error}); "
            "run: pip install -r requirements.txt"
        ) from error
    # By hand: 3.2 / √(3.2² + 15) and -2.992 / √(2.992² + 15), each to four places.
    expected = (3, round((0.6369 - 0.6114) / 2, 4), 1, 1)
    names = ("sentence_count", "sentiment_score", "positive_words", "negative_words")
    if tuple(result[name] for name in names) != expected or russian["encoding"] != "cp1251":
        raise Unavailable(
            "The text analysis gives a wrong answer to a known text; "
            "run: pip install --force-reinstall -r requirements.txt"
        )


def _sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each sentence that holds a word character, in linear time."""
    begin = 0
    for mark in _SENTENCE_END.finditer(text):
        end = mark.end()
        # "3.14" goes on; a full-width mark ends a sentence without any space.
        if end < len(text) and not text[end].isspace() and not _FULL_WIDTH.search(mark.group()):
            continue
        if _WORD.search(text, begin, end):
            yield begin, end
        begin = end
    if _WORD.search(text, begin):
        yield begin, len(text)


def _most_common(counts: Iterable[tuple[str, int]]) -> list[list[object]]:
    # nlargest keeps the order of equal counts, as Counter.most_common does.
    top = heapq.nlargest(_COMMON, counts, key=lambda item: item[1])
    return [[word, count] for word, count in top]


def _is_keyword(word: str) -> bool:
    has_letter = any(map(str.isalpha, word))
    return len(word) > 1 and has_letter and word not in _stop_words()


@cache
def _stop_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS) | _CONTRACTIONS


def _feel(passage: str, mood: _Mood) -> None:
    """Add one passage's score and lexicon words to ``mood``, if it holds any."""
    analyzer = _analyzer()
    tokens = passage.translate(_TYPOGRAPHY).split()
    found = False
    for index, whole in enumerate(tokens):
        token = tokens[index] = whole[:_LONGEST_TOKEN]
        valence = analyzer.lexicon.get(token.lower())
        if valence is None:
            word = token.strip(_WRAPPING)
            if len(word) > 1 and len(word) < len(token):
                tokens[index] = _unwrap(token, word)
            valence = analyzer.lexicon.get(word.lower())
        if valence is not None:
            found = True
            mood.positive_words += valence > 0
            mood.negative_words += valence < 0
    if found:
        mood.scores.append(analyzer.polarity_scores(" ".join(tokens))["compound"])


def _unwrap(token: str, word: str) -> str:
    """Return ``(great!!)`` as ``great ! !``: to VADER lone marks are emphasis, but no words."""
    marks = [character for character in token if character in "!?"]
    return " ".join([word, *marks])


@cache
def _analyzer() -> Any:  # noqa: ANN401  (NLTK ships no types)
    """Return NLTK's analyzer with the lexicon of the ``vaderSentiment`` package."""
    from nltk.sentiment.vader import SentimentIntensityAnalyzer, VaderConstants

    # Importing the package itself would load an HTTP client.
    spec = importlib.util.find_spec("vaderSentiment")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("the package vaderSentiment is missing")
    path = Path(spec.submodule_search_locations[0], "vader_lexicon.txt")
    # The class's own way to its lexicon refuses files with hard links, which is how uv and conda
    # install packages.
    analyzer = SentimentIntensityAnalyzer.__new__(SentimentIntensityAnalyzer)
    analyzer.constants = VaderConstants()
    # Its table of every word with every mark around it takes most of its time, and misses what
    # stands in brackets or two marks; here the words come without their marks.
    analyzer.constants.PUNC_LIST = []
    analyzer.lexicon_file = path.read_text(encoding="utf-8").rstrip("\n")
    lexicon = analyzer.make_lex_dict()
    # Chat codes such as 86 and 187 are mere numbers in any other text.
    analyzer.lexicon = {word: value for word, value in lexicon.items() if not word.isdigit()}
    return analyzer
