"""Writes gray pictures as a PNG, several of them as an animated PNG (PNG, third edition).

Pillow would hold all frames in memory, and merge equal ones.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO

from PIL import Image, PngImagePlugin

_SIGNATURE_BYTES, _WHITE = 8, 255
_MAX_DELAY_MS = 65535


def png(gray: Image.Image, texts: Mapping[str, str]) -> bytes:
    """Return a picture in mode L as PNG, with ``texts`` as its only metadata."""
    gray.info = {}  # Pillow would write the color profile of the source.
    info = PngImagePlugin.PngInfo()
    for name, value in texts.items():
        info.add_text(name, value)
    target = BytesIO()
    # Type 3 (run lengths) at level 1 is seven times faster than the defaults, at about their size.
    gray.save(target, "PNG", compress_level=1, compress_type=3, pnginfo=info)
    return target.getvalue()


def animated_png(pictures: list[bytes], delays_ms: list[int]) -> bytes:
    """Return an animation of the pictures that ``png`` returned, each shown for its delay.

    Smaller ones stand in the upper left of a white area of the size of the largest; texts are
    those of the first picture.
    """
    sizes = [struct.unpack(">2I", data[16:24]) for data in pictures]
    size = max(width for width, _ in sizes), max(height for _, height in sizes)
    whole = [
        data if size == own else _padded(data, size)
        for data, own in zip(pictures, sizes, strict=True)
    ]
    (_, header), *texts = _chunks_without_pixels(whole[0])
    parts = [
        whole[0][:_SIGNATURE_BYTES],
        _chunk(b"IHDR", header),
        _chunk(b"acTL", struct.pack(">2I", len(whole), 0)),
        *(_chunk(kind, content) for kind, content in texts),
    ]
    sequence = 0
    for data, delay_ms in zip(whole, delays_ms, strict=True):
        delay = min(max(delay_ms, 0), _MAX_DELAY_MS)
        control = struct.pack(">5I2H2B", sequence, *size, 0, 0, delay, 1000, 0, 0)
        parts.append(_chunk(b"fcTL", control))
        pixels = b"".join(content for kind, content in _chunks(data) if kind == b"IDAT")
        # The pixels of the first frame are also the picture for programs without animations.
        if sequence == 0:
            parts.append(_chunk(b"IDAT", pixels))
            sequence = 1
        else:
            parts.append(_chunk(b"fdAT", struct.pack(">I", sequence + 1) + pixels))
            sequence += 2
    return b"".join([*parts, _chunk(b"IEND", b"")])


def _chunks_without_pixels(data: bytes) -> list[tuple[bytes, bytes]]:
    return [found for found in _chunks(data) if found[0] not in (b"IDAT", b"IEND")]


def _padded(data: bytes, size: tuple[int, int]) -> bytes:
    with Image.open(BytesIO(data), formats=["PNG"]) as picture:
        texts = {name: str(value) for name, value in picture.info.items()}
        area = Image.new("L", size, _WHITE)
        area.paste(picture, (0, 0))
    return png(area, texts)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = _SIGNATURE_BYTES
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        yield data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        place += length + 12


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
