"""What the master reads from a registration, and what it refuses."""

from typing import Any

import pytest

from master_service.api.slave_registration import check_is_local, read_address, read_capabilities
from master_service.errors import BadRegistration, ProtocolMismatch
from protocol.task_types import TASK_TYPES
from protocol.wire import CONTRACT_VERSION

REFUSAL = "Slaves of this computer alone."


def body(**parts: object) -> dict[str, Any]:
    """Return a registration, valid but for the given parts."""
    return {"slave_ip": "192.168.1.20", "slave_port": 3000} | parts


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
def test_addresses_and_names_are_taken(ip: str) -> None:
    """IPv4, IPv6 with or without a zone, and host names are kept as they were sent."""
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
    """What is no address and no host name, or more than one, never becomes part of a URL."""
    with pytest.raises(BadRegistration, match="slave_ip"):
        read_address(body(slave_ip=ip))


@pytest.mark.parametrize("port", [1, 3000, 65535, "3000", "1", "00080"])
def test_ports_are_taken_as_number_or_text(port: object) -> None:
    """A port as text is as good as a number."""
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
    """Only whole numbers from 1 to 65535 are ports, however they are written."""
    with pytest.raises(BadRegistration, match="slave_port"):
        read_address(body(slave_port=port))


@pytest.mark.parametrize("name", ["slave_ip", "slave_port"])
@pytest.mark.parametrize("missing", [None, ""])
def test_both_parts_are_needed(name: str, missing: object) -> None:
    """A part that is missing, null or empty is refused by a sentence that names both."""
    whole = body(**{name: missing})
    for registration in (whole, {key: value for key, value in whole.items() if key != name}):
        with pytest.raises(BadRegistration, match="slave_ip and slave_port"):
            read_address(registration)


@pytest.mark.parametrize("registration", [None, [], "text", 7, True])
def test_body_that_is_no_object_is_refused(registration: object) -> None:
    """JSON of another kind, or none at all, is refused as such."""
    with pytest.raises(BadRegistration, match="JSON"):
        read_address(registration)


def test_foreign_slave_hears_the_refusal() -> None:
    """Where other computers are not welcome, only this one's own slaves get in."""
    with pytest.raises(BadRegistration, match=REFUSAL):
        check_is_local("192.168.1.5", REFUSAL)
    for ip in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        check_is_local(ip, REFUSAL)
    check_is_local("192.168.1.5", None)


def test_two_fields_alone_have_no_details() -> None:
    """A registration without extras says nothing; what else it holds does not matter."""
    assert read_capabilities(body()) is None
    assert read_capabilities(body(nickname="basement")) is None


def test_extras_are_read() -> None:
    """Workers, types, reasons and versions are taken as sent."""
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


def test_each_extra_stands_by_itself() -> None:
    """One extra alone leaves the others at what a slave of two fields has."""
    details = read_capabilities(body(workers=8))
    assert details is not None
    assert details.task_types == TASK_TYPES.keys() - {"embedding"}


def test_unknown_types_are_left_out() -> None:
    """A slave newer than the master can still do what both know."""
    details = read_capabilities(body(task_types=["text", "video"]))
    assert details is not None
    assert details.task_types == {"text"}


@pytest.mark.parametrize("version", [CONTRACT_VERSION + 1, 0, None, "one"])
def test_another_contract_is_refused(version: object) -> None:
    """A slave that would not be understood is told which versions meet."""
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
    """An extra of the wrong kind is refused by a sentence that names it."""
    with pytest.raises(BadRegistration, match=name):
        read_capabilities(body(**{name: value}))


def test_long_texts_are_cut() -> None:
    """A slave can't fill the master's memory, or its page, with what it says of itself."""
    details = read_capabilities(body(unavailable={"ocr" * 1000: "x" * 100_000}))
    assert details is not None
    ((name, reason),) = details.unavailable.items()
    assert (len(name), len(reason)) == (500, 500)


def test_task_types_can_be_logged() -> None:
    """What a slave can do is a value of the scheduler's events, down to its kind of set."""
    details = read_capabilities({"task_types": ["text", "a newer one"]})
    assert details is not None
    assert type(details.task_types) is frozenset
    assert details.task_types == {"text"}


def test_installed_languages_are_kept() -> None:
    """They are an extra like others: bounded, none where a slave tells none, refused if no list."""
    details = read_capabilities(body(ocr_languages=["eng", "x" * 500] + ["deu"] * 1000))
    assert details is not None
    assert details.ocr_languages[:2] == ("eng", "x" * 80)
    assert len(details.ocr_languages) == 300
    other = read_capabilities(body(workers=1))
    assert other is not None
    assert other.ocr_languages == ()
    with pytest.raises(BadRegistration, match="ocr_languages"):
        read_capabilities(body(ocr_languages="eng"))
