"""Builds a TrueType font whose only glyph has no area, for text that is found but not seen.

The glyph is a line from corner to corner, since PDFium ignores text without any extent.

It has the tables that ISO 32000-1, 9.9 requires of a font that is addressed by glyph identifiers
(as does the font of the same purpose in Tesseract): head, hhea, hmtx, maxp, loca and glyf.
"""

import struct

UNITS_PER_EM = 1000
ADVANCE = 500
"""Width of every character, in units."""
ASCENT = 720
"""Height of every character, in units: that of most words in common fonts.

By the distance of lines in sizes of the font, readers find paragraphs and columns.
"""
_MAGIC, _VERSION = 0x5F0F3CF5, 0x00010000
_CHECKSUM_OF_FONT = 0xB1B0AFBA
_GLYPHS = 2


def build() -> bytes:
    """Return the font file; always the same bytes."""
    # One contour of two points, both on the curve; their coordinates are differences.
    glyph = struct.pack(">hhhhhHHBB4h", 1, 0, 0, ADVANCE, ASCENT, 1, 0, 1, 1, 0, ADVANCE, 0, ASCENT)
    tables = {
        b"glyf": glyph,
        b"head": _head(0),
        b"hhea": struct.pack(
            ">IhhhHhhhhhh4hhH", _VERSION, ASCENT, 0, 0, ADVANCE, 0, 0, ADVANCE, 1, 0, 0,
            0, 0, 0, 0, 0, _GLYPHS,
        ),
        b"hmtx": struct.pack(">Hh", ADVANCE, 0) * _GLYPHS,
        b"loca": struct.pack(">HHH", 0, 0, len(glyph) // 2),
        b"maxp": struct.pack(">IH13H", _VERSION, _GLYPHS, 2, 1, 0, 0, 1, *[0] * 8),
    }  # fmt: skip
    whole = _file(tables)
    tables[b"head"] = _head((_CHECKSUM_OF_FONT - _checksum(whole)) & 0xFFFFFFFF)
    return _file(tables)


def _head(adjustment: int) -> bytes:
    bounds = (0, 0, ADVANCE, ASCENT)
    dates = (0, 0)
    return struct.pack(
        ">IIIIHHqq4hHHhhh", _VERSION, _VERSION, adjustment, _MAGIC, 0, UNITS_PER_EM, *dates,
        *bounds, 0, 8, 2, 0, 0,
    )  # fmt: skip


def _file(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    # searchRange, entrySelector and rangeShift of a table of this length.
    power = count.bit_length() - 1
    header = struct.pack(">IHHHH", _VERSION, count, 16 << power, power, 16 * count - (16 << power))
    place = len(header) + 16 * count
    directory, body = b"", b""
    for tag, data in sorted(tables.items()):
        directory += tag + struct.pack(">III", _checksum(data), place + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    return header + directory + body


def _checksum(data: bytes) -> int:
    padded = data + b"\0" * (-len(data) % 4)
    total: int = sum(number for (number,) in struct.iter_unpack(">I", padded))
    return total & 0xFFFFFFFF
