"""Reads mails of Outlook (MS-OXMSG): headers, body, and the names of attached files.

Each property is a stream that is named by its number and type; those of fixed size are in one
stream together. Recipients, attached files and attached mails are storages of their own.
"""

import re
import struct
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from protocol.failures import Corrupt, FileError
from slave_service.formats.content import Content, Lines, warnings
from slave_service.formats.html import reading as html_reading
from slave_service.formats.html.encoding import decode_html
from slave_service.formats.mail.reading import NESTED
from slave_service.formats.ole import container, rtf_packing
from slave_service.formats.rtf import reading as rtf_reading

if TYPE_CHECKING:
    from olefile import OleFileIO

PROPERTIES = "__properties_version1.0"
_SUBJECT, _BODY, _HTML, _RTF = 0x0037, 0x1000, 0x1013, 0x1009
_SENDER_NAME, _SENDER_SMTP, _SENDER_ADDRESS = 0x0C1A, 0x5D01, 0x0C1F
_SHOWN = {"to": 0x0E04, "cc": 0x0E03}
_NAME, _SMTP, _ADDRESS, _LONG_NAME, _SHORT_NAME = 0x3001, 0x39FE, 0x3003, 0x3707, 0x3704
_KIND_OF_RECIPIENT = 0x0C150003
_KINDS = {1: "to", 2: "cc"}
_SENT, _DELIVERED = 0x00390040, 0x0E060040
_CODEPAGE = 0x3FFD0003
_ATTACHED_MAIL = "__substg1.0_3701000D"
_HEADER_BYTES, _INNER_HEADER_BYTES, _OTHER_HEADER_BYTES = 32, 24, 8
_LINES = {"from": "From", "to": "To", "cc": "Cc", "subject": "Subject", "date": "Date"}
_MAX_DEPTH = 20
_MAX_STORAGES = 2000
_MAX_NAMES = 1000
_MAX_HEADER = 20_000
_EPOCH = datetime(1601, 1, 1, tzinfo=timezone.utc)
_SPACE = re.compile(r"\s+")


