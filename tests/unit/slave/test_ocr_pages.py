"""OCR of pages that lie, are lit or are printed badly: their words are known from drawing them."""

import random
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps

from accuracy import ocr_pages as pages
from accuracy.rows import word_recall
from slave_service.models.ocr import appearance, correction, rapid
from slave_service.models.ocr.noise import without_noise
from slave_service.models.ocr.reader import read_page
from tests.conftest import need

TEXT = """\
The quarterly report shows that revenue
grew by 12.5 percent compared with last
year, while operating costs remained flat.
Customers in Northern Europe placed more."""

Spoil = Callable[[Image.Image, random.Random], Image.Image]


@pytest.fixture(autouse=True)
def tesseract(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Tesseract read alone, also where RapidOCR is installed."""
    need("tesseract")
    monkeypatch.setattr(rapid, "is_installed", lambda: False)


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 (no secret)


def letter(text: str = TEXT, size: int = 22, ink: int = 0, paper: int = 255) -> Image.Image:
    """Return the lines of a text on a page."""
    font = ImageFont.load_default(size=size)
    image = Image.new("L", (size * 28, size * 10), paper)
    ImageDraw.Draw(image).multiline_text((size, size), text, fill=ink, font=font, spacing=size // 2)
    return image


def shaded(image: Image.Image, _: random.Random) -> Image.Image:
    """Return the page with a fifth of the light at its right edge."""
    shade = ImageOps.mirror(Image.linear_gradient("L").rotate(90)).resize(image.size)
    return ImageChops.multiply(image, shade.point(lambda level: 50 + level * 205 // 255))


def tilted(degrees: float) -> Spoil:
    return lambda image, _: image.rotate(
        degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255
    )


@pytest.mark.parametrize(
    ("spoil", "rotation", "least"),
    [
        (pages.turned(0), 0, 1.0),
        (pages.turned(90), 90, 1.0),
        (pages.turned(180), 180, 1.0),
        (pages.turned(270), -90, 1.0),
        (tilted(-10), -10, 1.0),
        (tilted(20), 20, 1.0),
        (tilted(95), 95, 1.0),
        (shaded, 0, 1.0),
        (pages.inverted, 0, 1.0),
        (pages.faint, 0, 1.0),
        (pages.noisy, 0, 0.95),
        (pages.very_noisy, 0, 0.9),
        (pages.speckled, 0, 0.9),
    ],
    ids=[
        *("plain", "rot90", "rot180", "rot270", "skew-10", "skew20", "rot95"),
        *("uneven", "inverted", "faint", "noisy", "very noisy", "speckled"),
    ],
)
def test_words_of_a_spoiled_page_are_read(spoil: Spoil, rotation: float, least: float) -> None:
    """Every word is found, in order; the rotation is what turns the page upright, clockwise."""
    found = read_page(spoil(letter(), chance(1)), "eng")
    assert word_recall(TEXT, found.text) >= least
    assert SequenceMatcher(None, TEXT.split(), found.text.split()).ratio() >= least
    assert found.rotation == pytest.approx(rotation, abs=0.3)
    assert found.engine == "tesseract"


def test_small_print_is_scaled_up() -> None:
    """Letters of five pixels are read."""
    image, text = pages.page(chance(3), 72)
    assert word_recall(text, read_page(image, "eng").text) > 0.98


@pytest.mark.parametrize("make", [pages.single_line, pages.single_word])
def test_single_line_is_read_as_one(make: Callable[[random.Random], Any]) -> None:
    """A line or a word alone is taken for upright, and read."""
    for seed in range(3):
        image, text = make(chance(seed))
        assert read_page(image, "eng").text == text


@pytest.mark.parametrize("degrees", [0, 90, 180, -7, 80])
def test_boxes_lie_on_the_words_of_the_turned_page(degrees: float) -> None:
    """Boxes are in pixels of the page after its turn by a multiple of 90 degrees alone."""
    image = tilted(degrees)(letter("Hello brave\nnew world", size=40), chance(0))
    found = read_page(image, "eng")
    assert [word.text for word in found.words] == ["Hello", "brave", "new", "world"]
    turned = image.rotate(-90 * round(found.rotation / 90), expand=True)
    assert found.size == turned.size
    rest = turned.point(lambda level: 255 - level)
    for word in found.words:
        left, top, width, height = word.box
        assert max(rest.crop((left, top, left + width, top + height)).tobytes()) > 200
        rest.paste(0, (left - 2, top - 2, left + width + 2, top + height + 2))
    assert max(rest.tobytes()) < 160


def test_a_clean_page_stays_as_it_is() -> None:
    """Its pixels reach Tesseract unchanged."""
    page = letter()
    assert without_noise(page) is page
    look = appearance.measure(page)
    assert look is not None
    assert correction.correct(page, look, turn=0).image is page


@pytest.mark.parametrize("size", [(1, 1), (40, 3), (3, 900), (5000, 20), (300, 200)])
@pytest.mark.parametrize("seed", [1, 2])
def test_pictures_without_text_are_measured(size: tuple[int, int], seed: int) -> None:
    """Noise of any size gives an appearance or none, and can be corrected."""
    page = without_noise(Image.frombytes("L", size, chance(seed).randbytes(size[0] * size[1])))
    look = appearance.measure(page)
    if look:
        assert min(correction.correct(page, look, turn=90).image.size) > 0
    assert appearance.measure(Image.new("L", size, 99)) is None
