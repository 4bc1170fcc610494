"""Messages for a wrong MASTER_URL: what answers at the address, and what to write instead.

No I/O, clocks or threads.
"""

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import Message

DEFAULT_PORT = 5000
PLAIN_TO_TLS = "This port is called over TLS: the address has to begin with https:// here."
"""The answer of master and slave to plain HTTP if they serve TLS."""
SLAVE_IS_UP = "Slave is working"
"""The answer of a slave to ``GET /``."""
_MAX_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Head:
    """The parts of an answer's head that show what kind of server sent it."""

    status: int
    reason: str
    server: str = ""
    location: str = ""

    def __str__(self) -> str:
        """Return status and server name."""
        name = self.server and f", {self.server}"
        return f"HTTP {self.status} {self.reason}".strip() + name


def head_of(status: int, reason: str | None, headers: "Mapping[str, str] | Message") -> Head:
    """Return the head of an answer from its status line and headers."""
    return Head(status, reason or "", headers.get("Server", ""), headers.get("Location", ""))


def of_slave(url: str) -> str:
    """Return the message for an address at which a slave answers."""
    return f"the master is not at {url}: a slave answers there; {_address_hint(url)}"


def of_itself(url: str) -> str:
    """Return the message for a slave whose MASTER_URL is its own address."""
    hint = _address_hint(url)
    return f"the master is not at {url}, which is the address of this slave itself; {hint}"


def of_web_server(url: str, head: Head) -> str:
    """Return the message for an address at which another web server answers."""
    there = (
        f"the master is not at {url}: another web server answers there ({_printable(str(head))})"
    )
    if not head.location:
        return f"{there}; {_address_hint(url)}"
    base = _base(url, head.location)
    hint = (
        f"if the master is behind it, give the address {_printable(base)}"
        if base
        else _address_hint(url)
    )
    return f"{there} and redirects to {_printable(head.location)}, which is not followed; {hint}"


def without_tls(url: str) -> str:
    """Return the message for an https:// address whose server does not speak TLS."""
    plain = url.replace("https://", "http://", 1)
    return (
        f"what answers at {url} does not speak TLS: give the address {plain}, or start the master "
        "with TLS_CERT and TLS_KEY"
    )


def with_tls(url: str) -> str:
    """Return the message for an http:// address whose server speaks TLS."""
    secure = url.replace("http://", "https://", 1)
    return f"what answers at {url} speaks TLS: give the address {secure}"


def _address_hint(url: str) -> str:
    shown = "the one that its log shows after 'listening on'"
    parts = urllib.parse.urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    usual = f"{parts.scheme}://{host}:{DEFAULT_PORT}"
    return f"give the master's address, {shown}" + ("" if url == usual else f", such as {usual}")


def _base(url: str, location: str) -> str | None:
    """Return scheme, host and port of a redirect's target; None if it is not HTTP or not new."""
    try:
        parts = urllib.parse.urlsplit(urllib.parse.urljoin(url, location))
    except ValueError:
        return None
    base = f"{parts.scheme}://{parts.netloc}"
    return base if parts.scheme in ("http", "https") and parts.netloc and base != url else None


def _printable(text: str) -> str:
    return "".join(
        character if character.isprintable() else "?" for character in text[:_MAX_CHARACTERS]
    )
