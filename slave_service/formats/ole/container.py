"""Opens OLE compound files (MS-CFB) with olefile, within limits, and reads their properties."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from protocol.failures import Corrupt, TooLarge
from slave_service.formats.rtf.words import code_page

if TYPE_CHECKING:
    from olefile import OleFileIO

MAX_STREAM_BYTES = 256 * 1024 * 1024
_DAMAGE_ERRORS = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    RecursionError,
    struct.error,
)
"""Exceptions of olefile for damaged files; only OSError is documented."""
_DAMAGED = "This document is damaged and can't be read; save or export it again and send that."
_TOO_LARGE = "A part of this document is larger than what is read; split it into smaller files."


@contextmanager
def opened(source: BinaryIO) -> Iterator["OleFileIO"]:
    """Open the container; damage that shows while it is read becomes ``Corrupt``."""
    import olefile

    source.seek(0)
    try:
        with olefile.OleFileIO(source) as container:
            yield container
    except _DAMAGE_ERRORS as error:
        raise Corrupt(_DAMAGED) from error


def entry(source: "OleFileIO", *path: str) -> Any:  # noqa: ANN401 (olefile has no types)
    """Return the entry of a stream or storage; None where there is none.

    ``OleFileIO.exists`` compares all names of a storage, which is slow where there are many.
    """
    found = source.root
    for name in path:
        found = found.kids_dict.get(name.lower()) if found is not None else None
    return found


def stream(source: "OleFileIO", *path: str) -> bytes:
    """Return a stream, empty where there is none; raises ``TooLarge``."""
    found = entry(source, *path)
    if found is None or not found.size:
        return b""
    if found.size > MAX_STREAM_BYTES:
        raise TooLarge(_TOO_LARGE)
    data: bytes = source._open(found.isectStart, found.size).read()
    return data


def metadata(source: "OleFileIO") -> dict[str, str]:
    """Return the summary of a document, by the keys of ``content.METADATA``."""
    try:
        found: Any = source.get_metadata()
    except _DAMAGE_ERRORS:
        return {}
    codepage = found.codepage if isinstance(found.codepage, int) else 1252
    texts = {
        "title": found.title,
        "author": found.author,
        "subject": found.subject,
        "creator": found.creating_application,
    }
    values = {name: decoded(value, codepage) for name, value in texts.items()}
    for name, moment in (("created", found.create_time), ("modified", found.last_saved_time)):
        # Microsoft's zero, the year 1601, means that there is none.
        values[name] = f"{moment.isoformat()}Z" if getattr(moment, "year", 0) > 1601 else ""
    return values


def decoded(value: object, codepage: int) -> str:
    """Return a text of a code page of Windows, without what follows a null character."""
    if not isinstance(value, bytes):
        return str(value or "").partition("\0")[0]
    # Property sets state the numbers as signed.
    text = value.decode(code_page(codepage % 65536), "replace")
    return text.partition("\0")[0].strip()
