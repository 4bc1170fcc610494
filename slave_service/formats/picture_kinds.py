"""Chooses by a file's head which readers of Pillow may try it, and adapts formats for them.

Some formats have weak signatures, and some readers of Pillow are misled by a head that another
reader would take: each of these gets a file only when more than the signature fits.
"""

import io
import os
import struct
from typing import BinaryIO

from PIL import Image

from protocol.content_types import PCX, QOI, SGI, TGA

NAMES = {
    "JPEG": "JPEG",
    "PNG": "PNG",
    "GIF": "GIF",
    "WEBP": "WebP",
    "AVIF": "AVIF",
    "HEIF": "HEIC",
    "TIFF": "TIFF",
    "JPEG2000": "JPEG 2000",
    "BMP": "BMP",
    "ICO": "ICO",
    "PPM": "PPM",
    "PSD": "PSD",
    "TGA": "TGA",
    "PCX": "PCX",
    "SGI": "SGI",
    "QOI": "QOI",
    "DDS": "DDS",
    "ICNS": "ICNS",
}
"""By Pillow's name, the name in messages. The other formats of Pillow are excluded: some start
programs (EPS starts Ghostscript) or need another library (HDF5, GRIB)."""

WEAK_SIGNATURES = ("BMP", "PPM", "PCX", "SGI")
"""A file of another kind can begin like these by chance: an unreadable one is unsupported."""

_WHOLE_HEADS = {"PCX": PCX, "SGI": SGI, "QOI": QOI}
"""Formats whose further fields have to be valid too: their signature alone can begin a text."""
_HEAD_BYTES = 132
_HEVC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_TGA_HEADER_BYTES, _TGA_FOOTER_BYTES = 18, 26
_TGA_SIGNATURE = b"TRUEVISION-XFILE.\x00"
_CURSOR_MARK, _ICON_MARK = b"\x00\x00\x02\x00", b"\x00\x00\x01\x00"
_ICON_ENTRY_BYTES = 16
_RED, _GREEN, _BLUE, _ALPHA = 0xFF0000, 0xFF00, 0xFF, 0xFF000000
_DDS_RAWMODES = {
    (24, (_RED, _GREEN, _BLUE)): "BGR",
    (24, (_BLUE, _GREEN, _RED)): "RGB",
    (32, (_RED, _GREEN, _BLUE)): "BGRX",
    (32, (_BLUE, _GREEN, _RED)): "RGBX",
    (32, (_RED, _GREEN, _BLUE, _ALPHA)): "BGRA",
    (32, (_BLUE, _GREEN, _RED, _ALPHA)): "RGBA",
}
"""By bits a pixel and masks of the channels, Pillow's name of the order of bytes."""
_DDS_RGB = 0x40
"""DDS_PIXELFORMAT of Microsoft: the pixels are stored as integers of ``dwRGBBitCount`` bits."""


def candidates(source: BinaryIO) -> list[str]:
    """Return Pillow's names of the formats to try; the file is at its beginning afterwards."""
    _register()
    head = _read_head(source)
    if head[4:8] == b"ftyp":
        return _installed(["HEIF" if _is_hevc(source, head) else "AVIF"])
    if head[:4] == b"DDS " and not _has_dds_pixels(source, head):
        return []
    special = ("HEIF", "AVIF", "TGA")
    names = [
        name
        for name in _installed([name for name in NAMES if name not in special])
        if name not in _WHOLE_HEADS or _WHOLE_HEADS[name].match(head)
    ]
    if head[:4] == _CURSOR_MARK and not TGA.match(head):
        return ["ICO"]
    if any(_accepts(name, head[:16]) for name in names):
        return names
    return ["TGA"] if _is_tga(source, head) else names


def readable() -> list[str]:
    """Return Pillow's names of all formats that this computer reads."""
    _register()
    return _installed(list(NAMES))


def begins_like(source: BinaryIO) -> str | None:
    """Return Pillow's name of the format whose strong signature, or TGA header, a file has."""
    head = _read_head(source)
    if TGA.match(head):
        return "TGA"
    for name in candidates(source) or readable():
        if name not in WEAK_SIGNATURES and _accepts(name, head[:16]):
            return name
    return None


