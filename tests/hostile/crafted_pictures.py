"""Crafted files of the other picture formats: GIF, WebP, AVIF, JPEG, JPEG 2000, BMP, ICO, PPM."""

import struct
from functools import cache

from tests.hostile import crafted_png, good_pictures

_CLEAR = b"\x02\x44\x01\x00"
"""LZW data of two bits: clear, then the end."""


@cache
def _good(name: str) -> bytes:
    return good_pictures.make()[name]


def gif_of_the_largest_screen() -> bytes:
    """A screen of 65,535 squared, and a frame of one pixel."""
    return _gif(65535, 65535, _frame(1, 1))


def gif_of_the_largest_frame() -> bytes:
    """A screen of one pixel, and a frame of 65,535 squared."""
    return _gif(1, 1, _frame(65535, 65535))


def gif_of_a_hundred_thousand_frames() -> bytes:
    """Frames without end."""
    return _gif(8, 8, _frame(8, 8) * 100_000)


def gif_of_many_notes() -> bytes:
    """A hundred thousand comments before the first frame."""
    return _gif(8, 8, b"\x21\xfe\x03abc\x00" * 100_000 + _frame(8, 8))


def gif_of_wrong_codes() -> bytes:
    """LZW of a code size that there is not."""
    return _gif(
        8, 8, b"\x2c" + struct.pack("<HHHHB", 0, 0, 8, 8, 0) + b"\x1f\x04\xff\xff\xff\xff\0"
    )


def webp_of_the_largest_canvas() -> bytes:
    """A canvas of 2 to the 24th squared."""
    inside = b"VP8X" + struct.pack("<IB3x", 10, 0) + b"\xff" * 6
    return _riff(inside + _good("lossy.webp")[12:])


def webp_of_the_largest_size() -> bytes:
    """A lossless picture of 16,384 squared, and no data."""
    bits = 16383 | 16383 << 14
    return _riff(b"VP8L" + struct.pack("<IBI", 64, 0x2F, bits) + bytes(59))


def avif_of_hundreds_of_megapixels() -> bytes:
    """A size in the header that the picture inside does not have."""
    return _after(_good("color.avif"), b"ispe", 4, struct.pack(">II", 60_000, 60_000))


def avif_beyond_all_sizes() -> bytes:
    """The same with the largest numbers."""
    return _after(_good("color.avif"), b"ispe", 4, b"\xff" * 8)


def avif_of_far_away_data() -> bytes:
    """Places of data beyond the end."""
    return _after(_good("color.avif"), b"iloc", 4, b"\x44\x40\xff\xff" + b"\xff" * 12)


def jpeg_of_the_largest_size() -> bytes:
    """65,500 squared, and no data."""
    data = _good("color.jpg")
    place = data.index(b"\xff\xc0")
    return data[: place + 5] + struct.pack(">HH", 65500, 65500) + data[place + 9 :]


def jpeg_of_thousands_of_scans() -> bytes:
    """A progressive picture of 64 million pixels, whose scans repeat and hold nothing."""
    data = _good("progressive.jpg")
    size, scan = data.index(b"\xff\xc2"), data.index(b"\xff\xda")
    head = data[: size + 5] + struct.pack(">HH", 8000, 8000) + data[size + 9 : scan]
    return head + b"\xff\xda\x00\x08\x01\x01\x00\x01\x05\x02\x00" * 20_000 + b"\xff\xd9"


def jpeg_of_many_notes() -> bytes:
    """Ten thousand application segments, all of them EXIF that leads in circles."""
    circle = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0"
    segment = b"\xff\xe1" + struct.pack(">H", len(circle) + 2) + circle
    return b"\xff\xd8" + segment * 10_000 + _good("color.jpg")[2:]


def jpeg_of_odd_sampling() -> bytes:
    """Components that are sampled fifteen times as often as they can be."""
    data = bytearray(_good("color.jpg"))
    place = data.index(b"\xff\xc0")
    data[place + 11] = data[place + 14] = data[place + 17] = 0xFF
    return bytes(data)


def jpeg_2000_of_countless_tiles() -> bytes:
    """60,000 squared in tiles of one pixel."""
    return _siz(60_000, 60_000, 1, 1)


def jpeg_2000_of_many_tiles_within_the_limit() -> bytes:
    """9,000 squared, in 81 million tiles."""
    return _siz(9000, 9000, 1, 1)


