"""Validates the body of a slave's registration. No I/O, clocks or threads."""

import ipaddress
import re
from collections.abc import Mapping

from master_service.errors import BadRegistration, ProtocolMismatch
from master_service.slaves.registry import Capabilities
from protocol.task_types import TASK_TYPES
from protocol.wire import CONTRACT_VERSION, is_loopback

_HOST_NAME = re.compile(r"(?!-)([A-Za-z0-9_-]{1,63}\.)*(?![0-9]+\.?$)[A-Za-z0-9_-]{1,63}\.?")
"""The last label must not be a number: that would be a malformed IP address."""
_ADDRESS = re.compile(r"[0-9A-Za-z.:]+(%[0-9A-Za-z._-]+)?")
"""Stricter than ``ipaddress``, which accepts any characters in the zone after the percent sign."""
_OPTIONAL_FIELDS = frozenset(
    {"workers", "task_types", "unavailable", "versions", "tls", "contract_version", "ocr_languages"}
)
_MAX_WORKERS = 1024
_MAX_TEXT = 500
_MAX_NAMES, _MAX_NAME = 300, 80
"""Tesseract has data for some 160 languages and scripts."""


def read_address(body: object) -> tuple[str, int]:
    """Return address and port; raises ``BadRegistration`` where one is missing or malformed."""
    if not isinstance(body, Mapping):
        raise BadRegistration("The body must be JSON with slave_ip and slave_port.")
    ip, port = body.get("slave_ip"), body.get("slave_port")
    if ip in (None, "") or port in (None, ""):
        raise BadRegistration("Both slave_ip and slave_port are needed.")
    if not isinstance(ip, str) or not _is_host(ip):
        raise BadRegistration("slave_ip must be an IP address or a host name.")
    return ip, _port(port)


def check_is_local(ip: str, remote_slave_refusal: str | None) -> None:
    """Raise ``BadRegistration`` with the refusal, if any, for a slave on another computer."""
    if remote_slave_refusal and not is_loopback(ip):
        raise BadRegistration(remote_slave_refusal)


def read_capabilities(body: object) -> Capabilities | None:
    """Return the optional fields of a registration, or None where it has none of them.

    Raises ``BadRegistration`` for invalid ones and ``ProtocolMismatch`` for another version.
    """
    if not isinstance(body, Mapping) or not _OPTIONAL_FIELDS & body.keys():
        return None
    version = body.get("contract_version", CONTRACT_VERSION)
    if version != CONTRACT_VERSION:
        raise ProtocolMismatch(
            f"This master uses version {CONTRACT_VERSION} of the protocol and the slave "
            f"version {version!r}: install the same release on both."
        )
    default = Capabilities()
    return Capabilities(
        workers=_workers(body.get("workers", default.workers)),
        task_types=_task_types(body.get("task_types", sorted(default.task_types))),
        unavailable=_texts(body.get("unavailable", {}), "unavailable"),
        versions=_texts(body.get("versions", {}), "versions"),
        tls=_boolean(body.get("tls", False), "tls"),
        ocr_languages=_names(body.get("ocr_languages", []), "ocr_languages"),
    )


def _is_host(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return len(text) <= 253 and bool(_HOST_NAME.fullmatch(text))
    return bool(_ADDRESS.fullmatch(text))


def _port(port: object) -> int:
    # In Python, true is an int.
    text = "" if isinstance(port, bool) else str(port)
    if len(text) <= 5 and text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise BadRegistration("slave_port must be a whole number from 1 to 65535.")


def _workers(workers: object) -> int:
    if isinstance(workers, int) and not isinstance(workers, bool) and 1 <= workers <= _MAX_WORKERS:
        return workers
    raise BadRegistration(f"workers must be a whole number from 1 to {_MAX_WORKERS}.")


def _task_types(names: object) -> frozenset[str]:
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        # A newer slave may know types that this master does not.
        return frozenset(names).intersection(TASK_TYPES)
    raise BadRegistration("task_types must be a list of names.")


def _names(names: object, name: str) -> tuple[str, ...]:
    if isinstance(names, list) and all(isinstance(each, str) for each in names):
        return tuple(each[:_MAX_NAME] for each in names[:_MAX_NAMES])
    raise BadRegistration(f"{name} must be a list of names.")


def _boolean(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return value
    raise BadRegistration(f"{name} must be true or false.")


def _texts(texts: object, name: str) -> dict[str, str]:
    if isinstance(texts, dict) and all(isinstance(text, str) for text in texts.values()):
        return {str(key)[:_MAX_TEXT]: text[:_MAX_TEXT] for key, text in texts.items()}
    raise BadRegistration(f"{name} must be an object of texts.")
