"""Full stops that end no sentence: abbreviations, initials and numbers of several languages."""

import io
import time

import pytest

from slave_service import text_processing
from slave_service.models import sentence_ends
from tests.rows import check_rows

SENTENCES = {
    "case": "Dr. Smith arrived at 3.5 p.m. in the U.S. office.|He met Mr. Jones, i.e. the boss.|"
    "It cost $4.99.",
    "etc.": "Apples, pears, etc. are fruit.|I eat them, dry them, etc.|They keep.",
    "time": "We met at 5 p.m.|The train left at 10 a.m. Monday.",
    "initials": "George W. Bush was president.|J. R. R. Tolkien and J.K. Rowling wrote books.",
    "I": "So do I.|Maria left.",
    "number": "See Fig. 3 and No. 5 for details.|I said no.|Then I left.",
    "firm": "He works for Apple Inc. in Cupertino.|It is Acme Corp.|The end.",
    "acronym": "The U.S. Congress met.|They live in the U.S.|They like it.",
    "rank": "Lt. Col. Brown spoke.|Sen. Warren replied.|Gov. Lee left.",
    "month": "On Jan. 5 we met.|On Sept. 11 too.",
    "place": "Mt. Everest is high.|St. Helens is lower.",
    "genus": "E. coli is a bacterium.",
    "degree": "She has a Ph.D.|She is smart.",
    "list": "1. Open the box.|\n2. Take the book.",
    "year": "He was born in 2003.|She was born in 2004.",
    "words that are abbreviations too": "I love art.|Museums are great.|I sat.|Mary stood.",
    "lower case": "i love it.|it is great.|thanks",
    "quotation": "“Stop!” she said.|He stopped.",
    "paragraph": "Signed by Mr.|\n\nSmith lives here.",
    "German": "Das ist z.B. ein Hund, z. B. Rex.|Er bellt usw. und schläft bei Dr. Meier.",
    "German ordinals": "Am 3. Oktober war es kalt.|Der 2. Weltkrieg endete 1945.",
    "French": "Voici M. Dupont et Mme. Durand, p. ex. le lundi.|Il est parti.",
    "Spanish": "El Sr. García vive en la Av. Central, p. ej. hoy.|La Sra. Pérez no.",
    "Italian": "Il dott. Rossi è qui.|La sig.ra Bianchi no.",
    "Dutch": "Dit is bijv. een hond.|Hij blaft.",
    "Swedish": "Det är t.ex. en hund.|Den skäller.",
    "Polish": "To jest np. pies.|On szczeka.",
    "Russian": "Это т.е. пример.|Он живёт на ул. Ленина.",
}
"""By its kind a text, with ``|`` where each of its sentences ends."""


def spans(text: str) -> list[str]:
    result = text_processing.process(io.BytesIO(text.encode()))
    sentences = result["sentences"]
    assert isinstance(sentences, list)
    assert result["sentence_count"] == len(sentences)
    return [sentence["text"] for sentence in sentences]


def test_sentences_end_at_their_own_full_stop() -> None:
    """Abbreviations, initials, ordinals and items of lists do not end a sentence."""

    def check(marked: str) -> None:
        expected = [sentence.strip() for sentence in marked.split("|")]
        text = marked.replace("|\n", "\n").replace("|", " ")
        assert spans(text) == expected

    check_rows(SENTENCES, check)


@pytest.mark.parametrize("unit", ["Dr. ", "z. B. ", "U.S. ", "1. ", "a.", "A. ", ".\n", "”. "])
def test_a_megabyte_of_abbreviations_takes_linear_time(unit: str) -> None:
    """Each full stop is decided from a bounded number of characters."""
    text = unit * (200_000 // len(unit))
    begin = time.process_time()
    for _ in sentence_ends.pieces(text, "de"):
        pass
    assert time.process_time() - begin < 5
