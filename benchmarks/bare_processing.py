"""What every bare engine runs: the slaves' own processors, called with paths, without a slave.

Each result is written under the name that the master would give it. Raises what a processor raises:
the workloads have no file that fails.
"""

import importlib
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from protocol.task_types import TASK_TYPES
from protocol.vocabulary import open_vocabulary
from protocol.wire import json_bytes

EMBEDDING_CHUNK = 125
"""Files of one task of an embedding job: 8 tasks for 1,000 files, as one divides them by hand."""

_LOADS, _LOAD_S = 4, 0.5
"""Calls that make two workers load a task type, and the least time of each."""

CallAll = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], list[Any]]
"""Calls a function of this module with each tuple of arguments, on an engine's workers; returns the
results in order."""


def process_all(call_all: CallAll, task_type: str, paths: Sequence[str], folder: str) -> int:
    """Process the files on an engine; returns the number of results in ``folder``.

    Without paths, the workers only load the task type.
    """
    if not paths:
        call_all(load, [(task_type,)] * _LOADS)
        return 0
    if TASK_TYPES[task_type].vocabulary_module is None:
        return len(call_all(process_file, [(task_type, path, folder) for path in paths]))
    chunks = [paths[at : at + EMBEDDING_CHUNK] for at in range(0, len(paths), EMBEDDING_CHUNK)]
    with open_vocabulary(Path(folder)) as builder:
        for counts in call_all(count_terms, [(chunk,) for chunk in chunks]):
            for count in counts:
                builder.add(count)
        vocabulary = builder.finish()
    return sum(call_all(embed, [(chunk, vocabulary, folder) for chunk in chunks]))


def load(task_type: str) -> None:
    """Load what the task type needs; takes so long that each worker gets one of several calls."""
    processor = importlib.import_module(TASK_TYPES[task_type].processor)
    processor.self_test()
    time.sleep(_LOAD_S)


def process_file(task_type: str, path: str, folder: str) -> int:
    """Process one file; returns the size of its result in bytes."""
    processor = importlib.import_module(TASK_TYPES[task_type].processor)
    with Path(path).open("rb") as source:
        result = processor.process(source)
    return _save(task_type, path, folder, result)


def count_terms(paths: Iterable[str]) -> list[dict[str, object]]:
    """Return the term counts of each text."""
    from slave_service import embedding_processing

    counts = []
    for path in paths:
        with Path(path).open("rb") as source:
            counts.append(embedding_processing.count_terms(source))
    return counts


def embed(paths: Sequence[str], vocabulary: dict[str, object], folder: str) -> int:
    """Write the vector of each text; returns their number."""
    from slave_service import embedding_processing

    for path in paths:
        with Path(path).open("rb") as source:
            _save("embedding", path, folder, embedding_processing.process(source, vocabulary))
    return len(paths)


def embed_by_scikit_learn(paths: Iterable[str]) -> int:
    """Compute what ``embedding`` promises in one process, as a script does, without saving it."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(max_features=100, stop_words="english")
    texts = [Path(path).read_text(encoding="utf-8") for path in paths]
    return int(vectorizer.fit_transform(texts).toarray().shape[0])


def _save(task_type: str, path: str, folder: str, result: Any) -> int:  # noqa: ANN401 (either form)
    body = bytes(result) if isinstance(result, bytes) else json_bytes(result, indent=2)
    # With the suffix, since a PDF and a DOCX may have the same stem.
    return Path(folder, f"{Path(path).name}.{task_type}").write_bytes(body)
