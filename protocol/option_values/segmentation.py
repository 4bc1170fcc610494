"""The option ``keywords`` of text: whether Chinese and Japanese texts are divided into words."""

from protocol.options import Option

WORDS, SEGMENTED = "words", "segmented"
FEATURE = "text:segmented-keywords"
"""Of slaves that have the libraries of requirements-text.txt."""


def parse(text: str) -> str:
    """Return ``WORDS`` or ``SEGMENTED``; raise ``ValueError`` with what the value must be."""
    value = text.strip().lower()
    if value not in (WORDS, SEGMENTED):
        raise ValueError(f"must be {WORDS} or {SEGMENTED}, not {text[:60]!r}")
    return value


def features(value: str) -> frozenset[str]:
    """Return the features that a slave must have for a value."""
    return frozenset({FEATURE} if value == SEGMENTED else ())


OPTION = Option(
    "keywords",
    "keywords",
    parse,
    "segmented: the keywords of Chinese and Japanese texts are nouns, verbs and adjectives that a "
    "dictionary finds between the other characters. Only slaves with requirements-text.txt get the "
    "files. Default: words, which are separated by spaces and marks.",
    SEGMENTED,
    features,
)
