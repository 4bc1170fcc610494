"""Texts: signs of the sentiment, numbers of sentences, languages and encodings.

The labelled sentences and articles are those of ``text_sentences`` and ``text_languages``. The seed
chooses which sentences make up a text, and where an article begins and ends.
"""

import io
import random
from pathlib import Path
from typing import Any

from accuracy.rows import Row
from accuracy.text_languages import ARTICLES, ENCODINGS
from accuracy.text_sentences import HELD_OUT, SEEN
from slave_service import text_processing
from slave_service.formats.text_decoding import decode

_TEXTS = 40
_NEUTRAL = 0.05
_MIN_WORDS = 8
# Each is one sentence, with full stops that do not end it.
_ONE_SENTENCE = (
    "Dr. Lee met Mrs. Ortiz, i.e. the owner, at 5 p.m. in the U.S. embassy.",
    "It cost $4.99 vs. 5.20 last year, approx. 4 % less.",
    "J. R. R. Tolkien and George W. Bush never met on Jan. 5 or Sept. 11.",
    "See Fig. 3 and No. 7 on pp. 12 ff. for details.",
    "She works for Acme Inc. in St. Louis with Lt. Col. Brown.",
    "“Stop!” he cried.",
    "Is that so?",
    "We saw it on example.com/a?b=c and in version 3.2.1 of it.",
)


def measure(seed: int, folder: Path) -> list[Row]:  # noqa: ARG001  (nothing is written)
    """Return the share of right answers for each kind."""
    chosen = random.Random(seed)  # noqa: S311  (not for secrets)
    return [
        _signs("English sentences, seen", SEEN),
        _signs("English sentences, held out", HELD_OUT),
        _sentences(chosen),
        *_languages(chosen),
        _encodings(chosen),
    ]


def _result(text: str) -> dict[str, Any]:
    return text_processing.process(io.BytesIO(text.encode()))


def _share(right: list[bool]) -> float:
    return sum(right) / max(1, len(right))


def _signs(kind: str, rows: list[tuple[int, str]]) -> Row:
    right = []
    for sign, sentence in rows:
        score = _result(sentence)["sentiment_score"]
        right.append((score > _NEUTRAL) - (score < -_NEUTRAL) == sign)
    return Row(kind, "sign of the sentiment", _share(right), len(right), 0.9)


def _sentences(chosen: random.Random) -> Row:
    right = []
    for _ in range(_TEXTS):
        parts = chosen.choices(_ONE_SENTENCE, k=chosen.randint(1, 8))
        right.append(_result(" ".join(parts))["sentence_count"] == len(parts))
    kind = "abbreviations, initials, numbers"
    return Row(kind, "number of sentences", _share(right), len(right), 0.95)


def _part(text: str, chosen: random.Random) -> str:
    """Return at least eight words of a text in a row; all of it where words have no spaces."""
    words = text.split()
    if len(words) <= _MIN_WORDS:
        return text
    begin = chosen.randint(0, len(words) - _MIN_WORDS)
    return " ".join(words[begin : chosen.randint(begin + _MIN_WORDS, len(words))])


def _few_words(text: str, chosen: random.Random) -> str:
    """Return three to six words in a row; where there are no spaces, twice as many characters."""
    words = text.split()
    number = chosen.randint(3, 6)
    if len(words) <= number:
        return text[: 2 * number]
    begin = chosen.randint(0, len(words) - number)
    return " ".join(words[begin : begin + number])


def _languages(chosen: random.Random) -> list[Row]:
    whole, part, few = [], [], []
    for code, text in ARTICLES.items():
        language = code.partition("_")[0]
        whole.append(_result(text)["language"] == language)
        part += [_result(_part(text, chosen))["language"] == language for _ in range(4)]
        few += [_result(_few_words(text, chosen))["language"] == language for _ in range(8)]
    return [
        Row("articles in 26 languages", "language", _share(whole), len(whole), 0.95),
        Row("8 words or more of them", "language", _share(part), len(part), 0.9),
        Row("3 to 6 words of them", "language", _share(few), len(few), 0.9),
    ]


def _encodings(chosen: random.Random) -> Row:
    right = []
    for encoding, languages in ENCODINGS.items():
        for language in languages:
            # Older code pages have the letters with a cedilla.
            text = ARTICLES[language].replace("ș", "ş").replace("ț", "ţ")
            for sample in (text, _part(text, chosen)):
                right.append(decode(sample.encode(encoding)).text == sample)
    return Row("22 encodings, whole and in part", "all characters", _share(right), len(right), 0.9)
