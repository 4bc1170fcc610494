"""Code pages are told apart by the letters and words of the languages written in them."""

import pytest

from accuracy.text_languages import ARTICLES, ENCODINGS
from slave_service.formats.encoding_detection import ENOUGH, best_code_page
from slave_service.formats.text_decoding import decode

TEXTS = {
    "cp1254": "Türkiye'nin başkenti Ankara'dır. İstanbul ise en kalabalık şehirdir. Güneş doğdu, "
    "çocuklar şarkı söylüyor.",
    "iso8859_2": "Zażółć gęślą jaźń. Pchnąć w tę łódź jeża lub ośm skrzyń fig. Dziękuję bardzo za "
    "wszystko.",
}
# Some short texts, as names and notes are.
SHORT = {
    "cp1252": ["Schöne Grüße", "¿Qué tal, señor?", "L’été à Nîmes", "25 °C – 30 °C", "naïve café"],
    "cp1250": ["Dziękuję bardzo", "Příliš žluťoučký kůň", "Őrült nők és a férfiak"],
    "iso8859_2": ["Dziękuję, proszę", "Český šašek řekl ještě"],
    "cp1254": ["Teşekkür ederim, iyi günler", "Ağaç ışığı"],
    "cp1257": ["Ačiū už gražią dieną", "Paldies, viņš dzīvo Rīgā"],
    "cp1251": ["Привет, мир", "Дякую, їжак", "Съешь ещё"],
    "koi8_r": ["Привет, мир", "Здравствуйте, товарищи"],
    "cp866": ["Привет, мир"],
    "cp1253": ["Καλημέρα κόσμε"],
    "cp1255": ["שלום עולם ומלואו"],
}


@pytest.mark.parametrize(("encoding", "text"), TEXTS.items())
def test_known_failures_are_read(encoding: str, text: str) -> None:
    """Turkish is not taken for Icelandic or Czech, nor ISO 8859-2 for cp1250."""
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("encoding", "language"),
    [(encoding, language) for encoding, languages in ENCODINGS.items() for language in languages],
)
def test_an_article_is_read_in_each_encoding_of_its_language(encoding: str, language: str) -> None:
    """Two sentences are enough to find the encoding."""
    # Older code pages have the letters with a cedilla.
    text = ARTICLES[language].replace("ș", "ş").replace("ț", "ţ")
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("encoding", "text"), [(page, text) for page, texts in SHORT.items() for text in texts]
)
def test_two_words_are_enough_for_most(encoding: str, text: str) -> None:
    """Short texts are read in the usual encodings."""
    assert decode(text.encode(encoding)).text == text


def test_bytes_of_no_language_have_a_low_score() -> None:
    """Bytes that make up no text in any code page are left to the general detector."""
    _, score = best_code_page(bytes(range(0x80, 0x100)) * 4)
    assert score < ENOUGH
