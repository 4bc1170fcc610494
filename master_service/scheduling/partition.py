"""Divides the files of one run among slaves: even shares, taken from the front. Pure.

Files are meant here by their position in the run. What has no slave of its own (because that one
is gone, or handed it back) is *loose*, and goes to whoever asks first.
"""

from collections import deque
from collections.abc import Collection, Iterable, Sequence


class Partition:
    """Who is to get which of the files that nobody has been given yet."""

    def __init__(
        self, sizes: Sequence[int], slaves: Sequence[str], isolated: Collection[int] = ()
    ) -> None:
        """Deal the files out in turn, as cards are dealt; ``sizes`` are in bytes.

        Files that are kept ``isolated`` belong to nobody, and are not among the loose ones either.
        """
        files = [index for index in range(len(sizes)) if index not in isolated]
        self._sizes = sizes
        self._shares: dict[str, deque[int]] = {}
        self._unassigned: deque[int] = deque()
        for number, slave in enumerate(slaves):
            self._shares[slave] = deque(files[number :: len(slaves)])
        if not slaves:
            self._unassigned.extend(files)

    def waiting_for(self, slave: str) -> int:
        """Return how many files wait in the slave's own share."""
        return len(self._shares.get(slave, ()))

    def owners(self) -> list[str]:
        """Return the slaves whose share is not empty."""
        return [slave for slave, share in self._shares.items() if share]

    def take(self, slave: str, max_files: int, max_bytes: int) -> list[int]:
        """Take from the slave's own share, or else from what is loose."""
        for source in (self._shares.get(slave), self._unassigned):
            if source:
                return self._take_from_front(source, max_files, max_bytes)
        return []

    def take_from(self, owner: str, max_files: int, max_bytes: int) -> list[int]:
        """Take from the end of another slave's share, at most half of it."""
        share = self._shares[owner]
        max_files = min(max_files, (len(share) + 1) // 2)
        taken: list[int] = []
        while share and len(taken) < max_files:
            size = self._sizes[share[-1]]
            if taken and size > max_bytes:
                break
            max_bytes -= size
            taken.append(share.pop())
        return taken[::-1]

    def take_all(self) -> list[int]:
        """Take every file that waits, whosever it is."""
        taken = list(self._unassigned)
        self._unassigned.clear()
        for share in self._shares.values():
            taken.extend(share)
            share.clear()
        return taken

    def put_back(self, indexes: Iterable[int]) -> None:
        """Make files loose again, ahead of the others: they have waited longest."""
        self._unassigned.extendleft(sorted(indexes, reverse=True))

    def unassign(self, slave: str) -> None:
        """Make the share of a slave that is gone loose."""
        self._unassigned.extend(self._shares.pop(slave, ()))

    def _take_from_front(self, source: deque[int], max_files: int, max_bytes: int) -> list[int]:
        taken: list[int] = []
        while source and len(taken) < max_files:
            size = self._sizes[source[0]]
            if taken and size > max_bytes:
                break
            max_bytes -= size
            taken.append(source.popleft())
        return taken
