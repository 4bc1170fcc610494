"""Converts a picture to the bytes of a grayscale PNG: 8 bits, upright, on white.

Color becomes gray by the luma of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B), transparent pixels are
blended with white, and deeper pixels are scaled to 8 bits, never clipped:

* 16-bit integers by the range of their type, so 65535 becomes 255;
* 32-bit integers likewise where all values are in 0 to 65535 (Pillow opens some 16-bit files so),
  else from their lowest to their highest value;
* floats from 0 to 1 where all values are in it, else from their lowest to their highest finite
  value; NaN and minus infinity become black, infinity white.

Of an animation or a file of several pages it converts the first, unless the job's option ``frames``
chooses others.
"""

from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from PIL import Image

from protocol.failures import FileError, Unavailable
from protocol.option_values.image import ALL, FIRST, NO_FACTS
from slave_service.file_result import FileResult
from slave_service.formats import image_pages, images
from slave_service.formats.pictures import facts as picture_facts
from slave_service.formats.pictures import frame_sequence, png_writing

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WHITE = 255
_TRANSPARENT = (
    "This picture is fully transparent, so its result is all white; check that it is the right one."
)
_MAX_16_BITS = 65535
_BAND_PIXELS = 4_000_000
"""Pixels of one band of rows; deep pictures are scaled band by band to limit the memory."""

_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
"""Tags of TIFF 6.0."""


def process(source: BinaryIO, facts: str = NO_FACTS, frames: str = FIRST) -> FileResult:
    """Return the picture as a grayscale PNG, and what it lacks: rows, frames, facts, any content.

    It has no metadata but the ``facts`` (such as ``camera,date``), as text chunks of these names.
    ``frames`` is as ``option_values.image.parse_frames`` returns it; several give an animation.
    """
    picture = images.load(source)
    if frames != FIRST and (frames != ALL or picture.page_count > 1):
        return FileResult(*frame_sequence.convert(source, picture, gray, facts, frames))
    pixels = gray(picture)
    texts, missing = picture_facts.facts(facts, picture.image, pixels)
    warnings = [*picture.warnings, *_transparency_warning(picture.image, pixels), *missing]
    warnings += image_pages.warning(picture.page_count, picture.format)
    return FileResult(png_writing.png(pixels, texts), warnings)


def _transparency_warning(image: Image.Image, pixels: Image.Image) -> list[str]:
    # Few pictures are white alone, so that the opacity of others is not looked at.
    if not image.has_transparency_data or pixels.getextrema() != (_WHITE, _WHITE):
        return []
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    return [_TRANSPARENT] if rgba.getchannel("A").getextrema() == (0, 0) else []


def self_test() -> None:
    """Raise ``Unavailable`` unless a red and a white pixel get their known luma."""
    picture = Image.new("RGB", (2, 1), (255, 255, 255))
    picture.putpixel((0, 0), (255, 0, 0))
    sample = BytesIO()
    picture.save(sample, "PNG")
    try:
        with Image.open(BytesIO(process(sample))) as result:
            answer = (result.mode, result.size, result.tobytes())
    except (FileError, OSError) as error:
        raise Unavailable(f"Pillow can't read a small PNG here; reinstall it ({error})") from error
    if answer != ("L", (2, 1), bytes([76, 255])):
        raise Unavailable("Pillow computes wrong gray values here; reinstall it (pip install -U)")


def gray(picture: images.Picture) -> Image.Image:
    """Return the picture in mode L, upright, transparency on white."""
    return images.apply_orientation(_to_gray(picture.image), picture.orientation)


def _to_gray(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _from_16_bits(image)
    if image.mode == "I":
        return _from_32_bits(image)
    if image.mode == "F":
        return _from_floats(image)
    if image.has_transparency_data:
        return _on_white(image)
    if image.mode in ("HSV", "LAB"):
        # Pillow has no direct conversion from these modes to L.
        return image.convert("RGB").convert("L")
    return image.convert("L") if image.mode != "L" else image


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "La":
        image = image.convert("LA")
    # Converting RGBA to RGBA would copy every pixel.
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    white = Image.new("L", image.size, _WHITE)
    white.paste(rgba.convert("L"), mask=rgba.getchannel("A"))
    return white


def _from_16_bits(image: Image.Image) -> Image.Image:
    tags: dict[int, Any] = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (16,))[0]
    # For TIFF, Pillow returns 12-bit values unscaled, and 16-bit negatives not inverted.
    negative = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    table = list(_table((1 << bits) - 1, negative=negative))
    key = image.info.get("transparency")
    if isinstance(key, int) and 0 <= key <= _MAX_16_BITS:
        table[key] = _WHITE
    return image.convert("I").point(table, "L")


def _from_32_bits(image: Image.Image) -> Image.Image:
    low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type]
    if low >= 0 and high <= _MAX_16_BITS:
        return image.point(list(_table(_MAX_16_BITS, negative=False)), "L")
    return _stretched(image, low, high)


def _from_floats(image: Image.Image) -> Image.Image:
    import numpy as np

    low, high = np.inf, -np.inf
    for _, values in _bands(image):
        finite = values[np.isfinite(values)]
        low = min(low, float(finite.min(initial=np.inf)))
        high = max(high, float(finite.max(initial=-np.inf)))
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    return _stretched(image, low, high)


def _stretched(image: Image.Image, low: float, high: float) -> Image.Image:
    """Map ``low`` to black and ``high`` to white; a picture of one value becomes black."""
    import numpy as np

    scale = 255 / (high - low) if high > low else 0.0
    result = Image.new("L", image.size)
    for top, values in _bands(image):
        # NaN is replaced, and infinities are clipped, since either times the scale can be NaN.
        with np.errstate(invalid="ignore"):  # widening a signaling NaN raises the invalid flag
            wide = values.astype(np.float64)
        finite = np.clip(np.where(np.isnan(wide), low, wide), low, high)
        levels = np.floor((finite - low) * scale + 0.5).astype(np.uint8)
        result.paste(Image.fromarray(levels), (0, top))
    return result


def _bands(image: Image.Image) -> "Iterator[tuple[int, NDArray[Any]]]":
    """Yield for each band, from the top, the number of its first row and its values."""
    import numpy as np

    rows = max(1, _BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        yield top, np.asarray(image.crop((0, top, image.width, bottom)))


@lru_cache(maxsize=4)
def _table(top: int, *, negative: bool) -> tuple[int, ...]:
    """Return the gray level of each 16-bit value: 0 to ``top`` scaled to 0 to 255, rounded."""
    levels = ((min(value, top) * 510 + top) // (2 * top) for value in range(1 << 16))
    return tuple(_WHITE - level if negative else level for level in levels)
