"""Draws what happens in one run from its seed alone: the jobs, and the troubles. Pure.

The same seed gives the same schedule, so that a run that failed can be played again. (What the
processes make of it depends on the clock too: repeat a seed a few times to see a rare failure.)
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from random import Random
from typing import TypeVar

SLAVES = 3
POOL: Mapping[str, int] = {
    "text": 40,
    "embedding": 40,
    "image": 40,
    "document": 40,
    "audio": 40,
    "ocr": 8,
}
"""How many good files of each task type there are to choose from."""
BAD: Mapping[str, tuple[str, ...]] = {
    "text": ("empty", "unsupported"),
    "embedding": ("empty", "unsupported"),
    "image": ("empty", "unsupported", "corrupt"),
    "document": ("empty", "unsupported", "corrupt"),
    "audio": ("empty", "unsupported", "corrupt"),
    "ocr": ("empty", "unsupported", "corrupt"),
}
"""The bad files of each type, each named for the code with which it must fail."""
TEXT_SET = 8
"""Texts in an embedding job, always the same together: each vector depends on all of them."""

_LAST_JOB_S = 1.0
_SOON_S = 1.0
_REST_S = 0.1
"""Between two troubles of the same actor."""


class Way(str, Enum):
    """How a job is sent."""

    ASYNC = "async"
    """One request that does not wait (``Prefer: respond-async``)."""
    BATCHES = "batches"
    """Opened, filled in several requests, started."""
    HANG_UP = "hang up"
    """One request that waits, whose client goes away; then it asks what has become of it."""
    TORN = "torn"
    """A first request breaks off in the middle of the upload; the second one does not wait."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One file to send; ``content`` is "good 7", or the code with which it must fail."""

    filename: str
    content: str

    @property
    def code(self) -> str | None:
        """The code with which it must fail, or None for a good one."""
        return None if self.content.startswith("good ") else self.content


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """One job: when and how it is sent, and how long after that it is cancelled, if at all."""

    at_s: float
    task_type: str
    way: Way
    files: tuple[Sample, ...]
    cancel_after_s: float | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to one actor ("slave 2"), and how long after that it is put right."""

    at_s: float
    actor: str
    what: str
    heal_after_s: float

    @property
    def kind(self) -> str:
        """Return the same without the actor's number, as in "slave kill"."""
        return f"{self.actor.split()[0]} {self.what}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One run, told in advance; times are seconds from its beginning."""

    seed: int
    jobs: tuple[PlannedJob, ...]
    troubles: tuple[Trouble, ...]

    @property
    def total_files(self) -> int:
        """How many files are sent."""
        return sum(len(job.files) for job in self.jobs)

    def as_json(self) -> str:
        """Return it for a person to read."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Kind:
    actor: str
    what: str
    weight: int
    heal_after_s: tuple[float, float] = (0.0, 0.0)


_AT_ONCE = (0.0, 0.8)
_A_WHILE = (0.3, 2.0)
"""Around the 0.9 seconds after which a silent slave is missing (see ``stage``)."""
_LONG = (0.3, 4.0)
"""Around the 3 seconds after which a silent exchange is lost."""
_KINDS = (
    _Kind("master", "kill", 3, _AT_ONCE),
    _Kind("master", "freeze", 2, _A_WHILE),
    _Kind("master", "terminate", 2, _AT_ONCE),
    _Kind("slave", "kill", 3, _AT_ONCE),
    _Kind("slave", "freeze", 3, _A_WHILE),
    _Kind("slave", "terminate", 2, _AT_ONCE),
    _Kind("worker", "kill", 4),
    _Kind("worker", "freeze", 2, _A_WHILE),
    _Kind("worker", "terminate", 1),
    _Kind("line", "cut", 3),
    _Kind("line", "refuse", 2, _A_WHILE),
    _Kind("line", "slow", 2, _A_WHILE),
    _Kind("line", "stall", 3, _LONG),
    _Kind("disk", "fill", 3, _A_WHILE),
)
KINDS = frozenset(f"{kind.actor} {kind.what}" for kind in _KINDS)

_ACTORS: Mapping[str, tuple[str, ...]] = {
    "master": ("master",),
    "slave": tuple(f"slave {number}" for number in range(1, SLAVES + 1)),
    "worker": tuple(f"worker {number}" for number in range(1, SLAVES + 1)),
    # Line 0 leads to the master, the others from there to the slaves.
    "line": tuple(f"line {number}" for number in range(SLAVES + 1)),
    "disk": ("disk spool", "disk results"),
}
_TYPE_WEIGHTS = {"text": 5, "embedding": 3, "image": 3, "document": 2, "audio": 2, "ocr": 1}
_WAY_WEIGHTS = {Way.ASYNC: 4, Way.BATCHES: 3, Way.HANG_UP: 2, Way.TORN: 1}
_SUFFIXES = {"image": "jpg", "ocr": "png", "audio": "wav", "document": "pdf"}
T = TypeVar("T")


def schedule(seed: int) -> Schedule:
    """Return the run of a seed."""
    random = Random(seed)  # noqa: S311 (to be repeatable is the point)
    jobs = sorted(
        (_job(random, seed, number) for number in range(random.randint(2, 4))),
        key=lambda job: job.at_s,
    )
    return Schedule(seed, tuple(jobs), _troubles(random, [job.at_s for job in jobs]))


def _job(random: Random, seed: int, number: int) -> PlannedJob:
    task_type = _weighted(random, _TYPE_WEIGHTS)
    contents = _contents(random, task_type)
    suffix = _SUFFIXES.get(task_type, "txt")
    names = [f"{seed}-{number} file {index}.{suffix}" for index in range(len(contents))]
    if random.random() < 0.4:
        # Files of one name, which differ in case alone here and there.
        for index in random.sample(range(len(names)), min(4, len(names))):
            names[index] = f"{seed}-{random.choice(['same', 'Same'])}.{suffix}"
    return PlannedJob(
        at_s=_seconds(random, 0, _LAST_JOB_S),
        task_type=task_type,
        way=_weighted(random, _WAY_WEIGHTS),
        files=tuple(map(Sample, names, contents)),
        cancel_after_s=_seconds(random, 0, 1) if random.random() < 0.15 else None,
    )


def _contents(random: Random, task_type: str) -> list[str]:
    if task_type == "embedding":
        first = TEXT_SET * random.randrange(POOL[task_type] // TEXT_SET)
        numbers = list(range(first, first + TEXT_SET))
    else:
        # A page takes a few tenths of a second, everything else a few hundredths.
        count = random.randint(1, 3) if task_type == "ocr" else random.randint(4, 24)
        numbers = [random.randrange(POOL[task_type]) for _ in range(count)]
    contents = [f"good {number}" for number in numbers]
    if random.random() < 0.6:
        contents += random.choices(BAD[task_type], k=random.randint(1, 3))
    random.shuffle(contents)
    return contents


def _troubles(random: Random, jobs_at_s: Sequence[float]) -> tuple[Trouble, ...]:
    troubles = []
    free_at_s: dict[str, float] = {}
    for _ in range(random.randint(3, 6)):
        kind = _weighted(random, {kind: kind.weight for kind in _KINDS})
        actor = random.choice(_ACTORS[kind.actor])
        # Soon after a job was sent, and so in the middle of it more often than not.
        at_s = random.choice(jobs_at_s) + random.uniform(0, _SOON_S)
        at_s = max(at_s, free_at_s.get(actor, 0.0))
        trouble = Trouble(round(at_s, 3), actor, kind.what, _seconds(random, *kind.heal_after_s))
        free_at_s[actor] = trouble.at_s + trouble.heal_after_s + _REST_S
        troubles.append(trouble)
    return tuple(sorted(troubles, key=lambda trouble: trouble.at_s))


def _weighted(random: Random, weights: Mapping[T, int]) -> T:
    return random.choices(list(weights), list(weights.values()))[0]


def _seconds(random: Random, least: float, most: float) -> float:
    return round(random.uniform(least, most), 3)
