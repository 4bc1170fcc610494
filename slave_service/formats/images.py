"""Opens an uploaded picture safely, and tells how to turn it upright.

The content decides what a file is, never its name. This is the border to Pillow: what it throws
at damaged files leaves here as an ``errors.FileError``, ``MemoryError`` alone goes through.

It sets limits that Pillow keeps for the whole process, so a process loads one picture at a time.
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
"""The largest camera sensors stay below it; as RGB it is 400 MB, which a worker can hold."""

# Named one by one, for Pillow knows more: formats that start programs (EPS starts Ghostscript),
# that only hand over to another library (HDF5, GRIB), or that any file might be (TGA).
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
# Known by two letters, as a text may begin with: not enough to call an unreadable file damaged.
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
"""What Pillow's readers raise for damaged content, beside the OSError that they promise."""

_TRANSPOSE_BY_ORIENTATION = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF 2.3, tag 0x0112: what turns a stored picture upright."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded picture: its first frame as stored, and what was known before decoding."""

    image: Image.Image
    """All pixels in memory, not yet turned."""
    mode: str
    """Pillow's name for the pixels as uploaded, such as ``RGB``."""
    orientation: int
    """1 to 8 as in EXIF; 1 is upright."""
    format: str = ""
    """Pillow's name for the kind of file, such as ``TIFF``."""
    page_count: int = 1
    """Pages of a TIFF or frames of an animation, of which ``image`` is the first."""


def load(source: BinaryIO) -> Picture:
    """Decode the first frame of a picture; raises Unsupported, Corrupt or TooLarge."""
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
                "open it in an image viewer, save it anew, and send that."
            ) from error
        # An icon's or a TIFF's true size can show only now.
        _check_size(image)
        return Picture(image, mode, _orientation(image), *_pages(source, image))


def pages(source: BinaryIO) -> tuple[str, int]:
    """Return the format and the number of pages of a picture that ``load`` has read before."""
    with _limits():
        return _pages(source, _open(source))


def _pages(source: BinaryIO, image: Image.Image) -> tuple[str, int]:
    kind = image.format or ""
    # The pictures in an icon are one in several sizes, those behind a JPEG previews and depth maps.
    stated = getattr(image, "n_frames", 1) if kind in ("WEBP", "AVIF", "PNG") else 1
    return kind, image_pages.count(source, kind, stated)


def apply_orientation(pixels: Image.Image, orientation: int) -> Image.Image:
    """Turn the stored pixels the way in which the picture is meant to be seen."""
    transpose = _TRANSPOSE_BY_ORIENTATION.get(orientation)
    return pixels if transpose is None else pixels.transpose(transpose)


@contextmanager
def _limits() -> Iterator[None]:
    """Make ``MAX_PIXELS`` the one limit, also for pictures inside of others (ICO)."""
    before = Image.MAX_IMAGE_PIXELS
    # Pillow warns above its limit and refuses above twice that; only the refusal is of use.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
    try:
        with warnings.catch_warnings():
            # They are about odd metadata, and nobody would read them.
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
    # A Pillow without AVIF does not even know the word, and naming it would be an error.
    return [name for name in _FORMATS if name in Image.OPEN]


def _refusal(source: BinaryIO, formats: list[str]) -> FileError:
    """Say why a file could not be opened: damaged where its first bytes are those of a picture."""
    source.seek(0)
    prefix = source.read(16)
    for name in formats:
        accept = Image.OPEN[name][1]
        if name not in _WEAK_SIGNATURES and accept is not None and accept(prefix) is True:
            return Corrupt(
                f"This file begins like a {_FORMATS[name]} picture, but its header is damaged or "
                "of a rare kind; open it in an image viewer, save it anew, and send that."
            )
    kinds = ", ".join(_FORMATS[name] for name in formats)
    return Unsupported(
        f"This is not a picture of a kind that can be read; save it as one of {kinds}."
    )


def _scale_transparent_key(image: Image.Image) -> None:
    """Bring a PNG's transparent gray or color to the 8 bits to which Pillow scales the pixels."""
    tile = getattr(image, "tile", None)
    key = image.info.get("transparency")
    rawmode = tile[0][3] if tile else None
    if rawmode in ("L;2", "L;4") and isinstance(key, int):
        image.info["transparency"] = key * {"L;2": 85, "L;4": 17}[rawmode]
    elif rawmode == "RGB;16B" and isinstance(key, tuple):
        image.info["transparency"] = tuple(value >> 8 for value in key)


def _try_transparency(image: Image.Image) -> None:
    """Raise for a palette that is missing, or that can't have so many degrees of transparency.

    Pillow looks at it only when the pixels are converted, which one of them shows as well as all.
    """
    if image.has_transparency_data:
        image.crop((0, 0, 1, 1)).convert("RGBA")


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DAMAGE_ERRORS:
        # The pixels are whole; a picture is not refused for its broken notes.
        return 1
    return value if isinstance(value, int) and value in _TRANSPOSE_BY_ORIENTATION else 1
