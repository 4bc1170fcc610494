"""Reads offset and stated length of the samples from the header of an uncompressed sound file.

WAV (RIFF, RIFX, RF64, BW64), AIFF, AU, W64 and CAF state the length before the samples. A program
that can't go back to write it (into a pipe, or after a power failure) leaves 0 or a placeholder
there. libsndfile then reads nothing or refuses the file; with the bytes of ``Extent.corrections``
in place of the wrong ones it reads to the end of the file.
"""

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

_MAX_CHUNKS = 10_000
"""Chunks that are read in search of the samples; real files have only a few before them."""
_MIN_PLACEHOLDER_BYTES = 0x7FFF0000
"""Smallest length taken for a placeholder: SoX writes 0x7ffff000, arecord 2**31, others -1."""
_RIFF_HEADER, _W64_HEADER, _CAF_HEADER = 12, 40, 8
_W64_RIFF = b"riff.\x91\xcf\x11\xa5\xd6(\xdb\x04\xc1\x00\x00"
_W64_CHUNK_TAIL = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0O\x8e\xdb\x8a"


@dataclass(frozen=True, slots=True)
class _Field:
    """The field of a header that states the length of the samples in bytes.

    ``struct_format`` is its type for ``struct``; the stated length is ``overhead_bytes`` more than
    the samples.
    """

    offset: int
    struct_format: str
    overhead_bytes: int = 0

    @property
    def max_bytes(self) -> int:
        """The largest length of samples that the field can state."""
        return (1 << 8 * struct.calcsize(self.struct_format)) - 1 - self.overhead_bytes


@dataclass(frozen=True, slots=True)
class Extent:
    """The samples of a file, in bytes: offset, stated length, and length to the end of the file."""

    begin: int
    stated: int
    available: int
    has_further_chunks: bool
    """Whether other chunks, such as a title, follow the stated length, and not unread sound."""
    field: _Field
    mark: bytes = b""
    """What to read as the first bytes of a file whose own mark libsndfile does not know."""

    @property
    def is_stated(self) -> bool:
        """Whether the header states a length, right or wrong, and no placeholder."""
        if self.stated <= 0:
            return self.available == 0 or self.has_further_chunks
        return self.stated <= self.available or self.stated < _MIN_PLACEHOLDER_BYTES

    @property
    def is_cut_off(self) -> bool:
        """Whether the stated length is more than the file contains."""
        return self.is_stated and self.stated > self.available

    @property
    def unread(self) -> int:
        """Bytes after the read samples that are not known to be other chunks."""
        if not self.is_stated:
            return max(0, self.available - self.field.max_bytes)
        return 0 if self.has_further_chunks else max(0, self.available - self.stated)

    @property
    def corrections(self) -> dict[int, bytes]:
        """The bytes to read in place of those of the file, by their offset."""
        mark = {0: self.mark} if self.mark else {}
        if self.is_stated and not self.is_cut_off:
            return mark
        length = min(self.available, self.field.max_bytes) + self.field.overhead_bytes
        return {**mark, self.field.offset: struct.pack(self.field.struct_format, length)}


def read(source: BinaryIO) -> Extent | None:
    """Return the extent of the samples; None where the header is of another format or damaged.

    The file is at its beginning afterwards.
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
    """How a format lays out its chunks: mark, size, content, padding."""

    mark_bytes: int
    struct_format: str
    aligned: int
    size_counts_head: bool = False

    @property
    def head_bytes(self) -> int:
        return self.mark_bytes + struct.calcsize(self.struct_format)

    def chunks(self, source: BinaryIO, offset: int) -> Iterator[tuple[int, bytes, int]]:
        """Yield offset, mark and size of the content of each chunk, from ``offset`` on."""
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
        """Return whether the bytes from ``offset`` to ``end`` begin with a chunk."""
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
            # The 64-bit sizes of the file and of the samples (EBU Tech 3306).
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


def _broadcast_wave(source: BinaryIO, end: int) -> Extent | None:
    # BW64 (ITU-R BS.2088) is RF64 with another mark, as far as the samples go.
    extent = _wave(source, end)
    return None if extent is None else replace(extent, mark=b"RF64")


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
            # libsndfile reads to the end of the file even where the header states less.
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
    b"BW64": _broadcast_wave,
    b"RIFX": _big_endian_wave,
    b"FORM": _aiff,
    b".snd": _au,
    b"dns.": _little_endian_au,
    b"caff": _caf,
    _W64_RIFF: _w64,
}
