"""Divides the files of one run among slaves: even shares, taken from the front. Pure.

Files are meant here by their position in the run. What has no slave of its own (because that one
is gone, or handed it back) is *loose*, and goes to whoever asks first.
"""

from collections import deque
from collections.abc import Collection, Iterable, Sequence


class Partition:
    """Who is to get which of the files that nobody has been given yet."""

    def __init__(
        self, sizes: Sequence[int], slaves: Sequence[str], apart: Collection[int] = ()
    ) -> None:
        """Deal the files out in turn, as cards are dealt; ``sizes`` are in bytes.

        Files that are kept ``apart`` belong to nobody, and are not among the loose ones either.
        """
        files = [index for index in range(len(sizes)) if index not in apart]
        self._sizes = sizes
        self._own: dict[str, deque[int]] = {}
        self._loose: deque[int] = deque()
        for number, slave in enumerate(slaves):
            self._own[slave] = deque(files[number :: len(slaves)])
        if not slaves:
            self._loose.extend(files)

    def waiting_for(self, slave: str) -> int:
        """Return how many files wait in the slave's own share."""
        return len(self._own.get(slave, ()))

    def owners(self) -> list[str]:
        """Return the slaves whose share is not empty."""
        return [slave for slave, share in self._own.items() if share]

    def take(self, slave: str, most_files: int, most_bytes: int) -> list[int]:
        """Take from the slave's own share, or else from what is loose."""
        for source in (self._own.get(slave), self._loose):
            if source:
                return self._from_front(source, most_files, most_bytes)
        return []

    def take_from(self, owner: str, most_files: int, most_bytes: int) -> list[int]:
        """Take from the end of another slave's share, at most half of it."""
        share = self._own[owner]
        most_files = min(most_files, (len(share) + 1) // 2)
        taken: list[int] = []
        while share and len(taken) < most_files:
            size = self._sizes[share[-1]]
            if taken and size > most_bytes:
                break
            most_bytes -= size
            taken.append(share.pop())
        return taken[::-1]

    def take_all(self) -> list[int]:
        """Take every file that waits, whosever it is."""
        taken = list(self._loose)
        self._loose.clear()
        for share in self._own.values():
            taken.extend(share)
            share.clear()
        return taken

    def put_back(self, indexes: Iterable[int]) -> None:
        """Make files loose again, ahead of the others: they have waited longest."""
        self._loose.extendleft(sorted(indexes, reverse=True))

    def unassign(self, slave: str) -> None:
        """Make the share of a slave that is gone loose."""
        self._loose.extend(self._own.pop(slave, ()))

    def _from_front(self, source: deque[int], most_files: int, most_bytes: int) -> list[int]:
        taken: list[int] = []
        while source and len(taken) < most_files:
            size = self._sizes[source[0]]
            if taken and size > most_bytes:
                break
            most_bytes -= size
            taken.append(source.popleft())
        return taken
