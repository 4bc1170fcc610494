"""Counts the terms of a text for its TF-IDF vector, which depends on all texts of its job.

scikit-learn finds the terms. ``protocol.embedding`` merges the counts of all texts of the job, and
computes the vectors.

With the option ``semantic`` a text gets a sentence vector of ``models.semantic`` besides, which
depends on this text alone.
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
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
_NOT_WHOLE = (
    f"semantic_vector stands for {MAX_WINDOWS} passages of this text, spread over its first "
    f"{MAX_CHARACTERS:,} characters; split the text to compare all of it."
)
_NOT_ENGLISH = (
    "The model of semantic_vector knows English alone, and this text seems to be in another "
    "language ({}); compare such texts by vector."
)
_LANGUAGE_SAMPLE = 20_000
_SELF_TEST_COUNTS = {
    "sea": 2,
    "tree": 2,
    "губерний": 1,
    "широкая": 1,
    "электрификация": 1,
    "южных": 1,
}
_WORD = re.compile(r"\w+")


def process(source: BinaryIO, semantic: str = "") -> dict[str, object]:
    """Return ``{"terms": {term: count}, "warnings"}`` for one open seekable file, sorted by term.

    Where ``semantic`` is ``YES``, ``semantic`` has the keys that the result gets besides:
    ``semantic_vector`` (384 numbers of Euclidean length 1) and ``semantic_model`` (its name);
    ``semantic_warnings`` are those of the vector.

    Raises ``Unsupported`` where the file is not a text, ``TooLarge`` over
    ``text_decoding.MAX_BYTES``, ``MAX_TERMS`` or ``MAX_TERM_CHARACTERS``, and ``Unavailable``
    without the model.
    """
    decoded = read_text(source)
    counts = Counter(_terms(decoded))
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
    added = _semantic(decoded) if semantic == YES else {}
    return {"terms": dict(sorted(counts.items())), "warnings": list(decoded.warnings), **added}


def features() -> frozenset[str]:
    """Return the feature of slaves that have the model of requirements-embedding.txt."""
    return frozenset({SEMANTIC_FEATURE} if weights.folder() else ())


def versions() -> dict[str, str]:
    """Return the version of the model's package; empty where it is not installed."""
    return {weights.PACKAGE: weights.version()} if weights.folder() else {}


def self_test() -> None:
    """Raise ``Unavailable`` where scikit-learn is missing or finds wrong terms."""
    text = "tree tree the sea sea Широкая электрификация южных губерний"
    try:
        terms = process(io.BytesIO(text.encode("cp1251")))["terms"]
    except (ImportError, OSError) as error:
        raise Unavailable(
            f"Texts can't be embedded on this computer ({error}); "
            "run: pip install -r requirements.txt"
        ) from error
    if terms != _SELF_TEST_COUNTS:
        raise Unavailable(
            "The terms of a known text are wrong; "
            "run: pip install --force-reinstall -r requirements.txt"
        )
    semantic_self_test.check_files()


def _semantic(decoded: Decoded) -> dict[str, object]:
    """Return the keys of the partial result that have the sentence vector and its warnings."""
    semantic_self_test.check_result()
    found = sentence_vector(decoded.text)
    warnings = [] if found.is_whole else [_NOT_WHOLE]
    sample = decoded.text[:_LANGUAGE_SAMPLE]
    words = Counter(word.lower() for word in _WORD.findall(sample))
    code = language.identify_text(sample, words, ())
    if words and code != language.ENGLISH:
        warnings.append(_NOT_ENGLISH.format(code))
    return {
        "semantic": {"semantic_vector": found.values, "semantic_model": MODEL},
        "semantic_warnings": warnings,
    }


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
