"""Encodes and decodes what master, slave and client send: outcomes, strict JSON, credentials.

Imports only the standard library, so that the client starts quickly.
"""

import base64
import binascii
import errno
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from protocol.counts import counted
from protocol.failures import KNOWN_CODES, Failure, Internal

CONTRACT_VERSION = 1
"""Increased whenever older masters or slaves would misread what newer ones send."""

JSON_TYPE = "application/json"
PARTIAL_FIELD = "survey"
"""Form field that asks a slave for the partial results of a task type with a merge module; without
it, the slave merges those of the request. The name is that of contract version 1."""
MAX_RESULT_BYTES = 1024**3
"""For the result of one file, which the slave holds in memory."""
MAX_ANSWER_BYTES = 1024**3
"""For a whole answer in plain JSON, which the master reads into memory."""
_MAX_CHARACTERS = 2000
"""For a sentence or a file name from a slave; the master stores both with its jobs."""
_MAX_REASON_CHARACTERS = 500
MAX_WARNINGS = 5
MAX_WARNING_CHARACTERS = 300
"""For the warnings sent and stored beside a result; a JSON result has its warnings in full."""


class WireError(Exception):
    """The answer of the other program is malformed."""


class SourceChanged(Exception):
    """The file at ``path`` can't be read, or became shorter, while it was sent."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path} {what}")
        self.path = path


class DataSink(Protocol):
    """Where the bytes of one large result go while they arrive."""

    def write(self, data: bytes) -> None:
        """Take the next bytes; an error of the disk is reported when the result is saved."""
        ...

    def discard(self) -> None:
        """Remove what was written, unless it was saved."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a slave answered for one file: the bytes to save, or a failure; never both.

    The bytes are ``data`` or, if there are many, were written to ``sink``; who does not save them
    discards the sink. ``warnings`` are sentences about what the result leaves out, at most
    ``MAX_WARNINGS``.
    """

    filename: str
    data: bytes | None = None
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()
    sink: DataSink | None = None


def json_bytes(value: object, *, indent: int | None = None) -> bytes:
    """Encode as strict JSON in UTF-8; raises ``ValueError`` for NaN and infinities."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    # UTF-8 can't encode a lone surrogate (as in an undecodable file name); a JSON escape can.
    return text.encode("utf-8", errors="backslashreplace")


def json_value(text: str) -> object:
    """Decode strict JSON; raises ``ValueError`` for NaN and infinities too."""

    def refuse(constant: str) -> object:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def encode_outcome(outcome: Outcome, result_key: str) -> dict[str, object]:
    """Return one entry of a slave's ``results``."""
    if outcome.failure is not None:
        failure = outcome.failure
        return {"filename": outcome.filename, "error": failure.error, "code": failure.code}
    data = base64.b64encode(outcome.data or b"").decode("ascii")
    return {"filename": outcome.filename, result_key: data} | encode_warnings(outcome.warnings)


def decode_outcome(entry: object, result_key: str) -> Outcome:
    """Read one entry of a slave's ``results``; raises ``WireError`` when it is malformed."""
    if not isinstance(entry, Mapping):
        raise WireError("an entry of the results is not an object")
    filename = read_filename(entry)
    if "error" in entry:
        return Outcome(filename, failure=read_failure(entry))
    data = entry.get(result_key)
    if not isinstance(data, str):
        raise WireError(f"an entry of the results has neither {result_key!r} nor 'error'")
    try:
        decoded = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError(f"{result_key!r} is not Base64: {error}") from error
    return Outcome(filename, data=decoded, warnings=read_warnings(entry.get("warnings")))


def read_filename(entry: Mapping[str, object]) -> str:
    """Return the file name in a slave's entry, cut to ``_MAX_CHARACTERS``."""
    return str(entry.get("filename", ""))[:_MAX_CHARACTERS]


