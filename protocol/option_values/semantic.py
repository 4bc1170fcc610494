"""The option ``semantic`` of embedding: whether texts get a vector of their meaning."""

from protocol.options import Option, features_by_value, one_of

YES, NO = "yes", "no"
FEATURE = "embedding:semantic"
"""Of slaves that have the model of requirements-embedding.txt."""


OPTION = Option(
    "semantic",
    "semantic",
    one_of(YES, NO),
    "yes: a vector of the meaning of each text besides (semantic_vector, for English). Only slaves "
    "with requirements-embedding.txt get the files. Default: no.",
    YES,
    features_by_value({YES: {FEATURE}}),
)
