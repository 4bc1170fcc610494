"""Known answers of the text processor, calculated by hand."""

import io
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from protocol.failures import Unavailable, Unsupported
from slave_service import text_processing
from slave_service.models import stop_words
from slave_service.models.valence import sentiment

ROOT = Path(__file__).parents[3]


def analyse(text: str) -> dict[str, Any]:
    """Return the processor's result for a text in UTF-8."""
    return text_processing.process(io.BytesIO(text.encode()))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("  \n\t ", 0),
        ("...", 0),
        ("?! ... !", 0),
        ("Hello world", 1),
        ("Hello world.", 1),
        ("A b. C d.", 2),
        ("A b. C d", 2),
        ("3.14 is pi.", 1),
        ("Wait... what?! Yes!", 3),
        ("“Stop!” She ran. (He did, too.)", 3),
        ("Well… no.", 2),
        ("See example.com/a?b=c for more.", 1),
        ("你好。再见！好吗？", 3),
    ],
)
def test_sentences_are_counted(text: str, count: int) -> None:
    """A sentence has a word and ends at its mark; text without a word is not counted."""
    assert analyse(text)["sentence_count"] == count


def test_words_and_characters_are_counted() -> None:
    """Words are separated by white space; characters are code points, including newlines."""
    result = analyse("Grüße,  aus\u00a0Köln!\r\n🙂")
    assert result["word_count"] == 4
    assert result["character_count"] == 20
    assert result["unique_words"] == 3


def test_common_words_are_lower_case_and_keep_digits() -> None:
    """Digits are words, case is ignored, and equal counts are in order of appearance."""
    assert analyse("Zebra 42 apple. ZEBRA; b 42 zebra's")["common_words"] == [
        ["zebra", 3],
        ["42", 2],
        ["apple", 1],
        ["b", 1],
        ["s", 1],
    ]


def test_common_words_are_ten_at_most() -> None:
    """Only the ten most common words are returned, ties by first appearance."""
    words = [f"w{number}" for number in range(20)]
    result = analyse(" ".join([*words, "w19"]))
    assert result["common_words"] == [["w19", 2], *([f"w{number}", 1] for number in range(9))]


def test_keywords_leave_out_stop_words_and_numbers() -> None:
    """Stop words, single characters, numbers and underscores are not keywords."""
    result = analyse("The the of it's don't x 2024 __ harvest and the 3rd harvest wine")
    assert result["keywords"] == [["harvest", 2], ["3rd", 1], ["wine", 1]]


def test_counts_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text in many blocks has the same counts as in one."""
    text = "Σίσυφος loved ΟΔΟΣ ΟΔΟΣ. Rain, rain! 12 rains " * 20
    whole = analyse(text)
    monkeypatch.setattr("slave_service.formats.text_decoding._BLOCK_CHARACTERS", 5)
    assert analyse(text) == whole


@pytest.mark.parametrize(
    ("text", "score"),
    [
        # VADER's compound is s / √(s² + 15): love is 3.2, hate -2.7, good 1.9, horrible -2.5.
        ("I love this.", 0.6369),
        ("I hate this.", -0.5719),
        ("I love this. I hate this. The sky is up.", 0.0325),
        ("It is good.", 0.4404),
        ("It is not good.", -0.3412),
        ("It isn’t good.", -0.3412),
        ("He said: it was (good).", 0.4404),
        ("It was “good”, (horrible).", -0.1531),
        ("The sky is up.", 0.0),
        ("Room 86 is on page 187.", 0.0),
        ("你好。", 0.0),
        ("", 0.0),
        (" ", 0.0),
    ],
)
def test_sentiment_is_the_mean_over_sentences_with_lexicon_words(text: str, score: float) -> None:
    """Each sentence with a lexicon word counts once; negation inverts it, numbers are ignored."""
    assert analyse(text)["sentiment_score"] == score
    assert str(analyse(text)["sentiment_score"]) != "-0.0"


@pytest.mark.parametrize(
    "sentence",
    [
        "VADER is VERY SMART, handsome, and FUNNY!!!",
        "The book was only kind of good.",
        "At least it isn't a horrible book.",
        "Today kinda sux, but I'll get by, lol!",
        "Make sure you :) or :D today!",
        "The plot was good, but the dialog is not great.",
    ],
)
def test_scores_are_those_of_nltk(sentence: str) -> None:
    """The examples of VADER's authors have the same scores as with NLTK's unchanged analyzer."""
    score = analyse(sentence)["sentiment_score"]
    assert score == sentiment.analyzer().polarity_scores(sentence)["compound"]


def test_positive_and_negative_words_are_counted_by_their_sign() -> None:
    """Lexicon words and emoticons count in any case and with punctuation around them."""
    result = analyse("GOOD (great!) “love” horrible, :) hate... house")
    assert (result["positive_words"], result["negative_words"]) == (4, 2)


def test_a_passage_without_marks_is_scored_in_parts() -> None:
    """A long list of words without marks is one sentence, and is scored in parts."""
    text = "good " * sentiment.PASSAGE_WORDS + "horrible " * sentiment.PASSAGE_WORDS
    result = analyse(text)
    assert result["sentence_count"] == 1
    # Each half is saturated at plus or minus one, to within the fourth decimal place.
    assert abs(result["sentiment_score"]) < 0.001


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        ".",
        "…'",
        "a.b",
        "good ",
        "good!",
        "Hi! ",
        "a ",
        " ",
        "x",
        "(",
        "!?!?",
        "a\n",
        "😍",
        "😍 but ",
        "🚗.",
        "❤\ufe0f\u200d",
    ],
)
def test_time_grows_with_the_length_alone(unit: str) -> None:
    """Unusual lines take linear time."""
    text = "good " + unit * (1_000_000 // len(unit))
    analyse("warm up")
    begin = time.perf_counter()
    analyse(text)
    # A million characters take a second at most; in quadratic time they would take hours.
    assert time.perf_counter() - begin < 30


def test_encoding_is_in_the_result() -> None:
    """The result has the encoding of the file."""
    assert text_processing.process(io.BytesIO(b"caf\xe9"))["encoding"] == "cp1252"


def test_files_that_are_not_texts_are_refused() -> None:
    """A picture sent as a text is unsupported."""
    with pytest.raises(Unsupported):
        text_processing.process(io.BytesIO(b"\x89PNG\r\n\x1a\n"))


def test_self_test_passes_here() -> None:
    """The self-test passes where everything is installed."""
    text_processing.self_test()


def test_self_test_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a library the self-test fails and says what to run."""
    sentiment._word_analyzer.cache_clear()
    sentiment.analyzer.cache_clear()
    monkeypatch.setitem(sys.modules, "nltk.sentiment.vader", None)
    with pytest.raises(Unavailable, match=r"pip install -r requirements\.txt"):
        text_processing.self_test()


def test_stop_words_are_those_of_scikit_learn() -> None:
    """The copy is the list of the installed version."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    assert stop_words.SCIKIT_LEARN == ENGLISH_STOP_WORDS


def test_processing_loads_no_large_packages() -> None:
    """The lexicon is read without importing vaderSentiment, NLTK without what it does not need."""
    code = (
        "import sys; from slave_service import text_processing; text_processing.self_test(); "
        "print(*{'requests', 'vaderSentiment', 'scipy', 'sklearn'} & {*sys.modules}); import scipy"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=ROOT
    )
    assert shown.stdout.split() == []
