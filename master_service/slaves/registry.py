"""The registry of slaves, in memory: their capabilities, last heartbeats and reachability.

Times are seconds of a monotonic clock, given by the caller.
"""

import logging
import threading
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from master_service.engine import SlaveChange
from master_service.errors import TooManySlaves
from protocol.counts import counted
from protocol.options import described
from protocol.task_types import TASK_TYPES

_log = logging.getLogger(__name__)

MISSED_HEARTBEATS = 3
FORGOTTEN_AFTER_S = 3600.0
MAX_SLAVES = 1000
"""Each costs memory, and time for every event; without a limit a client could register any number
of slaves."""
SlaveState = Literal["ready", "resting", "unreachable", "missing"]
SLAVE_STATES: tuple[str, ...] = get_args(SlaveState)
SINGLE_RUN_TASK_TYPES = frozenset(
    name for name, task in TASK_TYPES.items() if task.merge_module is None
)
"""The task types of a slave that registers with its address alone: all that need one run."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The optional fields of a registration."""

    workers: int = 1
    task_types: frozenset[str] = SINGLE_RUN_TASK_TYPES
    unavailable: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    tls: bool = False
    features: frozenset[str] = frozenset()
    """What jobs with options can need (see ``protocol.options``)."""

    @property
    def all(self) -> frozenset[str]:
        """Its task types and features."""
        return self.task_types | self.features


@dataclass(frozen=True, slots=True)
class SlaveRecord:
    """One registered slave; one that sends no heartbeats is called by the master instead."""

    ip: str
    port: int
    capabilities: Capabilities
    sends_heartbeats: bool
    last_seen: float
    missing: bool = False
    probed: bool = False
    """Whether the master has called the slave since it registered or came back."""
    unreachable: str | None = None
    """Why the master can't call the slave, and what to change; None if it can."""

    @property
    def name(self) -> str:
        """Return "ip:port", the slave's name in all other modules."""
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"

    @property
    def url(self) -> str:
        """Return the URL at which the master calls the slave."""
        return f"{'https' if self.capabilities.tls else 'http'}://{self.name}"


def slave_state(record: SlaveRecord, resting: Container[str]) -> SlaveState:
    """Return the slave's state, one of ``SLAVE_STATES``; ``resting`` holds names ("ip:port")."""
    if record.missing:
        return "missing"
    if record.unreachable:
        return "unreachable"
    return "resting" if record.name in resting else "ready"


