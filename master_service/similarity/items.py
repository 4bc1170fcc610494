"""Reads what can be compared from the results of a job: vectors of texts, hashes of pictures."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from master_service.similarity.png_text import png_text

MAX_RESULT_BYTES = 8 << 20
_MAX_VALUES = 1024
SEMANTIC, TERMS, HASH = "semantic_vector", "vector", "perceptual_hash"
BASES = (SEMANTIC, TERMS, HASH)
"""Files are compared by the one that most results have; of equally many, by the first."""
_HASH = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the job that has a result."""

    index: int
    filename: str
    sha256: str
    """Of the upload, as is ``filename``."""
    path: Path
    """Of the result."""


@dataclass(frozen=True, slots=True)
class Item:
    """A file that can be compared: the values of its result by basis.

    A hash is 64 values, 1 for each bit that is set, else -1.
    """

    file: Listed
    values: dict[str, list[float]]
    terms: tuple[str, ...] = ()
    """What the values of ``TERMS`` stand for."""


@dataclass(slots=True)
class Items:
    """The comparable files of a job, and by what they are compared."""

    items: list[Item]
    basis: str | None
    left_out: int = 0
    """Files whose result can't be compared with the others."""
    terms: tuple[str, ...] = ()


def read_items(files: Iterable[Listed]) -> Items:
    """Read the results; those that lack the basis of most, or differ in its form, are left out."""
    found, unread = [], 0
    for file in files:
        item = _read(file)
        if item is None:
            unread += 1
        else:
            found.append(item)
    basis = _common(found)
    if basis is None:
        return Items([], None, unread + len(found))
    forms = Counter(_form(item, basis) for item in found if basis in item.values)
    form = max(forms, key=lambda each: (forms[each], each))
    kept = [item for item in found if basis in item.values and _form(item, basis) == form]
    return Items(kept, basis, unread + len(found) - len(kept), kept[0].terms)


def _common(items: Sequence[Item]) -> str | None:
    counts = Counter(basis for item in items for basis in item.values)
    return max(BASES, key=lambda basis: counts[basis]) if counts else None


def _form(item: Item, basis: str) -> tuple[int, tuple[str, ...]]:
    """Return what two items must agree in to be compared: the length, and the terms."""
    return len(item.values[basis]), item.terms


def _read(file: Listed) -> Item | None:
    try:
        picture_hash = png_text(file.path, HASH)
        if picture_hash is not None:
            bits = _bits(picture_hash)
            return Item(file, {HASH: bits}) if bits else None
        if file.path.stat().st_size > MAX_RESULT_BYTES:
            return None
        result = json.loads(file.path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return _of_json(file, result) if isinstance(result, dict) else None


def _bits(text: str) -> list[float] | None:
    if not _HASH.fullmatch(text):
        return None
    return [1.0 if bit == "1" else -1.0 for bit in f"{int(text, 16):064b}"]


def _of_json(file: Listed, result: dict[str, Any]) -> Item | None:
    values = {basis: result[basis] for basis in BASES if _is_vector(result.get(basis))}
    terms = result.get("features")
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        terms = []
    if len(terms) != len(values.get(TERMS, ())):
        return None
    return Item(file, values, tuple(terms)) if values else None


def _is_vector(value: object) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= _MAX_VALUES
        and all(type(each) in (int, float) and math.isfinite(each) for each in value)
    )