def as_readable(source: BinaryIO) -> BinaryIO:
    """Return the file to give to Pillow: a cursor as an icon, all others unchanged.

    Pillow's reader of cursors ignores their transparency. An icon is stored alike, but for the mark
    and for the two numbers per entry that are planes and depth in an icon, and the hot spot in a
    cursor.
    """
    head = _read_head(source)
    # A TGA without a palette begins alike, with zeros where a cursor has the number of entries.
    if head[:4] != _CURSOR_MARK or head[4:6] in (b"\x00\x00", b""):
        return source
    data = bytearray(source.read())
    source.seek(0)
    data[:4] = _ICON_MARK
    (count,) = struct.unpack_from("<H", data, 4) if len(data) >= 6 else (0,)
    for offset in range(6, min(6 + count * _ICON_ENTRY_BYTES, len(data) - 15), _ICON_ENTRY_BYTES):
        (begin,) = struct.unpack_from("<I", data, offset + 12)
        depth = bytes(data[begin + 14 : begin + 16])
        is_bitmap = bytes(data[begin : begin + 4]) == b"\x28\x00\x00\x00" and len(depth) == 2
        data[offset + 4 : offset + 8] = b"\x01\x00" + (depth if is_bitmap else b"\x20\x00")
    return io.BytesIO(bytes(data))


def prepare(image: Image.Image) -> None:
    """Make Pillow decode an uncompressed DDS in C, where its bits lie as usual.

    Pillow's own decoder takes two seconds a megapixel, since any masks are possible.
    """
    tiles = getattr(image, "tile", None)
    if image.format != "DDS" or not tiles or tiles[0][0] != "dds_rgb":
        return
    rawmode = _DDS_RAWMODES.get(tiles[0][3])
    if rawmode is not None:
        tiles[0] = tiles[0]._replace(codec_name="raw", args=(rawmode, 0, 1))


def corrected(image: Image.Image, source: BinaryIO) -> Image.Image:
    """Return a decoded picture without known errors of Pillow's readers of ICNS and TGA.

    Of a picture with a palette inside an ICNS, Pillow loses the palette. Programs that store no
    opacity in a TGA, and declare so (0 bits of it), fill its bits with zeros, with which the whole
    picture would be transparent.
    """
    if image.format == "ICNS" and image.mode == "P":
        inner: Image.Image = image.icns.getimage(image.best_size)  # type: ignore[attr-defined]
        inner.load()
        return inner
    if image.format == "TGA" and image.mode in ("RGBA", "LA") and not _read_head(source)[17] & 0x0F:
        return image.convert("RGB" if image.mode == "RGBA" else "L")
    return image


def _register() -> None:
    Image.init()
    if "HEIF" in Image.OPEN:
        return
    try:
        import pi_heif
    except ImportError:
        return
    # One thread, for equal times on every slave; previews and depth maps are not used.
    pi_heif.register_heif_opener(
        decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
    )


def _installed(names: list[str]) -> list[str]:
    # A Pillow that was built without AVIF raises an error for that name.
    return [name for name in names if name in Image.OPEN]


def _accepts(name: str, prefix: bytes) -> bool:
    accept = Image.OPEN[name][1]
    return accept is not None and accept(prefix) is True


def _read_head(source: BinaryIO) -> bytes:
    source.seek(0)
    head = source.read(_HEAD_BYTES)
    source.seek(0)
    return head


def _is_hevc(source: BinaryIO, head: bytes) -> bool:
    """Return whether a brand of the file's ``ftyp`` box is one of HEVC (ISO/IEC 23008-12, B.4)."""
    (size,) = struct.unpack(">I", head[:4])
    source.seek(0)
    box = source.read(min(size, 4096))
    source.seek(0)
    brands = {box[8:12], *(box[offset : offset + 4] for offset in range(16, len(box), 4))}
    return bool(brands & _HEVC_BRANDS)


def _has_dds_pixels(source: BinaryIO, head: bytes) -> bool:
    """Return whether the file is long enough for its uncompressed pixels.

    Pillow would fill what is missing, pixel by pixel in Python.
    """
    if len(head) < 92:
        return False
    height, width = struct.unpack_from("<2I", head, 12)
    flags, _, bits = struct.unpack_from("<3I", head, 80)
    pixel_bytes: int = height * width * (bits // 8)
    return not flags & _DDS_RGB or 128 + pixel_bytes <= _size(source)


def _is_tga(source: BinaryIO, head: bytes) -> bool:
    """Return whether the header and, where there is one, the footer are those of a TGA."""
    if not TGA.match(head):
        return False
    size = _size(source)
    source.seek(max(0, size - _TGA_FOOTER_BYTES))
    footer = source.read()
    source.seek(0)
    if footer.endswith(_TGA_SIGNATURE) and len(footer) == _TGA_FOOTER_BYTES:
        return all(offset < size for offset in struct.unpack_from("<2I", footer))
    width, height = struct.unpack_from("<2H", head, 12)
    is_compressed = head[2] & 8
    # A run is at most 128 pixels.
    pixel_bytes: int = width * height // 128 if is_compressed else width * height * (head[16] // 8)
    return size >= _TGA_HEADER_BYTES + head[0] + max(1, pixel_bytes)


def _size(source: BinaryIO) -> int:
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    return size
