"""Partitions the files of one run evenly among slaves, and hands them out from the front.

A file is identified by its position in the run. A file in no slave's share (because the slave is
gone or handed it back) is *unassigned* and goes to the first slave that asks. No I/O, clocks or
threads.
"""

from array import array
from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence


class Partition:
    """The files of a run that no slave holds yet, by the slave that is to get them."""

    def __init__(
        self, sizes: Sequence[int], slaves: Sequence[str], isolated: Collection[int] = ()
    ) -> None:
        """Assign the files to the slaves round-robin; ``sizes`` are in bytes.

        Files in ``isolated`` are left out of the partition.
        """
        files = [position for position in range(len(sizes)) if position not in isolated]
        self._sizes = array("Q", sizes)
        self._shares: dict[str, deque[int]] = {}
        self._unassigned: deque[int] = deque()
        self._assigned: Counter[str] = Counter()
        self.waiting = len(files)
        """How many files no slave holds, other than isolated ones."""
        for number, slave in enumerate(slaves):
            self._shares[slave] = deque(files[number :: len(slaves)])
            self._assigned[slave] = len(self._shares[slave])
        if not slaves:
            self._unassigned.extend(files)

    def extend(
        self, sizes: Sequence[int], slaves: Sequence[str], in_progress: Mapping[str, int]
    ) -> list[str]:
        """Add files at the next positions, each to the slave with the fewest of the run's files.

        These are its waiting files and those ``in_progress``. Of slaves with equally many, the one
        that was assigned fewer files gets it, or else the first one. Returns the slaves that got
        files.
        """

        def load(slave: str) -> tuple[int, int]:
            return self.waiting_for(slave) + in_progress.get(slave, 0), self._assigned[slave]

        chosen: set[str] = set()
        for size in sizes:
            position = len(self._sizes)
            self._sizes.append(size)
            if not slaves:
                self._unassigned.append(position)
                continue
            slave = min(slaves, key=load)
            self._shares.setdefault(slave, deque()).append(position)
            self._assigned[slave] += 1
            chosen.add(slave)
        self.waiting += len(sizes)
        return sorted(chosen)

    def waiting_for(self, slave: str) -> int:
        """Return how many files wait in the slave's own share."""
        return len(self._shares.get(slave, ()))

    @property
    def shares(self) -> int:
        """The number of slaves with a share, empty ones included."""
        return len(self._shares)

    def owners(self) -> list[str]:
        """Return the slaves whose share is not empty."""
        return [slave for slave, share in self._shares.items() if share]

    def take(self, slave: str, max_files: int, max_bytes: int) -> list[int]:
        """Take files from the slave's share or, if it is empty, unassigned ones.

        The limits hold together, but a single file may exceed ``max_bytes``.
        """
        for source in (self._shares.get(slave), self._unassigned):
            if source:
                return self._take_from_front(source, max_files, max_bytes)
        return []

    def take_from(self, owner: str, max_files: int, max_bytes: int) -> list[int]:
        """Take files from the end of the owner's share, at most half of it (rounded up)."""
        share = self._shares[owner]
        max_files = min(max_files, (len(share) + 1) // 2)
        taken: list[int] = []
        while share and len(taken) < max_files:
            size = self._sizes[share[-1]]
            if taken and size > max_bytes:
                break
            max_bytes -= size
            taken.append(share.pop())
        self.waiting -= len(taken)
        return taken[::-1]

    def take_all(self) -> list[int]:
        """Take all files, from every share and unassigned."""
        taken = list(self._unassigned)
        self._unassigned.clear()
        for share in self._shares.values():
            taken.extend(share)
            share.clear()
        self.waiting = 0
        return taken

    def remove(self, positions: Collection[int]) -> list[int]:
        """Remove files; return those that were in a share or unassigned."""
        removed = []
        for waiting in (self._unassigned, *self._shares.values()):
            found = [position for position in waiting if position in positions]
            if found:
                left = [position for position in waiting if position not in positions]
                waiting.clear()
                waiting.extend(left)
                removed.extend(found)
        self.waiting -= len(removed)
        return removed

    def put_back(self, positions: Iterable[int]) -> None:
        """Return files as unassigned, ahead of the others: they have waited longest."""
        files = sorted(positions, reverse=True)
        self._unassigned.extendleft(files)
        self.waiting += len(files)

    def unassign(self, slave: str) -> None:
        """Make the files of the slave's share unassigned."""
        self._unassigned.extend(self._shares.pop(slave, ()))

    def _take_from_front(self, source: deque[int], max_files: int, max_bytes: int) -> list[int]:
        taken: list[int] = []
        while source and len(taken) < max_files:
            size = self._sizes[source[0]]
            if taken and size > max_bytes:
                break
            max_bytes -= size
            taken.append(source.popleft())
        self.waiting -= len(taken)
        return taken
