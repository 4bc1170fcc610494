"""Measures CPU time and peak memory of process trees, and CPU time of the whole computer.

Linux alone has what this reads: ``/proc/PID/clear_refs`` resets the peak of a process.
"""

import contextlib
import os
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

Kinds = Mapping[str, list[psutil.Process]]
"""Processes by what they are, such as ``master``; none is in two kinds."""

_RESET_PEAK = "5"
"""As proc(5) states it under ``/proc/pid/clear_refs``."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one run took: seconds, CPU seconds and peak megabytes by kind of process.

    ``cpu_s`` has ``sender`` for this program and the programs that it ran to their end. The peak of
    a kind is that of its largest process. ``foreign_cpu_s`` is what all other processes of the
    computer used meanwhile: more than a few percent of the time means a disturbed run.
    """

    elapsed_s: float
    cpu_s: Mapping[str, float]
    peak_mb: Mapping[str, float]
    foreign_cpu_s: float

    @property
    def total_cpu_s(self) -> float:
        """Return the CPU seconds of all kinds."""
        return sum(self.cpu_s.values())

    def as_json(self) -> dict[str, object]:
        """Return all fields."""
        return asdict(self)


def measure(kinds: Callable[[], Kinds], act: Callable[[], object]) -> Measurement:
    """Run ``act`` and return what the processes took meanwhile.

    Processes that start meanwhile count from their beginning; those that end count if their parent
    lives on and waits for them.
    """
    before = kinds()
    for process in _all(before):
        _reset_peak(process)
    used_before = {kind: cpu_s(processes) for kind, processes in before.items()}
    own_before, all_before = _own_cpu_s(), _computer_cpu_s()
    began = time.perf_counter()
    act()
    elapsed_s = time.perf_counter() - began
    after = kinds()
    used_s = {
        kind: cpu_s(processes) - used_before.get(kind, 0.0) for kind, processes in after.items()
    }
    used_s["sender"] = _own_cpu_s() - own_before
    foreign_s = max(0.0, _computer_cpu_s() - all_before - sum(used_s.values()))
    peak_mb = {
        kind: max(map(_peak_mb, processes), default=0.0) for kind, processes in after.items()
    }
    return Measurement(elapsed_s, used_s, peak_mb, foreign_s)


def tree(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants; empty where it has ended."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def memory_mb(processes: list[psutil.Process]) -> float:
    """Return the proportional share of memory that processes hold together, in MB."""
    return sum(process.memory_full_info().pss for process in processes) / 1e6


def _all(kinds: Kinds) -> Iterator[psutil.Process]:
    for processes in kinds.values():
        yield from processes


def _reset_peak(process: psutil.Process) -> None:
    with contextlib.suppress(OSError):
        Path(f"/proc/{process.pid}/clear_refs").write_text(_RESET_PEAK)


def _peak_mb(process: psutil.Process) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def cpu_s(processes: list[psutil.Process]) -> float:
    """Return the CPU seconds of processes, with those of children that they have waited for."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def _own_cpu_s() -> float:
    """Return the CPU seconds of this process and of children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _computer_cpu_s() -> float:
    """Return the CPU seconds of the whole computer since its start."""
    with Path("/proc/stat").open() as file:
        user, nice, system, _, _, irq, softirq, *_ = map(int, file.readline().split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
