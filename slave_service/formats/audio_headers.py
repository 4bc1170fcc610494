"""Finds in the header of an uncompressed sound file where its samples stand and how many it states.

WAV (RIFF, RIFX, RF64), AIFF, AU, W64 and CAF state the length ahead of the samples. A program that
can't go back to write it (a pipe, a recorder that lost power) leaves 0 or a stand-in there, for
which libsndfile reads nothing, or refuses the file; ``Extent.corrections`` are the few bytes that
make it read to the end of the file.
"""

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MAX_CHUNKS = 10_000
"""Before the samples; real files have a handful."""
_MIN_PLACEHOLDER_BYTES = 0x7FFF0000
"""Programs that write to a pipe state this or more: SoX 0x7ffff000, arecord 2**31, others -1."""
_RIFF_HEADER, _W64_HEADER, _CAF_HEADER = 12, 40, 8
_W64_RIFF = b"riff.\x91\xcf\x11\xa5\xd6(\xdb\x04\xc1\x00\x00"
_W64_CHUNK_TAIL = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0O\x8e\xdb\x8a"


@dataclass(frozen=True, slots=True)
class _Field:
    """Where a length stands, as what, and by how much it is more than the samples' own bytes."""

    offset: int
    struct_format: str
    overhead_bytes: int = 0

    @property
    def max_bytes(self) -> int:
        """The largest number of bytes that the field can state."""
        return (1 << 8 * struct.calcsize(self.struct_format)) - 1 - self.overhead_bytes


@dataclass(frozen=True, slots=True)
class Extent:
    """The bytes of a file's samples: as stated, and as there are from ``begin`` to its end."""

    begin: int
    stated: int
    available: int
    has_further_chunks: bool
    """What follows the stated length is no sound that is left out, but chunks such as a title."""
    field: _Field

    @property
    def is_stated(self) -> bool:
        """Whether the header gives a length at all, right or wrong."""
        if self.stated <= 0:
            return self.available == 0 or self.has_further_chunks
        return self.stated <= self.available or self.stated < _MIN_PLACEHOLDER_BYTES

    @property
    def is_cut_off(self) -> bool:
        """Whether the header gives a length that the file does not have."""
        return self.is_stated and self.stated > self.available

    @property
    def unread(self) -> int:
        """Bytes after the samples as read that are not known to be anything else."""
        if not self.is_stated:
            return max(0, self.available - self.field.max_bytes)
        return 0 if self.has_further_chunks else max(0, self.available - self.stated)

    @property
    def corrections(self) -> dict[int, bytes]:
        """The bytes to read in place of others, by their place in the file."""
        if self.is_stated and not self.is_cut_off:
            return {}
        length = min(self.available, self.field.max_bytes) + self.field.overhead_bytes
        return {self.field.offset: struct.pack(self.field.struct_format, length)}


