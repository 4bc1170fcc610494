"""Turns a text into its TF-IDF vector over the vocabulary that all texts of its job share.

Two passes: ``survey`` counts the terms of one text, the master merges the surveys into a fit
(``vocabulary``), and ``process`` weighs one text by that fit. Terms, counts and weights are
scikit-learn's own, so that the vectors are those that one
``TfidfVectorizer(max_features=100, stop_words="english")`` computes over all texts at once.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import BinaryIO, cast

from protocol.failures import TooLarge, Unavailable
from slave_service.formats.text_decoding import Decoded, read_text

MAX_TERMS = 500_000
"""Different terms of one text: its survey passes through the master whole. A long novel has some
twenty thousand."""
MAX_TERM_CHARACTERS = 10_000
"""Of one term: if the job's vocabulary takes it, it stands in the result of every file."""
_LANGUAGE = "english"
_NO_FEATURES = (
    "This text holds none of the most frequent terms of its job, so its vector has nothing but "
    "zeros and can't be compared; send it together with texts on the same subject."
)


def survey(source: BinaryIO) -> dict[str, object]:
    """Return ``{"terms": {term: count}}`` for one open seekable file, sorted by term.

    Raises ``Unsupported`` where the file is no text, ``TooLarge`` over ``text_decoding.MAX_BYTES``,
    ``MAX_TERMS`` or ``MAX_TERM_CHARACTERS``.
    """
    counts = Counter(_terms(read_text(source)))
    if max(map(len, counts), default=0) > MAX_TERM_CHARACTERS:
        raise TooLarge(
            f"This text has a word of more than {MAX_TERM_CHARACTERS:,} characters, which no "
            "language does; send texts rather than data, or put spaces into it."
        )
    if len(counts) > MAX_TERMS:
        raise TooLarge(
            f"This text has more than {MAX_TERMS:,} different terms, which no language does; "
            "send texts rather than data, or split it."
        )
    return {"terms": dict(sorted(counts.items()))}


def process(source: BinaryIO, fit: Mapping[str, object]) -> dict[str, object]:
    """Return the vector of one open seekable file by the fit of its job.

    ``features`` are the terms of the fit, ``vector`` has a weight for each of them, of Euclidean
    length 1, or all zeros, with a warning, for a text that holds none. Raises ``ValueError`` for a
    fit that is none, else as ``survey``.
    """
    features, idf = _parsed_fit(fit)
    decoded = read_text(source)
    vector = _weigh(decoded, features, idf) if features else []
    has_features = any(vector)
    return {
        "vector": vector,
        "features": features,
        "vector_size": len(vector),
        "non_zero_features": sum(weight != 0 for weight in vector),
        "warnings": [*decoded.warnings, *([] if has_features else [_NO_FEATURES])],
    }


def self_test() -> None:
    """Raise ``Unavailable`` where scikit-learn is missing or answers wrongly."""
    # By hand: 3 and 4 of two terms of equal weight are the sides of a triangle of length 5.
    text = "tree tree tree the sea sea sea sea Широкая электрификация южных губерний"
    fit = {"terms": ["sea", "tree"], "idf": [1.0, 1.0]}
    try:
        vector = process(io.BytesIO(text.encode("cp1251")), fit)["vector"]
    except (ImportError, OSError) as error:
        raise Unavailable(
            f"Texts can't be embedded on this computer ({error}); "
            "run: pip install -r requirements.txt"
        ) from error
    if vector != [0.8, 0.6]:
        raise Unavailable(
            "The embedding of a known text is wrong; "
            "run: pip install --force-reinstall -r requirements.txt"
        )


def _parsed_fit(fit: Mapping[str, object]) -> tuple[list[str], list[float]]:
    features, idf = fit.get("terms"), fit.get("idf")
    if not isinstance(features, list) or not isinstance(idf, list) or len(features) != len(idf):
        raise ValueError("a fit has no 'terms' with an 'idf' for each of them")
    return features, idf


def _weigh(decoded: Decoded, features: list[str], idf: list[float]) -> list[float]:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(vocabulary=features, analyzer=_terms)
    vectorizer.idf_ = np.asarray(idf, dtype=np.float64)
    return cast("list[float]", vectorizer.transform([decoded]).toarray()[0].tolist())


def _terms(decoded: Decoded) -> Iterator[str]:
    """Yield the terms as scikit-learn finds them; by the block, to hold but a share of them."""
    analyze = _analyzer()
    for block in decoded.blocks():
        yield from analyze(block)


@cache
def _analyzer() -> Callable[[str], list[str]]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    analyzer = TfidfVectorizer(stop_words=_LANGUAGE).build_analyzer()
    return cast("Callable[[str], list[str]]", analyzer)
