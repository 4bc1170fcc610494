"""Merges the term counts of all texts of a job into the vocabulary that their vectors share.

The master imports this module, so it only uses the standard library. The vocabulary is the one of
scikit-learn's ``TfidfVectorizer(max_features=100)``: the terms with the highest total count over
all texts, with the smoothed inverse document frequency ln((1+n)/(1+df)) + 1. Ties are broken by
the alphabet, so that the result does not depend on the order of the texts.

A job may have any number of distinct terms. A bounded table counts them; when it is full, it is
written to files by the hash of the term, and ``finish`` counts these files one at a time.

``protocol.embedding`` computes the vectors.
"""

import heapq
import itertools
import math
import shutil
import tempfile
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType

MAX_FEATURES = 100
"""The largest number of terms in a vocabulary, and so the largest length of a job's vectors."""

_MAX_TABLE_TERMS = 8192
_MAX_TABLE_CHARACTERS = 1 << 20
_MAX_COUNTABLE_BYTES = 256 * 1024
_BUCKET_BITS = 5
_HASH_BITS = 32
# gevent switches threads only when one waits, and heartbeats must not be delayed by a large job.
# After ``sleep(0)`` gevent's loop handles I/O only once in fifty times.
_YIELD_S = 0.0001
_MAX_COUNT = 1 << 53  # the largest whole number that every JSON parser reads exactly

Candidate = tuple[int, str, int]
"""The sort key of a term (minus its total count, the term), and the number of its texts."""


def open_vocabulary(folder: Path) -> "VocabularyBuilder":
    """Return a builder without texts; its files are in ``folder``, which is created if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return VocabularyBuilder(folder)


class VocabularyBuilder:
    """Merges the term counts of a job's texts, added in any order and by any thread.

    It is a context manager, which removes its files at the end.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="vocabulary-", dir=folder)
        self._root = Path(self._folder.name, "terms")
        self._lock = threading.Lock()
        self._documents = 0
        self._table: dict[str, list[int]] = {}
        self._characters = 0

    def __enter__(self) -> "VocabularyBuilder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, term_counts: Mapping[str, object]) -> None:
        """Count one text: ``{"terms": {term: count}}``, with no terms for a text without words.

        Raises ``ValueError`` for malformed counts, and then counts nothing of them.
        """
        terms = _checked_terms(term_counts)
        with self._lock:
            self._documents += 1
            for term, count in terms.items():
                entry = self._table.get(term)
                if entry is None:
                    self._write_table_if_full(len(term))
                    self._table[term] = [count, 1]
                else:
                    entry[0] += count
                    entry[1] += 1

    def finish(self) -> dict[str, object]:
        """Return the vocabulary of all texts added so far, as values that JSON can hold.

        ``terms`` has at most 100 terms, sorted by code point; ``idf`` has a float for each term;
        ``documents`` is the number of texts. It does not depend on the order of the texts.
        """
        with self._lock:
            self._write_table()
            best: list[Candidate] = []
            for candidates in _count(self._root, 0):
                best = heapq.nsmallest(MAX_FEATURES, itertools.chain(best, candidates))
                time.sleep(_YIELD_S)
            documents = self._documents
        kept = sorted((term, in_documents) for _, term, in_documents in best)
        return {
            "terms": [term for term, _ in kept],
            "idf": [math.log((1 + documents) / (1 + df)) + 1 for _, df in kept],
            "documents": documents,
        }

    def close(self) -> None:
        """Remove the files; may be called again."""
        with self._lock:
            self._table.clear()
            self._folder.cleanup()

    def _write_table_if_full(self, characters: int) -> None:
        if len(self._table) >= _MAX_TABLE_TERMS or self._characters > _MAX_TABLE_CHARACTERS:
            self._write_table()
        self._characters += characters

    def _write_table(self) -> None:
        lines = (
            b"%d %d %b\n" % (count, in_documents, _encode(term))
            for term, (count, in_documents) in self._table.items()
        )
        _distribute(lines, self._root, 0)
        self._table.clear()
        self._characters = 0
        time.sleep(_YIELD_S)


def _checked_terms(term_counts: Mapping[str, object]) -> Mapping[str, int]:
    terms = term_counts.get("terms") if isinstance(term_counts, Mapping) else None
    if not isinstance(terms, Mapping):
        raise ValueError("the counts have no 'terms' that map each term to its count")
    for term, count in terms.items():
        # The files have one term a line. ``type`` excludes bool, a subclass of int.
        if not isinstance(term, str) or not term or "\n" in term:
            raise ValueError(f"the counts have an invalid term: {term!r:.80}")
        if type(count) is not int or not 0 < count <= _MAX_COUNT:
            raise ValueError(f"the counts have an invalid count of {term!r:.80}: {count!r:.80}")
    return terms


def _distribute(lines: Iterable[bytes], folder: Path, depth: int) -> None:
    """Append each line to one of the files in ``folder``, chosen by the hash of its term.

    Each depth uses other bits of the hash, so that a file too large to count is split further.
    """
    parts: dict[int, list[bytes]] = {}
    for line in lines:
        term = line.split(b" ", 2)[2]
        bucket = zlib.crc32(term) >> (depth * _BUCKET_BITS) & ((1 << _BUCKET_BITS) - 1)
        parts.setdefault(bucket, []).append(line)
    folder.mkdir(exist_ok=True)
    for bucket, part in parts.items():
        # Opened for each write: the builders of many jobs would keep too many files open.
        with (folder / f"{bucket:02}").open("ab") as file:
            file.writelines(part)


def _count(folder: Path, depth: int) -> Iterator[Iterator[Candidate]]:
    """Yield the candidates of each file of a folder; splits files too large for a table."""
    for path in sorted(folder.iterdir()):
        if path.stat().st_size <= _MAX_COUNTABLE_BYTES or (depth + 1) * _BUCKET_BITS > _HASH_BITS:
            yield _count_file(path)
            continue
        finer = folder / f"{path.name}-finer"
        with path.open("rb") as file:
            while lines := file.readlines(_MAX_COUNTABLE_BYTES):
                _distribute(lines, finer, depth + 1)
                time.sleep(_YIELD_S)
        yield from _count(finer, depth + 1)
        shutil.rmtree(finer)


def _count_file(path: Path) -> Iterator[Candidate]:
    table: dict[bytes, list[int]] = {}
    with path.open("rb") as file:
        for line in file:
            count, in_documents, term = line.split(b" ", 2)
            entry = table.setdefault(term, [0, 0])
            entry[0] += int(count)
            entry[1] += int(in_documents)
    for term, (total, df) in table.items():
        yield -total, term[:-1].decode("utf-8", "surrogatepass"), df


def _encode(term: str) -> bytes:
    # JSON can contain lone surrogates as escapes; scikit-learn counts these terms too.
    return term.encode("utf-8", "surrogatepass")
