"""Writes OLE compound files (MS-CFB, version 3), Word documents (MS-DOC) and mails of Outlook."""

import struct
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_END, _FREE, _FAT, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5

Storage = Mapping[str, Any]
"""By name, the bytes of a stream or another storage."""


def ole(storage: Storage) -> bytes:
    """Return the compound file."""
    writer = _Writer()
    writer.add("Root Entry", storage, _ROOT)
    return writer.file()


class _Writer:
    def __init__(self) -> None:
        self._sectors: list[bytes] = []
        self._fat: list[int] = []
        self._mini = b""
        self._mini_fat: list[int] = []
        self._entries: list[list[Any]] = []

    def add(self, name: str, content: Any, kind: int = _STORAGE) -> int:
        """Add an entry of the directory with all in it; return its number."""
        number = len(self._entries)
        entry = [name, kind, _NONE, _NONE, 0, 0]  # name, kind, right, child, start, size
        self._entries.append(entry)
        if isinstance(content, bytes):
            entry[1], entry[5] = _STREAM, len(content)
            entry[4] = self._store(content)
            return number
        names = sorted(content, key=lambda each: (len(each), each.upper()))
        children = [self.add(each, content[each]) for each in names]
        for left, right in pairwise(children):
            self._entries[left][2] = right
        entry[3] = children[0] if children else _NONE
        return number

    def _store(self, data: bytes) -> int:
        if len(data) >= _CUTOFF:
            return self._chain(data)
        if not data:
            return _END
        start = len(self._mini_fat)
        count = -(-len(data) // _MINI)
        self._mini += data.ljust(count * _MINI, b"\0")
        self._mini_fat += [*range(start + 1, start + count), _END]
        return start

    def _chain(self, data: bytes) -> int:
        start = len(self._sectors)
        count = -(-len(data) // _SECTOR)
        padded = data.ljust(count * _SECTOR, b"\0")
        self._sectors += [padded[at : at + _SECTOR] for at in range(0, len(padded), _SECTOR)]
        self._fat += [*range(start + 1, start + count), _END]
        return start

    def file(self) -> bytes:
        """Return the header and all sectors."""
        root = self._entries[0]
        root[5] = len(self._mini)
        root[4] = self._chain(self._mini) if self._mini else _END
        mini_fat = struct.pack(f"<{len(self._mini_fat)}I", *self._mini_fat)
        filled = mini_fat.ljust(-(-len(mini_fat) // _SECTOR) * _SECTOR, b"\xff")
        first_mini = self._chain(filled) if mini_fat else _END
        directory = self._chain(b"".join(map(_entry, self._entries)))
        count = 1
        while (len(self._fat) + count) * 4 > count * _SECTOR:
            count += 1
        begin = len(self._sectors)
        fat = [*self._fat, *[_FAT] * count]
        table = struct.pack(f"<{len(fat)}I", *fat).ljust(count * _SECTOR, b"\xff")
        places = [*range(begin, begin + count), *[_FREE] * (109 - count)]
        header = (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + bytes(16)
            + struct.pack("<5H6xI", 0x3E, 3, 0xFFFE, 9, 6, 0)
        )
        header += struct.pack(
            "<9I", count, directory, 0, _CUTOFF, first_mini, len(filled) // _SECTOR, _END, 0, 0
        )[:32]
        return header + struct.pack("<109I", *places) + b"".join(self._sectors) + table


def _entry(entry: list[Any]) -> bytes:
    name, kind, right, child, start, size = entry
    encoded: bytes = (name + "\0").encode("utf-16-le")
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<H2B3I", len(encoded), kind, 1, _NONE, right, child)
        + bytes(36)
        + struct.pack("<I2I", start, size, 0)
    )


def word_streams(text: str, *, wide: bool = True, flags: int = 0, version: int = 0xC1) -> Storage:
    """Return the streams of a document whose body is ``text``, in one piece."""
    data = text.encode("utf-16-le" if wide else "cp1252")
    begin = 2048
    fib = bytearray(begin)
    struct.pack_into("<2H", fib, 0, 0xA5EC, version)
    struct.pack_into("<H", fib, 10, flags)
    length = len(data) // (2 if wide else 1)
    struct.pack_into("<I", fib, 76, length)
    offset = begin if wide else begin * 2 | 1 << 30
    pieces = struct.pack("<2I", 0, length) + struct.pack("<HIH", 0, offset, 0)
    table = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    struct.pack_into("<2I", fib, 0x1A2, 0, len(table))
    return {"WordDocument": (bytes(fib) + data).ljust(_CUTOFF, b"\0"), "0Table": table}


def property_stream(values: Mapping[int, bytes], header: int) -> bytes:
    """Return a stream of properties of fixed size, by their tags (MS-OXMSG, 2.4)."""
    return bytes(header) + b"".join(
        struct.pack("<2I", tag, 6) + value.ljust(8, b"\0") for tag, value in values.items()
    )


def texts(values: Mapping[int, str | bytes]) -> dict[str, bytes]:
    """Return streams of texts in UTF-16, and of bytes, by the numbers of their properties."""
    return {
        f"__substg1.0_{tag:04X}{'001F' if isinstance(value, str) else '0102'}": (
            value.encode("utf-16-le") if isinstance(value, str) else value
        )
        for tag, value in values.items()
    }