class Registry:
    """Every slave of the last hour; reports changes to the subscriber."""

    def __init__(self, interval_s: float) -> None:
        self.interval_s = interval_s
        self._on_change: Callable[[SlaveChange], None] = _ignore
        self._records: dict[tuple[str, int], SlaveRecord] = {}
        # Held while a change is reported, so that changes are reported in order.
        self._lock = threading.RLock()

    def subscribe(self, on_change: Callable[[SlaveChange], None]) -> None:
        """Report changes of slaves to this function; to be called before a slave registers."""
        self._on_change = on_change

    def register(self, ip: str, port: int, capabilities: Capabilities | None, at: float) -> bool:
        """Record a registration or heartbeat; return whether the slave is new, back or changed.

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
            is_news = old is None or old.missing or old.capabilities != new.capabilities
            if old is not None and not old.missing:
                probed = old.probed and not is_news
                new = replace(new, probed=probed, unreachable=old.unreachable)
            elif old is not None:
                # While the slave was missing, its reachability may have changed.
                new = replace(new, probed=False, unreachable=None)
            self._records[ip, port] = new
            if is_news and new.unreachable is None:
                self._report(new)
        return is_news

    def _evict_if_full(self) -> None:
        """Remove the slave that has been missing longest if the registry is full."""
        if len(self._records) < MAX_SLAVES:
            return
        missing = [(key, record) for key, record in self._records.items() if record.missing]
        if not missing:
            raise TooManySlaves(MAX_SLAVES)
        key, _ = min(missing, key=lambda entry: entry[1].last_seen)
        del self._records[key]

    def record_answer(self, ip: str, port: int, at: float) -> None:
        """Record that a slave answered a call of the master; counts as a heartbeat."""
        with self._lock:
            if (ip, port) in self._records:
                self.register(ip, port, None, at)

    def record_probe(self, ip: str, port: int, problem: str | None) -> None:
        """Record whether the master could call the slave; ``problem`` says why it could not.

        An unreachable slave stays registered, gets no files, and keeps those that it holds.
        """
        with self._lock:
            old = self._records.get((ip, port))
            if old is None or old.missing:
                return
            new = replace(old, probed=True, unreachable=problem)
            self._records[ip, port] = new
            if (old.unreachable is None) != (problem is None):
                self._report(new, gone=problem is not None)

    def unreachable_reason(self, ip: str, port: int) -> str | None:
        """Return why the master can't call the slave; None if it can or has not tried yet."""
        with self._lock:
            record = self._records.get((ip, port))
            return record.unreachable if record else None

    def deregister(self, ip: str, port: int) -> None:
        """Remove a slave that deregisters; it still answers the files that it holds."""
        with self._lock:
            record = self._records.pop((ip, port), None)
            if record is not None:
                self._report(replace(record, unreachable=None), gone=True)

    def expire(self, at: float) -> None:
        """Mark slaves without recent heartbeats as missing; remove those silent for an hour."""
        with self._lock:
            for key, record in list(self._records.items()):
                silent_s = at - record.last_seen
                if silent_s >= FORGOTTEN_AFTER_S and record.missing:
                    del self._records[key]
                elif silent_s >= MISSED_HEARTBEATS * self.interval_s and not record.missing:
                    missing = replace(record, missing=True)
                    self._records[key] = missing
                    self._report(missing, gone=True, missing=True)

    def compensate_stall(self, late_s: float, at: float) -> None:
        """Move every slave's last heartbeat forward by the time the master was stalled."""
        with self._lock:
            for key, record in self._records.items():
                last_seen = min(record.last_seen + late_s, at)
                self._records[key] = replace(record, last_seen=last_seen)

    def _report(self, record: SlaveRecord, gone: bool = False, missing: bool = False) -> None:
        name, capabilities = record.name, record.capabilities
        if missing:
            _log.info("slave %s is missing", name)
        elif gone and record.unreachable:
            _log.warning("slave %s is unreachable: %s", name, record.unreachable)
        elif gone:
            _log.info("slave %s has deregistered", name)
        else:
            _log.info("slave %s is available: %s", name, counted(capabilities.workers, "worker"))
        self._on_change(SlaveChange(name, capabilities.workers, capabilities.all, gone, missing))

    def present(self) -> list[SlaveRecord]:
        """Return the slaves that are not missing, in order of registration."""
        with self._lock:
            return [record for record in self._records.values() if not record.missing]

    def missing(self) -> list[SlaveRecord]:
        """Return the slaves whose heartbeats stopped within the last hour."""
        with self._lock:
            return [record for record in self._records.values() if record.missing]

    def capabilities_of(self, ip: str, port: int) -> Capabilities | None:
        """Return the capabilities of a slave; None if it is not registered."""
        with self._lock:
            record = self._records.get((ip, port))
            return record.capabilities if record else None

    def url_of(self, name: str) -> str | None:
        """Return the URL at which a slave ("ip:port") is called; None if it is not registered."""
        with self._lock:
            urls = (record.url for record in self._records.values() if record.name == name)
            return next(urls, None)

    def registered_for(self, needed: frozenset[str]) -> list[str]:
        """Return the slaves ("ip:port") with these capabilities that are not missing."""
        return [record.name for record in self.present() if needed <= record.capabilities.all]

    def capable_of(self, needed: frozenset[str]) -> list[str]:
        """Return the slaves ("ip:port") with these capabilities that can be called."""
        return [
            record.name
            for record in self.present()
            if needed <= record.capabilities.all and record.unreachable is None
        ]

    def mixed_versions(self) -> list[str]:
        """Return the libraries of which the slaves that are not missing have several versions."""
        found: dict[str, set[str]] = {}
        for record in self.present():
            for library, version in record.capabilities.versions.items():
                found.setdefault(library, set()).add(version)
        return sorted(library for library, versions in found.items() if len(versions) > 1)

    def why_unavailable(self, task_type: str, features: frozenset[str] = frozenset()) -> str | None:
        """Return why no slave does this task type with these features; None if one does."""
        if self.capable_of(features | {task_type}):
            return None
        present = self.present()
        if not present:
            return "No slaves available"
        reasons = [
            f"{record.name}: {reason}"
            for record in present
            if (reason := _why_not(record, task_type, features))
        ]
        why = "; ".join(reasons) or "none of those registered says that it can"
        return f"No slaves available for {described(task_type, features)}: {why}"


def _ignore(_: SlaveChange) -> None:
    return


def _why_not(record: SlaveRecord, task_type: str, features: frozenset[str]) -> str | None:
    """Return why a slave gets no files of a type; None if it gave no reason."""
    if task_type not in record.capabilities.task_types:
        return record.capabilities.unavailable.get(task_type)
    if lacking := features - record.capabilities.all:
        return f"it can't do {described(task_type, lacking)}"
    return record.unreachable
