"""Computes the TF-IDF vectors of a job from the term counts of its texts.

A slave counts the terms of each text (``slave_service.embedding_processing``). The master, which
gets the counts of all texts of the job, merges them into a vocabulary (``protocol.vocabulary``)
and computes each vector over it. The vectors are those of one scikit-learn
``TfidfVectorizer(max_features=100, stop_words="english")`` over all the texts: in its words,
``open_vocabulary`` fits and ``Embedder`` transforms. The master imports this module, so it only
uses the standard library.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence

from protocol.vocabulary import open_vocabulary
from protocol.wire import Outcome, json_bytes, read_warnings

__all__ = ["Embedder", "open_vocabulary"]

_NO_FEATURES = (
    "This text holds none of the most frequent terms of its job, so its vector has nothing but "
    "zeros and can't be compared; send it together with texts on the same subject."
)


class Embedder:
    """Computes the result of each text of a job over the vocabulary of all."""

    def __init__(self, vocabulary: Mapping[str, object]) -> None:
        terms, idf = vocabulary["terms"], vocabulary["idf"]
        if not isinstance(terms, list) or not isinstance(idf, list) or len(terms) != len(idf):
            raise ValueError("a vocabulary has no 'terms' with an 'idf' for each of them")
        self._terms: list[str] = terms
        self._idf: list[float] = idf
        self._features = _indented([json.dumps(term, ensure_ascii=False) for term in terms])

    def outcome(self, filename: str, partial: bytes) -> Outcome:
        """Return the result of one text as JSON; ``partial`` are its counts, as JSON.

        ``features`` are the terms of the vocabulary. ``vector`` has a weight for each of them and
        Euclidean length 1; for a text without any of the terms it is all zeros, with a warning.
        Raises ``ValueError`` for malformed counts.
        """
        counts = json.loads(partial)
        vector = self._vector(counts["terms"])
        non_zero = sum([weight != 0 for weight in vector])
        warnings = [
            *counts.get("warnings", ()),
            *([] if non_zero else [_NO_FEATURES]),
            *counts.get("semantic_warnings", ()),
        ]
        others = {
            "vector_size": len(vector),
            "non_zero_features": non_zero,
            **counts.get("semantic", {}),
            "warnings": warnings,
        }
        # As ``json_bytes`` writes it, which takes four times as long for the two lists.
        lists = f'{{\n  "vector": {_indented(map(repr, vector))},\n  "features": {self._features},'
        data = lists.encode("utf-8", "backslashreplace") + json_bytes(others, indent=2)[1:]
        return Outcome(filename, data=data, warnings=read_warnings(warnings))

    def _vector(self, counts: Mapping[str, int]) -> Sequence[float]:
        """Return counts times weights, divided by the Euclidean length.

        The squares are added in the order of the terms, each sum rounded, as scikit-learn does:
        other orders, ``math.fsum`` and the ``sum`` of Python 3.12 give other last digits.
        """
        weights = [
            counts[term] * idf if term in counts else 0.0
            for term, idf in zip(self._terms, self._idf, strict=True)
        ]
        total = 0.0
        for weight in weights:
            total += weight * weight
        length = math.sqrt(total)
        return [weight / length for weight in weights] if length else weights


def _indented(items: Iterable[str]) -> str:
    """Return a JSON list, one level deep in an indented object."""
    text = ",\n    ".join(items)
    return f"[\n    {text}\n  ]" if text else "[]"
