"""Perceptual hashes of pictures, of changed copies of them, and of other pictures."""

import io
import itertools
import random
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from accuracy.rows import Row
from slave_service import processing

PICTURES = 20
NEAR_BITS = 10


def measure(chance: random.Random) -> list[Row]:
    """Compare hashes of pictures with those of changed copies, and of each other."""
    pictures = [_scene(chance) for _ in range(PICTURES)]
    originals = [_hash(image, "PNG") for image in pictures]
    rows = []
    for name, changed in _COPIES.items():
        near = [
            (changed(image) ^ original).bit_count() <= NEAR_BITS
            for image, original in zip(pictures, originals, strict=True)
        ]
        rows.append(
            Row(f"copy, {name}", "hash within 10 bits", sum(near) / len(near), len(near), 0.95)
        )
    apart = [
        (one ^ other).bit_count() > NEAR_BITS for one, other in itertools.combinations(originals, 2)
    ]
    share = sum(apart) / len(apart)
    return [*rows, Row("other pictures", "hash over 10 bits apart", share, len(apart), 0.95)]


def _scene(chance: random.Random) -> Image.Image:
    """Return a picture of large light and dark areas with fine structure on them."""
    random_numbers = np.random.default_rng(chance.randrange(2**32))

    def noise(columns: int, rows: int) -> NDArray[Any]:
        levels = random_numbers.integers(0, 256, (rows, columns, 3)).astype(np.uint8)
        scaled = Image.fromarray(levels).resize((320, 240), Image.Resampling.BICUBIC)
        return np.asarray(scaled).astype(float)

    mixed = 0.6 * noise(8, 6) + 0.3 * noise(32, 24) + 0.1 * noise(160, 120)
    return Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8))


def _hash(image: Image.Image, form: str, **options: object) -> int:
    target = io.BytesIO()
    image.save(target, form, **options)
    result = processing.process(target, facts="perceptual_hash")
    with Image.open(io.BytesIO(result)) as stated:
        return int(stated.info["perceptual_hash"], 16)


_COPIES: dict[str, Callable[[Image.Image], int]] = {
    "scaled to a quarter": lambda image: _hash(image.resize((80, 60)), "PNG"),
    "scaled to double": lambda image: _hash(image.resize((640, 480)), "PNG"),
    "JPEG of quality 30": lambda image: _hash(image, "JPEG", quality=30),
    "WebP of quality 30": lambda image: _hash(image, "WEBP", quality=30),
    "lighter by 15 %": lambda image: _hash(ImageEnhance.Brightness(image).enhance(1.15), "PNG"),
    "less contrast": lambda image: _hash(ImageEnhance.Contrast(image).enhance(0.7), "PNG"),
    "gray, blurred": lambda image: _hash(
        image.convert("L").filter(ImageFilter.GaussianBlur(2)), "PNG"
    ),
    "edges of 1 % cut off": lambda image: _hash(image.crop((3, 2, 317, 238)), "PNG"),
}
