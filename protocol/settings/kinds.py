"""The kinds of settings: which texts are valid, and the values that these stand for.

``Kind.read`` raises ``ValueError`` with a message that continues the setting's name, such as
"must be a whole number, not 'x'".
"""

import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

_ADDRESS = re.compile(
    r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9.])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%\w]*"
)
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([a-z]*)", re.IGNORECASE)
_PREFIXES = "kmgt"
_UNITS = (
    {"": 1, "b": 1}
    | {f"{prefix}b": 1000**power for power, prefix in enumerate(_PREFIXES, 1)}
    | {f"{prefix}ib": 1024**power for power, prefix in enumerate(_PREFIXES, 1)}
    | {prefix: 1024**power for power, prefix in enumerate(_PREFIXES, 1)}
)
"""Bytes in a unit. KB and KiB follow IEC 80000-13; K alone is binary, as in dd, ls and JVMs.
(It is decimal in pydantic and humanfriendly, which also accept 1.5 without a unit.)"""
_MAX_SIZE = 1 << 60
"""Well below 2^63, the limit of SQLite's integers."""
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Kind:
    """How a setting is read; ``metavar`` is the placeholder of its value in ``--help``."""

    metavar: str
    read: Callable[[str], Any]
    is_flag: bool = False
    """The option takes no value."""
    is_path: bool = False
    """A relative path is resolved against a folder."""
    is_secret: bool = False
    """The value is never shown."""


def whole(minimum: int, maximum: int | None = None) -> Kind:
    """Return the kind of whole numbers from ``minimum`` to ``maximum``."""

    def read(text: str) -> int:
        if not _WHOLE.fullmatch(text):
            raise ValueError(f"must be a whole number, not {text!r}")
        _check_range(int(text), minimum, maximum, text)
        return int(text)

    return Kind("N", read)


def number(minimum: float, maximum: float, metavar: str = "N") -> Kind:
    """Return the kind of numbers, such as seconds, from ``minimum`` to ``maximum``."""

    def read(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            raise ValueError(f"must be a number, not {text!r}") from None
        _check_range(found, minimum, maximum, text)
        return found

    return Kind(metavar, read)


def size(minimum: int) -> Kind:
    """Return the kind of numbers of bytes, at least ``minimum``, written with or without a unit."""

    def read(text: str) -> int:
        match = _SIZE.fullmatch(text)
        unit = _UNITS.get(match[2].lower()) if match else None
        if match is None or unit is None or (unit == 1 and "." in match[1]):
            raise ValueError(f"must be a size such as 2GB, 512MiB or 1024 (bytes), not {text!r}")
        found = int(Decimal(match[1]) * unit)
        _check_range(found, minimum, _MAX_SIZE, text, _size_text)
        return found

    return Kind("SIZE", read)


def choice(metavar: str, *values: str) -> Kind:
    """Return the kind that is one of ``values``, in any case."""

    def read(text: str) -> str:
        for value in values:
            if text.lower() == value.lower():
                return value
        raise ValueError(f"must be {', '.join(values[:-1])} or {values[-1]}, not {text!r}")

    return Kind(metavar, read)


def names(metavar: str, *values: str) -> Kind:
    """Return the kind that is one or more of ``values``, separated by commas, as a frozenset."""

    def read(text: str) -> frozenset[str]:
        found = frozenset(filter(None, (name.strip().lower() for name in text.split(","))))
        if not found or not found.issubset(values):
            raise ValueError(f"must be of {', '.join(values)}, separated by commas, not {text!r}")
        return found

    return Kind(metavar, read)


def _check_range(
    found: float,
    minimum: float,
    maximum: float | None,
    text: str,
    shown: Callable[[Any], str] = str,
) -> None:
    # Negated, so that NaN is refused too: all comparisons with it are false.
    if not (found >= minimum and (maximum is None or found <= maximum)):
        bounds = (
            f"at least {shown(minimum)}"
            if maximum is None
            else f"from {shown(minimum)} to {shown(maximum)}"
        )
        raise ValueError(f"must be {bounds}, not {text!r}")


def _size_text(number_bytes: int) -> str:
    for power, unit in ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
        if number_bytes % (1 << power) == 0:
            return f"{number_bytes >> power} {unit}"
    return str(number_bytes)


def _read_flag(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(f"must be 1 or 0, not {text!r}")
    return text.lower() in _TRUE


def _read_path(text: str) -> Path:
    try:
        text.encode()
    except UnicodeEncodeError:
        # Neither JSON nor the ledger can hold such bytes.
        raise ValueError(f"must be a name in UTF-8, not {text!a}") from None
    return Path(text)


def _read_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"must be an IP address or a host name, not {text!r}")
    return text


def _read_url(text: str) -> str:
    """Return the address without a trailing slash; add no scheme."""
    try:
        parts = urllib.parse.urlsplit(text if "://" in text else f"http://{text}")
        valid = parts.scheme in ("http", "https") and parts.port != 0 and bool(parts.hostname)
        valid = valid and not parts.path.strip("/") + parts.query + parts.fragment
        valid = valid and not parts.netloc.endswith(":") and not re.search(r"\s", text)
        (parts.hostname or "").encode("idna")
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(f"must look like http://192.168.1.10:5000, not {text!r}")
    return text.rstrip("/")


def _read_dask_address(text: str) -> str:
    try:
        parts = urllib.parse.urlsplit(text)
        valid = parts.scheme in ("tcp", "tls") and bool(parts.hostname) and bool(parts.port)
        valid = valid and not parts.path + parts.query + parts.fragment
        valid = valid and not re.search(r"[\s@]", text)
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(f"must look like tcp://192.168.1.10:8786, not {text!r}")
    return text


def _read_secret(text: str) -> str:
    # The secret is sent in an HTTP header.
    if not (text.isascii() and text.isprintable() and " " not in text):
        raise ValueError("may hold only letters, digits and symbols of ASCII, no spaces")
    return text


TEXT = Kind("TEXT", str)
ADDRESS = Kind("ADDRESS", _read_address)
PORT = Kind("PORT", whole(1, 65535).read)
FLAG = Kind("", _read_flag, is_flag=True)
PATH = Kind("PATH", _read_path, is_path=True)
URL = Kind("URL", _read_url)
DASK_ADDRESS = Kind("URL", _read_dask_address)
SECRET = Kind("SECRET", _read_secret, is_secret=True)
