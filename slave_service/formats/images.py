"""Decodes an uploaded picture within limits, and applies its EXIF orientation.

The format is detected by content, never by name. Exceptions of Pillow about damaged files become
``failures.FileError`` here; only ``MemoryError`` is passed on.

The limits are global variables of Pillow, so a process must load one picture at a time.
"""

import re
import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from PIL import ExifTags, Image

from protocol.failures import Corrupt, FileError, TooLarge, Unsupported
from slave_service.formats import cut_jpeg, image_pages, picture_kinds
from slave_service.formats.svg import drawing

MAX_PIXELS = 100_000_000
"""More than the largest camera sensors have; as RGB they take 400 MB, which fits into a worker."""

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
    warnings: tuple[str, ...] = ()
    """What is missing of the picture itself; ``image_pages.warning`` has those about pages."""


def load(source: BinaryIO, frame: int = 0) -> Picture:
    """Decode the first frame of a picture, or another; raise Unsupported, Corrupt or TooLarge.

    A JPEG that is cut off gives what is there, and a warning.
    """
    if drawing.is_svg(source):
        drawn = drawing.draw(source)
        return Picture(drawn.image, drawn.image.mode, 1, "SVG", 1, drawn.warnings)
    with _limits():
        return _loaded(source, _open(source), frame)


def load_frames(source: BinaryIO, frames: Iterable[int]) -> Iterator[Picture | None]:
    """Decode several frames, by their numbers from 0 in rising order; None for a damaged one.

    A frame has to be used before the next, since both have the same ``image``.
    """
    with _limits():
        image = _open(source)
    for frame in frames:
        try:
            with _limits():
                picture = _loaded(source, image, frame)
        except (Corrupt, TooLarge):
            yield None
        else:
            yield picture


def _loaded(source: BinaryIO, image: Image.Image, frame: int) -> Picture:
    found: list[str] = []
    mode = image.mode
    try:
        if frame:
            image.seek(frame)
            _check_size(image)
            mode = image.mode
        _scale_transparent_key(image)
        image = _decoded(image, source, found)
        _try_transparency(image)
    except _DAMAGE_ERRORS as error:
        raise Corrupt(
            f"This {_name(image)} file is damaged or cut off; "
            "open it in an image viewer, save it again, and send that."
        ) from error
    # The real size of an icon or a TIFF can be known only after decoding.
    _check_size(image)
    return Picture(image, mode, _orientation(image), *_pages(source, image), tuple(found))


def _decoded(image: Image.Image, source: BinaryIO, found: list[str]) -> Image.Image:
    """Return the picture with its pixels decoded; add to ``found`` what is missing."""
    picture_kinds.prepare(image)
    try:
        image.load()
    except OSError as error:
        if not cut_jpeg.is_cut_off(image, error):
            raise
        image, missing = cut_jpeg.load(source)
        if 1 - missing < cut_jpeg.LEAST_SHOWN:
            raise
        is_progressive = bool(image.info.get("progressive"))
        found.append(cut_jpeg.warning(missing, is_progressive=is_progressive))
    return picture_kinds.corrected(image, source)


def _pages(source: BinaryIO, image: Image.Image) -> tuple[str, int]:
    kind = image.format or ""
    # Further pictures in an icon are other sizes of the first, those in a JPEG are previews or
    # depth maps; neither are pages.
    stated = getattr(image, "n_frames", 1) if kind in ("WEBP", "AVIF", "HEIF", "PNG") else 1
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
    formats = picture_kinds.candidates(source)
    try:
        # Without candidates, Pillow would try all that it knows.
        image = Image.open(picture_kinds.as_readable(source), formats=formats or ["PNG"])
    except _DAMAGE_ERRORS as error:
        raise _refusal(source) from error
    _check_size(image)
    return image


def _refusal(source: BinaryIO) -> FileError:
    """Return ``Corrupt`` where the file begins like a picture, else ``Unsupported``."""
    name = picture_kinds.begins_like(source)
    if name is not None:
        return Corrupt(
            f"This file begins like a {picture_kinds.NAMES[name]} picture, but its header is "
            "damaged or of a rare kind; open it in an image viewer, save it again, and send that."
        )
    kinds = ", ".join([*(picture_kinds.NAMES[name] for name in picture_kinds.readable()), "SVG"])
    return Unsupported(
        f"This is not a picture of a kind that can be read; save it as one of {kinds}."
    )


def _name(image: Image.Image) -> str:
    return picture_kinds.NAMES.get(image.format or "", "picture")


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
