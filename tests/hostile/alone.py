"""Sends a file that cost a worker again, alone: does it end in time, without delaying others?"""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.hostile.cluster import FILE_TIMEOUT_S, MAX_ATTEMPTS, RESTART_S
from tests.hostile.corpus import Case
from tests.hostile.good_file import GoodFiles
from tests.hostile.sending import send

_GRACE_S = 2.0
COSTLY = ("timeout", "crashed", "out_of_memory")
_FLOW_LIMIT_S = FILE_TIMEOUT_S + _GRACE_S + RESTART_S
"""For a good file beside it: it may be given to the slave that needs a new worker."""


@dataclass(slots=True)
class Alone:
    """The outcome of a costly file that was sent alone."""

    case: Case
    code: str | None
    seconds: float
    flows_s: Sequence[float]
    """What each good file took that was sent meanwhile."""
    violations: list[str] = field(default_factory=list)


def send_alone(url: str, case: Case, good: GoodFiles) -> Alone:
    """Send a file alone, and valid ones to the other slave, one by one, until it has ended."""
    good.start_both_workers()
    flow = _Flow(good)
    begin = time.monotonic()
    flow.start()
    try:
        done = send(url, [case])
    finally:
        seconds = time.monotonic() - begin
        flow.finish()
    entry = done.entries[0]
    alone = Alone(case, entry["code"], seconds, flow.seconds, flow.violations)
    alone.violations += _too_late(alone)
    return alone


def _too_late(alone: Alone) -> Iterator[str]:
    limit_s = FILE_TIMEOUT_S + _GRACE_S
    if alone.code == "crashed":
        limit_s = MAX_ATTEMPTS * limit_s + (MAX_ATTEMPTS - 1) * RESTART_S
    if alone.seconds > limit_s:
        yield f"alone it ended after {alone.seconds:.1f} s, and {limit_s:g} are allowed"
    if alone.flows_s and max(alone.flows_s) > _FLOW_LIMIT_S:
        yield f"a good file beside it took {max(alone.flows_s):.1f} s"


class _Flow(threading.Thread):
    """Sends valid files, one after the other."""

    def __init__(self, good: GoodFiles) -> None:
        super().__init__(daemon=True)
        self._good = good
        self._over = threading.Event()
        self.seconds: list[float] = []
        self.violations: list[str] = []

    def run(self) -> None:
        while not self._over.is_set():
            try:
                seconds, wrong = self._good.check("text")
            except Exception as error:  # noqa: BLE001 (border of a thread: it is told, not lost)
                self.violations.append(f"a good file beside it: {type(error).__name__}: {error}")
                return
            self.seconds.append(seconds)
            self.violations += wrong

    def finish(self) -> None:
        self._over.set()
        self.join()
