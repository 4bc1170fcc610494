"""One measured kind of input, and the table of all of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: the mean of ``measure`` over ``files`` inputs of a kind."""

    kind: str
    measure: str
    value: float
    files: int
    lowest: float | None = None
    """The bound: a smaller value fails the run. None where none is promised."""

    @property
    def is_low(self) -> bool:
        """Whether the value is below its bound."""
        return self.lowest is not None and self.value < self.lowest


def markdown(rows: Iterable[Row]) -> str:
    """Return the rows as a table."""
    lines = ["| input | measure | value | at least | inputs |", "|---|---|---|---|---|"]
    for row in rows:
        bound = "" if row.lowest is None else f"{row.lowest:g}"
        mark = " (too low)" if row.is_low else ""
        lines.append(
            f"| {row.kind} | {row.measure} | {row.value:.3f}{mark} | {bound} | {row.files} |"
        )
    return "\n".join(lines)


def word_recall(expected: str, found: str) -> float:
    """Return the share of the expected words that were found, each as often as it is there."""
    wanted = Counter(expected.split())
    missing = wanted - Counter(found.split())
    return 1 - missing.total() / max(1, wanted.total())
