"""Decodes an uploaded picture within limits, and applies its EXIF orientation.

The format is detected by content, never by name. Exceptions of Pillow about damaged files become
``failures.FileError`` here; only ``MemoryError`` is passed on.

The limits are global variables of Pillow, so a process must load one picture at a time.
"""

import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from PIL import ExifTags, Image

from protocol.failures import Corrupt, FileError, TooLarge, Unsupported
from slave_service.formats import image_pages

MAX_PIXELS = 100_000_000
"""More than the largest camera sensors have; as RGB they take 400 MB, which fits into a worker."""

# The other formats of Pillow are excluded: some start programs (EPS starts Ghostscript), need
# another library (HDF5, GRIB), or match almost any file (TGA).
_FORMATS = {
    "JPEG": "JPEG",
    "PNG": "PNG",
    "GIF": "GIF",
    "WEBP": "WebP",
    "AVIF": "AVIF",
    "TIFF": "TIFF",
    "JPEG2000": "JPEG 2000",
    "BMP": "BMP",
    "ICO": "ICO",
    "PPM": "PPM",
}
# Their signature is two letters, with which a text can begin too: an unreadable file of these
# formats is reported as unsupported and not as damaged.
_WEAK_SIGNATURES = ("BMP", "PPM")

_DAMAGE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""Exceptions of Pillow's readers for damaged content; only OSError is documented."""

_TRANSPOSE_BY_ORIENTATION = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF 2.3, tag 0x0112: the transposition that turns a stored picture upright."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded picture: its first frame as stored, and properties from before decoding."""

    image: Image.Image
    """All pixels in memory, with the orientation not applied."""
    mode: str
    """Pillow's name for the pixels as uploaded, such as ``RGB``."""
    orientation: int
    """1 to 8 as in EXIF; 1 is upright."""
    format: str = ""
    """Pillow's name for the kind of file, such as ``TIFF``."""
    page_count: int = 1
    """Pages of a TIFF or frames of an animation, of which ``image`` is the first."""


def load(source: BinaryIO) -> Picture:
    """Decode the first frame of a picture; raise Unsupported, Corrupt or TooLarge."""
    with _limits():
        image = _open(source)
        mode = image.mode
        try:
            _scale_transparent_key(image)
            image.load()
            _try_transparency(image)
        except _DAMAGE_ERRORS as error:
            raise Corrupt(
                f"This {_FORMATS.get(image.format or '', 'picture')} file is damaged or cut off; "
                "open it in an image viewer, save it again, and send that."
            ) from error
        # The real size of an icon or a TIFF can be known only after decoding.
        _check_size(image)
        return Picture(image, mode, _orientation(image), *_pages(source, image))


def pages(source: BinaryIO) -> tuple[str, int]:
    """Return the format and the number of pages of a picture that ``load`` can read."""
    with _limits():
        return _pages(source, _open(source))


def _pages(source: BinaryIO, image: Image.Image) -> tuple[str, int]:
    kind = image.format or ""
    # Further pictures in an icon are other sizes of the first, those in a JPEG are previews or
    # depth maps; neither are pages.
    stated = getattr(image, "n_frames", 1) if kind in ("WEBP", "AVIF", "PNG") else 1
    return kind, image_pages.count(source, kind, stated)


def apply_orientation(pixels: Image.Image, orientation: int) -> Image.Image:
    """Return the stored pixels turned upright."""
    transpose = _TRANSPOSE_BY_ORIENTATION.get(orientation)
    return pixels if transpose is None else pixels.transpose(transpose)


@contextmanager
def _limits() -> Iterator[None]:
    """Make Pillow enforce ``MAX_PIXELS``, also for pictures inside of others (ICO)."""
    before = Image.MAX_IMAGE_PIXELS
    # Pillow warns above its limit and raises above twice the limit.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
    try:
        with warnings.catch_warnings():
            # The warnings are about unusual metadata, which does not matter here.
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError as error:
        pixels = re.search(r"\d+", str(error))
        raise _too_large(f"{int(pixels[0]):,}" if pixels else "too many") from error
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(f"{image.width:,} x {image.height:,}")


def _too_large(size: str) -> TooLarge:
    return TooLarge(
        f"This picture has {size} pixels, and at most {MAX_PIXELS:,} are taken; "
        "scale it down and send it again."
    )


def _open(source: BinaryIO) -> Image.Image:
    formats = _formats()
    try:
        image = Image.open(source, formats=formats)
    except _DAMAGE_ERRORS as error:
        raise _refusal(source, formats) from error
    _check_size(image)
    return image


def _formats() -> list[str]:
    Image.init()
    # A Pillow that was built without AVIF raises an error for that name.
    return [name for name in _FORMATS if name in Image.OPEN]


def _refusal(source: BinaryIO, formats: list[str]) -> FileError:
    """Return ``Corrupt`` where the file begins like a picture, else ``Unsupported``."""
    source.seek(0)
    prefix = source.read(16)
    for name in formats:
        accept = Image.OPEN[name][1]
        if name not in _WEAK_SIGNATURES and accept is not None and accept(prefix) is True:
            return Corrupt(
                f"This file begins like a {_FORMATS[name]} picture, but its header is damaged or "
                "of a rare kind; open it in an image viewer, save it again, and send that."
            )
    kinds = ", ".join(_FORMATS[name] for name in formats)
    return Unsupported(
        f"This is not a picture of a kind that can be read; save it as one of {kinds}."
    )


def _scale_transparent_key(image: Image.Image) -> None:
    """Scale a PNG's transparent gray or color to 8 bits, as Pillow scales the pixels."""
    tile = getattr(image, "tile", None)
    key = image.info.get("transparency")
    rawmode = tile[0][3] if tile else None
    if rawmode in ("L;2", "L;4") and isinstance(key, int):
        image.info["transparency"] = key * {"L;2": 85, "L;4": 17}[rawmode]
    elif rawmode == "RGB;16B" and isinstance(key, tuple):
        image.info["transparency"] = tuple(value >> 8 for value in key)


def _try_transparency(image: Image.Image) -> None:
    """Raise where the palette is missing or does not match the transparency table.

    Pillow checks this only when it converts pixels; converting one pixel is enough.
    """
    if image.has_transparency_data:
        image.crop((0, 0, 1, 1)).convert("RGBA")


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DAMAGE_ERRORS:
        # The pixels are intact; damaged metadata is no reason to refuse a picture.
        return 1
    return value if isinstance(value, int) and value in _TRANSPOSE_BY_ORIENTATION else 1
