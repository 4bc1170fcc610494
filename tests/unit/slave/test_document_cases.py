"""Documents that other programs wrote, each with the words that its text has to hold."""

from collections import Counter
from pathlib import Path

import pytest

from slave_service import document_processing

DATA = Path(__file__).parents[2] / "data" / "document"
OFFICE = "Heading one Some text with a link. a b c1 c2 item"
COLUMN = (
    "The quarterly report shows that revenue grew by 12.5 percent compared with last year, while "
    "operating costs remained flat. Customers in Northern Europe placed more orders than expected, "
    "and the new factory will open in September as planned before. Please send your answer by "
    "Friday, so that we can print the final version in time."
)
IN_ORDER = {
    "columns.pdf": f"{COLUMN} {COLUMN.upper()}",
    "hyphen.pdf": "The implementation works.",
    "form.pdf": "Name: Ada Lovelace",
    "annot.pdf": "Body text Reviewer comment text",
}
WORDS = {
    "office.doc": OFFICE,
    "office.odt": OFFICE,
    "office.epub": OFFICE,
    "office.html": OFFICE,
    "office.pptx": OFFICE,
    "office.rtf": OFFICE,
    "sheet.xlsx": "Item Price Apples 3.5",
}


def words(name: str) -> list[str]:
    with (DATA / name).open("rb") as source:
        result = document_processing.process(source)
    assert result["warnings"] == []
    return str(result["text_content"]).split()


@pytest.mark.parametrize("name", IN_ORDER)
def test_words_in_order(name: str) -> None:
    """A PDF has these words, in this order and no others."""
    assert words(name) == IN_ORDER[name].split()


@pytest.mark.parametrize("name", WORDS)
def test_words(name: str) -> None:
    """The text has these words, each as often as it stands there."""
    assert not Counter(WORDS[name].split()) - Counter(words(name))
