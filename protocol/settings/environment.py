"""Reads the settings: command line over environment variables over a ``.env`` file.

``protocol.settings.declaration`` declares the settings. A bad value raises a ``SettingError`` whose
one line names the option or variable that the user wrote; the programs print it and stop. Nothing
is read at import time, and functions take settings as parameters.
"""

import os
import typing
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protocol.settings.declaration import SETTINGS, Option
from protocol.settings.spelling import meant_in_environment, meant_in_file
from protocol.tls import CertificateError, Tls
from protocol.wire import is_loopback


class SettingError(Exception):
    """A setting can't be used; the message is one line that names it."""


@dataclass(frozen=True)
class Environment:
    """Settings as text, by name, and the folder that relative paths in variables are relative to.

    A blank variable counts as not set, so that a line of ``.env`` may be left empty. ``warnings``
    are lines about names that are probably misspelt.
    """

    values: Mapping[str, str]
    folder: Path
    options: Mapping[str, Option] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def text(self, name: str) -> str | None:
        """Return the text of the setting, or its default; None if it has none."""
        option = self.options.get(name)
        given = option.text if option else self.values.get(name, "").strip()
        return given or SETTINGS[name].default or None

    def value(self, name: str) -> Any:  # noqa: ANN401 (its kind decides)
        """Return the value of the setting; None if it is not set and has no default."""
        text, kind = self.text(name), SETTINGS[name].kind
        if text is None:
            return None
        try:
            value = kind.read(text)
        except ValueError as error:
            raise SettingError(f"{self.origin(name)} {error}") from None
        return self.folder / value if kind.is_path else value

    def fields(self, settings: type) -> dict[str, Any]:
        """Return the values of those fields of a dataclass that name a setting.

        A field names it by an annotation such as ``port: Annotated[int, "MASTER_PORT"]``.
        """
        hints = typing.get_type_hints(settings, include_extras=True)
        return {
            attribute: self.value(hint.__metadata__[0])
            for attribute, hint in hints.items()
            if hasattr(hint, "__metadata__")
        }

    def origin(self, name: str) -> str:
        """Return the name under which the user gave a setting: its variable, or an option."""
        option = self.options.get(name)
        return option.name if option else name

    def written(self, name: str, value: object) -> str:
        """Return a setting with a value as the user would write it: NAME=value or --name value."""
        origin = self.origin(name)
        return f"{origin}{' ' if origin.startswith('-') else '='}{value}"

    def tls(self, *, serves: bool = True) -> Tls:
        """Return the certificates; raises ``SettingError`` if a file can't be used.

        A program that does not serve (the client) needs no certificate, and ignores its settings.
        """
        own = ("TLS_CERT", "TLS_KEY") if serves else ()
        cert, key = [self.value(name) for name in own] or (None, None)
        if (cert is None) != (key is None):
            raise SettingError("TLS_CERT and TLS_KEY go together: set both, or neither")
        tls = Tls(cert, key, self.value("TLS_CA"))
        try:
            tls.check(self.written)
        except CertificateError as error:
            raise SettingError(str(error)) from None
        return tls

    def address_refusal(self, program: str, problem: str, *, is_port: bool) -> str:
        """Return the message for an address that the program can't listen on."""
        name = f"{program}_{'PORT' if is_port else 'HOST'}".upper()
        option = SETTINGS[name].options(program)[0]
        return f"{self.origin(name)}: {problem}: set {name} or {option} to another"


def load(folder: Path, options: Mapping[str, Option] | None = None) -> Environment:
    """Read ``.env`` in ``folder`` and the process's environment, which wins."""
    stored, warnings = _read_file(folder / ".env")
    for name in os.environ:
        if meant := meant_in_environment(name):
            warnings.append(_warning(f"environment variable {name}", meant))
    set_now = {name: os.environ[name] for name in SETTINGS if name in os.environ}
    return Environment(stored | set_now, folder, options or {}, tuple(warnings))


def _read_file(file: Path) -> tuple[dict[str, str], list[str]]:
    """Return the variables of a ``.env`` file, none if it does not exist, and warnings."""
    values: dict[str, str] = {}
    warnings: list[str] = []
    try:
        if not file.is_file():
            return values, warnings
        from dotenv.parser import parse_stream  # which takes a while

        # Some Windows editors begin a file with a byte order mark.
        with file.open(encoding="utf-8-sig") as lines:
            bindings = list(parse_stream(lines))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{file} can't be read: {error}") from None
    for binding in bindings:
        text = binding.original.string
        place = f"{file}:{binding.original.line + _blank_lines(text)}"
        if binding.error or (binding.key is not None and binding.value is None):
            raise SettingError(f"{place}: this line is not NAME=value: {text.strip()[:40]!r}")
        if binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
            if meant := meant_in_file(binding.key):
                warnings.append(_warning(f"{place}: {binding.key}", meant))
    return values, warnings


def _blank_lines(text: str) -> int:
    """Return the number of lines before the first that is not blank."""
    return len(text[: len(text) - len(text.lstrip())].splitlines())


def _warning(what: str, meant: list[str]) -> str:
    return f"warning: {what} is not a setting: did you mean {' or '.join(meant)}?"


def read_master_url(env: Environment, token: str | None) -> str:
    """Return the master's address, with a scheme and without a trailing slash.

    A host without scheme and port gets the master's default port. Raises ``SettingError`` if the
    address is malformed, or if the token would be sent unencrypted to another host.
    """
    url = str(env.value("MASTER_URL"))
    if "://" not in url:
        # TLS_CA is only set for a cluster that uses TLS.
        url = f"{'https' if env.text('TLS_CA') else 'http'}://{url}"
        if urllib.parse.urlsplit(url).port is None:
            url = f"{url}:{SETTINGS['MASTER_PORT'].default}"
    plain = token and not is_loopback(host_of(url)) and not url.lower().startswith("https:")
    if plain and not env.value("ALLOW_PLAIN_HTTP"):
        raise SettingError(plain_http_refusal(env.written("MASTER_URL", url)))
    return url


def host_of(url: str) -> str:
    """Return the host of the master's address."""
    return urllib.parse.urlsplit(url).hostname or ""


def plain_http_refusal(what: str) -> str:
    """Return the message that refuses to send a token over plain HTTP to another host."""
    return (
        f"{what} is another host, and CLUSTER_TOKEN would travel readable by the network: use TLS "
        "(https://, TLS_CERT, TLS_KEY), or set ALLOW_PLAIN_HTTP=1 if you trust this network"
    )
