"""How well vectors order pairs of sentences by likeness, and jobs are divided by topic.

The first is Spearman's rank correlation. The second is the adjusted Rand index of clusters and
topics (L. Hubert and P. Arabie, 1985): 1 where they are the same, about 0 for clusters by chance.
"""

import io
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.metrics import adjusted_rand_score

from accuracy.embedding_jobs import topic_job
from accuracy.embedding_pairs import Pair, pairs
from accuracy.rows import Row
from master_service.similarity.items import Listed, read_items
from master_service.similarity.report import REPORT, write
from protocol import embedding
from protocol.option_values.semantic import NO, YES
from protocol.wire import json_bytes
from slave_service import embedding_processing
from slave_service.models.semantic.sentence_vectors import is_installed

_PAIRS = 250
_JOBS = 10


def measure(seed: int, folder: Path) -> list[Row]:
    """Return the rows; those of the sentence vectors where the model is installed."""
    found = pairs(random.Random(seed), _PAIRS)  # noqa: S311 (not for secrets)
    results = _results(found, folder)
    rows = [_row(found, results, "vector", None)]
    if is_installed():
        rows.append(_row(found, results, "semantic_vector", 0.75))
    return rows + _job_rows(random.Random(seed), folder)  # noqa: S311 (not for secrets)


def _job_rows(generator: random.Random, folder: Path) -> list[Row]:
    """Return the rows of whole jobs, which are compared by TF-IDF."""
    agreement, found, right, copies = 0.0, 0, 0, 0
    for number in range(_JOBS):
        job = topic_job(generator)
        place = folder / str(number)
        place.mkdir()
        report = _compared([text.encode() for text in job.texts], place)
        clusters = [file["cluster"] for file in report["files"]]
        agreement += adjusted_rand_score(job.topics, clusters)
        pairs_found = {
            (one, other) for group in report["near_duplicates"] for one in group for other in group
        }
        found += len({pair for pair in pairs_found if pair[0] < pair[1]})
        right += len(pairs_found & job.copies)
        copies += len(job.copies)
    return [
        Row("jobs of 3 to 6 topics", "adjusted Rand index", agreement / _JOBS, _JOBS, 0.9),
        Row("copies, 2 of 60 words changed", "found", right / copies, copies, 0.8),
        Row("pairs called near-duplicates", "that are", right / max(1, found), found, 0.9),
    ]


def _compared(texts: list[bytes], folder: Path) -> Any:  # noqa: ANN401 (JSON)
    files = []
    for index, result in enumerate(_processed(texts, folder, NO)):
        path = folder / f"{index}.json"
        path.write_text(json.dumps(result))
        files.append(Listed(index, path.name, str(index), path))
    write(read_items(files), folder)
    return json.loads((folder / REPORT).read_bytes())


def _row(found: list[Pair], results: list[Any], key: str, lowest: float | None) -> Row:
    vectors = np.array([result[key] for result in results])
    cosines = (vectors[0::2] * vectors[1::2]).sum(axis=1)
    ranks = rankdata(cosines), rankdata([likeness for _, _, likeness in found])
    value = float(np.corrcoef(*ranks)[0, 1])
    return Row("pairs of sentences", f"rank correlation of {key}", value, len(found), lowest)


def _results(found: list[Pair], folder: Path) -> list[Any]:
    """Return the results of all sentences as one job, two for each pair."""
    texts = [text.encode() for first, second, _ in found for text in (first, second)]
    return _processed(texts, folder, YES if is_installed() else NO)


def _processed(texts: list[bytes], folder: Path, semantic: str) -> list[Any]:
    partials = [embedding_processing.process(io.BytesIO(text), semantic) for text in texts]
    with embedding.open_vocabulary(folder) as builder:
        for partial in partials:
            builder.add(partial)
        embedder = embedding.Embedder(builder.finish())
    outcomes = [embedder.outcome("a.txt", json_bytes(partial)) for partial in partials]
    return [json.loads(outcome.data or b"") for outcome in outcomes]
