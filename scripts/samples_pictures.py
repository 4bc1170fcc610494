"""Generates the sample pictures: photo-like landscapes, a partly transparent logo, a 16-bit moon.

Natural textures are value noise in octaves: coarse random numbers, enlarged smoothly, plus finer
and weaker ones.
"""

from dataclasses import dataclass
from itertools import count as numbers
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageDraw

Plane = NDArray[np.floating[Any]]
Color = tuple[int, int, int]

_SMALL = (1200, 800)
_LARGE = (3000, 2000)
_MAX_OFFSET = (320, 200)
"""Largest offset between crops of one large picture, in pixels."""
_LARGE_QUALITY = 88
"""With the grain of these pictures, JPEG files of 1 to 2 MB."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer from its upper edge to the bottom of the picture; lengths as shares of the height."""

    edge: float
    relief: float
    """Amplitude of the edge; 0 for the sea."""
    color: Color
    spots: tuple[int, int]
    """Number of spots of the texture across and down."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """A landscape: its sky from top to horizon, the sun's position, its layers from far to near."""

    zenith: Color
    horizon: Color
    sun: tuple[float, float]
    layers: tuple[_Layer, ...]


_BEACH = _Scene(
    zenith=(58, 118, 190),
    horizon=(214, 226, 230),
    sun=(0.72, 0.16),
    layers=(
        _Layer(0.47, 0.10, (118, 142, 150), (14, 10)),
        _Layer(0.50, 0.00, (38, 112, 138), (18, 160)),
        _Layer(0.72, 0.05, (222, 196, 148), (90, 70)),
    ),
)
_MOUNTAINS = _Scene(
    zenith=(64, 84, 140),
    horizon=(250, 190, 130),
    sun=(0.30, 0.38),
    layers=(
        _Layer(0.50, 0.22, (128, 118, 138), (10, 8)),
        _Layer(0.62, 0.16, (82, 98, 84), (24, 24)),
        _Layer(0.80, 0.12, (58, 84, 38), (90, 90)),
    ),
)
_SNOW = _Scene(
    zenith=(96, 140, 196),
    horizon=(226, 234, 242),
    sun=(0.55, 0.12),
    layers=(
        _Layer(0.42, 0.34, (150, 166, 188), (14, 12)),
        _Layer(0.60, 0.20, (62, 82, 84), (48, 30)),
        _Layer(0.78, 0.08, (232, 236, 242), (9, 10)),
    ),
)
_SCENES = (_BEACH, _MOUNTAINS, _SNOW)


def make(folder: Path) -> list[Path]:
    """Write two photos (one with an EXIF rotation), a transparent logo and a 16-bit picture."""
    beach = folder / "beach.jpg"
    rng = np.random.default_rng(1)
    _grained(_landscape(_BEACH, _SMALL, rng), 3, rng).save(beach, quality=85)
    upright = folder / "mountains, phone held upright.jpg"
    tall = _grained(_landscape(_MOUNTAINS, _SMALL[::-1], rng), 3, rng)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    # 6 tells viewers to rotate by 90 degrees clockwise, so the pixels are rotated back.
    tall.transpose(Image.Transpose.ROTATE_90).save(upright, quality=85, exif=exif)
    logo = folder / "logo.png"
    _logo().save(logo)
    moon = folder / "moon.png"
    _moon().save(moon)
    return [beach, upright, logo, moon]


