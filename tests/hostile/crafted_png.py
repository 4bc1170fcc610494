"""Crafted PNG files: false sizes, and chunks that decompress to far more bytes."""

import struct
import zlib

from tests.hostile.packing import deflated_zeros
from tests.hostile.png_edits import SIGNATURE, chunk

_END = chunk(b"IEND", b"")
_PIXEL = chunk(b"IDAT", zlib.compress(b"\x00\x80"))
_MIB = 1 << 20


def header(width: int, height: int, bits: int = 8, color: int = 0, interlace: int = 0) -> bytes:
    """Return the signature and the header chunk."""
    fields = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, interlace)
    return SIGNATURE + chunk(b"IHDR", fields)


def hundreds_of_megapixels() -> bytes:
    """Whole and valid: 400 million pixels of one bit, all black, in 50 kB."""
    side = 20_000
    return header(side, side, bits=1) + _idat(side * (side // 8 + 1)) + _END


def largest_size() -> bytes:
    """The largest sides that the header can tell, and no pixels."""
    return header(0x7FFFFFFF, 0x7FFFFFFF) + _PIXEL + _END


def at_the_limit() -> bytes:
    """As many pixels as are taken, with four times 16 bits each: 800 MB in memory."""
    side = 10_000
    return header(side, side, bits=16, color=6) + _idat(side * (side * 8 + 1)) + _END


def interlaced_at_the_limit() -> bytes:
    """As many gray pixels as are taken, interlaced."""
    side = 10_000
    return header(side, side, interlace=1) + _idat(side * (side + 16)) + _END


def sliver() -> bytes:
    """A million columns of one row."""
    return header(1_000_000, 1) + _idat(1_000_001) + _END


def pixels_without_end() -> bytes:
    """One pixel, and compressed data for a hundred million more."""
    return header(1, 1) + _idat(100 * _MIB) + _END


def profile_bomb() -> bytes:
    """A color profile that unpacks to 256 MiB."""
    return _with(chunk(b"iCCP", b"bomb\0\0" + deflated_zeros(256 * _MIB)))


def text_bomb() -> bytes:
    """A compressed note that unpacks to 256 MiB."""
    return _with(chunk(b"zTXt", b"bomb\0\0" + deflated_zeros(256 * _MIB)))


def unicode_text_bomb() -> bytes:
    """The same as an international note."""
    return _with(chunk(b"iTXt", b"bomb\0\x01\0\0\0" + deflated_zeros(256 * _MIB)))


def many_text_bombs() -> bytes:
    """Two hundred notes, each just within what one may be."""
    note = chunk(b"zTXt", b"bomb\0\0" + deflated_zeros(_MIB - 1))
    return _with(note * 200)


def many_chunks() -> bytes:
    """A hundred thousand chunks that nobody knows."""
    return _with(chunk(b"noSe", b"") * 100_000)


def chunk_of_two_gigabytes() -> bytes:
    """A chunk that claims to be as long as one can be."""
    return _with(chunk(b"tEXt", b"short", claimed=0x7FFFFFFF))


def endless_frames() -> bytes:
    """An animation of four thousand million frames, of which there is one."""
    control = chunk(b"acTL", struct.pack(">II", 0xFFFFFFFF, 0))
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 1, 1, 0xFFFFFFF, 0xFFFFFFF, 1, 0, 9, 9))
    return _with(control + frame)


def palette_without_colors() -> bytes:
    """Pixels by palette, and a palette that has nothing, with more transparency than colors."""
    clear = chunk(b"tRNS", bytes(300))
    return header(1, 1, color=3) + chunk(b"PLTE", b"") + clear + _PIXEL + _END


def _with(more: bytes) -> bytes:
    return header(1, 1) + more + _PIXEL + more + _END


def _idat(size: int) -> bytes:
    return chunk(b"IDAT", deflated_zeros(size))


FILES = (
    hundreds_of_megapixels,
    largest_size,
    at_the_limit,
    interlaced_at_the_limit,
    sliver,
    pixels_without_end,
    profile_bomb,
    text_bomb,
    unicode_text_bomb,
    many_text_bombs,
    many_chunks,
    chunk_of_two_gigabytes,
    endless_frames,
    palette_without_colors,
)
