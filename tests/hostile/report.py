"""Counts the final states of the files, and formats the report of the campaign."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.hostile.alone import Alone
from tests.hostile.corpus import Case
from tests.hostile.sending import EndedJob
from tests.hostile.verification import Violation

_SLOWEST = 12
_MIB = 2**20


@dataclass(slots=True)
class Report:
    """The results of a campaign so far."""

    seed: int
    files: int = 0
    jobs: int = 0
    begin: float = 0.0
    seconds: float = 0.0
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By task type and by code; ``done`` where there is none."""
    slowest: list[tuple[float, int, str]] = field(default_factory=list)
    crashes: list[tuple[int, str]] = field(default_factory=list)
    alone: list[Alone] = field(default_factory=list)
    longest_silence_s: float = 0.0
    warm_up_files: int = 0
    memory_before: dict[str, int] = field(default_factory=dict)
    memory_after: dict[str, int] = field(default_factory=dict)
    memory_now: dict[str, int] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    keep: Path | None = None
    """Where the bytes of files with violations go."""

    def add(self, cases: Sequence[Case], done: EndedJob) -> None:
        """Count a job that has ended."""
        self.jobs += 1
        self.files += len(cases)
        self.longest_silence_s = max(self.longest_silence_s, done.longest_silence_s)
        for index, (case, entry) in enumerate(zip(cases, done.entries, strict=False)):
            self.ends[case.task_type, entry["code"] or entry["state"]] += 1
            about = f"{case.task_type}; {case.what}; {entry['code'] or entry['state']}"
            if index in done.file_seconds:
                self.slowest.append((done.file_seconds[index], case.number, about))
            if entry["code"] == "crashed":
                self.crashes.append((case.number, about))
        self.slowest = sorted(self.slowest, reverse=True)[:_SLOWEST]

    def add_alone(self, alone: Alone) -> None:
        """Add the outcome of a costly file that was sent alone, without its bytes."""
        case = Case(alone.case.number, alone.case.task_type, "", b"", alone.case.what)
        self.alone.append(Alone(case, alone.code, alone.seconds, alone.flows_s))

    def add_violation(self, violation: Violation, cases: Sequence[Case]) -> None:
        """Add a violation, and save the bytes of its file."""
        self.violations.append(violation)
        for case in cases:
            if case.number == violation.number and self.keep is not None:
                self.keep.mkdir(parents=True, exist_ok=True)
                (self.keep / f"{case.number}-{case.task_type}").write_bytes(case.data)

    def progress(self) -> str:
        """Return one line about the progress."""
        rate = self.files / max(self.seconds, 0.001)
        memory = "/".join(f"{held / _MIB:.0f}" for held in self.memory_now.values())
        return (
            f"{self.files} files in {self.jobs} jobs, {self.seconds:.0f} s ({rate:.1f} a second), "
            f"{len(self.violations)} violations; master and slaves hold {memory} MiB"
        )

    def lines(self) -> Iterator[str]:
        """Yield the whole report."""
        yield self.progress() + f"; seed {self.seed}"
        yield from self._table()
        yield f"Longest time in which no file ended: {self.longest_silence_s:.1f} s"
        yield "Slowest (seconds, number):"
        yield from (f"  {seconds:6.2f}  {n:>6}  {about}" for seconds, n, about in self.slowest)
        yield f"Crashed: {len(self.crashes)}"
        yield from (f"          {number:>6}  {about}" for number, about in self.crashes)
        yield from self._about_alone()
        yield f"Memory of their own in MiB, after {self.warm_up_files} files and at the end:"
        for name, before in self.memory_before.items():
            yield f"  {name:8} {before / _MIB:7.1f} {self.memory_after.get(name, 0) / _MIB:7.1f}"
        yield f"Complaints: {len(self.violations)}"
        for violation in self.violations:
            yield f"  {violation.text[:1500]}"
            if violation.number is not None:
                yield f"    Again: make hostile FILE={violation.number} SEED={self.seed}"

    def _table(self) -> Iterator[str]:
        types = sorted({task_type for task_type, _ in self.ends})
        codes = sorted({code for _, code in self.ends})
        yield f"{'':14}" + "".join(f"{task_type:>11}" for task_type in types) + f"{'all':>11}"
        for code in codes:
            counts = [self.ends[task_type, code] for task_type in types]
            yield f"{code:14}" + "".join(f"{n:11}" for n in (*counts, sum(counts)))
        totals = [sum(self.ends[task_type, code] for code in codes) for task_type in types]
        yield f"{'all':14}" + "".join(f"{n:11}" for n in (*totals, sum(totals)))

    def _about_alone(self) -> Iterator[str]:
        yield f"Sent again alone: {len(self.alone)} that had cost a worker or its memory"
        for alone in sorted(self.alone, key=lambda one: -one.seconds)[:_SLOWEST]:
            about = f"{alone.case.task_type}; {alone.case.what}; {alone.code}"
            yield f"  {alone.seconds:6.2f}  {alone.case.number:>6}  {about}"
        flows = sorted(seconds for alone in self.alone for seconds in alone.flows_s)
        if flows:
            yield (
                f"  beside them {len(flows)} good files went through, half of them in "
                f"{flows[len(flows) // 2]:.2f} s, the slowest in {flows[-1]:.2f} s"
            )
