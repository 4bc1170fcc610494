"""Computes the TF-IDF vector of a text over the common vocabulary of all texts of its job.

There are two runs: ``count_terms`` counts the terms of one text, the master merges the counts of
all texts into a vocabulary (``protocol.vocabulary``), and ``process`` computes one text's vector
over it. scikit-learn finds the terms and computes the weights, so the vectors equal those that one
``TfidfVectorizer(max_features=100, stop_words="english")`` computes over all texts at once.

With the option ``semantic`` a text gets a sentence vector of ``models.semantic`` besides, which
depends on this text alone.
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import BinaryIO, cast

from protocol.failures import TooLarge, Unavailable
from protocol.option_values.semantic import FEATURE as SEMANTIC_FEATURE
from protocol.option_values.semantic import YES
from slave_service.formats.text_decoding import Decoded, read_text
from slave_service.models import language
from slave_service.models.semantic import self_test as semantic_self_test
from slave_service.models.semantic import weights
from slave_service.models.semantic.sentence_vectors import (
    MAX_CHARACTERS,
    MAX_WINDOWS,
    MODEL,
    sentence_vector,
)

MAX_TERMS = 500_000
"""Different terms of one text, since the master receives all of them in one piece. A long novel has
about twenty thousand."""
MAX_TERM_CHARACTERS = 10_000
"""Of one term, since a term of the job's vocabulary is part of the result of every file."""
_LANGUAGE = "english"
_NO_FEATURES = (
    "This text holds none of the most frequent terms of its job, so its vector has nothing but "
    "zeros and can't be compared; send it together with texts on the same subject."
)
_NOT_WHOLE = (
    f"semantic_vector stands for {MAX_WINDOWS} passages of this text, spread over its first "
    f"{MAX_CHARACTERS:,} characters; split the text to compare all of it."
)
_NOT_ENGLISH = (
    "The model of semantic_vector knows English alone, and this text seems to be in another "
    "language ({}); compare such texts by vector."
)
_LANGUAGE_SAMPLE = 20_000
_WORD = re.compile(r"\w+")


def count_terms(source: BinaryIO) -> dict[str, object]:
    """Return ``{"terms": {term: count}}`` for one open seekable file, sorted by term.

    Raises ``Unsupported`` where the file is not a text, ``TooLarge`` over
    ``text_decoding.MAX_BYTES``, ``MAX_TERMS`` or ``MAX_TERM_CHARACTERS``.
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


def process(
    source: BinaryIO, vocabulary: Mapping[str, object], semantic: str = ""
) -> dict[str, object]:
    """Return the vector of one open seekable file over the vocabulary of its job.

    ``features`` are its terms. ``vector`` has a weight for each of them and Euclidean
    length 1; for a text without any of the terms it is all zeros, with a warning. Where
    ``semantic`` is ``YES``, ``semantic_vector`` has 384 numbers of Euclidean length 1, and
    ``semantic_model`` names the model. Raises ``ValueError`` for an invalid vocabulary,
    ``Unavailable`` without the model, else as ``count_terms``.
    """
    features, idf = _parsed_vocabulary(vocabulary)
    decoded = read_text(source)
    vector = _weigh(decoded, features, idf) if features else []
    has_features = any(vector)
    added, warnings = _semantic(decoded) if semantic == YES else ({}, [])
    return {
        "vector": vector,
        "features": features,
        "vector_size": len(vector),
        "non_zero_features": sum(weight != 0 for weight in vector),
        **added,
        "warnings": [*decoded.warnings, *([] if has_features else [_NO_FEATURES]), *warnings],
    }


def features() -> frozenset[str]:
    """Return the feature of slaves that have the model of requirements-embedding.txt."""
    return frozenset({SEMANTIC_FEATURE} if weights.folder() else ())


def versions() -> dict[str, str]:
    """Return the version of the model's package; empty where it is not installed."""
    return {weights.PACKAGE: weights.version()} if weights.folder() else {}


def self_test() -> None:
    """Raise ``Unavailable`` where scikit-learn is missing or gives a wrong result."""
    # Counts 3 and 4 at equal weights have the Euclidean length 5, so the vector is 3/5 and 4/5.
    text = "tree tree tree the sea sea sea sea Широкая электрификация южных губерний"
    vocabulary = {"terms": ["sea", "tree"], "idf": [1.0, 1.0]}
    try:
        vector = process(io.BytesIO(text.encode("cp1251")), vocabulary)["vector"]
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
    semantic_self_test.check_files()


def _semantic(decoded: Decoded) -> tuple[dict[str, object], list[str]]:
    """Return the keys of the sentence vector, and warnings."""
    semantic_self_test.check_result()
    found = sentence_vector(decoded.text)
    warnings = [] if found.is_whole else [_NOT_WHOLE]
    sample = decoded.text[:_LANGUAGE_SAMPLE]
    words = Counter(word.lower() for word in _WORD.findall(sample))
    code = language.identify_text(sample, words, ())
    if words and code != language.ENGLISH:
        warnings.append(_NOT_ENGLISH.format(code))
    return {"semantic_vector": found.values, "semantic_model": MODEL}, warnings


def _parsed_vocabulary(vocabulary: Mapping[str, object]) -> tuple[list[str], list[float]]:
    features, idf = vocabulary.get("terms"), vocabulary.get("idf")
    if not isinstance(features, list) or not isinstance(idf, list) or len(features) != len(idf):
        raise ValueError("a vocabulary has no 'terms' with an 'idf' for each of them")
    return features, idf


def _weigh(decoded: Decoded, features: list[str], idf: list[float]) -> list[float]:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(vocabulary=features, analyzer=_terms)
    vectorizer.idf_ = np.asarray(idf, dtype=np.float64)
    return cast("list[float]", vectorizer.transform([decoded]).toarray()[0].tolist())


def _terms(decoded: Decoded) -> Iterator[str]:
    """Yield the terms that scikit-learn finds, block by block to limit the memory."""
    analyze = _analyzer()
    for block in decoded.blocks():
        yield from analyze(block)


@cache
def _analyzer() -> Callable[[str], list[str]]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    analyzer = TfidfVectorizer(stop_words=_LANGUAGE).build_analyzer()
    return cast("Callable[[str], list[str]]", analyzer)
