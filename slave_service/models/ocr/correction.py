"""Makes a page easy to read: dark ink on even white paper, upright, letters of a good height.

It also leads boxes on the corrected page back to the original one.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageOps

from slave_service.models.ocr.appearance import Appearance
from slave_service.models.ocr.page_text import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MIN_ANGLE = 0.8
"""Degrees; Tesseract follows lines of less slope itself."""
_MIN_LINE_HEIGHT, _GOOD_LINE_HEIGHT = 10, 16
"""Pixels; smaller print is scaled up to the good height."""
_MAX_SCALE = 4.0
_MAX_SCALED_PIXELS = 40_000_000
_MAX_SCALED_SIDE = 30_000
_UNEVEN_LEVELS = 30
"""Gray levels between the darkest and the lightest paper, beyond which light is flattened."""
_FAINT_LEVELS = 60
"""Contrast below which levels are stretched."""
_WHITE = 255
_TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}
"""By degrees clockwise; Pillow names turns counterclockwise."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A page that was made easy to read, and how it was turned and scaled."""

    image: Image.Image
    upright_size: tuple[int, int]
    """Size of the page after the turn by a multiple of 90 degrees."""
    turn: int
    """Degrees clockwise: 0, 90, 180 or 270."""
    angle: float
    """Further degrees clockwise."""
    scale: float
    is_one_line: bool

    @property
    def rotation(self) -> float:
        """Degrees clockwise of both turns, more than -180 and up to 180."""
        total = round(self.turn + self.angle, 1)
        return total - 360 if total > 180 else total

    def original_box(self, box: Box) -> Box:
        """Return the box around one on ``image``, on the page that was turned by ``turn`` alone."""
        if self.angle == 0 and self.scale == 1:
            return box
        left, top, width, height = box
        corners = [
            self._original_point(x, y) for x in (left, left + width) for y in (top, top + height)
        ]
        limits = self.upright_size
        low = [max(0, math.floor(min(c[axis] for c in corners) + 0.01)) for axis in (0, 1)]
        high = [
            min(limits[axis], math.ceil(max(c[axis] for c in corners) - 0.01)) for axis in (0, 1)
        ]
        return low[0], low[1], max(0, high[0] - low[0]), max(0, high[1] - low[1])

    def _original_point(self, x: float, y: float) -> tuple[float, float]:
        width, height = self.upright_size
        x -= self.image.width / 2
        y -= self.image.height / 2
        turn = math.radians(-self.angle)
        across = x * math.cos(turn) - y * math.sin(turn)
        down = x * math.sin(turn) + y * math.cos(turn)
        return across / self.scale + width / 2, down / self.scale + height / 2


def unchanged(page: Image.Image) -> Corrected:
    """Return the page as it is."""
    return Corrected(page, page.size, turn=0, angle=0.0, scale=1.0, is_one_line=False)


def turned(page: Image.Image, degrees: int) -> Image.Image:
    """Return the page turned clockwise by a multiple of 90 degrees."""
    turn = _TURNS.get(degrees % 360)
    return page if turn is None else page.transpose(turn)


def correct(page: Image.Image, look: Appearance, turn: int) -> Corrected:
    """Return a page in mode L after its light, its direction and its size were put right."""
    image = _even(page, look)
    image = turned(image, turn)
    size = image.size
    angle = look.angle if abs(look.angle) >= _MIN_ANGLE else 0.0
    if angle:
        image = image.rotate(
            -angle, Image.Resampling.BICUBIC, expand=True, fillcolor=_margin_level(image)
        )
    scale = _scale(image, look.line_height)
    if scale != 1:
        wanted = tuple(max(1, round(side * scale)) for side in image.size)
        image = image.resize((wanted[0], wanted[1]), Image.Resampling.BICUBIC)
    return Corrected(image, size, turn, angle, scale, look.is_one_line)


def _scale(image: Image.Image, line_height: float) -> float:
    if not 0 < line_height < _MIN_LINE_HEIGHT:
        return 1.0
    wanted = min(_MAX_SCALE, _GOOD_LINE_HEIGHT / line_height)
    fits = math.sqrt(_MAX_SCALED_PIXELS / (image.width * image.height))
    return max(1.0, min(wanted, fits, _MAX_SCALED_SIDE / max(image.size)))


def _margin_level(image: Image.Image) -> int:
    """Return the level of most of the page, for the corners that a turn adds."""
    histogram = image.histogram()
    return histogram.index(max(histogram))


def _even(page: Image.Image, look: Appearance) -> Image.Image:
    image = ImageOps.invert(page) if look.ink_is_light else page
    paper = _smooth_paper(look.paper)
    is_uneven = paper.max() - paper.min() > _UNEVEN_LEVELS
    if is_uneven:
        image = _divided(image, paper)
    if look.contrast < _FAINT_LEVELS:
        image = ImageOps.autocontrast(image, cutoff=(0.1, 10))
    return image


def _smooth_paper(paper: "NDArray[Any]") -> "NDArray[Any]":
    """Return the paper's levels without blocks that differ from the light around: pictures, fills.

    Light is fitted by a polynomial of degree 2.
    """
    import numpy as np

    rows, columns = (np.linspace(-1, 1, count) for count in paper.shape)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
    levels = paper.reshape(-1)
    kept = np.ones(len(levels), dtype=bool)
    fitted = levels
    for _ in range(4):
        factors, *_ = np.linalg.lstsq(terms[kept], levels[kept], rcond=None)
        fitted = terms @ factors
        kept = np.abs(levels - fitted) <= max(8.0, 2 * float(np.median(np.abs(levels - fitted))))
    smooth: NDArray[Any] = np.clip(fitted, 16, _WHITE).reshape(paper.shape)
    return smooth


def _divided(image: Image.Image, paper: "NDArray[Any]") -> Image.Image:
    """Return the page with each level divided by that of the paper there."""
    import numpy as np

    light = Image.fromarray(paper.astype(np.uint8)).resize(image.size, Image.Resampling.BICUBIC)
    result = Image.new("L", image.size)
    rows = max(1, 4_000_000 // image.width)
    for top in range(0, image.height, rows):
        part = (0, top, image.width, min(top + rows, image.height))
        levels = np.asarray(image.crop(part), dtype=np.float32)
        white = np.asarray(light.crop(part), dtype=np.float32)
        even = np.clip(levels * (245 / np.maximum(white, 1)), 0, 255)
        result.paste(Image.fromarray((even + 0.5).astype(np.uint8)), (0, top))
    return result
