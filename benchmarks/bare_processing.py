"""What every bare engine runs: the slaves' own processors, called with paths, without a slave.

Each result is written under a name of its own. Raises what a processor raises: the workloads have
no file that fails. Arguments and results of calls are such as JSON can hold.
"""

import importlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from protocol.task_types import TASK_TYPES
from protocol.wire import json_bytes

MERGED_CHUNK = 125
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
    if TASK_TYPES[task_type].merge_module is None:
        return len(call_all(process_file, [(task_type, path, folder) for path in paths]))
    chunks = [paths[at : at + MERGED_CHUNK] for at in range(0, len(paths), MERGED_CHUNK)]
    answers = call_all(partial_results, [(task_type, chunk) for chunk in chunks])
    partials = [partial for chunk in answers for partial in chunk]
    return _merge(task_type, paths, partials, folder)


def load(task_type: str) -> None:
    """Load what the task type needs; takes so long that each worker gets one of several calls."""
    processor = importlib.import_module(TASK_TYPES[task_type].processor)
    processor.self_test()
    time.sleep(_LOAD_S)


def process_file(task_type: str, path: str, folder: str) -> int:
    """Process one file; returns the size of its result in bytes."""
    return _save(path, folder, _result(task_type, path))


def partial_results(task_type: str, paths: Sequence[str]) -> list[str]:
    """Return the partial result of each file as JSON, of a task type with a merge module."""
    return [_result(task_type, path).decode() for path in paths]


def embed_by_scikit_learn(paths: Sequence[str]) -> int:
    """Compute the vectors of an embedding job in one process, as a script does, without saving."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(max_features=100, stop_words="english")
    texts = [Path(path).read_text(encoding="utf-8") for path in paths]
    return int(vectorizer.fit_transform(texts).toarray().shape[0])


def _merge(task_type: str, paths: Sequence[str], partials: Sequence[str], folder: str) -> int:
    """Merge partial results as the master does; returns the number of files written."""
    module = importlib.import_module(str(TASK_TYPES[task_type].merge_module))
    with module.open_vocabulary(Path(folder)) as builder:
        for partial in partials:
            builder.add(json.loads(partial))
        embedder = module.Embedder(builder.finish())
    for path, partial in zip(paths, partials, strict=True):
        _save(path, folder, embedder.outcome(path, partial.encode()).data)
    return len(paths)


def _result(task_type: str, path: str) -> bytes:
    processor = importlib.import_module(TASK_TYPES[task_type].processor)
    with Path(path).open("rb") as source:
        result = processor.process(source)
    return bytes(result) if isinstance(result, bytes) else json_bytes(result, indent=2)


def _save(path: str, folder: str, data: bytes) -> int:
    # With the suffix, since a PDF and a DOCX may have the same stem.
    return Path(folder, f"{Path(path).name}.result").write_bytes(data)
