"""The option ``keywords`` of text: whether Chinese and Japanese texts are divided into words."""

from protocol.options import Option, features_by_value, one_of

WORDS, SEGMENTED = "words", "segmented"
FEATURE = "text:segmented-keywords"
"""Of slaves that have the libraries of requirements-text.txt."""


OPTION = Option(
    "keywords",
    "keywords",
    one_of(WORDS, SEGMENTED),
    "segmented: the keywords of Chinese and Japanese texts are nouns, verbs and adjectives that a "
    "dictionary finds between the other characters. Only slaves with requirements-text.txt get the "
    "files. Default: words, which are separated by spaces and marks.",
    SEGMENTED,
    features_by_value({SEGMENTED: {FEATURE}}),
)