def read(source: BinaryIO) -> Extent | None:
    """Return the extent of the samples; None where the header is of another kind or damaged.

    Leaves the file at its beginning.
    """
    end = source.seek(0, os.SEEK_END)
    source.seek(0)
    try:
        magic = source.read(16)
        for mark, reader in _READERS.items():
            if magic.startswith(mark):
                return reader(source, end)
        return None
    except (struct.error, OverflowError, OSError, ValueError):
        return None
    finally:
        source.seek(0)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the chunks of a format follow each other."""

    mark_bytes: int
    struct_format: str
    aligned: int
    size_counts_head: bool = False

    @property
    def head_bytes(self) -> int:
        return self.mark_bytes + struct.calcsize(self.struct_format)

    def chunks(self, source: BinaryIO, offset: int) -> Iterator[tuple[int, bytes, int]]:
        """Yield place, mark and size of the content of each chunk, from ``offset`` on."""
        for _ in range(_MAX_CHUNKS):
            source.seek(offset)
            mark = source.read(self.mark_bytes)
            (size,) = struct.unpack(
                self.struct_format, source.read(struct.calcsize(self.struct_format))
            )
            size -= self.head_bytes if self.size_counts_head else 0
            yield offset, mark, size
            if size < 0:
                return
            offset += self.head_bytes + -(-size // self.aligned) * self.aligned

    def are_chunks(self, source: BinaryIO, offset: int, end: int) -> bool:
        """Tell whether what stands there, up to the end of the file, begins with a chunk."""
        offset = -(-offset // self.aligned) * self.aligned
        if offset + self.head_bytes > end:
            return False
        _, mark, size = next(self.chunks(source, offset))
        name = mark[:4]
        is_name = name.isascii() and name.decode().isprintable() and bool(name.strip())
        return is_name and 0 <= size <= end - offset - self.head_bytes + self.aligned


def _extent(
    source: BinaryIO, end: int, layout: _Layout, begin: int, stated: int, field: _Field
) -> Extent:
    further = layout.are_chunks(source, begin + max(0, stated), end)
    return Extent(begin, stated, max(0, end - begin), further, field)


def _wave(source: BinaryIO, end: int, byte_order: str = "<") -> Extent | None:
    layout = _Layout(4, f"{byte_order}I", 2)
    long_sizes: int | None = None
    for offset, mark, size in layout.chunks(source, _RIFF_HEADER):
        begin = offset + layout.head_bytes
        if mark == b"ds64":
            # The sizes of the file and of the samples, as EBU Tech 3306 has them.
            long_sizes = begin + 8
        elif mark == b"data":
            if long_sizes is not None:
                source.seek(long_sizes)
                (stated,) = struct.unpack("<Q", source.read(8))
                return _extent(source, end, layout, begin, stated, _Field(long_sizes, "<Q"))
            return _extent(
                source, end, layout, begin, size, _Field(offset + 4, layout.struct_format)
            )
    return None


def _big_endian_wave(source: BinaryIO, end: int) -> Extent | None:
    return _wave(source, end, ">")


def _aiff(source: BinaryIO, end: int) -> Extent | None:
    layout = _Layout(4, ">I", 2)
    for offset, mark, size in layout.chunks(source, _RIFF_HEADER):
        if mark == b"SSND":
            begin = offset + layout.head_bytes + 8
            field = _Field(offset + 4, layout.struct_format, overhead_bytes=8)
            return _extent(source, end, layout, begin, size - 8, field)
    return None


def _w64(source: BinaryIO, end: int) -> Extent | None:
    layout = _Layout(16, "<Q", 8, size_counts_head=True)
    for offset, mark, size in layout.chunks(source, _W64_HEADER):
        if mark == b"data" + _W64_CHUNK_TAIL:
            begin = offset + layout.head_bytes
            field = _Field(offset + 16, layout.struct_format, overhead_bytes=layout.head_bytes)
            # libsndfile reads to the end of the file, however much less is stated.
            is_known = 0 < size < end - begin or layout.are_chunks(source, begin, end)
            return Extent(begin, size, max(0, end - begin), is_known, field)
    return None


def _caf(source: BinaryIO, end: int) -> Extent | None:
    layout = _Layout(4, ">q", 1)
    for offset, mark, size in layout.chunks(source, _CAF_HEADER):
        if mark == b"data":
            begin = offset + layout.head_bytes + 4
            field = _Field(offset + 4, layout.struct_format, overhead_bytes=4)
            return _extent(source, end, layout, begin, size - 4, field)
    return None


def _au(source: BinaryIO, end: int, byte_order: str = ">") -> Extent:
    source.seek(4)
    begin, size = struct.unpack(f"{byte_order}2I", source.read(8))
    field = _Field(8, f"{byte_order}I")
    return Extent(begin, size, max(0, end - begin), has_further_chunks=False, field=field)


def _little_endian_au(source: BinaryIO, end: int) -> Extent:
    return _au(source, end, "<")


_READERS: dict[bytes, Callable[[BinaryIO, int], Extent | None]] = {
    b"RIFF": _wave,
    b"RF64": _wave,
    b"RIFX": _big_endian_wave,
    b"FORM": _aiff,
    b".snd": _au,
    b"dns.": _little_endian_au,
    b"caff": _caf,
    _W64_RIFF: _w64,
}
