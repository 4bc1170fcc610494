"""Writes HEIC files around the stored pixels of one, since no library here encodes them."""

import struct
from pathlib import Path

STORED = Path(__file__).resolve().parents[1] / "data" / "image" / "quarter.heic"
"""A red picture of 160 x 100 pixels with a near-white field in its upper left quarter."""


def box(kind: bytes, *parts: bytes) -> bytes:
    """Return one box of ISO/IEC 14496-12."""
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def heic(*transforms: bytes, exif: bytes = b"", brand: bytes = b"heic") -> bytes:
    """Return the stored picture as another HEIC, with these transforms.

    ``transforms`` are properties such as ``irot`` of ISO/IEC 23008-12, in the order in which they
    are to be applied.
    """
    stored = STORED.read_bytes()
    begin = stored.index(b"hvcC") - 4
    config = stored[begin : begin + int.from_bytes(stored[begin : begin + 4], "big")]
    pixels = stored[stored.index(b"mdat") + 4 :]
    size = box(b"ispe", struct.pack(">3I", 0, *sizes_of(stored)))
    count = 2 + len(transforms)
    marks = bytes([0x81, 2, *(0x80 | number for number in range(3, count + 1))])
    items = [(1, b"hvc1", pixels)] + ([(2, b"Exif", exif)] if exif else [])
    head = box(b"ftyp", brand, bytes(4), brand, b"heic", b"mif1")
    offset = 0
    for _ in range(2):  # the second time with the right offsets
        places, at = b"", offset
        for number, _, content in items:
            places += struct.pack(">HHHII", number, 0, 1, at, len(content))
            at += len(content)
        entries = b"".join(
            box(b"infe", struct.pack(">IHH", 2 << 24, number, 0), kind, b"\0")
            for number, kind, _ in items
        )
        links = box(b"iref", bytes(4), box(b"cdsc", struct.pack(">3H", 2, 1, 1))) if exif else b""
        meta = box(
            b"meta",
            bytes(4),
            box(b"hdlr", bytes(8), b"pict", bytes(13)),
            box(b"pitm", struct.pack(">IH", 0, 1)),
            box(b"iloc", struct.pack(">IBBH", 0, 0x44, 0, len(items)), places),
            box(b"iinf", struct.pack(">IH", 0, len(items)), entries),
            links,
            box(
                b"iprp",
                box(b"ipco", config, size, *transforms),
                box(b"ipma", struct.pack(">IIHB", 0, 1, 1, count), marks),
            ),
        )
        offset = len(head) + len(meta) + 8
    return head + meta + box(b"mdat", *(content for _, _, content in items))


def sizes_of(stored: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">2I", stored, stored.index(b"ispe") + 8)
    return width, height
