"""Opens the parts of an Office file (a ZIP file by ECMA-376 part 2), within limits.

Only the requested parts are unpacked, as a stream. zipfile stops at the size that the directory
states and checks the CRC, so a part with a wrong size counts as damaged.
"""

import errno
import os
import posixpath
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from protocol.failures import Corrupt, Encrypted, FileError, TooLarge

MAX_PARTS = 10_000
MAX_PART_BYTES = 64 * 1024 * 1024
MAX_TOTAL_BYTES = 256 * 1024 * 1024
"""Unpacked size of all parts that are read, which excludes pictures."""
MAX_TREE_BYTES = 4 * 1024 * 1024
"""Unpacked size of a part that is parsed to a tree in memory, such as relations or properties."""

MAX_DIRECTORY_BYTES = 4 * 1024 * 1024
"""Size of the list of parts, which zipfile reads whole; about 400 bytes for each of MAX_PARTS."""

_ENCRYPTED_FLAG = 1
_END, _END_BYTES = b"PK\x05\x06", 22
_END_64, _END_64_BYTES = b"PK\x06\x06", 56
_LOCATOR_64_BYTES = 20
_MAX_COMMENT_BYTES = 65535
"""The records at the end of a ZIP file (APPNOTE 4.3.14 to 4.3.16)."""
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_TOO_LARGE = (
    f"This document is over the limit of {MAX_PARTS:,} parts, {MAX_PART_BYTES >> 20} MiB of text "
    f"in one of them or {MAX_TOTAL_BYTES >> 20} MiB in all; split it into smaller files."
)


@dataclass(frozen=True, slots=True)
class Relation:
    """A reference from a part to another; ``kind`` is the last component of the relation's type."""

    kind: str
    target: str
    identifier: str = field(default="", compare=False)


class Package:
    """The parts of an Office file by their names, which are case-insensitive.

    Methods raise ``TooLarge`` and ``Encrypted``, and the exceptions of zipfile and lxml.
    """

    def __init__(self, source: BinaryIO) -> None:
        _refuse_long_directory(source)
        self._archive = ZipFile(source)
        entries = self._archive.infolist()
        # The directory can contain more entries than it states.
        if len(entries) > MAX_PARTS:
            raise TooLarge(_TOO_LARGE)
        self._entries = {entry.filename.replace("\\", "/").lower(): entry for entry in entries}
        self._unpacked = 0

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._entries

    def names(self) -> Iterator[str]:
        """Yield the parts' names in lower case."""
        yield from self._entries

    def open(self, name: str, limit: int = MAX_PART_BYTES) -> IO[bytes]:
        """Open one part of at most ``limit`` bytes; raise ``KeyError`` where there is none."""
        entry = self._entries[name.lower()]
        self._unpacked += entry.file_size
        if entry.file_size > limit or self._unpacked > MAX_TOTAL_BYTES:
            raise TooLarge(_TOO_LARGE)
        if entry.flag_bits & _ENCRYPTED_FLAG:
            raise Encrypted(
                "This document needs a password; save a copy without one and send that."
            )
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise BadZipFile("a compression method that Office files do not use")
        return self._archive.open(entry)

    def tree(self, name: str) -> Any:  # noqa: ANN401 - lxml has no types
        """Return the root element of a small part; entities are not resolved."""
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        with self.open(name, MAX_TREE_BYTES) as stream:
            return etree.parse(stream, parser).getroot()

    def optional_tree(self, name: str) -> Any:  # noqa: ANN401 - the same
        """Return the root of a part that the text does not need; None where it can't be read.

        The part does not count towards ``MAX_TOTAL_BYTES``: no document fails for such a part.
        """
        unpacked = self._unpacked
        try:
            with damage_reported(""):
                return self.tree(name)
        except FileError:
            return None
        finally:
            self._unpacked = unpacked

    def relations(self, part: str = "") -> list[Relation]:
        """Return the references of ``part``, or of the package, to existing parts, in order."""
        folder, name = posixpath.split(part)
        relations_part = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations_part not in self:
            return []
        found = []
        for element in self.tree(relations_part).iter(_RELATIONSHIP):
            kind = posixpath.basename(element.get("Type", ""))
            path = posixpath.join("/", folder, element.get("Target", ""))
            target = posixpath.normpath(path).lstrip("/")
            if element.get("TargetMode") != "External" and target in self:
                found.append(Relation(kind, target, element.get("Id", "")))
        return found


@contextmanager
def damage_reported(sentence: str) -> Iterator[None]:
    """Raise ``Corrupt`` in place of the exceptions of zipfile, its codecs, and lxml."""
    from lxml import etree

    try:
        yield
    except OSError as error:
        # With a damaged offset zipfile seeks to a negative one (EINVAL), and for invalid
        # characters lxml raises an OSError without number; other numbers are errors of the disk.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise Corrupt(sentence) from error
    # zipfile does not translate the exceptions of struct, zlib and the decoders.
    except (
        BadZipFile,
        EOFError,
        NotImplementedError,
        OverflowError,
        ValueError,
        etree.XMLSyntaxError,
        struct.error,
        zlib.error,
    ) as error:
        raise Corrupt(sentence) from error


def _refuse_long_directory(source: BinaryIO) -> None:
    """Raise ``TooLarge`` before zipfile creates an object for each part in the directory.

    Where the end record is missing or cut off, zipfile reports it later.
    """
    length = source.seek(0, os.SEEK_END)
    longest = _END_64_BYTES + _LOCATOR_64_BYTES + _END_BYTES + _MAX_COMMENT_BYTES
    source.seek(max(0, length - longest))
    tail = source.read()
    source.seek(0)
    end = tail[-_END_BYTES:]
    # Search as zipfile does: at the very end, else at the last occurrence of the signature.
    offset = tail.rfind(_END)
    if end.startswith(_END) and end.endswith(b"\0\0"):
        offset = len(tail) - _END_BYTES
    if offset < 0 or offset + _END_BYTES > len(tail):
        return
    parts, size = struct.unpack_from("<10xHI", tail, offset)
    offset_64 = offset - _LOCATOR_64_BYTES - _END_64_BYTES
    if offset_64 >= 0 and tail.startswith(_END_64, offset_64):
        parts, size = struct.unpack_from("<32xQQ", tail, offset_64)
    if parts > MAX_PARTS or size > MAX_DIRECTORY_BYTES:
        raise TooLarge(_TOO_LARGE)