def photos(folder: Path, count: int, seed: int = 0) -> list[Path]:
    """Write ``count`` different JPEGs of 3000 x 2000 pixels, each of 1 to 2 MB.

    They are crops of a few large pictures, each with a position and a brightness of its own. Raises
    ``ValueError`` for more than 64,000, the number of positions.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    width, height = (side + margin for side, margin in zip(_LARGE, _MAX_OFFSET, strict=True))
    # Painted at half the size, which takes a quarter of the time; the grain has full size.
    painted = [_landscape(scene, (width // 2, height // 2), rng) for scene in _SCENES[:count]]
    bases = [_grained(picture.resize((width, height)), 6, rng) for picture in painted]
    places = rng.choice(_MAX_OFFSET[0] * _MAX_OFFSET[1], size=count, replace=False).tolist()
    paths = []
    for number, place in zip(numbers(1), places, strict=False):
        top, left = divmod(place, _MAX_OFFSET[0])
        cut = bases[number % len(bases)].crop((left, top, left + _LARGE[0], top + _LARGE[1]))
        brightness = rng.uniform(0.75, 1.1)
        table = [min(255, round(level * brightness)) for level in range(256)]
        path = folder / f"DSC_{number:04}.jpg"
        cut.point(table * 3).save(path, quality=_LARGE_QUALITY)
        paths.append(path)
    return paths


def _landscape(scene: _Scene, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    width, height = size
    picture = _sky(scene, size, rng)
    rows = np.arange(height, dtype=np.float32)[:, None]
    for layer in scene.layers:
        edge = height * (layer.edge - layer.relief * _noise(rng, (width, 1), (5, 1), octaves=7))
        top = max(0, int(edge.min()))
        depth = rows[top:] - edge
        cover = np.clip(depth, 0, 1)[..., None]
        texture = _noise(rng, (width, height - top), layer.spots, octaves=3)
        light = 1 + 0.3 * texture - 0.35 * depth / height
        below = picture[top:]
        below += cover * (light[..., None] * np.array(layer.color, np.float32) - below)
    return _image(picture)


def _grained(picture: Image.Image, deviation: float, rng: np.random.Generator) -> Image.Image:
    """Add sensor noise of this standard deviation, in levels of 0 to 255."""
    grain = rng.standard_normal((picture.height, picture.width, 1), dtype=np.float32)
    return _image(np.asarray(picture) + np.float32(deviation) * grain)


def _image(levels: Plane) -> Image.Image:
    """Return levels of 0 to 255 as a picture."""
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def _sky(scene: _Scene, size: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Return a picture of the sky, as levels of 0 to 255: rows, columns, three colors."""
    width, height = size
    horizon = scene.layers[0].edge * height
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)
    zenith, far = (np.array(color, np.float32) for color in (scene.zenith, scene.horizon))
    share = np.clip(rows / horizon, 0, 1)[..., None]
    sky: Plane = np.broadcast_to(zenith + share * (far - zenith), (height, width, 3)).copy()
    sun_column, sun_row = scene.sun[0] * width, scene.sun[1] * height
    distance = np.hypot(rows - sun_row, columns - sun_column) / height
    glow = np.clip(np.exp(-7 * distance) + np.clip((0.045 - distance) * 300, 0, 1), 0, 1)
    clouds = np.clip(1.6 * _noise(rng, size, (4, 10), octaves=4), 0, 0.8)
    for light, color in ((clouds, (244, 242, 240)), (glow, (255, 246, 214))):
        sky += light[..., None] * (np.array(color, np.float32) - sky)
    return sky


def _noise(
    rng: np.random.Generator, size: tuple[int, int], spots: tuple[int, int], octaves: int
) -> Plane:
    """Return smooth noise of about -1...1; its coarsest octave has ``spots`` across and down."""
    total: Plane = np.zeros(size[::-1], np.float32)
    for octave in range(octaves):
        across, down = (min(n << octave, side) for n, side in zip(spots, size, strict=True))
        coarse = rng.uniform(-1, 1, (down, across)).astype(np.float32)
        smooth = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        total += np.asarray(smooth) / 2**octave
    total /= np.float32(1.5)
    return total


def _logo() -> Image.Image:
    """Return a round badge on transparent ground, with a soft rim and a half-transparent shade."""
    scale, side = 4, 512
    large = Image.new("RGBA", (side * scale, side * scale))
    draw = ImageDraw.Draw(large)

    def box(left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
        return left * scale, top * scale, right * scale, bottom * scale

    draw.ellipse(box(40, 56, 488, 504), fill=(0, 0, 0, 70))
    draw.ellipse(box(24, 24, 472, 472), fill=(20, 94, 112, 255))
    draw.ellipse(box(52, 52, 444, 444), fill=(240, 244, 236, 255))
    for column, (top, color) in enumerate(
        ((270, (226, 148, 60, 255)), (200, (196, 84, 58, 255)), (130, (20, 94, 112, 255)))
    ):
        left = 138 + 80 * column
        draw.rounded_rectangle(box(left, top, left + 60, 360), radius=14 * scale, fill=color)
    return large.resize((side, side), Image.Resampling.LANCZOS)


def _moon() -> Image.Image:
    """Return a half-lit ball with spots on black: 16 bits of gray, using most of their range."""
    side = 480
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[-1.2 : 1.2 : side * 1j, -1.2 : 1.2 : side * 1j]
    squared = rows**2 + columns**2
    depth = np.sqrt(np.clip(1 - squared, 0, 1))
    lit = np.clip(0.8 * columns - 0.2 * rows + 0.55 * depth, 0, 1) * (squared < 1)
    ground = 0.75 + 0.3 * _noise(rng, (side, side), (8, 8), octaves=5)
    gray = 600 + 60_000 * lit * ground + rng.normal(0, 40, (side, side))
    return Image.fromarray(np.clip(gray, 0, 65_535).astype(np.uint16))
