"""Keeps track of files whose request is still arriving, and of their outcomes.

Such a file is processed, but the ledger doesn't have it. Its outcome is held until the request is
accepted, and dropped if it breaks off.
"""

import threading
from collections.abc import Collection

from master_service.storage.results import Staged
from protocol.wire import Outcome

Held = tuple[Outcome, Staged | None]
"""An outcome that is held, and its result on disk; the outcome then has no bytes."""


class ProvisionalFiles:
    """The provisional files of one run, by position; safe to use from several threads."""

    def __init__(self) -> None:
        self._positions: set[int] = set()
        self._held: dict[int, Held] = {}
        """The outcomes of provisional files, and of accepted ones until ``pop_accepted``."""
        self._lock = threading.Lock()

    def __contains__(self, position: int) -> bool:
        """Return whether the request of a file is still arriving."""
        return position in self._positions

    def positions(self) -> list[int]:
        """Return the positions of all provisional files."""
        return sorted(self._positions)

    def add(self, positions: Collection[int]) -> None:
        """Add files whose request is arriving."""
        self._positions.update(positions)

    def accept(self, positions: Collection[int]) -> set[int]:
        """Record that the files are accepted; return those that have no outcome yet."""
        with self._lock:
            self._positions.difference_update(positions)
            return set(positions) - self._held.keys()

    def hold(self, position: int, held: Held) -> bool:
        """Hold the outcome of a file; return False where it is not provisional any more."""
        with self._lock:
            if position not in self._positions:
                return False
            self._held[position] = held
            return True

    def pop_accepted(self) -> tuple[int, Held] | None:
        """Return an accepted file with its outcome, which is not held any more; None at the end."""
        with self._lock:
            for position in self._held:
                if position not in self._positions:
                    return position, self._held.pop(position)
            return None

    def discard(self, position: int) -> Held | None:
        """Forget a file; return its outcome if one is held."""
        with self._lock:
            self._positions.discard(position)
            return self._held.pop(position, None)
