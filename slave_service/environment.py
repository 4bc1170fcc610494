"""Reads the configuration: environment variables over a ``.env`` file, each value checked.

A bad value is a ``SettingError`` whose one line names the variable; the programs print it and
stop. Nothing is read at import time, and a function that needs a setting is given it.
"""

import os
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from slave_service.tls import CertificateError, Tls
from slave_service.wire import is_loopback

DEFAULT_MASTER_URL = "http://localhost:5000"

_ADDRESS = re.compile(
    r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9.])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%\w]*"
)
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class SettingError(Exception):
    """A setting that can't be used; its text is one line that names the variable."""


@dataclass(frozen=True)
class Environment:
    """Named settings as text, and the folder from which relative paths count.

    A blank value counts as none, so that a line of ``.env`` may be left empty.
    """

    values: Mapping[str, str]
    folder: Path

    def text(self, name: str, default: str | None = None) -> str | None:
        """Return the setting, stripped of white space around it, or the default."""
        return self.values.get(name, "").strip() or default

    def whole(self, name: str, default: int, *, least: int, most: int | None = None) -> int:
        """Return a whole number between ``least`` and ``most``."""
        text = self.text(name)
        if text is None:
            return default
        if not _WHOLE.fullmatch(text):
            raise SettingError(f"{name} must be a whole number, not {text!r}")
        return int(_in_range(name, int(text), least, most))

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        """Return a number, such as seconds, between ``least`` and ``most``."""
        text = self.text(name)
        if text is None:
            return default
        try:
            number = float(text)
        except ValueError:
            raise SettingError(f"{name} must be a number, not {text!r}") from None
        return _in_range(name, number, least, most)

    def flag(self, name: str) -> bool:
        """Return whether the setting is switched on; off when it is not there."""
        text = (self.text(name) or "0").lower()
        if text not in _TRUE | _FALSE:
            raise SettingError(f"{name} must be 1 or 0, not {text!r}")
        return text in _TRUE

    def path(self, name: str, default: str) -> Path:
        """Return a path; a relative one counts from the program's folder."""
        text = self.text(name, default) or default
        try:
            text.encode()
        except UnicodeEncodeError:
            # It could be told to nobody: neither JSON nor the ledger know such bytes.
            raise SettingError(f"{name}={text!a} must be a name in UTF-8") from None
        return self.folder / text

    def tls(self, *, serves: bool = True) -> Tls:
        """Return the certificates to use, which must be there and fit.

        A program that ``serves`` nobody needs none of its own, and looks at none.
        """
        names = ("TLS_CERT", "TLS_KEY", "TLS_CA")
        cert, key, ca = (self.path(n, "") if self.text(n) else None for n in names)
        if not serves:
            cert = key = None
        if (cert is None) != (key is None):
            raise SettingError("TLS_CERT and TLS_KEY go together: set both, or neither")
        tls = Tls(cert, key, ca)
        try:
            tls.check()
        except CertificateError as error:
            raise SettingError(str(error)) from None
        return tls

    def address(self, name: str) -> str | None:
        """Return an IP address or a host name, by its form."""
        text = self.text(name)
        if text is not None and not _ADDRESS.fullmatch(text):
            raise SettingError(f"{name} must be an IP address or a host name, not {text!r}")
        return text

    def token(self, name: str = "CLUSTER_TOKEN") -> str | None:
        """Return the shared secret, which must be able to stand in an HTTP header."""
        text = self.text(name)
        if text is not None and not (text.isascii() and text.isprintable() and " " not in text):
            raise SettingError(
                f"{name} may hold only letters, digits and signs of ASCII, no spaces"
            )
        return text


def _in_range(name: str, number: float, least: float, most: float | None) -> float:
    # Written so that NaN, which is neither less nor more than anything, is refused too.
    if number >= least and (most is None or number <= most):
        return number
    bounds = f"at least {least}" if most is None else f"from {least} to {most}"
    raise SettingError(f"{name} must be {bounds}, not {number}")


def _read_file(file: Path) -> dict[str, str | None]:
    with file.open(encoding="utf-8") as lines:
        for binding in parse_stream(lines):
            if binding.error:
                line = binding.original.string.strip()
                raise SettingError(f"{file}: this line is not NAME=value: {line[:40]!r}")
    return dotenv_values(file, interpolate=False)


def load(folder: Path) -> Environment:
    """Read ``.env`` beside the program and the process's environment, which wins."""
    file = folder / ".env"
    try:
        stored = _read_file(file) if file.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{file} can't be read: {error}") from None
    values = {name: value for name, value in stored.items() if value is not None}
    values.update(os.environ)
    return Environment(values, folder)


def read_master_url(env: Environment, token: str | None, given: str | None = None) -> str:
    """Return the master's address without a trailing slash.

    Raises ``SettingError`` when it is malformed, or when the token would travel to another
    host for everybody on the network to read.
    """
    url = (given or env.text("MASTER_URL", DEFAULT_MASTER_URL) or "").rstrip("/")
    host = host_of(url)
    plain = token and not is_loopback(host) and urllib.parse.urlsplit(url).scheme != "https"
    if plain and not env.flag("ALLOW_PLAIN_HTTP"):
        raise SettingError(plain_http_refusal(f"MASTER_URL={url}"))
    return url


def host_of(url: str) -> str:
    """Return the host of the master's address; raises ``SettingError`` for a malformed one."""
    try:
        parts = urllib.parse.urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.port != 0
        valid = valid and not parts.path + parts.query
        (parts.hostname or "").encode("idna")
    except ValueError:
        valid = False
    if not valid or not parts.hostname:
        raise SettingError(f"MASTER_URL must look like http://192.168.1.10:5000, not {url!r}")
    return parts.hostname


def plain_http_refusal(what: str) -> str:
    """Return the line that says why a token is not sent over plain HTTP to another host."""
    return (
        f"{what} is another host, and CLUSTER_TOKEN would travel readable by the network: use TLS "
        "(https://, TLS_CERT, TLS_KEY), or set ALLOW_PLAIN_HTTP=1 if you trust this network"
    )


def read_log_level(env: Environment) -> str:
    """Return LOG_LEVEL in capitals."""
    given = env.text("LOG_LEVEL") or "INFO"
    if given.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingError(f"LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {given!r}")
    return given.upper()
