"""Registrations that the master accepts, and those that it refuses."""

from typing import Any

import pytest

from master_service.api.models.cluster import SlaveAddress, SlaveRegistration
from master_service.api.request_parsing import check
from master_service.api.slave_registration import capabilities, check_is_local
from master_service.errors import InvalidRequest, ProtocolMismatch
from master_service.slaves.registry import Capabilities
from protocol.task_types import TASK_TYPES
from protocol.wire import CONTRACT_VERSION

REFUSAL = "Slaves of this computer alone."


def body(**parts: object) -> dict[str, Any]:
    """Return a registration that is valid except for the given parts."""
    return {"slave_ip": "192.168.1.20", "slave_port": 3000} | parts


def read_address(content: object) -> tuple[str, int]:
    """Return the address of an accepted registration."""
    return check(SlaveAddress, content).address


def read_capabilities(content: object) -> Capabilities | None:
    """Return the capabilities of an accepted registration."""
    return capabilities(check(SlaveRegistration, content))


@pytest.mark.parametrize(
    "ip",
    [
        "192.168.1.20",
        "::1",
        "fe80::1%eth0.2",
        "2001:db8::7",
        "localhost",
        "node-1",
        "node-1.local",
        "3com.example.",
        "xn--bcher-kva.example",
        "a" * 63,
    ],
)
def test_addresses_and_names_are_accepted(ip: str) -> None:
    """IPv4, IPv6 with or without a zone, and host names are accepted unchanged."""
    assert read_address(body(slave_ip=ip)) == (ip, 3000)


@pytest.mark.parametrize(
    "ip",
    [
        "256.1.1.1",
        "192.168.1",
        "1",
        "10.0.0.1/24",
        "10.0.0.1:3000",
        "http://10.0.0.1",
        "[::1]",
        "user@host",
        "-host",
        "a..b",
        "a b",
        "host\n",
        "::1%",
        "::1%x/../y",
        "::1%x@evil.example",
        "::1%\nforged line of a log",
        "hôte",
        "a" * 64,
        "a." * 150,
        17,
        ["10.0.0.1"],
        {"ip": "10.0.0.1"},
        True,
    ],
)
def test_malformed_addresses_are_refused(ip: object) -> None:
    """A text that is not exactly one address or host name is refused."""
    with pytest.raises(InvalidRequest, match="slave_ip"):
        read_address(body(slave_ip=ip))


@pytest.mark.parametrize("port", [1, 3000, 65535, "3000", "1", "00080"])
def test_port_can_be_number_or_text(port: object) -> None:
    """A port can be a number or the text of one."""
    assert read_address(body(slave_port=port))[1] == int(str(port))


@pytest.mark.parametrize(
    "port",
    [
        *[0, -1, 65536, 3000.0, True, [3000], {}, 10**30],
        *["0", "65536", "-1", "+3000", " 3000", "3000.0", "3e3", "0x10", "３０００", "port"],
        *["012345678", "0000099999999", "9" * 5000],
    ],
)
def test_malformed_ports_are_refused(port: object) -> None:
    """A port that is not a whole number from 1 to 65535 is refused."""
    with pytest.raises(InvalidRequest, match="slave_port"):
        read_address(body(slave_port=port))


@pytest.mark.parametrize("name", ["slave_ip", "slave_port"])
@pytest.mark.parametrize("missing", [None, ""])
def test_both_parts_are_needed(name: str, missing: object) -> None:
    """A missing, null or empty part is refused, and the error names both parts."""
    whole = body(**{name: missing})
    for registration in (whole, {key: value for key, value in whole.items() if key != name}):
        with pytest.raises(InvalidRequest, match="slave_ip and slave_port"):
            read_address(registration)


@pytest.mark.parametrize("registration", [None, [], "text", 7, True])
def test_body_that_is_no_object_is_refused(registration: object) -> None:
    """A body that is not a JSON object is refused."""
    with pytest.raises(InvalidRequest, match="JSON"):
        read_address(registration)


