"""The files of one run that wait for a worker, and those in flight. No I/O, clocks or threads."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

MAX_BATCH_BYTES = 8 * 1024 * 1024
"""Of the files of one batch; a single larger file is sent alone."""
MAX_BATCH_FILES = 200
BATCH_S = 0.25
"""How long a batch is to take: much longer than Dask's 10 ms for a task, and short enough for
results to come steadily and for workers to end at the same time."""
BATCHES_PER_THREAD = 2
"""In flight for each thread of a worker: one is processed while the bytes of the next travel."""


@dataclass(slots=True)
class Batch:
    """Files of one run that were submitted together."""

    number: int
    run: str
    positions: list[int]
    unanswered: set[int]
    """The positions without those that were withdrawn since."""
    worker: str | None = None
    """Who has begun it ("ip:port"); None while it waits in Dask."""


@dataclass(slots=True)
class RunFiles:
    """A file is identified by its position in the run; sizes are in bytes."""

    sizes: list[int]
    blamed_by: dict[int, list[str]] = field(default_factory=dict)
    """For each blamed file that has not ended, one worker for each blame."""
    excluded: set[str] = field(default_factory=set)
    """Workers that get no files of this run where others can do them."""
    batches: dict[int, Batch] = field(default_factory=dict)
    """Those in flight, by number."""
    withdrawn: set[int] = field(default_factory=set)
    """Files that are not to be tried again, whatever comes of an attempt that is being recorded."""
    _waiting: deque[int] = field(default_factory=deque)
    _isolated: deque[int] = field(default_factory=deque)
    """Waiting files that are sent alone, since they were blamed."""
    _answered: int = 0
    _elapsed_s: float = 0.0

    @classmethod
    def of(cls, sizes: Sequence[int], blamed_by: Mapping[int, Sequence[str]]) -> "RunFiles":
        """Return the files of a new run, all of them waiting."""
        files = cls(list(sizes), {at: list(names) for at, names in blamed_by.items() if names})
        files.put_back(range(len(sizes)))
        return files

    def extend(self, sizes: Sequence[int]) -> None:
        """Add files behind the present ones."""
        first = len(self.sizes)
        self.sizes += sizes
        self._waiting.extend(range(first, len(self.sizes)))

    @property
    def waiting(self) -> int:
        """How many files wait for a worker."""
        return len(self._waiting) + len(self._isolated)

    def take(self, threads: int) -> list[int]:
        """Take the files of the next batch for a cluster with this many threads."""
        if self._isolated:
            return [self._isolated.popleft()]
        # Fewer towards the end, so that all threads end at about the same time.
        share = len(self._waiting) // (BATCHES_PER_THREAD * threads)
        most = max(1, min(self._batch_files(), share, MAX_BATCH_FILES))
        taken: list[int] = []
        size = 0
        while self._waiting and len(taken) < most:
            size += self.sizes[self._waiting[0]]
            if taken and size > MAX_BATCH_BYTES:
                break
            taken.append(self._waiting.popleft())
        return taken

    def _batch_files(self) -> int:
        """Return how many files take ``BATCH_S``, by the files that have been answered."""
        if not self._answered:
            return 1
        return int(BATCH_S * self._answered / max(self._elapsed_s, 1e-6))

    def answered(self, files: int, elapsed_s: float) -> None:
        """Record how long the files of a batch have taken together."""
        self._answered += files
        self._elapsed_s += elapsed_s

    def put_back(self, positions: Iterable[int]) -> None:
        """Let files wait, ahead of the others."""
        for position in sorted(positions, reverse=True):
            queue = self._isolated if position in self.blamed_by else self._waiting
            queue.appendleft(position)

    def blame(self, position: int, worker: str, max_attempts: int) -> bool:
        """Record that a file failed on a worker; return whether it waits for another attempt."""
        blamed_by = self.blamed_by.setdefault(position, [])
        blamed_by.append(worker)
        if len(blamed_by) >= max_attempts:
            return False
        self._isolated.append(position)
        return True

    def blames(self, position: int) -> tuple[str, ...]:
        """Return the workers that have blamed a file."""
        return tuple(self.blamed_by.get(position, ()))

    def avoided(self, positions: Sequence[int]) -> list[str]:
        """Return the workers that are not to have these files where others can do them."""
        blamed = {name for position in positions for name in self.blames(position)}
        return sorted(blamed | self.excluded)

    def withdraw(self, positions: Iterable[int]) -> list[int]:
        """Remove files that have no outcome yet, waiting or in flight; return which they were."""
        unwanted = set(positions)
        self.withdrawn |= unwanted
        removed = unwanted.intersection(self.take_all(unwanted))
        for batch in self.batches.values():
            removed.update(unwanted.intersection(batch.unanswered))
            batch.unanswered -= unwanted
        return sorted(removed)

    def take_all(self, wanted: Iterable[int] | None = None) -> list[int]:
        """Take all files that wait, or those of ``wanted``."""
        chosen = None if wanted is None else set(wanted)
        taken = [at for at in (*self._isolated, *self._waiting) if chosen is None or at in chosen]
        gone = set(taken)
        self._isolated = deque(at for at in self._isolated if at not in gone)
        self._waiting = deque(at for at in self._waiting if at not in gone)
        return sorted(taken)
