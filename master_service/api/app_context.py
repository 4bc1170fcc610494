"""The components of the master that its HTTP calls use; ``app`` creates them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import current_app

from master_service.engine import Suspension
from master_service.jobs.service import Service
from master_service.monitoring.disk_space import DiskSpace
from master_service.monitoring.metrics import Metrics
from master_service.similarity.service import Similarity
from master_service.slaves.registry import Registry
from master_service.storage.results import Results
from protocol.server.multipart_receiver import Limits


@dataclass(frozen=True, slots=True)
class AppContext:
    """The components that HTTP calls use.

    ``resting`` returns the resting slaves by "ip:port". ``slave_refusal`` is why the engine takes
    no slaves at all; None where it does. ``remote_slave_refusal`` returns why a
    slave on another computer can't register, None where it can; its argument says whether the
    master calls that slave over TLS.
    """

    service: Service
    registry: Registry
    results: Results
    similarity: Similarity
    disk_space: DiskSpace
    metrics: Metrics
    limits: Limits
    resting: Callable[[], Mapping[str, Suspension]]
    slave_refusal: str | None
    remote_slave_refusal: Callable[[bool], str | None]


def app_context() -> AppContext:
    """Return the components of the app that handles the current request."""
    found: AppContext = current_app.extensions["master"]
    return found
