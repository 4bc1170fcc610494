"""Measures documents of every format: words, their order, headings, and rows of tables."""

import io
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from accuracy.document_text import Section, expected_text, sections
from accuracy.document_writers import WRITERS
from accuracy.rows import Row, word_recall
from slave_service import document_processing

_FILES = 5
_LEAST_WORDS = 0.995


def measure(seed: int, folder: Path) -> list[Row]:
    """Return the rows of all formats; ``folder`` is not used, since the files are small."""
    del folder
    rows: list[Row] = []
    for kind, write in WRITERS.items():
        rows += _rows(kind, write, random.Random(f"{seed} {kind}"))  # noqa: S311 (reproducible)
    return rows


def _rows(
    kind: str, write: Callable[[list[Section], random.Random], bytes], generator: random.Random
) -> list[Row]:
    words = order = headings = tables = 0.0
    has_headings = has_tables = False
    for _ in range(_FILES):
        made = sections(generator, ascii_only=kind.startswith("PDF"))
        result = document_processing.process(io.BytesIO(write(made, generator)))
        text, outline = str(result["text_content"]), result["outline"]
        expected = expected_text(made)
        words += word_recall(expected, text)
        order += word_recall(_pairs(expected), _pairs(text))
        titles = [entry["title"] for entry in outline] if isinstance(outline, list) else []
        headings += sum(part.heading in titles for part in made) / len(made)
        lines = set(text.split("\n"))
        cells = ["\t".join(row) for part in made for row in part.table]
        tables += sum(row in lines for row in cells) / max(1, len(cells))
        has_headings |= bool(titles)
        has_tables |= "\t" in text
    rows = [
        Row(kind, "words found", words / _FILES, _FILES, _LEAST_WORDS),
        Row(kind, "pairs of words in order", order / _FILES, _FILES, 0.95),
    ]
    if has_headings:
        rows.append(Row(kind, "headings in the outline", headings / _FILES, _FILES, 0.99))
    if has_tables:
        rows.append(Row(kind, "rows with tabs", tables / _FILES, _FILES, 0.99))
    return rows


def _pairs(text: str) -> str:
    """Return each word joined with the next one, so that recall measures their order."""
    words = text.split()
    return " ".join(f"{one}|{other}" for one, other in pairwise(words))
