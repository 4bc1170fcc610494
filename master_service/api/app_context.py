"""The parts of the master that its calls are about; ``app`` puts them together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import current_app

from master_service.jobs.disk_space import Room
from master_service.jobs.results import Results
from master_service.jobs.service import Service
from master_service.monitoring.metrics import Metrics
from master_service.scheduling.state import Suspension
from master_service.slaves.registry import Registry
from protocol.server.multipart_receiver import Limits


@dataclass(frozen=True, slots=True)
class Parts:
    """What a call may ask; ``resting`` are the slaves that are given nothing now.

    ``foreign_slaves_refusal`` is what a slave on another computer is told that is called over TLS,
    or not; None where it is welcome.
    """

    service: Service
    registry: Registry
    results: Results
    room: Room
    metrics: Metrics
    limits: Limits
    resting: Callable[[], Mapping[str, Suspension]]
    foreign_slaves_refusal: Callable[[bool], str | None]


def parts() -> Parts:
    """Return the parts of the app that answers the request at hand."""
    found: Parts = current_app.extensions["master"]
    return found