def test_remote_slave_is_refused() -> None:
    """A master that accepts only local slaves refuses every address but loopback ones."""
    with pytest.raises(InvalidRequest, match=REFUSAL):
        check_is_local("192.168.1.5", REFUSAL)
    for ip in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        check_is_local(ip, REFUSAL)
    check_is_local("192.168.1.5", None)


def test_two_fields_alone_have_no_capabilities() -> None:
    """A registration of two fields has no capabilities; unknown fields are ignored."""
    assert read_capabilities(body()) is None
    assert read_capabilities(body(nickname="basement")) is None


def test_extras_are_read() -> None:
    """Workers, task types, reasons and versions are read as sent."""
    details = read_capabilities(
        body(
            contract_version=CONTRACT_VERSION,
            workers=8,
            task_types=["text", "ocr"],
            unavailable={"audio": "no codec"},
            versions={"Pillow": "11.0"},
        )
    )
    assert details is not None
    assert details.workers == 8
    assert details.task_types == {"text", "ocr"}
    assert details.unavailable == {"audio": "no codec"}
    assert details.versions == {"Pillow": "11.0"}


def test_extras_are_independent() -> None:
    """One extra field leaves the others at their defaults."""
    details = read_capabilities(body(workers=8))
    assert details is not None
    assert details.task_types == TASK_TYPES.keys() - {"embedding"}


def test_unknown_types_are_left_out() -> None:
    """Task types that the master does not know are ignored."""
    details = read_capabilities(body(task_types=["text", "video"]))
    assert details is not None
    assert details.task_types == {"text"}


@pytest.mark.parametrize("version", [CONTRACT_VERSION + 1, 0, None, "one"])
def test_other_protocol_version_is_refused(version: object) -> None:
    """A slave with another protocol version is refused, and the error names the master's."""
    with pytest.raises(ProtocolMismatch, match=str(CONTRACT_VERSION)):
        read_capabilities(body(contract_version=version))


MALFORMED: dict[str, list[object]] = {
    "tls": ["yes", 1, None],
    "workers": [0, -1, 1025, "4", 2.5, True, None, []],
    "task_types": ["text", ["text", 1], {"text": 1}, None],
    "unavailable": [[], "no", {"ocr": 1}, {"ocr": None}, None],
    "versions": [[], "1.0", {"Pillow": 11}, None],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in MALFORMED.items() for value in values]
)
def test_malformed_extras_are_refused_by_name(name: str, value: object) -> None:
    """An extra field of the wrong type is refused, and the error names it."""
    with pytest.raises(InvalidRequest, match=name):
        read_capabilities(body(**{name: value}))


def test_long_texts_are_cut() -> None:
    """Long names and reasons in a registration are cut to 500 characters."""
    details = read_capabilities(body(unavailable={"ocr" * 1000: "x" * 100_000}))
    assert details is not None
    ((name, reason),) = details.unavailable.items()
    assert (len(name), len(reason)) == (500, 500)


def test_task_types_can_be_logged() -> None:
    """The task types are a frozenset, which the scheduler's replay log can write."""
    details = read_capabilities(body(task_types=["text", "a newer one"]))
    assert details is not None
    assert type(details.task_types) is frozenset
    assert details.task_types == {"text"}


def test_features_are_kept() -> None:
    """They are limited in number and length, empty by default, and refused if no list."""
    names = ["ocr:eng", "x" * 500, *map(str, range(1000))]
    details = read_capabilities(body(features=names))
    assert details is not None
    assert {"ocr:eng", "x" * 80} <= details.features
    assert len(details.features) == 300
    other = read_capabilities(body(workers=1))
    assert other is not None
    assert other.features == frozenset()
    with pytest.raises(InvalidRequest, match="features"):
        read_capabilities(body(features="ocr:eng"))
