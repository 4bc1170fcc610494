"""How well the vectors order pairs of sentences by likeness: Spearman's rank correlation."""

import io
import random
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata

from accuracy.embedding_pairs import Pair, pairs
from accuracy.rows import Row
from protocol import vocabulary
from protocol.options import NO, YES
from slave_service import embedding_processing
from slave_service.models.semantic.sentence_vectors import is_installed

_PAIRS = 250


def measure(seed: int, folder: Path) -> list[Row]:
    """Return the rows; those of the sentence vectors where the model is installed."""
    found = pairs(random.Random(seed), _PAIRS)  # noqa: S311 (not for secrets)
    results = _results(found, folder)
    rows = [_row(found, results, "vector", None)]
    if is_installed():
        rows.append(_row(found, results, "semantic_vector", 0.75))
    return rows


def _row(found: list[Pair], results: list[Any], key: str, lowest: float | None) -> Row:
    vectors = np.array([result[key] for result in results])
    cosines = (vectors[0::2] * vectors[1::2]).sum(axis=1)
    ranks = rankdata(cosines), rankdata([likeness for _, _, likeness in found])
    value = float(np.corrcoef(*ranks)[0, 1])
    return Row("pairs of sentences", f"rank correlation of {key}", value, len(found), lowest)


def _results(found: list[Pair], folder: Path) -> list[Any]:
    """Return the results of all sentences as one job, two for each pair."""
    texts = [text.encode() for first, second, _ in found for text in (first, second)]
    with vocabulary.open_vocabulary(folder) as builder:
        for text in texts:
            builder.add(embedding_processing.count_terms(io.BytesIO(text)))
        fitted = builder.finish()
    semantic = YES if is_installed() else NO
    return [embedding_processing.process(io.BytesIO(text), fitted, semantic) for text in texts]
