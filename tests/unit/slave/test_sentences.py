"""The sentences of a text with their sentiment: selection and offsets."""

import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slave_service import text_processing
from slave_service.models.sentences import MAX_SENTENCES, TopSentences
from slave_service.models.valence.sentiment import PASSAGE_WORDS

LOVE, HATE = 0.6369, -0.5719
"""VADER's compound score of one word: s / √(s² + 15); love is 3.2, hate -2.7."""


def analyse(text: str) -> dict[str, Any]:
    """Return the processor's result for a text in UTF-8."""
    return text_processing.process(io.BytesIO(text.encode()))


def sentences(text: str) -> list[dict[str, Any]]:
    """Return the sentences of a text."""
    found: list[dict[str, Any]] = analyse(text)["sentences"]
    return found


def kept(sentiments: list[float], text: str = "") -> list[tuple[object, object]]:
    """Return number and sentiment of the kept sentences, of which each has one character."""
    top_sentences = TopSentences()
    for number, sentiment in enumerate(sentiments):
        top_sentences.add(number, number + 1, sentiment)
    actual = top_sentences.of(text or "x" * len(sentiments))
    return [(sentence["begin"], sentence["sentiment"]) for sentence in actual]


def test_sentences_with_sentiment_and_place() -> None:
    """Each sentence has its text, its score, and its offsets without white space."""
    assert sentences("  I love this. The sky\nis up!\t I hate that \n") == [
        {"text": "I love this.", "sentiment": LOVE, "begin": 2, "end": 14},
        {"text": "The sky\nis up!", "sentiment": 0.0, "begin": 15, "end": 29},
        {"text": "I hate that", "sentiment": HATE, "begin": 31, "end": 42},
    ]


@pytest.mark.parametrize("text", ["", "  \n", "... !"])
def test_no_sentences(text: str) -> None:
    """A text without sentences has an empty list."""
    assert sentences(text) == []


def test_offsets_are_code_points() -> None:
    """Characters outside the Basic Multilingual Plane count once."""
    (_, second) = sentences("😀😀 one. I love this.")

    assert (second["begin"], second["end"]) == (8, 20)


def test_a_long_sentence_is_cut_in_its_text_alone() -> None:
    """A sentence over 300 characters is cut with an ellipsis; its offsets are not."""
    fits, long = "a" * 299 + ".", "b" * 300 + "."

    first, second = sentences(f"{fits} {long}")

    assert (first["text"], first["end"]) == (fits, 300)
    assert second["text"] == "b" * 299 + "…"
    assert (second["begin"], second["end"]) == (301, 602)


def test_a_sentence_scored_in_parts_has_their_mean() -> None:
    """The score of a sentence longer than a passage is the mean over its passages."""
    words = PASSAGE_WORDS
    (sentence,) = sentences("good " * words + "house " * words + "horrible " * words)

    assert abs(sentence["sentiment"]) < 0.001


def test_scores_are_those_of_the_whole() -> None:
    """The score of the text is the mean over the sentences with a word of the lexicon."""
    result = analyse("I love this. The sky is up. I hate this.")

    assert [sentence["sentiment"] for sentence in result["sentences"]] == [LOVE, 0.0, HATE]
    assert result["sentiment_score"] == round((LOVE + HATE) / 2, 4)


def test_all_up_to_the_limit() -> None:
    """All of 200 sentences are returned, with sentiment or without."""
    actual = sentences("I run. I love it. " * 100)

    assert len(actual) == MAX_SENTENCES
    assert [sentence["sentiment"] for sentence in actual] == [0.0, LOVE] * 100


def test_the_strongest_of_a_long_text() -> None:
    """Of more than 200 sentences, those of the largest magnitude are returned, in text order."""
    text = "It is good. " * 150 + "I hate it. " * 90 + "The sky. " * 50 + "I love it. " * 80

    result = analyse(text)

    assert result["sentence_count"] == 370
    actual = [sentence["sentiment"] for sentence in result["sentences"]]
    # Love is stronger than hate, which is stronger than good; of the latter the first are kept.
    assert actual == [0.4404] * 30 + [HATE] * 90 + [LOVE] * 80
    begins = [sentence["begin"] for sentence in result["sentences"]]
    assert begins[:30] == [12 * number for number in range(30)]
    assert begins == sorted(begins)


def test_equal_ones_are_the_first() -> None:
    """Of a long text without sentiment the first sentences are returned."""
    assert kept([0.0] * 1000) == [(number, 0.0) for number in range(MAX_SENTENCES)]


@given(st.lists(st.sampled_from([-0.9, -0.5, 0.0, 0.5, 0.7, 0.9]), max_size=1000))
def test_which_are_kept(sentiments: list[float]) -> None:
    """The kept sentences are the first of a stable sort by magnitude, in text order."""
    numbered = enumerate(sentiments)
    expected = sorted(numbered, key=lambda item: -abs(item[1]))[:MAX_SENTENCES]

    assert kept(sentiments) == sorted(expected)


@given(st.text(alphabet="ab .!…。\n\u3000😀", max_size=400))
def test_offsets_lead_to_the_sentence(text: str) -> None:
    """The text between the offsets is the sentence; all counted sentences are returned."""
    result = analyse("x" + text)

    assert len(result["sentences"]) == min(MAX_SENTENCES, result["sentence_count"])
    for sentence in result["sentences"]:
        whole = ("x" + text)[sentence["begin"] : sentence["end"]]
        assert whole == whole.strip()
        assert sentence["text"] == whole or sentence["text"] == whole[:299] + "…"
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_a_text_of_one_sentence_is_not_copied() -> None:
    """A sentence as long as the whole text, with white space around it, is not copied."""
    space = " " * 5_000_000
    text = f"{space}{'word ' * 1_000_000}{space}"
    top_sentences = TopSentences()
    top_sentences.add(0, len(text), 0.5)
    tracemalloc.start()
    try:
        (sentence,) = top_sentences.of(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (sentence["begin"], sentence["end"]) == (5_000_000, 9_999_999)
    assert peak < 1_000_000


def test_memory_does_not_grow_with_the_number() -> None:
    """The memory for 100,000 sentences is that of 200."""
    top_sentences = TopSentences()
    tracemalloc.start()
    try:
        for number in range(100_000):
            top_sentences.add(2 * number, 2 * number + 1, (number % 1999 - 999) / 1000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1_000_000
