"""Negations, idioms and irrealis in English: the sign of the sentiment of whole sentences."""

import io

import pytest

from accuracy.text_sentences import HELD_OUT, SEEN
from slave_service import text_processing
from slave_service.models.valence import sentiment
from slave_service.models.valence.phrases import PHRASES, SHIFTERS

SIGNS = {
    # The cases of a public list of what VADER gets wrong.
    "No problem at all.": 1,
    "Nobody loves her.": -1,
    "Without a doubt an excellent idea.": 1,
    "No bad smell. Nothing to worry about.": 1,
    "I can't recommend it enough!": 1,
    "Could have been better.": -1,
    # Others of their kinds
    "The room was far from clean and good.": -1,
    "It is not only good but cheap.": 1,
    "I couldn’t be happier!": 1,
    "I have nothing but praise.": 1,
    "Too good to be true.": -1,
    "There were hardly any complaints.": 1,
    "No one was disappointed.": 1,
    "I don't think that this is a good idea.": -1,
    "It is pretty boring.": -1,
    "A pretty house.": 1,
    "Damn good coffee!": 1,
    "Well, that was bad.": -1,
    "It was neither good nor fun.": -1,
    "It was neither bad nor boring.": 1,
    "Not nor nor nor good.": -1,
    "The food used to be good.": -1,
    "I am used to good food.": 1,
    # What has to stay as it is
    "No.": -1,
    "I like it.": 1,
    "It looks like a chair.": 0,
    "I have a few good friends.": 1,
    "Isn't it great?": 1,
    "It is not good.": -1,
    "I was not happy :)": -1,
}


def score(text: str) -> float:
    found = text_processing.process(io.BytesIO(text.encode()))["sentiment_score"]
    assert isinstance(found, float)
    return found


@pytest.mark.parametrize(("text", "sign"), SIGNS.items())
def test_sign_of_a_sentence(text: str, sign: int) -> None:
    """The score has the sign that a reader gives the sentence."""
    actual = score(text)
    assert (actual > 0.05) - (actual < -0.05) == sign, actual


def test_labelled_sentences_keep_their_share_of_right_signs() -> None:
    """Of the sentences that the rules were not made for, at least 90 % have the right sign."""
    for rows in (SEEN, HELD_OUT):
        scores = [(sign, score(sentence)) for sign, sentence in rows]
        right = sum((value > 0.05) - (value < -0.05) == sign for sign, value in scores)
        assert right >= 0.9 * len(rows)


def test_case_and_typographic_apostrophes_make_no_difference() -> None:
    """Phrases are found in any case, with any apostrophe, and not across a comma."""
    assert score("NO PROBLEM") == score("no problem") > 0
    assert score("I can’t wait!") == score("I can't wait!") > 0
    assert score("I said no, problem child.") < 0


def test_words_after_a_replaced_phrase_are_examined() -> None:
    """A phrase whose rarest word is its last one does not hide the phrase after it."""
    assert score("No complaints, killed it!") > 0.5
    assert score("No complaints, thumbs up") > score("No complaints")


def test_every_phrase_has_a_rating_on_the_scale_of_the_lexicon() -> None:
    """A phrase is in one table, in lower case, and its rating is in -4…4."""
    assert not PHRASES.keys() & SHIFTERS.keys()
    for phrase, valence in PHRASES.items():
        assert " ".join(phrase) == " ".join(phrase).lower()
        assert -4 <= valence <= 4


@pytest.mark.parametrize(
    "word", ["not", "nor", "no", "nobody", "could", "too", "good", "n't", "at"]
)
def test_any_row_of_triggers_ends(word: str) -> None:
    """Rules that insert words end, in time linear in the sentence's length."""
    totals = sentiment.SentimentTotals()
    text = f"{word} good nor {word} not best " * 2000
    assert -1 <= totals.add(text, 0, len(text)) <= 1
