"""The workers of the Dask cluster, which the registry lists like slaves."""

import logging
import urllib.parse
from collections.abc import Mapping
from itertools import islice
from typing import Any

from master_service.dask_engine.messages import name_of
from master_service.errors import TooManySlaves
from master_service.slaves.registry import Capabilities, Registry
from protocol.options import described
from protocol.task_types import TASK_TYPES

_log = logging.getLogger(__name__)

_MAX_REASONS = 3
STARTING = "the connection to the Dask cluster is being set up"


class Workers:
    """Those that can process files; a client process that ends takes all of them with it."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._by_name: dict[str, tuple[str, int, Capabilities]] = {}
        """By name ("ip:port"): address, port and capabilities."""
        self._threads: dict[frozenset[str], int] = {}
        """By capabilities that were asked for."""
        self._problem: str | None = STARTING
        self._next_heartbeat = 0.0

    def update(self, found: list[dict[str, Any]], problem: str | None, now: float) -> None:
        """Replace the workers by those of a message; ``problem`` says why there are none."""
        if problem is not None and problem != self._problem:
            _log.warning("no files can be processed: %s", problem)
        gone, self._by_name = self._by_name, dict(map(_described, found))
        self._problem = problem
        self._threads.clear()
        for name, (ip, port, _) in gone.items():
            if name not in self._by_name:
                self._registry.deregister(ip, port)
        self._register_all(now)

    def heartbeat(self, now: float) -> None:
        """Keep the workers in the registry, which expects a registration in each interval."""
        if now >= self._next_heartbeat:
            self._register_all(now)

    def _register_all(self, now: float) -> None:
        self._next_heartbeat = now + self._registry.interval_s
        for ip, port, capabilities in self._by_name.values():
            try:
                self._registry.register(ip, port, capabilities, now)
            except TooManySlaves:
                continue  # it works all the same; the page does not show it
            # The monitor calls slaves over HTTP; Dask watches its workers itself.
            self._registry.record_probe(ip, port, None)

    def threads(self, needed: frozenset[str] = frozenset()) -> int:
        """Return how many threads the workers with these capabilities have together."""
        if needed not in self._threads:
            self._threads[needed] = sum(
                capabilities.workers
                for _, _, capabilities in self._by_name.values()
                if needed <= capabilities.all
            )
        return self._threads[needed]

    def names(self, needed: frozenset[str]) -> list[str]:
        """Return the workers ("ip:port") with these capabilities."""
        found = self._by_name.items()
        return [name for name, (_, _, capabilities) in found if needed <= capabilities.all]

    def why_unavailable(self, task_type: str, features: frozenset[str]) -> str | None:
        """Return why no worker does this task type with these features; None if one does."""
        if self.threads(features | {task_type}):
            return None
        if not self._by_name:
            return f"No slaves available: {self._problem or STARTING}"
        reasons = [
            f"{name}: {_why_not(capabilities, task_type, features)}"
            for name, (_, _, capabilities) in islice(self._by_name.items(), _MAX_REASONS)
        ]
        return f"No slaves available for {described(task_type, features)}: {'; '.join(reasons)}"


def _why_not(capabilities: Capabilities, task_type: str, features: frozenset[str]) -> str:
    lacking = features - capabilities.all
    reason = f"it can't do {described(task_type, lacking)}"
    return capabilities.unavailable.get(task_type) or reason


def _described(worker: Mapping[str, Any]) -> tuple[str, tuple[str, int, Capabilities]]:
    name = name_of(worker["address"])
    parts = urllib.parse.urlsplit(worker["address"])
    capabilities = Capabilities(
        workers=worker["threads"],
        task_types=frozenset(worker["task_types"]).intersection(TASK_TYPES),
        unavailable=worker["unavailable"],
        versions=worker["versions"],
        features=frozenset(worker["features"]),
    )
    return name, (parts.hostname or "", parts.port or 0, capabilities)
