"""Decodes what is there of a JPEG that is cut off, and measures how much of it is missing.

The rows that are missing are middle gray. A progressive JPEG is stored in several scans of the
whole picture, each of which adds detail: one that is cut after the first scan shows every row.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image, ImageFile

FORMATS = ("JPEG", "MPO")
"""Pillow's names; MPO is a JPEG with further pictures behind it, as many phones write."""
LEAST_SHOWN = 0.1
"""Share of the rows below which a picture counts as damaged."""
_GRAY = 128
_OTHER_END = bytes((index * 7919 >> 4) % 255 for index in range(4096))
"""Arbitrary bytes without 0xFF, which begins a marker: pixels that they change are missing."""
_CUT_OFF = "image file is truncated"
"""What Pillow's message begins with."""


def is_cut_off(image: Image.Image, error: BaseException) -> bool:
    """Return whether ``error``, of decoding ``image``, is about a JPEG without its end."""
    return image.format in FORMATS and str(error).startswith(_CUT_OFF)


def load(source: BinaryIO) -> tuple[Image.Image, float]:
    """Return the decoded picture, and the share of its rows that are missing, from 0 to 1."""
    source.seek(0)
    data = source.read().rstrip(b"\xff")
    image = _decoded(data)
    if image.info.get("progressive"):
        shown = image.height - _gray_rows(image)
    else:
        shown = _equal_rows(image, _decoded(data + _OTHER_END))
    return image, 1 - shown / image.height


def warning(missing: float, *, is_progressive: bool) -> str:
    """Return the warning about a picture of which the share ``missing`` is not there."""
    if missing:
        lost = f"its last {max(0.1, 100 * missing):.1f} % of the rows are missing and shown in gray"
    elif is_progressive:
        lost = "all rows are there, but in less detail than it was stored with"
    else:
        lost = "less than one row of blocks is missing"
    return f"This JPEG file is cut off: {lost}; send the whole file if you have it."


def _decoded(data: bytes) -> Image.Image:
    with _incomplete_allowed():
        image = Image.open(io.BytesIO(data), formats=["JPEG"])
        image.load()
    return image


@contextmanager
def _incomplete_allowed() -> Iterator[None]:
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _equal_rows(first: Image.Image, second: Image.Image) -> int:
    """Return how many rows from the top are equal in two pictures of one size."""
    import numpy as np

    for top in range(0, first.height, 64):
        box = (0, top, first.width, min(top + 64, first.height))
        pair = [np.asarray(image.crop(box)).reshape(box[3] - top, -1) for image in (first, second)]
        equal = (pair[0] == pair[1]).all(axis=1)
        if not equal.all():
            return top + int(equal.argmin())
    return first.height


def _gray_rows(image: Image.Image) -> int:
    """Return how many rows at the bottom are of the gray with which libjpeg fills."""
    import numpy as np

    for bottom in range(image.height, 0, -64):
        box = (0, max(0, bottom - 64), image.width, bottom)
        is_gray = (np.asarray(image.crop(box)) == _GRAY).reshape(box[3] - box[1], -1).all(axis=1)
        if not is_gray.all():
            return image.height - bottom + int(is_gray[::-1].argmin())
    return image.height