def read_failure(entry: Mapping[str, object]) -> Failure:
    """Return the failure in a slave's entry.

    An unknown code becomes ``internal``, since codes appear in logs and metrics.
    """
    code = entry.get("code")
    known = code if isinstance(code, str) and code in KNOWN_CODES else Internal.code
    return Failure(known, str(entry["error"])[:_MAX_CHARACTERS])


def encode_warnings(warnings: Sequence[str]) -> dict[str, object]:
    """Return the key ``warnings`` of an outcome's entry; empty without warnings."""
    return {"warnings": list(warnings)} if warnings else {}


def read_warnings(found: object) -> tuple[str, ...]:
    """Return the warnings beside a result, bounded in number and length; ignore other values."""
    texts = found if isinstance(found, list) else []
    sentences = [text for text in texts if isinstance(text, str)][:MAX_WARNINGS]
    return tuple(
        text if len(text) <= MAX_WARNING_CHARACTERS else text[: MAX_WARNING_CHARACTERS - 1] + "…"
        for text in sentences
    )


def decode_answer(body: bytes | bytearray, result_key: str, expected: int) -> list[Outcome]:
    """Return the outcomes in a slave's plain JSON answer to ``expected`` files, in upload order.

    Raises ``WireError`` if it is not JSON, or does not have one entry for each file.
    """
    try:
        answer: Any = json.loads(body)
        entries = answer["results"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WireError("the answer is not a JSON object with 'results'") from error
    if not isinstance(entries, list) or len(entries) != expected:
        raise WireError(
            f"the answer does not have one entry for each of {counted(expected, 'file')}"
        )
    return [decode_outcome(entry, result_key) for entry in entries]


def bearer(token: str | None) -> dict[str, str]:
    """Return the request header with the token; empty without a token."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def is_authorized(authorization: str | None, token: str) -> bool:
    """Return, in constant time, whether an ``Authorization`` header has ``token``."""
    # Imported here, as the client starts quickly without.
    import hmac

    scheme, _, given = (authorization or "").partition(" ")
    # Compared as bytes: compare_digest raises for text that is not ASCII.
    same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
    return same and scheme.lower() == "bearer"


def is_loopback(host: str) -> bool:
    """Return whether a host (a name or an address, no port) is this computer."""
    import ipaddress  # as for hmac

    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def root_cause(error: Exception) -> str:
    """Return the message of the innermost cause of an error of ``requests``."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return one_line(str(reason or error).rpartition("): ")[2])


def one_line(text: str) -> str:
    """Return untrusted text for one line of a log: printable and cut."""
    cut = text[:_MAX_REASON_CHARACTERS]
    return "".join(character if character.isprintable() else "?" for character in cut)


_TRANSIENT_ERRNOS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors of this process, which lacks file descriptors or memory, and not of the file."""


class LazyFile:
    """A file to send: opened when its first byte is read, closed after its last.

    One request can have thousands of them without as many open files. ``len`` is the number of
    bytes left to read.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self.len = size

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; raises ``SourceChanged`` if they can't be read."""
        wanted = self.len if size < 0 else min(size, self.len)
        if not wanted:
            return b""
        try:
            data = self._read(wanted)
        except OSError as error:
            # An OSError would be mistaken for an error of the connection.
            if error.errno in _TRANSIENT_ERRNOS:
                raise
            raise SourceChanged(self._path, f"can't be read ({error.strerror})") from error
        if not data:
            raise SourceChanged(self._path, "has become shorter while it was sent")
        return data

    def read_all(self) -> bytes:
        """Return all bytes that are left; raises ``SourceChanged`` if they can't be read."""
        pieces = []
        while piece := self.read():
            pieces.append(piece)
        return b"".join(pieces)

    def _read(self, wanted: int) -> bytes:
        if self._file is None:
            self._file = self._path.open("rb")
        data = self._file.read(wanted)
        self.len -= len(data)
        if not data or not self.len:
            self._file.close()
        return data
