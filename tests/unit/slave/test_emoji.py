"""The effect of emoji, of any sequence of code points, on the sentiment of a text."""

import io
from typing import Any

import pytest

from slave_service import text_processing
from slave_service.models.emoji import lexicon
from slave_service.models.valence import sentiment


def analyse(text: str) -> dict[str, Any]:
    return text_processing.process(io.BytesIO(text.encode()))


def sign_of(text: str) -> int:
    score: float = analyse(text)["sentiment_score"]
    return (score > 0) - (score < 0)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("😍😍😍", 1),
        ("👍", 1),
        ("👎", -1),
        ("💔", -1),
        ("😂", 1),
        ("😭", -1),
        ("🎉🎂", 1),
        ("🤮", -1),
        ("😡😡", -1),
        ("🚗", 0),
        ("♋", 0),
        ("🎲", 0),
        ("🔥", 0),
        ("🆓", 0),
        ("The parcel came today 😊", 1),
        ("The parcel came today😠", -1),
        ("good😠😠😠", -1),
        ("I am not 😊", -1),
    ],
)
def test_emoji_have_the_sign_of_their_description(text: str, sign: int) -> None:
    """Faces, hearts and gestures count alone, in a row, beside a word or after a negation."""
    assert sign_of(text) == sign


@pytest.mark.parametrize("tone", ["", "\U0001f3fb", "\U0001f3ff"])
def test_tones_of_skin_make_no_difference(tone: str) -> None:
    """A thumb of any skin tone is one emoji, and the tone is not a word."""
    assert analyse(f"👍{tone}")["sentiment_score"] == analyse("👍")["sentiment_score"]
    assert analyse(f"👎{tone}👎{tone}")["negative_words"] == 2


@pytest.mark.parametrize("heart", ["❤", "❤\ufe0f", "❤\ufe0e"])
def test_variations_make_no_difference(heart: str) -> None:
    """Variation selectors do not change the sentiment."""
    result = analyse(f"This is {heart}")
    assert (result["positive_words"], result["sentiment_score"]) == (1, 0.6369)


def test_joined_sequences_are_one_emoji() -> None:
    """A couple with a heart is one emoji; an unknown sequence counts as its first known part."""
    couple = "\U0001f469\u200d❤\ufe0f\u200d\U0001f468"
    assert analyse(couple)["positive_words"] == 1
    on_fire = "❤\ufe0f\u200d\U0001f525"
    assert analyse(on_fire)["positive_words"] == 1
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert analyse(family)["sentiment_score"] == 0


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("😍", ["😍"]),
        ("It came. 😍", ["It came. 😍"]),
        ("It came! 😍😍 It fits.", ["It came!", "😍😍 It fits."]),
        ("😍! It came.", ["😍!", "It came."]),
        ("It came. 🚗", ["It came."]),
        ("🚗", []),
        ("... 🚗 !", []),
        ("It came. :)", ["It came. :)"]),
        ("Lost again! :-(\n", ["Lost again! :-("]),
        ("--- * ---", []),
    ],
)
def test_emoji_after_a_sentence_belong_to_it(text: str, sentences: list[str]) -> None:
    """An emoji or emoticon after a full stop belongs to its sentence, if it has a valence."""
    result = analyse(text)
    assert [sentence["text"] for sentence in result["sentences"]] == sentences
    assert result["sentence_count"] == len(sentences)


def test_every_emoji_of_the_lexicon_is_found_whole() -> None:
    """Each sequence with a valence is one piece, and its score has the sign of the valence."""
    emoji = sentiment.emoji()
    assert len(emoji.valences) > 120
    for key, valence in emoji.valences.items():
        assert list(emoji.split_token(key)) == [(key, True)]
        assert -4 <= valence <= 4
        assert sign_of(key) == (1 if valence > 0 else -1)


def test_only_the_characters_of_the_lexicon_are_found() -> None:
    """Neighbours of emoji, below and beyond U+FFFF, are no emoji."""
    known = "©☺☻😀😁🤣"
    found = lexicon("\n".join(f"{emoji}\tgood" for emoji in known), {"good": 1.9})
    codes = [
        *range(0x200),
        *range(0x2600, 0x2700),
        *range(0xFF00, 0x10100),
        *range(0x1F500, 0x1FA00),
    ]
    all_found = {code for code in codes if found.has_valence(chr(code), 0, 1)}
    assert all_found == set(map(ord, known))
