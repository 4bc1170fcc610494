"""The registry of slaves, in memory: who has registered, what it can do, who has fallen silent.

Times are seconds of a monotonic clock, given by the caller.
"""

import threading
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace

from master_service.errors import TooManySlaves
from protocol.task_types import TASK_TYPES

MISSED_HEARTBEATS = 3
FORGOTTEN_AFTER_S = 3600.0
MAX_SLAVES = 1000
"""Each costs memory, and time at every step; whoever can register could do so without end."""
SLAVE_STATES = ("ready", "resting", "unreachable", "missing")
SINGLE_PASS_TASK_TYPES = frozenset(name for name, task in TASK_TYPES.items() if task.fit is None)
"""What a slave is taken to do that registers with its address alone: all that needs one pass."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The optional extras of a registration."""

    workers: int = 1
    task_types: frozenset[str] = SINGLE_PASS_TASK_TYPES
    unavailable: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    tls: bool = False
    ocr_languages: tuple[str, ...] = ()
    """What its Tesseract can read."""


@dataclass(frozen=True, slots=True)
class SlaveRecord:
    """One slave as the master knows it; one that sends no heartbeats has to be asked."""

    ip: str
    port: int
    capabilities: Capabilities
    sends_heartbeats: bool
    last_seen: float
    missing: bool = False
    checked: bool = False
    """Whether the master has called the slave back since it registered or came back."""
    unreachable: str | None = None
    """Why the master can't call the slave, with what to change; None where it can."""

    @property
    def name(self) -> str:
        """Return "ip:port", by which the slave goes everywhere."""
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"

    @property
    def url(self) -> str:
        """Return the address at which the slave is called."""
        return f"{'https' if self.capabilities.tls else 'http'}://{self.name}"


def slave_state(record: SlaveRecord, resting: Container[str]) -> str:
    """Return which of ``SLAVE_STATES`` a slave is in; ``resting`` holds names ("ip:port")."""
    if record.missing:
        return "missing"
    if record.unreachable:
        return "unreachable"
    return "resting" if record.name in resting else "ready"


@dataclass(frozen=True, slots=True)
class Change:
    """A slave came (or changed), left in good order, became unreachable, or was lost."""

    record: SlaveRecord
    gone: bool = False
    lost: bool = False


