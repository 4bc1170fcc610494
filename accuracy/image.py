"""Pictures of known colors in every format that can be written, and in HEIC around stored pixels.

The right gray level of a color is its luma by ITU-R BT.601, computed here from the color itself.
"""

import io
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accuracy import image_hashes
from accuracy.rows import Row
from slave_service import processing
from tests.hostile.heic_writing import box, heic

PICTURES_OF_KIND = 5
_FIELDS = (6, 4)
_FIELD_PIXELS = 16
_LOSSLESS: dict[str, tuple[str, str, dict[str, Any]]] = {
    # By name: Pillow's format, the mode of the picture, and options.
    "PNG": ("PNG", "RGB", {}),
    "PNG with opacity": ("PNG", "RGBA", {}),
    "GIF": ("GIF", "P", {}),
    "WebP, lossless": ("WEBP", "RGB", {"lossless": True}),
    "TIFF": ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    "JPEG 2000": ("JPEG2000", "RGB", {}),
    "BMP": ("BMP", "RGB", {}),
    "PPM": ("PPM", "RGB", {}),
    "ICO": ("ICO", "RGBA", {"sizes": [(96, 64)]}),
    "TGA": ("TGA", "RGB", {}),
    "TGA with opacity": ("TGA", "RGBA", {"compression": "tga_rle"}),
    "PCX": ("PCX", "RGB", {}),
    "SGI": ("SGI", "RGB", {"compression": "rle"}),
    "QOI": ("QOI", "RGB", {}),
    "DDS": ("DDS", "RGB", {}),
}
_LOSSY: dict[str, tuple[str, str, dict[str, Any]]] = {
    "JPEG": ("JPEG", "RGB", {"quality": 95, "subsampling": 0}),
    "WebP": ("WEBP", "RGB", {"quality": 95}),
    "AVIF": ("AVIF", "RGB", {"quality": 95, "speed": 10}),
    "DDS, DXT1": ("DDS", "RGBA", {"pixel_format": "DXT1"}),
}


def measure(seed: int, folder: Path) -> list[Row]:  # noqa: ARG001 - nothing is written
    """Return the share of fields whose level is right, by format."""
    chance = random.Random(seed)  # noqa: S311 (reproducible, not secret)
    rows = [_fields(name, *kind, 1, chance) for name, kind in _LOSSLESS.items()]
    rows += [_fields(name, *kind, 6, chance) for name, kind in _LOSSY.items()]
    return [
        *rows,
        _orientations(chance),
        _heic(),
        _cut_jpegs(chance),
        _svg(chance),
        *image_hashes.measure(chance),
    ]


def _fields(
    name: str, form: str, mode: str, options: dict[str, Any], within: int, chance: random.Random
) -> Row:
    shares = []
    for _ in range(PICTURES_OF_KIND):
        image, levels = _painted(chance)
        data = _saved(image.convert(mode) if mode != "P" else image.quantize(24), form, **options)
        shares.append(_share(data, levels, within))
    return Row(name, f"fields within {within}", sum(shares) / len(shares), len(shares), 1.0)


def _share(data: bytes, levels: NDArray[Any], within: int) -> float:
    """Return the share of fields whose middle has the right level."""
    with Image.open(io.BytesIO(processing.process(io.BytesIO(data)))) as result:
        found = np.asarray(result)
    half = _FIELD_PIXELS // 2
    middles = found[half::_FIELD_PIXELS, half::_FIELD_PIXELS].astype(float)
    if middles.shape != levels.shape:
        return 0.0
    return float((abs(middles - levels) <= within).mean())


def _painted(chance: random.Random) -> tuple[Image.Image, NDArray[Any]]:
    """Return a picture of fields of random colors, and their right levels by row and column."""
    colors = np.array(
        [
            [[chance.randrange(256) for _ in range(3)] for _ in range(_FIELDS[0])]
            for _ in range(_FIELDS[1])
        ]
    )
    pixels = colors.repeat(_FIELD_PIXELS, axis=0).repeat(_FIELD_PIXELS, axis=1)
    return Image.fromarray(pixels.astype(np.uint8)), colors @ [0.299, 0.587, 0.114]


