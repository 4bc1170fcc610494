"""Makes the small valid pictures that are damaged afterwards: every format, many pixel types."""

import io
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageDraw, ImageFont

from tests.hostile.heic_writing import heic

_SIZE = (48, 40)


def make() -> dict[str, bytes]:
    """Return the pictures by file name; the same libraries give the same bytes."""
    color = _color()
    gray = color.convert("L")
    palette = color.quantize(16)
    clear = color.copy()
    clear.putalpha(gray)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.ImageDescription] = "a small picture"
    frames = [color.rotate(20 * round_number) for round_number in range(3)]
    deep = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    wide = Image.fromarray(np.asarray(gray).astype(np.int32) * 1000)
    real = Image.fromarray(np.asarray(gray).astype(np.float32) / 255)
    return {
        "color.jpg": _saved(color, "JPEG", exif=exif),
        "progressive.jpg": _saved(color, "JPEG", progressive=True, quality=60),
        "cmyk.jpg": _saved(color.convert("CMYK"), "JPEG"),
        "color.png": _saved(color, "PNG", exif=exif, icc_profile=b"no profile" * 9),
        "one bit.png": _saved(gray.convert("1"), "PNG"),
        "deep.png": _saved(deep, "PNG"),
        "palette.png": _saved(palette, "PNG", transparency=3),
        "clear.png": _saved(clear, "PNG"),
        "interlaced.png": interlaced_png(),
        "frames.png": _saved(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        "frames.gif": _saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=9),
        "clear.gif": _saved(palette, "GIF", transparency=2, interlace=1),
        "lossy.webp": _saved(color, "WEBP", exif=exif),
        "lossless.webp": _saved(clear, "WEBP", lossless=True),
        "frames.webp": _saved(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "color.avif": _saved(color, "AVIF", speed=10),
        "raw.tif": _saved(color, "TIFF", exif=exif),
        "lzw.tif": _saved(color, "TIFF", compression="tiff_lzw"),
        "deflate.tif": _saved(gray, "TIFF", compression="tiff_adobe_deflate"),
        "fax.tif": _saved(gray.convert("1"), "TIFF", compression="group4"),
        "jpeg.tif": _saved(color, "TIFF", compression="jpeg"),
        "pack.tif": _saved(palette, "TIFF", compression="packbits"),
        "deep.tif": _saved(deep, "TIFF"),
        "wide.tif": _saved(wide, "TIFF"),
        "real.tif": _saved(real, "TIFF"),
        "pages.tif": _saved(frames[0], "TIFF", save_all=True, append_images=frames[1:]),
        "big.tif": _saved(color, "TIFF", big_tiff=True),
        "color.jp2": _saved(color, "JPEG2000"),
        "tiles.j2k": _saved(gray, "JPEG2000", no_jp2=True, tile_size=(16, 16)),
        "color.bmp": _saved(color, "BMP"),
        "palette.bmp": _saved(palette, "BMP"),
        "sizes.ico": _saved(clear, "ICO", sizes=[(16, 16), (32, 32)]),
        "bitmap.ico": _saved(clear, "ICO", sizes=[(16, 16)], bitmap_format="bmp"),
        "color.ppm": _saved(color, "PPM"),
        "one bit.pbm": _saved(gray.convert("1"), "PPM"),
        "color.tga": _saved(color, "TGA"),
        "clear.tga": _saved(clear, "TGA", compression="tga_rle"),
        "palette.tga": _saved(palette, "TGA"),
        "palette.pcx": _saved(palette, "PCX"),
        "color.sgi": _saved(color, "SGI", compression="rle"),
        "color.qoi": _saved(color, "QOI"),
        "clear.dds": _saved(clear, "DDS", pixel_format="DXT5"),
        "color.dds": _saved(color, "DDS"),
        "sizes.icns": _saved(clear.resize((16, 16)), "ICNS", sizes=[(16, 16)]),
        "color.heic": heic(),
        "plain.pgm": b"P2\n# plain\n4 2\n255\n0 50 100 150\n200 250 255 1\n",
    }


def pages() -> dict[str, bytes]:
    """Return pictures of a few printed words, for OCR."""
    page = word_page("good day")
    return {
        "words.png": _saved(page, "PNG"),
        "words.jpg": _saved(page.convert("RGB"), "JPEG"),
        "words.tif": _saved(page, "TIFF", compression="tiff_lzw"),
        "words.gif": _saved(page, "GIF"),
        "words.webp": _saved(page.convert("RGB"), "WEBP"),
        "words.bmp": _saved(page, "BMP"),
    }


def word_page(text: str) -> Image.Image:
    """Return a line of text on white."""
    page = Image.new("L", (240, 56), 255)
    font = ImageFont.load_default(size=32)
    ImageDraw.Draw(page).text((12, 6), text, fill=0, font=font)
    return page


def interlaced_png() -> bytes:
    """Return a gray Adam7 PNG of 8 x 8 pixels, which Pillow does not write."""
    import struct
    import zlib

    # Of each of the seven passes: its rows, and the pixels in each.
    passes = ((1, 1), (1, 1), (1, 2), (2, 2), (2, 4), (4, 4), (4, 8))
    rows = b"".join(bytes([0]) + bytes(range(w)) for h, w in passes for _ in range(h))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def _color() -> Image.Image:
    rows, columns = np.mgrid[0 : _SIZE[1], 0 : _SIZE[0]]
    levels = np.stack([rows * 6, columns * 5, (rows * columns) % 256], axis=2)
    return Image.fromarray(levels.astype(np.uint8))


def _saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