class Registry:
    """Every slave of the last hour; tells ``on_change`` of each that comes or goes."""

    def __init__(self, interval_s: float, on_change: Callable[[Change], None]) -> None:
        self.interval_s = interval_s
        self._on_change = on_change
        self._records: dict[tuple[str, int], SlaveRecord] = {}
        # Held while ``on_change`` is told too, so that changes are heard of in their order.
        self._lock = threading.RLock()

    def register(self, ip: str, port: int, capabilities: Capabilities | None, at: float) -> bool:
        """Note a registration or a beat; returns whether it is news.

        Without ``capabilities`` those given before are kept. Raises ``TooManySlaves``.
        """
        with self._lock:
            old = self._records.get((ip, port))
            if old is None:
                self._evict_if_full()
            if capabilities is None and old is not None:
                new = replace(old, last_seen=at, missing=False)
            else:
                sends_heartbeats = capabilities is not None
                new = SlaveRecord(
                    ip, port, capabilities or Capabilities(), sends_heartbeats, last_seen=at
                )
            news = old is None or old.missing or old.capabilities != new.capabilities
            if old is not None and not old.missing:
                new = replace(new, checked=not news, unreachable=old.unreachable)
            elif old is not None:
                # Whatever kept it away may also have changed how it is reached.
                new = replace(new, checked=False, unreachable=None)
            self._records[ip, port] = new
            if news and new.unreachable is None:
                self._on_change(Change(new))
        return news

    def _evict_if_full(self) -> None:
        """Forget, where there are very many, the slave that has been missing for longest."""
        if len(self._records) < MAX_SLAVES:
            return
        missing = [(key, record) for key, record in self._records.items() if record.missing]
        if not missing:
            raise TooManySlaves(MAX_SLAVES)
        key, _ = min(missing, key=lambda entry: entry[1].last_seen)
        del self._records[key]

    def record_answer(self, ip: str, port: int, at: float) -> None:
        """Note that a slave answered when it was asked."""
        with self._lock:
            if (ip, port) in self._records:
                self.register(ip, port, None, at)

    def record_check(self, ip: str, port: int, problem: str | None) -> None:
        """Note whether the master could call the slave back; ``problem`` says why it could not.

        An unreachable slave stays registered, is given no files, and keeps those that it holds.
        """
        with self._lock:
            old = self._records.get((ip, port))
            if old is None or old.missing:
                return
            new = replace(old, checked=True, unreachable=problem)
            self._records[ip, port] = new
            if (old.unreachable is None) != (problem is None):
                self._on_change(Change(new, gone=problem is not None))

    def unreachable_reason(self, ip: str, port: int) -> str | None:
        """Return why the master can't call the slave; None where it can or has not tried yet."""
        with self._lock:
            record = self._records.get((ip, port))
            return record.unreachable if record else None

    def leave(self, ip: str, port: int) -> None:
        """Take out a slave that leaves in good order; it answers what it still holds."""
        with self._lock:
            record = self._records.pop((ip, port), None)
            if record is not None:
                self._on_change(Change(record, gone=True))

    def sweep(self, at: float) -> None:
        """Find the slaves that have been silent for too long, and forget those long gone."""
        with self._lock:
            for key, record in list(self._records.items()):
                silent_s = at - record.last_seen
                if silent_s >= FORGOTTEN_AFTER_S and record.missing:
                    del self._records[key]
                elif silent_s >= MISSED_HEARTBEATS * self.interval_s and not record.missing:
                    lost = replace(record, missing=True)
                    self._records[key] = lost
                    self._on_change(Change(lost, gone=True, lost=True))

    def compensate_stall(self, late_s: float, at: float) -> None:
        """Take time in which the master itself was late off every slave's silence."""
        with self._lock:
            for key, record in self._records.items():
                last_seen = min(record.last_seen + late_s, at)
                self._records[key] = replace(record, last_seen=last_seen)

    def present(self) -> list[SlaveRecord]:
        """Return the slaves that are not missing, in order of registration."""
        with self._lock:
            return [record for record in self._records.values() if not record.missing]

    def missing(self) -> list[SlaveRecord]:
        """Return the slaves that fell silent within the last hour."""
        with self._lock:
            return [record for record in self._records.values() if record.missing]

    def capabilities_of(self, ip: str, port: int) -> Capabilities | None:
        """Return what a slave has said of itself, if it is known."""
        with self._lock:
            record = self._records.get((ip, port))
            return record.capabilities if record else None

    def url_of(self, name: str) -> str | None:
        """Return the address at which a slave ("ip:port") is called; None when it has left."""
        with self._lock:
            urls = (record.url for record in self._records.values() if record.name == name)
            return next(urls, None)

    def capable_of(self, task_type: str) -> list[str]:
        """Return the slaves ("ip:port") that do a type and can be called."""
        return [
            record.name
            for record in self.present()
            if task_type in record.capabilities.task_types and record.unreachable is None
        ]

    def mixed_versions(self) -> list[str]:
        """Return the names of libraries that the present slaves have in different versions."""
        found: dict[str, set[str]] = {}
        for record in self.present():
            for library, version in record.capabilities.versions.items():
                found.setdefault(library, set()).add(version)
        return sorted(library for library, versions in found.items() if len(versions) > 1)

    def why_unavailable(self, task_type: str) -> str | None:
        """Say why no slave can do this type; None when one can. No slaves at all is a reason."""
        if self.capable_of(task_type):
            return None
        present = self.present()
        if not present:
            return "No slaves available"
        reasons = [
            f"{record.name}: {reason}"
            for record in present
            if (reason := _why_not(record, task_type))
        ]
        why = "; ".join(reasons) or "none of those registered says that it can"
        return f"No slaves available for {task_type}: {why}"


def _why_not(record: SlaveRecord, task_type: str) -> str | None:
    """Return why a slave is not given files of a type; None where it gives no reason."""
    if task_type in record.capabilities.task_types:
        return record.unreachable
    return record.capabilities.unavailable.get(task_type)
