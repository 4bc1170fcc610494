"""Finds the nearest neighbors of each row of a matrix, and the groups of nearly equal rows.

Similarities are computed in blocks of rows, so the memory grows with the rows and not with their
square; the time grows with the square.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NEIGHBORS = 5
DECIMALS = 4
_BLOCK_ROWS = 256
_LEAST_SIMILARITY = 0.005
"""A file with a smaller cosine is no neighbor."""


def unit_rows(values: Sequence[Sequence[float]]) -> "Floats":
    """Return the vectors as rows of length 1; those of length 0 stay so."""
    import numpy as np

    rows = np.array(values, dtype=np.float64)
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    unit: Floats = rows / np.where(lengths > 0, lengths, 1.0)
    return unit


def compare(
    rows: "Floats", least: float, may_be_equal: "Sequence[bool]"
) -> tuple[list[list[tuple[int, float]]], list[tuple[int, int]]]:
    """Return each row's neighbors, nearest first, and the pairs with a cosine of ``least`` or more.

    A neighbor is a position and a cosine, rounded; of equal ones the first in order. Rows
    that may not be equal to others (``may_be_equal``) are in no pair.
    """
    import numpy as np

    neighbors, pairs = [], []
    allowed = np.array(may_be_equal, dtype=bool)
    for start, cosines in _blocks(rows):
        for offset, line in enumerate(cosines):
            row = start + offset
            close = np.flatnonzero((line >= least) & allowed) if allowed[row] else ()
            pairs += [(row, int(other)) for other in close if other > row]
            line[row] = -2.0
            best = np.lexsort((np.arange(len(line)), -line))[:NEIGHBORS]
            neighbors.append(
                [(int(i), float(line[i])) for i in best if line[i] > _LEAST_SIMILARITY]
            )
    return neighbors, pairs


def _blocks(rows: "Floats") -> "Iterator[tuple[int, Floats]]":
    for start in range(0, len(rows), _BLOCK_ROWS):
        yield start, (rows[start : start + _BLOCK_ROWS] @ rows.T).round(DECIMALS)


def groups(count: int, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return the connected groups of two or more of ``count`` positions, in order."""
    parents = list(range(count))

    def root(position: int) -> int:
        while parents[position] != position:
            parents[position] = parents[parents[position]]
            position = parents[position]
        return position

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        parents[high] = low
    found: dict[int, list[int]] = {}
    for position in range(count):
        found.setdefault(root(position), []).append(position)
    return [group for group in found.values() if len(group) > 1]


def places(rows: "Floats") -> list[tuple[float, float]]:
    """Return x and y of each row, from 0 to 1: its first two principal components."""
    import numpy as np

    centred = rows - rows.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    columns = []
    for number in (-1, -2):
        if directions.shape[1] < abs(number):
            columns.append(np.full(len(rows), 0.5))
            continue
        axis = directions[:, number]
        # The sign of an axis is arbitrary: its largest part becomes positive.
        axis = axis * np.sign(axis[np.abs(axis).round(6).argmax()] or 1.0)
        along = centred @ axis
        width = along.max() - along.min()
        columns.append((along - along.min()) / width if width > 1e-9 else np.full(len(rows), 0.5))
    return [
        (round(float(x), DECIMALS), round(float(y), DECIMALS))
        for x, y in zip(*columns, strict=True)
    ]
