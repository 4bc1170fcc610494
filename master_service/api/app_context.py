"""The parts of the master that its calls are about; ``app`` puts them together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import current_app

from master_service.jobs.disk_space import DiskSpace
from master_service.jobs.results import Results
from master_service.jobs.service import Service
from master_service.monitoring.metrics import Metrics
from master_service.scheduling.state import Suspension
from master_service.slaves.registry import Registry
from protocol.server.multipart_receiver import Limits


@dataclass(frozen=True, slots=True)
class AppContext:
    """What a call may ask; ``resting`` are the slaves that are given nothing now.

    ``remote_slave_refusal`` is what a slave on another computer is told that is called over TLS,
    or not; None where it is welcome.
    """

    service: Service
    registry: Registry
    results: Results
    disk_space: DiskSpace
    metrics: Metrics
    limits: Limits
    resting: Callable[[], Mapping[str, Suspension]]
    remote_slave_refusal: Callable[[bool], str | None]


def app_context() -> AppContext:
    """Return the parts of the app that answers the request at hand."""
    found: AppContext = current_app.extensions["master"]
    return found
