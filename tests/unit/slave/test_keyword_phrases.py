"""Phrases that an English text repeats."""

import io

from slave_service import text_processing
from slave_service.models.keyword_phrases import MAX_CHARACTERS, MAX_PHRASES, keyword_phrases


def test_repeated_phrases_are_counted() -> None:
    """Case, line ends and hyphens make no difference; the most frequent phrase comes first."""
    text = (
        "The battery life is short. Battery\nlife matters! A battery-life test: hard drive failed, "
        "and the hard drive broke."
    )
    assert keyword_phrases(text) == [["battery life", 3], ["hard drive", 2]]


def test_a_part_of_a_longer_phrase_is_left_out() -> None:
    """A pair of words counts on its own only where it is more frequent than the three."""
    text = "New York City. New York City! New York? York City Hall"
    assert keyword_phrases(text) == [["new york", 3], ["york city", 3], ["new york city", 2]]
    assert keyword_phrases("Hard disk drive, hard disk drive") == [["hard disk drive", 2]]


def test_marks_stop_words_and_numbers_end_a_phrase() -> None:
    """What is apart in the text is no phrase, and neither is what is there once."""
    for apart in (
        "red. wine",
        "red and wine",
        "red 2 wine",
        "red\n\nwine",
        "red, wine",
        "red - wine",
        "red -wine",
        "it's wine",
    ):
        assert keyword_phrases(f"{apart} is here; {apart} is here") == []
    assert keyword_phrases("red wine") == []


def test_phrases_are_few_and_from_the_beginning() -> None:
    """There are ten at most, and a long text is searched to a limit."""
    phrases = [f"alpha {chr(97 + number) * 3}" for number in range(20)]
    assert len(keyword_phrases(". ".join(phrases * 2))) == MAX_PHRASES
    assert keyword_phrases(". " * MAX_CHARACTERS + "red wine. red wine") == []


def test_only_english_texts_have_phrases() -> None:
    """The stop words are English."""
    for text, phrases in (
        ("The red wine was good. I like red wine.", [["red wine", 2]]),
        ("Der rote Wein war gut. Ich mag den roten Wein nicht, roten Wein.", []),
    ):
        result = text_processing.process(io.BytesIO(text.encode()))
        assert result["keyword_phrases"] == phrases
