"""The readability of English texts, calculated by hand, and the syllables of words."""

import io
from typing import Any

import pytest

from slave_service import text_processing
from slave_service.models.readability import syllables_of


def readability(text: str) -> Any:
    """Return the readability in the result of a text."""
    return text_processing.process(io.BytesIO(text.encode()))["readability"]


def test_the_formulas_of_flesch_and_kincaid() -> None:
    """Twelve words in two sentences, with 16 syllables."""
    text = "The cat sat on the mat. My mother never reads newspapers there."
    words, sentences, syllables = 12, 2, 16
    ease = 206.835 - 1.015 * words / sentences - 84.6 * syllables / words
    grade = 0.39 * words / sentences + 11.8 * syllables / words - 15.59
    assert readability(text) == {"reading_ease": round(ease, 1), "grade": round(grade, 1)}


@pytest.mark.parametrize("text", ["", "... !", "Die Katze sitzt auf der Matte und schläft."])
def test_only_english_sentences_have_a_readability(text: str) -> None:
    """Other languages have other formulas; without a word there is nothing to measure."""
    assert readability(text) is None


def test_numbers_and_the_ends_of_contractions_are_not_words() -> None:
    """ "It's" is one word, and 1984 none."""
    assert readability("It's the 1984 cat.") == readability("It the cat.")


def test_a_hard_text_has_a_higher_grade() -> None:
    """Long words and sentences are for readers with more years at school."""
    hard = "Constitutional considerations necessitate institutional accountability mechanisms."
    assert readability(hard)["grade"] > 12 > readability("The dog ran to me.")["grade"]
    assert readability(hard)["reading_ease"] < readability("The dog ran to me.")["reading_ease"]


@pytest.mark.parametrize(
    ("word", "number"),
    [
        *[("a", 1), ("cat", 1), ("have", 1), ("table", 2), ("asked", 1), ("wanted", 2)],
        *[("makes", 1), ("houses", 2), ("lovely", 2), ("something", 2), ("player", 2)],
        *[("idea", 3), ("being", 2), ("people", 2), ("radio", 3), ("nation", 2)],
        *[("rhythm", 1), ("hmm", 1), ("a" * 1000, 1)],
    ],
)
def test_syllables(word: str, number: int) -> None:
    """Silent vowels do not count, and each word has a syllable."""
    assert syllables_of(word) == number
