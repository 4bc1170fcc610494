"""Divides vectors of length 1 into clusters: k-means with cosines, without anything random.

I. S. Dhillon and D. S. Modha, "Concept decompositions for large sparse text data", 2001. The first
centre is the row next to the mean of all, each further one the row that is farthest from those
before. The number of clusters is the one with the highest mean silhouette (P. Rousseeuw, 1987).
"""

from typing import TYPE_CHECKING

from master_service.similarity.comparison import unit_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.intp]

MAX_CLUSTERS = 12
_LEAST_SILHOUETTE = 0.03
"""Below it the rows are one cluster."""
_ROUNDS = 30
_SAMPLE = 800
"""Rows that the silhouette is computed of, since its time grows with their square."""


def cluster(rows: "Floats") -> list[int]:
    """Return the number of each row's cluster; clusters are numbered by their first row."""
    import numpy as np

    best, best_value = np.zeros(len(rows), dtype=np.intp), _LEAST_SILHOUETTE
    sample = np.unique(np.linspace(0, len(rows) - 1, _SAMPLE).astype(np.intp))
    distances = 1 - rows[sample] @ rows[sample].T
    for count in range(2, min(MAX_CLUSTERS, len(rows) - 1) + 1):
        labels = _divided(rows, count)
        value = _silhouette(distances, labels[sample])
        if value > best_value + 1e-9:
            best, best_value = labels, value
    order: dict[int, int] = {}
    return [order.setdefault(int(label), len(order)) for label in best]


def _divided(rows: "Floats", count: int) -> "Labels":
    centres = _first_centres(rows, count)
    labels = _nearest(rows, centres)
    for _ in range(_ROUNDS):
        sums = [rows[labels == number].sum(axis=0) for number in range(count)]
        centres = unit_rows(sums)
        moved = _nearest(rows, centres)
        if (moved == labels).all():
            break
        labels = moved
    return labels


def _first_centres(rows: "Floats", count: int) -> "Floats":
    chosen = [int((rows @ rows.sum(axis=0)).round(9).argmax())]
    closest = rows @ rows[chosen[0]]
    while len(chosen) < count:
        chosen.append(int(closest.round(9).argmin()))
        closest = closest.clip(rows @ rows[chosen[-1]])
    return rows[chosen]


def _nearest(rows: "Floats", centres: "Floats") -> "Labels":
    nearest: Labels = (rows @ centres.T).round(9).argmax(axis=1)
    return nearest


def _silhouette(distances: "Floats", labels: "Labels") -> float:
    import numpy as np

    numbers = np.unique(labels)
    if len(numbers) < 2:
        return -1.0
    members = labels[:, None] == numbers[None, :]
    sizes = members.sum(axis=0)
    sums = distances @ members
    own = members.argmax(axis=1)
    lines = np.arange(len(labels))
    within = sums[lines, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[lines, own] = np.inf
    others = means.min(axis=1)
    values = (others - within) / np.maximum(np.maximum(within, others), 1e-12)
    return float(np.where(sizes[own] > 1, values, 0.0).mean())


def names(weights: "Floats", terms: tuple[str, ...], labels: list[int]) -> list[str]:
    """Return a name for each cluster: the three terms that weigh most in it, next to the others.

    ``weights`` are those of the terms in each row.
    """
    import numpy as np

    found = []
    numbers = np.array(labels)
    for number in range(max(labels) + 1):
        inside = weights[numbers == number].mean(axis=0)
        outside = weights[numbers != number].mean(axis=0) if (numbers != number).any() else 0.0
        marks = np.where(inside > 0, inside - outside, -1.0).round(9)
        best = [int(i) for i in np.lexsort((np.arange(len(marks)), -marks))[:3] if inside[i] > 0]
        found.append(", ".join(terms[i] for i in best) or f"cluster {number + 1}")
    return found
