"""Puts the comparison of a job's files together, and writes it: a JSON file, and vectors as .npz.

The same results give the same bytes: nothing is random, numbers are rounded, and the archive has no
times.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from master_service.similarity.clusters import cluster, names
from master_service.similarity.comparison import DECIMALS, compare, groups, places, unit_rows
from master_service.similarity.items import HASH, SEMANTIC, TERMS, Item, Items

REPORT, VECTORS = "similar.json", "vectors.npz"
NO_NUMPY = 3
"""Exit code of the program of a comparison."""
LEAST_COSINE = {SEMANTIC: 0.95, TERMS: 0.97, HASH: 1 - 2 * 6 / 64}
"""Of nearly equal files, by basis; that of hashes allows 6 of 64 bits to differ."""
_MIN_TERMS = 5
"""A text with fewer of the job's terms is nearly equal to no other by them."""
_MAX_NAME = 1000
"""Characters of a file's name in the archive, where all take the room of the longest."""
_NOTHING = (
    "No file can be compared: compared are results that have a vector (task type embedding) or a "
    "perceptual_hash (task type image, option facts=perceptual_hash)."
)
_LEFT_OUT = "Files that can't be compared, since their results lack {} or have another form: {:,}."


def write(items: Items, folder: Path) -> None:
    """Write ``REPORT`` and, where there is anything to compare, ``VECTORS`` into a folder."""
    body = json.dumps(_report(items), ensure_ascii=True, separators=(",", ":"))
    (folder / REPORT).write_text(body, encoding="ascii")
    if items.basis is not None:
        _write_vectors(items, folder / VECTORS)


def _report(items: Items) -> dict[str, Any]:
    if items.basis is None:
        return _answer(None, warnings=[_NOTHING])
    found, basis = items.items, items.basis
    rows = unit_rows([item.values[basis] for item in found])
    neighbors, pairs = compare(rows, LEAST_COSINE[basis], [_has_enough(i, basis) for i in found])
    # Copies of one upload are equal, whatever their vectors say.
    pairs += _copies(found)
    labels = cluster(rows) if basis != HASH else None
    files = [
        {
            "index": item.file.index,
            "filename": item.file.filename,
            "cluster": labels[position] if labels else None,
            "x": x,
            "y": y,
            "neighbors": [
                {"index": found[other].file.index, "similarity": _similarity(cosine, basis)}
                for other, cosine in neighbors[position]
            ],
        }
        for position, (item, (x, y)) in enumerate(zip(found, places(rows), strict=True))
    ]
    return _answer(
        basis,
        files=files,
        near_duplicates=[
            [found[position].file.index for position in group]
            for group in groups(len(found), pairs)
        ],
        clusters=_clusters(items, labels) if labels else [],
        warnings=[_LEFT_OUT.format(basis, items.left_out)] if items.left_out else [],
    )


def _answer(basis: str | None, **found: list[Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {"files": [], "near_duplicates": [], "clusters": [], "warnings": []}
    return {"basis": basis, **empty, **found}


def _similarity(cosine: float, basis: str) -> float:
    """Return the cosine of vectors; of hashes, the share of equal bits."""
    return round((1 + cosine) / 2 if basis == HASH else cosine, DECIMALS)


def _has_enough(item: Item, basis: str) -> bool:
    return basis != TERMS or sum(value != 0 for value in item.values[TERMS]) >= _MIN_TERMS


def _copies(items: Sequence[Item]) -> list[tuple[int, int]]:
    first: dict[str, int] = {}
    return [
        (first[item.file.sha256], position)
        for position, item in enumerate(items)
        if first.setdefault(item.file.sha256, position) != position
    ]


def _clusters(items: Items, labels: list[int]) -> list[dict[str, Any]]:
    import numpy as np

    if items.terms:
        weights = np.array([item.values[TERMS] for item in items.items])
    else:
        weights = np.zeros((len(labels), 0))
    return [
        {"cluster": number, "name": name, "files": labels.count(number)}
        for number, name in enumerate(names(weights, items.terms, labels))
    ]


def _write_vectors(items: Items, path: Path) -> None:
    import numpy as np

    files = [item.file for item in items.items]
    arrays: dict[str, Any] = {
        "index": np.array([file.index for file in files]),
        "filename": np.array([file.filename[:_MAX_NAME] for file in files]),
    }
    bases = set.intersection(*(set(item.values) for item in items.items))
    for basis in sorted(bases):
        values = [item.values[basis] for item in items.items]
        if basis == HASH:
            bits = np.array(values) > 0
            arrays[basis] = np.packbits(bits, axis=1).view(">u8").astype(np.uint64)[:, 0]
        else:
            arrays[basis] = np.array(values, dtype=np.float64)
    if items.terms:
        arrays["features"] = np.array(items.terms)
    np.savez_compressed(path, allow_pickle=False, **arrays)
