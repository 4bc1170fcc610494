"""Encodes the picture of a page for a PDF: JPEG, or Deflate where there are only two levels."""

import io
import zlib
from dataclasses import dataclass

from PIL import Image, ImageChops

_QUALITY = 85
_GRAY_WITHIN = 8
"""Levels by which channels of a gray page may differ, as those of a JPEG do."""


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """The entries of an image's dictionary (ISO 32000-1, 8.9.5) and its data."""

    entries: str
    data: bytes


def encode(page: Image.Image) -> EncodedImage:
    """Return a page in mode 1, L or RGB; a gray page in RGB takes one channel."""
    size = f"/Width {page.width}/Height {page.height}"
    if page.mode == "1":
        entries = f"{size}/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/FlateDecode"
        return EncodedImage(entries, zlib.compress(page.tobytes(), 9))
    if page.mode == "RGB" and _is_gray(page):
        page = page.convert("L")
    space = "DeviceRGB" if page.mode == "RGB" else "DeviceGray"
    file = io.BytesIO()
    page.save(file, "JPEG", quality=_QUALITY, optimize=False)
    entries = f"{size}/ColorSpace/{space}/BitsPerComponent 8/Filter/DCTDecode"
    return EncodedImage(entries, file.getvalue())


def _is_gray(page: Image.Image) -> bool:
    red, green, blue = page.split()
    differences = (ImageChops.difference(red, green), ImageChops.difference(green, blue))
    return all(int(each.getextrema()[1]) <= _GRAY_WITHIN for each in differences)  # type: ignore[arg-type]