_STORED_FROM_UPRIGHT: dict[int, Callable[[Any], Any]] = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


def _orientations(chance: random.Random) -> Row:
    shares = []
    for orientation, stored in _STORED_FROM_UPRIGHT.items():
        image, levels = _painted(chance)
        exif = Image.Exif()
        exif[0x0112] = orientation
        turned = Image.fromarray(np.ascontiguousarray(stored(np.asarray(image))))
        shares.append(_share(_saved(turned, "TIFF", exif=exif), levels, 1))
    return Row("TIFF, turned", "fields within 1", sum(shares) / len(shares), len(shares), 1.0)


def _heic() -> Row:
    """Turn the stored picture, whose upper left quarter is near-white, by its property."""
    right = []
    for turns in range(4):
        data = heic(box(b"irot", bytes([turns])))
        with Image.open(io.BytesIO(processing.process(io.BytesIO(data)))) as result:
            found = np.asarray(result)
        upright = np.rot90(np.array([[250, 81], [81, 81]]), turns)
        rows, columns = found.shape
        middles = found[rows // 4 :: rows // 2, columns // 4 :: columns // 2]
        right.append(bool((abs(middles - upright) <= 2).all()))
    return Row("HEIC, turned", "right", sum(right) / len(right), len(right), 1.0)


def _cut_jpegs(chance: random.Random) -> Row:
    """Cut JPEGs anywhere in the second half: the rows that count as there equal the original's."""
    shares = []
    for _ in range(PICTURES_OF_KIND):
        noise = np.random.default_rng(chance.randrange(2**32)).integers(0, 256, (30, 20, 3))
        image = Image.fromarray(noise.astype(np.uint8)).resize((160, 240))
        data = _saved(image, "JPEG", quality=90)
        cut = data[: int(len(data) * chance.uniform(0.5, 0.99))]
        whole, part = (
            np.asarray(Image.open(io.BytesIO(processing.process(io.BytesIO(each)))))
            for each in (data, cut)
        )
        (warning,) = processing.process(io.BytesIO(cut)).warnings
        match = re.search(r"([0-9.]+) % of the rows", warning)
        shown = round(240 * (1 - float(match[1]) / 100)) if match else 240
        # The last block row may be cut through.
        shares.append(float((whole[: shown - 8] == part[: shown - 8]).mean()))
    return Row("JPEG, cut off", "pixels shown right", sum(shares) / len(shares), len(shares), 1.0)


def _svg(chance: random.Random) -> Row:
    """Draw the fields as rectangles, in several notations of colors and places."""
    shares = []
    for _ in range(PICTURES_OF_KIND):
        image, levels = _painted(chance)
        colors = np.asarray(image)[::_FIELD_PIXELS, ::_FIELD_PIXELS]
        fields = "".join(
            _svg_field(chance.randrange(4), column, row, *map(int, colors[row, column]))
            for row, column in np.ndindex(*colors.shape[:2])
        )
        size = f'width="{image.width}" height="{image.height / 96}in" viewBox="0 0 {_FIELDS[0]} 4"'
        data = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{fields}</svg>'.encode()
        shares.append(_share(data, levels, 1))
    return Row("SVG", "fields within 1", sum(shares) / len(shares), len(shares), 1.0)


def _svg_field(notation: int, column: int, row: int, red: int, green: int, blue: int) -> str:
    place = f'x="{column}" y="{row}" width="1" height="1"'
    hexadecimal = f"#{red:02x}{green:02x}{blue:02x}"
    color = f'fill="{hexadecimal}"'
    name = f"c{column}r{row}"
    return (
        f"<rect {place} {color}/>",
        f'<path style="fill:rgb({red},{green},{blue})" d="M{column} {row}h1v1h-1z"/>',
        f'<g transform="translate({column},{row})"><rect width="1" height="1" {color}/></g>',
        f'<style>.{name} {{ fill: {hexadecimal} }}</style><rect class="{name}" {place}/>',
    )[notation]


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, form, **options)
    return target.getvalue()