class _Mail:
    """One mail: the whole file, or an attached one."""

    def __init__(self, source: "OleFileIO", path: list[str]) -> None:
        self._source, self._path = source, path
        header = _INNER_HEADER_BYTES if path else _HEADER_BYTES
        self._fixed = _fixed(source, path, header)
        self._codepage = int.from_bytes(self._fixed.get(_CODEPAGE, b"")[:4], "little") or 1252
        self.headers = self._read_headers()

    def text(self, number: int, path: list[str] | None = None) -> str:
        """Return a text property, of a recipient or an attached file where ``path`` is given."""
        at = path or self._path
        if wide := container.stream(self._source, *at, f"__substg1.0_{number:04X}001F"):
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = container.stream(self._source, *at, f"__substg1.0_{number:04X}001E")
        return container.decoded(narrow, self._codepage)

    def data(self, number: int) -> bytes:
        """Return a property of bytes."""
        return container.stream(self._source, *self._path, f"__substg1.0_{number:04X}0102")

    def _read_headers(self) -> dict[str, str]:
        headers = {
            "from": self._address(self._path, _SENDER_NAME, (_SENDER_SMTP, _SENDER_ADDRESS)),
            **self._recipients(),
            "subject": self.text(_SUBJECT),
            "date": self.date(),
        }
        return {
            name: _SPACE.sub(" ", value[:_MAX_HEADER]).strip() for name, value in headers.items()
        }

    def date(self) -> str:
        """Return when the mail was sent, or else delivered, in ISO 8601; "" where it is unknown."""
        for tag in (_SENT, _DELIVERED):
            ticks = int.from_bytes(self._fixed.get(tag, b""), "little")
            if ticks:
                try:
                    moment = _EPOCH + timedelta(microseconds=ticks // 10)
                except OverflowError:
                    continue
                return moment.replace(microsecond=0).isoformat()
        return ""

    def _recipients(self) -> dict[str, str]:
        found: dict[str, list[str]] = {"to": [], "cc": []}
        for path in storages(self._source, self._path, "__recip_version1.0_#"):
            fixed = _fixed(self._source, path, _OTHER_HEADER_BYTES)
            kind = int.from_bytes(fixed.get(_KIND_OF_RECIPIENT, b"\1")[:4], "little")
            if kind in _KINDS:
                found[_KINDS[kind]].append(self._address(path, _NAME, (_SMTP, _ADDRESS)))
        return {
            name: ", ".join(filter(None, addresses)) or self.text(_SHOWN[name])
            for name, addresses in found.items()
        }

    def _address(self, path: list[str], name: int, addresses: tuple[int, int]) -> str:
        """Return ``name <address>``; an address of Exchange is left out, being no mail address."""
        shown = self.text(name, path)
        stated = (self.text(number, path) for number in addresses)
        address = next((each for each in stated if "@" in each), "")
        return (
            f"{shown} <{address}>" if shown and address and shown != address else shown or address
        )


class _Reader:
    def __init__(self, source: "OleFileIO") -> None:
        self._source = source
        self.lines = Lines()
        self.attachments: list[str] = []
        self.warnings: list[str] = []
        self.unread = self._mails = 0

    def read_mail(self, mail: _Mail, path: list[str], depth: int) -> None:
        self._mails += 1
        if depth > _MAX_DEPTH or self._mails > _MAX_STORAGES:
            raise Corrupt(NESTED)
        self.lines.add_gap()
        for name, shown in _LINES.items():
            if value := mail.headers[name]:
                self.lines.add(f"{shown}: {value}")
        self.lines.add_gap()
        self._read_body(mail)
        for attached in storages(self._source, path, "__attach_version1.0_#"):
            inner = [*attached, _ATTACHED_MAIL]
            if container.entry(self._source, *inner, PROPERTIES):
                self.read_mail(_Mail(self._source, inner), inner, depth + 1)
                continue
            self.unread += 1
            name = mail.text(_LONG_NAME, attached) or mail.text(_SHORT_NAME, attached)
            if len(self.attachments) < _MAX_NAMES:
                self.attachments.append(name[:255] or "unnamed")

    def _read_body(self, mail: _Mail) -> None:
        if (plain := mail.text(_BODY)).strip():
            self._add(plain)
        elif html := mail.data(_HTML):
            html_reading.read_into(self.lines, decode_html(html).text)
        elif html_text := mail.text(_HTML):
            html_reading.read_into(self.lines, html_text)
        elif packed := mail.data(_RTF):
            try:
                self._add(rtf_reading.read(rtf_packing.unpacked(packed)).text)
            except FileError:
                self.warnings.append("The text of this mail is damaged; save it again as EML.")

    def _add(self, text: str) -> None:
        for line in text.rstrip().split("\n"):
            self.lines.add(line.rstrip("\r"))


def read(source: "OleFileIO") -> Content:
    """Read a mail; raises ``Corrupt`` for too many or too deeply nested mails, and ``TooLarge``."""
    mail = _Mail(source, [])
    reader = _Reader(source)
    reader.read_mail(mail, [], 0)
    text = reader.lines.text()
    more: dict[str, object] = {"headers": mail.headers, "attachments": reader.attachments}
    metadata = {
        "title": mail.headers["subject"],
        "author": mail.headers["from"],
        "created": mail.headers["date"],
    }
    about = [*reader.warnings, *warnings(text, {"attached files": reader.unread})]
    return Content("Email", text, metadata, reader.lines.outline, more, about)


def storages(source: "OleFileIO", path: list[str], prefix: str) -> list[list[str]]:
    """Return the paths of the first storages in ``path`` whose names begin with ``prefix``."""
    found = container.entry(source, *path)
    names = sorted(kid.name for kid in found.kids) if found is not None else []
    return [[*path, name] for name in names if name.startswith(prefix)][:_MAX_STORAGES]


def _fixed(source: "OleFileIO", path: list[str], header: int) -> dict[int, bytes]:
    """Return the properties of fixed size, by tag: 8 bytes each."""
    data = container.stream(source, *path, PROPERTIES)
    places = range(header, len(data) - 15, 16)
    return {struct.unpack_from("<I", data, at)[0]: data[at + 8 : at + 16] for at in places}
