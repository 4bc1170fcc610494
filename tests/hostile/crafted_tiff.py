"""Crafted TIFF files: circular directories, false counts and sizes."""

import struct
from collections.abc import Sequence

from tests.hostile.packing import deflated_zeros

_SHORT, _LONG, _RATIONAL = 3, 4, 5
_DEFLATE, _LZW, _JPEG, _NONE = 8, 5, 7, 1
Tag = tuple[int, int, int, int]
"""Number, type, count, value or place."""


def tiff(tags: Sequence[Tag], following: int = 0, more: bytes = b"") -> bytes:
    """Return a file of one directory at 8; ``more`` begins right after it."""
    rows = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + struct.pack("<I", following) + more


def picture(width: int, height: int, packing: int = _NONE, **other: int) -> list[Tag]:
    """Return the tags of a gray picture whose only strip lies after the directory."""
    tags = {
        256: (_LONG, width),
        257: (_LONG, height),
        258: (_SHORT, other.get("bits", 8)),
        259: (_SHORT, packing),
        262: (_SHORT, other.get("photometric", 1)),
        273: (_LONG, other.get("place", 8 + 2 + 10 * 12 + 4)),
        277: (_SHORT, other.get("samples", 1)),
        278: (_LONG, other.get("rows", height)),
        279: (_LONG, other.get("bytes", 16)),
        339: (_SHORT, other.get("form", 1)),
    }
    return [(number, kind, 1, value) for number, (kind, value) in tags.items()]


def directory_in_a_circle() -> bytes:
    """A directory that is followed by itself."""
    return tiff(picture(4, 4), following=8, more=bytes(16))


def long_chain_of_directories() -> bytes:
    """Twenty thousand empty directories in a row after the first."""
    first = tiff(picture(4, 4), following=0, more=bytes(16))
    begin = len(first)
    first = tiff(picture(4, 4), following=begin, more=bytes(16))
    links = (struct.pack("<HI", 0, begin + 6 * (n + 1)) for n in range(20_000))
    return first + b"".join(links)


def tag_of_two_thousand_million_values() -> bytes:
    """A tag that claims more values than there are bytes."""
    tags = [*picture(4, 4), (270, 2, 0x7FFFFFFF, 8), (700, 7, 0xFFFFFFFF, 8)]
    return tiff(tags, more=bytes(64))


def strips_without_number() -> bytes:
    """Two thousand million places of strips."""
    tags = [tag for tag in picture(4, 0x7FFFFFFF, rows=1) if tag[0] not in (273, 279)]
    return tiff([*tags, (273, _LONG, 0x7FFFFFFF, 8), (279, _LONG, 0x7FFFFFFF, 8)])


def largest_size() -> bytes:
    """The largest sides that there are."""
    return tiff(picture(0xFFFFFFFF, 0xFFFFFFFF), more=bytes(16))


def many_bits() -> bytes:
    """Pixels of 65,535 samples of 65,535 bits."""
    return tiff(picture(4, 4, bits=65535, samples=65535), more=bytes(16))


def deflate_bomb() -> bytes:
    """A strip for sixteen pixels that unpacks to 256 MiB."""
    packed = deflated_zeros(256 << 20)
    return tiff(picture(4, 4, _DEFLATE, bytes=len(packed)), more=packed)


def valid_at_the_limit() -> bytes:
    """A hundred million pixels of 32 bits in one strip, 400 MB of zeros."""
    packed = deflated_zeros(400_000_000)
    return tiff(picture(10_000, 10_000, _DEFLATE, bits=32, bytes=len(packed)), more=packed)


def floats_at_the_limit() -> bytes:
    """The same as floating-point numbers."""
    packed = deflated_zeros(400_000_000)
    tags = picture(10_000, 10_000, _DEFLATE, bits=32, form=3, bytes=len(packed))
    return tiff(tags, more=packed)


def one_row_a_strip() -> bytes:
    """Fifty thousand strips that all lie in the same place."""
    count = 50_000
    tags = [tag for tag in picture(1000, count, rows=1) if tag[0] not in (273, 279)]
    begin = 8 + 2 + 10 * 12 + 4
    tags += [(273, _LONG, count, begin), (279, _LONG, count, begin + 4 * count)]
    places = struct.pack("<I", 8) * count + struct.pack("<I", 1000) * count
    return tiff(tags, more=places)


def broken_codecs() -> bytes:
    """A packing that needs tables, without them: JPEG inside of TIFF."""
    return tiff(picture(4096, 4096, _JPEG, photometric=6, samples=3), more=b"\xff\xd8" * 8)


def lzw_of_nothing() -> bytes:
    """LZW data that is all the same code, for many pixels."""
    return tiff(picture(9000, 9000, _LZW, bytes=1 << 20), more=b"\xff" * (1 << 20))


def tile_of_nothing() -> bytes:
    """Tiles of no width, and of the largest."""
    tags = [tag for tag in picture(4, 4) if tag[0] not in (273, 278, 279)]
    tiles = [(322, _LONG, 1, 0), (323, _LONG, 1, 0x7FFFFFF0), (324, _LONG, 1, 8), (325, 4, 1, 16)]
    return tiff([*tags, *tiles], more=bytes(16))


def rational_by_zero() -> bytes:
    """A resolution of one to nothing, an orientation of 65,535."""
    tags = [*picture(4, 4), (274, _SHORT, 1, 65535), (282, _RATIONAL, 1, 8), (296, _SHORT, 1, 9)]
    return tiff(tags, more=bytes(64))


FILES = (
    directory_in_a_circle,
    long_chain_of_directories,
    tag_of_two_thousand_million_values,
    strips_without_number,
    largest_size,
    many_bits,
    deflate_bomb,
    valid_at_the_limit,
    floats_at_the_limit,
    one_row_a_strip,
    broken_codecs,
    lzw_of_nothing,
    tile_of_nothing,
    rational_by_zero,
)
