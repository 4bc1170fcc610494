"""The option ``keywords`` of text: whether Chinese and Japanese texts are divided into words."""

from protocol.options import Option, one_of

WORDS, SEGMENTED = "words", "segmented"
FEATURE = "text:segmented-keywords"
"""Of slaves that have the libraries of requirements-text.txt."""


def features(value: str) -> frozenset[str]:
    """Return the features that a slave must have for a value."""
    return frozenset({FEATURE} if value == SEGMENTED else ())


OPTION = Option(
    "keywords",
    "keywords",
    one_of(WORDS, SEGMENTED),
    "segmented: the keywords of Chinese and Japanese texts are nouns, verbs and adjectives that a "
    "dictionary finds between the other characters. Only slaves with requirements-text.txt get the "
    "files. Default: words, which are separated by spaces and marks.",
    SEGMENTED,
    features,
)
