"""Generates the jobs and faults of one run from its seed; no I/O, clocks or threads.

The same seed gives the same schedule, so that a failed run can be repeated. (Its effect depends on
timing too: repeat a seed a few times to see a rare failure.)
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
"""The number of valid files of each task type."""
BAD: Mapping[str, tuple[str, ...]] = {
    "text": ("empty", "unsupported"),
    "embedding": ("empty", "unsupported"),
    "image": ("empty", "unsupported", "corrupt"),
    "document": ("empty", "unsupported", "corrupt"),
    "audio": ("empty", "unsupported", "corrupt"),
    "ocr": ("empty", "unsupported", "corrupt"),
}
"""The invalid files of each type, named by the code with which they must fail."""
TEXT_SET = 8
"""Texts in an embedding job, in fixed groups: each vector depends on all texts of its job."""

_LAST_JOB_S = 1.0
_SOON_S = 1.0
_PAUSE_S = 0.1
"""Between two faults of the same target."""


class SendMode(str, Enum):
    """How a job is sent."""

    ASYNC = "async"
    """One request that does not wait (``Prefer: respond-async``)."""
    BATCHES = "batches"
    """A job of several requests: opened, filled, started."""
    DISCONNECT = "hang up"
    """A synchronous request whose client disconnects and then sends it again."""
    INTERRUPTED = "torn"
    """A request that breaks off during the upload; the next one is asynchronous."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One file to send; ``content`` is "good 7", or the code with which it must fail."""

    filename: str
    content: str

    @property
    def code(self) -> str | None:
        """The code with which it must fail, or None for a valid one."""
        return None if self.content.startswith("good ") else self.content


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """One job: when and how it is sent, and how long after that it is cancelled, if at all."""

    at_s: float
    task_type: str
    mode: SendMode
    files: tuple[Sample, ...]
    cancel_after_s: float | None


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one target ("slave 2"), and how long it lasts."""

    at_s: float
    target: str
    what: str
    recover_after_s: float

    @property
    def kind(self) -> str:
        """Return the fault without the number of its target, as in "slave kill"."""
        return f"{self.target.split()[0]} {self.what}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """The plan of one run; times are seconds from its beginning."""

    seed: int
    jobs: tuple[PlannedJob, ...]
    faults: tuple[Fault, ...]

    @property
    def total_files(self) -> int:
        """The number of files that are sent."""
        return sum(len(job.files) for job in self.jobs)

    def as_json(self) -> str:
        """Return it as indented JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Kind:
    target: str
    what: str
    weight: int
    recover_after_s: tuple[float, float] = (0.0, 0.0)


_AT_ONCE = (0.0, 0.8)
_A_WHILE = (0.3, 2.0)
"""Around the 0.9 seconds after which a silent slave is missing (see ``cluster``)."""
_LONG = (0.3, 4.0)
"""Around the 3 seconds after which a silent request fails."""
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
    _Kind("link", "cut", 3),
    _Kind("link", "refuse", 2, _A_WHILE),
    _Kind("link", "slow", 2, _A_WHILE),
    _Kind("link", "stall", 3, _LONG),
    _Kind("disk", "fill", 3, _A_WHILE),
)
KINDS = frozenset(f"{kind.target} {kind.what}" for kind in _KINDS)

_TARGETS: Mapping[str, tuple[str, ...]] = {
    "master": ("master",),
    "slave": tuple(f"slave {number}" for number in range(1, SLAVES + 1)),
    "worker": tuple(f"worker {number}" for number in range(1, SLAVES + 1)),
    # Link 0 is between slaves and master, the others are between the master and one slave each.
    "link": tuple(f"link {number}" for number in range(SLAVES + 1)),
    "disk": ("disk spool", "disk results"),
}
_TYPE_WEIGHTS = {"text": 5, "embedding": 3, "image": 3, "document": 2, "audio": 2, "ocr": 1}
_MODE_WEIGHTS = {
    SendMode.ASYNC: 4,
    SendMode.BATCHES: 3,
    SendMode.DISCONNECT: 2,
    SendMode.INTERRUPTED: 1,
}
_SUFFIXES = {"image": "jpg", "ocr": "png", "audio": "wav", "document": "pdf"}
T = TypeVar("T")


def schedule(seed: int) -> Schedule:
    """Return the schedule of a seed."""
    random = Random(seed)  # noqa: S311 (has to be repeatable)
    jobs = sorted(
        (_job(random, seed, number) for number in range(random.randint(2, 4))),
        key=lambda job: job.at_s,
    )
    return Schedule(seed, tuple(jobs), _faults(random, [job.at_s for job in jobs]))


def _job(random: Random, seed: int, number: int) -> PlannedJob:
    task_type = _weighted(random, _TYPE_WEIGHTS)
    contents = _contents(random, task_type)
    suffix = _SUFFIXES.get(task_type, "txt")
    names = [f"{seed}-{number} file {index}.{suffix}" for index in range(len(contents))]
    if random.random() < 0.4:
        # Files of the same name, some of which differ only in case.
        for index in random.sample(range(len(names)), min(4, len(names))):
            names[index] = f"{seed}-{random.choice(['same', 'Same'])}.{suffix}"
    return PlannedJob(
        at_s=_seconds(random, 0, _LAST_JOB_S),
        task_type=task_type,
        mode=_weighted(random, _MODE_WEIGHTS),
        files=tuple(map(Sample, names, contents)),
        cancel_after_s=_seconds(random, 0, 1) if random.random() < 0.15 else None,
    )


def _contents(random: Random, task_type: str) -> list[str]:
    if task_type == "embedding":
        first = TEXT_SET * random.randrange(POOL[task_type] // TEXT_SET)
        numbers = list(range(first, first + TEXT_SET))
    else:
        # OCR takes some 0.3 s for a page, the other types some 0.03 s.
        count = random.randint(1, 3) if task_type == "ocr" else random.randint(4, 24)
        numbers = [random.randrange(POOL[task_type]) for _ in range(count)]
    contents = [f"good {number}" for number in numbers]
    if random.random() < 0.6:
        contents += random.choices(BAD[task_type], k=random.randint(1, 3))
    random.shuffle(contents)
    return contents


def _faults(random: Random, jobs_at_s: Sequence[float]) -> tuple[Fault, ...]:
    faults = []
    free_at_s: dict[str, float] = {}
    for _ in range(random.randint(3, 6)):
        kind = _weighted(random, {kind: kind.weight for kind in _KINDS})
        target = random.choice(_TARGETS[kind.target])
        # Soon after a job was sent, and so mostly while it runs.
        at_s = random.choice(jobs_at_s) + random.uniform(0, _SOON_S)
        at_s = max(at_s, free_at_s.get(target, 0.0))
        fault = Fault(round(at_s, 3), target, kind.what, _seconds(random, *kind.recover_after_s))
        free_at_s[target] = fault.at_s + fault.recover_after_s + _PAUSE_S
        faults.append(fault)
    return tuple(sorted(faults, key=lambda fault: fault.at_s))


def _weighted(random: Random, weights: Mapping[T, int]) -> T:
    return random.choices(list(weights), list(weights.values()))[0]


def _seconds(random: Random, least: float, most: float) -> float:
    return round(random.uniform(least, most), 3)
