"""Reads mails (RFC 5322 and MIME) with Python's email package, within limits.

The text is From, To, Cc, Subject and Date, a line each, then the body: of alternatives the plain
text if it has words, else the HTML without tags. Attached mails are included, other attachments
only named. The parser of ``policy.default`` needs minutes for long headers, so headers are decoded
by RFC 2047 alone (``policy.compat32``).
"""

import email.header
import email.utils
import re
from email import policy
from email.message import Message
from email.parser import BytesParser
from typing import BinaryIO

from protocol.failures import Corrupt, Unsupported
from slave_service.formats.content import Content, Lines, warnings
from slave_service.formats.html import reading as html_reading
from slave_service.formats.html.encoding import decode_html
from slave_service.formats.text_decoding import decode

_HEADERS = ("From", "To", "Cc", "Subject", "Date")
_MAX_HEADER = 20_000
_MAX_PARTS = 2000
_MAX_NAMES = 1000
_MAX_DEPTH = 20
NESTED = (
    "This mail has too many parts, or nests them too deeply, to be read; forward its text as a new "
    "mail."
)
_ENCRYPTED_KINDS = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_SPACE = re.compile(r"\s+")
_LINE = rb"(?:\r\n|\r|\n)"
_PARAMETERS = re.compile(
    rb"(?:^|(?<=[\r\n]))content-[a-z-]{1,40}:[^\r\n]*(?:" + _LINE + rb"[ \t][^\r\n]*)*",
    re.IGNORECASE,
)
_MAX_PARAMETERS = 5000
"""Limit of the headers in which the parser splits parameters, in quadratic time."""


class _Reader:
    def __init__(self) -> None:
        self.lines = Lines()
        self.attachments: list[str] = []
        self.warnings: list[str] = []
        self.unread = self.parts = 0
        self.is_encrypted = False

    def read_mail(self, message: Message, depth: int) -> None:
        self.lines.add_gap()
        for name in _HEADERS:
            if value := header(message, name):
                self.lines.add(f"{name}: {value}")
        self.lines.add_gap()
        self._read_part(message, depth)

    def _read_part(self, part: Message, depth: int) -> None:
        self.parts += 1
        if depth > _MAX_DEPTH or self.parts > _MAX_PARTS:
            raise Corrupt(NESTED)
        kind = part.get_content_type()
        self.is_encrypted |= kind in _ENCRYPTED_KINDS
        if kind == "message/rfc822" and part.is_multipart():
            for inner in _children(part):
                self.read_mail(inner, depth + 1)
        elif kind == "multipart/alternative":
            if (best := self._best(part)) is not None:
                self._read_part(best, depth + 1)
        elif part.is_multipart():
            for inner in _children(part):
                self._read_part(inner, depth + 1)
        elif part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
            self._name(part)
        elif kind in ("text/plain", "text/html") or part.get_content_disposition() == "inline":
            self._read_text(part, kind)
        else:
            self._name(part)

    @staticmethod
    def _best(part: Message) -> Message | None:
        """Return the plain text with words, else the last alternative, which is the richest."""
        children = _children(part)
        for child in children:
            if child.get_content_type() == "text/plain" and _bytes(child).strip():
                return child
        return children[-1] if children else None

    def _read_text(self, part: Message, kind: str) -> None:
        text, damage = _text(part, kind)
        self.warnings += [sentence for sentence in damage if sentence not in self.warnings]
        if kind == "text/html":
            html_reading.read_into(self.lines, text)
        else:
            for line in text.rstrip().split("\n"):
                self.lines.add(line.rstrip("\r"))

    def _name(self, part: Message) -> None:
        self.unread += 1
        name = _decoded(part.get_filename() or "") or part.get_content_type()
        if len(self.attachments) < _MAX_NAMES:
            self.attachments.append(name[:255])


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if part.is_multipart() else []


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: Message, kind: str) -> tuple[str, list[str]]:
    """Return the text of a part by its charset, or by its content where that is wrong."""
    data = _bytes(part)
    charset = part.get_content_charset("")
    try:
        # Python's "gb2312" and "iso-8859-1" lack characters that mails of these names have.
        charset = {"gb2312": "gb18030", "iso-8859-1": "cp1252"}.get(charset, charset)
        if charset not in ("", "us-ascii"):
            return data.decode(charset), []
    except (LookupError, UnicodeError, ValueError):
        pass
    try:
        decoded = decode_html(data) if kind == "text/html" else decode(data)
    except Unsupported:
        return data.decode("utf-8", "replace"), ["A part of this mail is damaged; send it again."]
    return decoded.text, decoded.warnings if decoded.damaged else []


def header(message: Message, name: str) -> str:
    """Return a header in one line, decoded by RFC 2047; "" where there is none."""
    return _decoded(message.get(name, ""))


def _decoded(value: object) -> str:
    raw = str(value)[:_MAX_HEADER]
    if isinstance(value, email.header.Header) or not raw.isascii():
        # Bytes above ASCII, which the parser keeps as surrogates.
        data = b"".join(_raw_bytes(value))[:_MAX_HEADER]
        try:
            raw = decode(data).text if data else raw
        except Unsupported:
            raw = data.decode("utf-8", "replace")
    try:
        pieces = email.header.decode_header(raw)
        text = "".join(_piece(piece, charset) for piece, charset in pieces)
    except (ValueError, email.errors.HeaderParseError):
        text = raw
    return _SPACE.sub(" ", text.encode("utf-8", "replace").decode("utf-8")).strip()


def _raw_bytes(value: object) -> list[bytes]:
    chunks = getattr(value, "_chunks", None)
    texts = [str(text) for text, _ in chunks] if chunks else [str(value)]
    return [text.encode("utf-8", "surrogateescape") for text in texts]


def _piece(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    try:
        return piece.decode(charset or "ascii", "replace")
    except (LookupError, ValueError):
        return piece.decode("utf-8", "replace")


def read(source: BinaryIO) -> Content:
    """Read a mail; raises ``Corrupt`` for too many or too deeply nested parts, and ``TooLarge``."""
    source.seek(0)
    data = _PARAMETERS.sub(lambda found: found[0][:_MAX_PARAMETERS], source.read())
    reader = _Reader()
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(data)
        reader.read_mail(message, 0)
    except RecursionError as error:
        raise Corrupt(NESTED) from error
    text = reader.lines.text()
    metadata = {
        "title": header(message, "Subject"),
        "author": header(message, "From"),
        "creator": header(message, "X-Mailer") or header(message, "User-Agent"),
        "created": date(header(message, "Date")),
    }
    found = {"attached files": reader.unread}
    if reader.is_encrypted:
        reader.warnings.append(
            "This mail is encrypted; decrypt it with your mail program, save it, and send that."
        )
    more: dict[str, object] = {
        "headers": {name.lower(): header(message, name) for name in _HEADERS},
        "attachments": reader.attachments,
    }
    about = [*reader.warnings, *warnings(text, found)]
    return Content("Email", text, metadata, reader.lines.outline, more, about)


def date(value: str) -> str:
    """Return a date of RFC 5322 as ISO 8601; "" where it is none."""
    try:
        return email.utils.parsedate_to_datetime(value).isoformat()
    except (TypeError, ValueError, OverflowError, IndexError):
        return ""