def jpeg_2000_of_the_largest_size() -> bytes:
    """The largest sides, one tile."""
    return _siz(0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


def jpeg_2000_of_many_components() -> bytes:
    """A picture of 16,384 colors at once."""
    size = (
        struct.pack(">HIIIIIIIIH", 0, 64, 64, 0, 0, 64, 64, 0, 0, 16384) + b"\x07\x01\x01" * 16384
    )
    return b"\xff\x4f\xff\x51" + struct.pack(">H", (len(size) + 2) & 0xFFFF) + size


def bmp_of_the_largest_size() -> bytes:
    """2 to the 31st squared."""
    return _bmp(0x7FFFFFFF, 0x7FFFFFFF)


def bmp_of_run_lengths() -> bytes:
    """Ninety million pixels by run lengths, and nothing but the end of each row."""
    return _bmp(9999, 9000, bits=8, packing=1, more=bytes(1024) + b"\0\0" * 9000 + b"\0\1")


def bmp_of_jumps() -> bytes:
    """Run lengths that jump over ninety million pixels, and then on."""
    return _bmp(9999, 9000, bits=8, packing=1, more=bytes(1024) + b"\0\2\xff\xff" * 50_000)


def bmp_of_many_colors() -> bytes:
    """A palette of four thousand million colors."""
    return _bmp(4, 4, bits=8, colors=0xFFFFFFFF, more=bytes(2048))


def bmp_upside_down() -> bytes:
    """The lowest height that there is."""
    return _bmp(4, 0x80000000, more=bytes(64))


def icon_of_a_huge_picture() -> bytes:
    """A tiny icon that has a PNG of 400 million pixels inside."""
    return _icon(1, crafted_png.hundreds_of_megapixels())


def icon_of_many_pictures() -> bytes:
    """65,535 pictures, all of them the same."""
    return _icon(65535, _good("color.png"))


def icon_of_a_huge_bitmap() -> bytes:
    """A bitmap inside that is as large as can be."""
    return _icon(1, _bmp(0x7FFFFFFF, 0x7FFFFFFF)[14:])


def netpbm_of_the_largest_size() -> bytes:
    """Sides of ten digits."""
    return b"P6\n2147483647 2147483647\n255\n" + bytes(64)


def netpbm_at_the_limit() -> bytes:
    """A hundred million pixels, plain, of which there are few."""
    return b"P2\n10000 10000\n65535\n" + b"7 " * 100


def netpbm_of_endless_digits() -> bytes:
    """A number that has a million digits."""
    return b"P5\n" + b"9" * 1_000_000 + b" 1\n255\n"


def netpbm_of_endless_notes() -> bytes:
    """A comment of a million lines."""
    return b"P5\n" + b"# note\n" * 1_000_000 + b"2 2\n255\n\0\1\2\3"


def netpbm_of_no_colors() -> bytes:
    """A highest value of nothing."""
    return b"P5\n2 2\n0\n\0\1\2\3"


def postscript() -> bytes:
    """A program for Ghostscript, which nobody must start."""
    return b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n{ } loop\n%%EOF\n"


def drawing_with_entities() -> bytes:
    """A drawing that would read another file."""
    return (
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        b'<svg xmlns="http://www.w3.org/2000/svg"><text>&e;</text></svg>'
    )


def _gif(width: int, height: int, frames: bytes) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frames + b";"


def _frame(width: int, height: int) -> bytes:
    return b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + _CLEAR


def _riff(inside: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(inside) + 4) + b"WEBP" + inside


def _after(data: bytes, mark: bytes, distance: int, new: bytes) -> bytes:
    place = data.index(mark) + len(mark) + distance
    return data[:place] + new + data[place + len(new) :]


def _siz(width: int, height: int, tile_width: int, tile_height: int) -> bytes:
    """Return a good bare stream with other sizes (ISO 15444-1, annex A.5.1)."""
    data = _good("tiles.j2k")
    place = data.index(b"\xff\x51") + 6
    sizes = struct.pack(">IIIIIIII", width, height, 0, 0, tile_width, tile_height, 0, 0)
    return data[:place] + sizes + data[place + 32 :]


def _bmp(
    width: int, height: int, bits: int = 24, packing: int = 0, colors: int = 0, more: bytes = b""
) -> bytes:
    head = struct.pack("<IIIHHIIIIII", 40, width, height, 1, bits, packing, 0, 0, 0, colors, 0)
    start = 14 + 40 + (1024 if bits == 8 else 0)
    return b"BM" + struct.pack("<IHHI", start + len(more), 0, 0, start) + head + more


def _icon(count: int, inside: bytes) -> bytes:
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(inside), 6 + 16 * count)
    return struct.pack("<HHH", 0, 1, count) + entry * count + inside


FILES = (
    gif_of_the_largest_screen,
    gif_of_the_largest_frame,
    gif_of_a_hundred_thousand_frames,
    gif_of_many_notes,
    gif_of_wrong_codes,
    webp_of_the_largest_canvas,
    webp_of_the_largest_size,
    avif_of_hundreds_of_megapixels,
    avif_beyond_all_sizes,
    avif_of_far_away_data,
    jpeg_of_the_largest_size,
    jpeg_of_thousands_of_scans,
    jpeg_of_many_notes,
    jpeg_of_odd_sampling,
    jpeg_2000_of_countless_tiles,
    jpeg_2000_of_many_tiles_within_the_limit,
    jpeg_2000_of_the_largest_size,
    jpeg_2000_of_many_components,
    bmp_of_the_largest_size,
    bmp_of_run_lengths,
    bmp_of_jumps,
    bmp_of_many_colors,
    bmp_upside_down,
    icon_of_a_huge_picture,
    icon_of_many_pictures,
    icon_of_a_huge_bitmap,
    netpbm_of_the_largest_size,
    netpbm_at_the_limit,
    netpbm_of_endless_digits,
    netpbm_of_endless_notes,
    netpbm_of_no_colors,
    postscript,
    drawing_with_entities,
)
