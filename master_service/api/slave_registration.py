"""Interprets a slave's registration. No I/O, clocks or threads."""

from collections.abc import Mapping

from master_service.api.models.cluster import SlaveRegistration
from master_service.errors import InvalidRequest
from master_service.slaves.registry import Capabilities
from protocol.task_types import TASK_TYPES
from protocol.wire import is_loopback

_ADDRESS_FIELDS = frozenset({"slave_ip", "slave_port"})
_MAX_TEXT = 500
_MAX_NAMES, _MAX_NAME = 300, 80
"""Tesseract has data for some 160 languages and scripts."""


def check_is_local(ip: str, remote_slave_refusal: str | None) -> None:
    """Raise ``InvalidRequest`` with the refusal, if any, for a slave on another computer."""
    if remote_slave_refusal and not is_loopback(ip):
        raise InvalidRequest(remote_slave_refusal)


def capabilities(registration: SlaveRegistration) -> Capabilities | None:
    """Return the capabilities that the slave sent, or None where it sent none; texts are cut."""
    if registration.model_fields_set == _ADDRESS_FIELDS:
        return None
    return Capabilities(
        workers=registration.workers,
        # A newer slave may know types that this master does not.
        task_types=frozenset(registration.task_types).intersection(TASK_TYPES),
        unavailable=_cut(registration.unavailable),
        versions=_cut(registration.versions),
        tls=registration.tls,
        features=frozenset(name[:_MAX_NAME] for name in registration.features[:_MAX_NAMES]),
    )


def _cut(texts: Mapping[str, str]) -> dict[str, str]:
    return {name[:_MAX_TEXT]: text[:_MAX_TEXT] for name, text in texts.items()}
