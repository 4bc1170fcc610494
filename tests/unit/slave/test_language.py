"""Detection of English texts; other texts get no English sentiment."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from accuracy.text_languages import ARTICLES
from slave_service import text_processing

# These texts were written after the lists of function words, which were not adjusted to them.
ENGLISH = (
    """
this game is fire ngl|cant even rn|ugh mondays|so over this weather|my phone died again smh
best burger ever!!!|do not recommend|would not buy again|the plot made no sense|yay!|bruh|k thx bye
overpriced and rude|so-so|five stars|crap|Happy New Year everyone|she is such a sweetheart|fml
hahaha good one|Train delayed again, third time this week.|Their customer service is a joke
love the color, hate the size|u guys rock|Please find the report attached; comments are welcome.
The patient died of heart failure in 2003.|Rain expected in the north, sunny elsewhere.|Perfect
Error while loading the page|Worth every penny|Boring|Don't die on me!|No winners in a war.
The Berlin office hired twelve engineers last spring.|I said die Hard is a Christmas movie
not bad, not great|Never again|Mom's lasagna > everything|hot garbage|He is a real pro|Great!|ok
👍|:)|war|die|No problem at all.|La vie est belle is a good movie|TODO: fix the parser
""".strip()
    .replace("\n", "|")
    .split("|")
)

OTHERS = {
    "de": "Die Kinder|Die Sonne scheint und die Kinder spielen im Garten.|Kann ich nur "
    "empfehlen!|Der Hund war tot.|Größere Mengen für Übungszwecke|Das Essen kam kalt "
    "und der Kellner war unfreundlich.|Die Lage ist gut.|So ein Mist",
    "fr": "Le chat dort sur le canapé.|Le train est parti avec deux heures de retard.|Très déçu",
    "es": "El gato duerme en el sofá.|No me gusta nada esta película.|Muy recomendable",
    "it": "Il gatto dorme sul divano.|Mai più, pessima esperienza.|Adoro questa canzone!",
    "nl": "De kat slaapt op de bank.|Het pakket kwam te laat en kapot aan.|Ik hou van dit liedje!",
    "pt": "O gato dorme no sofá e o tempo está bom.|Adoro esta canção!|"
    "Não gostei nada deste filme, foi terrível.",
    "pl": "Kot śpi na kanapie.|Paczka przyszła późno i była uszkodzona.|To jest dobry dzień.",
    "tr": "Kedi kanepede uyuyor ve hava güzel.|Bu şarkıya bayılıyorum!|Bir daha asla almam.",
    "sv": "Katten sover på soffan och vädret är fint.|Den här filmen var hemsk, jag hatar den.",
    "el": "Η γάτα κοιμάται.",
    "ja": "今日はいい天気です。",
    "zh": "今天天气很好。",
    "ko": "오늘 날씨가 좋아요.",
    "he": "החתול ישן.",
    "ru": "Кошка спит на диване, и она выглядит очень довольной.",
    "uk": "Кішка спить на дивані, і погода гарна.",
    "ar": "القط نائم",
    "hi": "आज मौसम बहुत अच्छा है।",
    "lt": "Katė miega ant sofos, o oras šiandien labai geras.",
    "sk": "Mačka spí na pohovke a počasie je dnes veľmi pekné.",
    "vi": "Hôm nay thời tiết rất đẹp và con mèo đang ngủ.",
    "other": "ⰽⱁⱅⱏ ⱄⱂⰻⱅⱏ ⱄⰾⰰⰴⱏⰽⱁ|Кошка спит на диване.",
}


def analyse(text: str) -> dict[str, Any]:
    return text_processing.process(io.BytesIO(text.encode()))


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_scored(text: str) -> None:
    """Slang, headlines, a single word and a single emoji are taken for English."""
    result = analyse(text)
    assert (result["language"], result["sentiment_supported"]) == ("en", True)


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, texts in OTHERS.items() for text in texts.split("|")]
)
def test_other_languages_are_not_scored(code: str, text: str) -> None:
    """A text in another language gets no sentiment, also with words of the English lexicon."""
    result = analyse(text)
    assert (result["language"], result["sentiment_supported"]) == (code, False)
    counts = ("sentiment_score", "positive_words", "negative_words")
    assert [result[key] for key in counts] == [0.0, 0, 0]
    assert all(sentence["sentiment"] == 0.0 for sentence in result["sentences"])


def test_a_quotation_does_not_change_the_language() -> None:
    """The language is that of most words of the whole text."""
    english = "He said »die Lage ist gut« and left the room, and that was the end of it all."
    german = "Er sagte »this is good« und ging aus dem Zimmer, und das war das Ende von allem."
    assert analyse(english)["language"] == "en"
    assert analyse(german)["language"] == "de"


def test_emoji_in_a_text_that_is_not_english_are_not_scored() -> None:
    """A text in another language has the score 0.0 and is marked as not supported."""
    result = analyse("Die Sonne scheint 😍")
    assert (result["sentiment_score"], result["positive_words"]) == (0.0, 0)


@pytest.mark.parametrize("code", [code for code in ARTICLES if code != "zh_Hant"])
def test_two_sentences_are_enough(code: str) -> None:
    """The first article of the Declaration of Human Rights is recognised in each language."""
    assert analyse(ARTICLES[code])["language"] == code


def test_the_model_sees_a_bounded_part_of_a_long_text() -> None:
    """A long text is recognised from its beginning and its middle."""
    result = analyse("Она выглядит очень довольной. " * 50_000)
    assert (result["language"], result["sentiment_supported"]) == ("ru", False)


def test_the_language_does_not_depend_on_the_hash_seed() -> None:
    """Python orders sets by a seed of each process; where points are equal the code decides."""
    texts = ("éléphant à l'école déjà épuisé", "à é", "ñandú corazón")
    script = (
        "import sys; from slave_service.models import language; "
        "print([language.identify(dict.fromkeys(text.split(), 1), ()) for text in sys.argv[1:]])"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script, *texts],
            cwd=Path(__file__).parents[3],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("und gleich an Würde", "de"),
        ("obdarzeni rozumem i sumieniem i powinni", "pl"),
        ("zich jegens elkander in een geest", "nl"),
        ("a fly on the wall", "en"),
        ("I sat in", "en"),
    ],
)
def test_words_of_two_languages_do_not_make_a_text_english(text: str, language: str) -> None:
    """Where "in" or "i" counts for English and another language alike, the model decides."""
    result = text_processing.process(io.BytesIO(text.encode()))
    assert result["language"] == language
