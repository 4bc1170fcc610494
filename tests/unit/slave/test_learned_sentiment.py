"""The weights of words: where they take the place of VADER's score, and what training gives."""

import io

import numpy as np
import pytest

from scripts import sentiment_weights
from slave_service import text_processing
from slave_service.models.valence import learned


def score(text: str) -> object:
    """Return the sentiment of a text."""
    return text_processing.process(io.BytesIO(text.encode()))["sentiment_score"]


@pytest.mark.parametrize(
    "sentence",
    [
        "After two weeks I had to send it back for a refund.",
        "The remote is flimsy and the buttons feel like junk after a month.",
        "The plot is a dull, lifeless rehash of better films we have seen before.",
        "Customer service refused to answer and hung up on me twice.",
    ],
)
def test_sentences_without_rated_words_have_a_sign(sentence: str) -> None:
    """Complaints whose words VADER does not rate, or rates too high, are negative."""
    assert isinstance(value := score(sentence), float)
    assert value < 0


@pytest.mark.parametrize(
    "sentence", ["The sky is up.", "I run.", "The table is made of wood.", "Water boils at 100 °C."]
)
def test_short_statements_have_no_sentiment(sentence: str) -> None:
    """Few words without a clear weight give no estimate."""
    assert score(sentence) == 0.0


def test_vader_decides_where_both_agree_or_the_estimate_is_weak() -> None:
    """The estimate stands in for a missing score, and reverses only one that it clearly denies."""
    weights = {learned.VADER: 400, learned.CONSTANT: 0}
    joined = learned.joined
    assert joined(0.6, 100, word_count=9, weights=weights) == 0.6
    assert joined(0.5, -290, word_count=9, weights=weights) == 0.5
    assert joined(0.5, -400, word_count=9, weights=weights) == -0.2
    assert joined(0.5, -400, word_count=9, weights=weights, is_decided=True) == 0.5
    assert joined(0.0, 60, word_count=9, weights=weights) == 0.06
    assert joined(0.0, 60, word_count=6, weights=weights) == 0.0
    assert joined(0.0, -5000, word_count=9, weights=weights) == -1.0


def test_training_gives_weight_to_words_of_two_domains() -> None:
    """Of made-up ratings, the words that go with one sign get that sign, and names get none."""
    rows = [(f"the {word} gadget {place}", sign, place % 2) for place in range(8) for word, sign in
            (("splendid", 1.0), ("rotten", -1.0))]  # fmt: skip
    ratings = sentiment_weights.Ratings(
        [text + (" acme" if domain else "") for text, _, domain in rows],
        np.array([sign for _, sign, _ in rows]),
        np.array([domain for _, _, domain in rows]),
        np.zeros(len(rows)),
    )
    weights = sentiment_weights.fitted(ratings)
    assert weights["splendid"] > 0 > weights["rotten"]
    assert weights["splendid"] == -weights["rotten"]
    assert "acme" not in weights


def test_spellings_of_a_word_count_once() -> None:
    """The weights were learned for different words, so marks and capitals make no further ones."""
    once = "It is my own refund of a table that we never saw again."
    assert score(once) == score(f"{once[:-1]}, Refund (refund) REFUND.") != 0.0
