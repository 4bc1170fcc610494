"""Draws pages of known words, and spoils them as scanners, cameras and designers do."""

import io
import random
from collections.abc import Callable

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter, ImageOps

_WORDS = (
    "the of and to in that was for with his they this from had not but what all were when we "
    "there can said which their will each about how out them then these some would make like "
    "time has look two more write see number people water been call find long down day did get "
    "come made may part over new sound take only little work know place year live back give most "
    "very after thing our just name good sentence man think great where help through much before "
    "line right too means old any same tell boy follow came want show also around form three small "
    "office invoice contract garden bridge village kitchen report customer delivery payment "
    "quality weather machine station hospital Monday October London Berlin Helen Robert "
    "Question Journey Factory Zebra"
).split()
_FONTS = ("Helvetica", "Times-Roman", "Courier", "Helvetica-Bold", "Times-Italic")
_POINTS = 11
_MARGIN = 36
_WIDTH, _HEIGHT = 420, 300
_GUTTER = 28
_LEADING = 1.4
_CHARACTER_WIDTH = {"Courier": 0.6, "Helvetica-Bold": 0.56}
"""Mean width of a letter in ems; 0.5 for the other fonts."""

Spoil = Callable[[Image.Image, random.Random], Image.Image]


def page(rng: random.Random, dpi: int = 150, columns: int = 1) -> tuple[Image.Image, str]:
    """Return a page of some ten lines in mode L, and its text in reading order."""
    font = rng.choice(_FONTS)
    width = (_WIDTH - 2 * _MARGIN - (columns - 1) * _GUTTER) / columns
    fit = int(width / (_POINTS * _CHARACTER_WIDTH.get(font, 0.5)))
    rows = int((_HEIGHT - 2 * _MARGIN) / (_POINTS * _LEADING))
    shown, texts = "", []
    for column in range(columns):
        lines = [words(rng, fit) for _ in range(rows)]
        texts += lines
        left = _MARGIN + column * (width + _GUTTER)
        shown += _shown(lines, left, _HEIGHT - _MARGIN - _POINTS, _POINTS)
    return _drawn(shown, font, (_WIDTH, _HEIGHT), dpi), "\n".join(texts)


def single_line(rng: random.Random) -> tuple[Image.Image, str]:
    """Return a picture of one line, about 28 pixels high."""
    text = words(rng, 40)
    return _drawn(_shown([text], 12, 12, 14), rng.choice(_FONTS), (400, 36), 150), text


def single_word(rng: random.Random) -> tuple[Image.Image, str]:
    """Return a picture of one word."""
    text = rng.choice([word for word in _WORDS if len(word) > 4])
    return _drawn(_shown([text], 15, 14, 18), rng.choice(_FONTS), (170, 44), 150), text


def noisy(image: Image.Image, rng: random.Random) -> Image.Image:
    """Add the noise of a dark photo: normal, 28 levels."""
    noise = np.random.default_rng(rng.randrange(1 << 30)).normal(0, 28, image.size[::-1])
    return _image(np.asarray(image) * 0.8 + 25 + noise)


def speckled(image: Image.Image, rng: random.Random) -> Image.Image:
    """Turn one of 50 pixels black or white, as on a bad fax."""
    chance = np.random.default_rng(rng.randrange(1 << 30)).random(image.size[::-1])
    levels = np.asarray(image)
    return _image(np.where(chance < 0.01, 0, np.where(chance > 0.99, 255, levels)))


def very_noisy(image: Image.Image, rng: random.Random) -> Image.Image:
    """Add normal noise of 45 levels, and take 30 % of the contrast."""
    noise = np.random.default_rng(rng.randrange(1 << 30)).normal(0, 45, image.size[::-1])
    return _image(np.asarray(image) * 0.7 + 40 + noise)


def photographed(image: Image.Image, rng: random.Random) -> Image.Image:
    """Skew, light, blur, noise and compress a page, as a phone does at night."""
    image = skewed(rng.uniform(1, 6))(image, rng)
    image = uneven(image, rng).filter(ImageFilter.GaussianBlur(1.0))
    noise = np.random.default_rng(rng.randrange(1 << 30)).normal(0, 8, image.size[::-1])
    file = io.BytesIO()
    _image(np.asarray(image) + noise).save(file, "JPEG", quality=60)
    return Image.open(file).convert("L")


def turned(degrees: int) -> Spoil:
    """Return what turns a page counterclockwise by a multiple of 90."""
    return lambda image, _: image.rotate(degrees, expand=True)


def skewed(degrees: float) -> Spoil:
    """Return what turns a page a little to one side."""

    def spoil(image: Image.Image, rng: random.Random) -> Image.Image:
        angle = rng.choice([-1, 1]) * degrees
        return image.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)

    return spoil


def uneven(image: Image.Image, rng: random.Random) -> Image.Image:
    """Light the page from one corner: the opposite one has a fifth of the light."""
    height, width = image.size[::-1]
    y, x = np.mgrid[0:height, 0:width]
    across = x / width if rng.random() < 0.5 else 1 - x / width
    down = y / height if rng.random() < 0.5 else 1 - y / height
    return _image(np.asarray(image) * (1 - 0.8 * (across + down) / 2))


def inverted(image: Image.Image, _: random.Random) -> Image.Image:
    """Show light text on a dark ground."""
    return ImageOps.invert(image).point(lambda level: 30 + level * 200 // 255)


def faint(image: Image.Image, rng: random.Random) -> Image.Image:
    """Leave 30 of 256 levels between ink and paper, with a little noise."""
    noise = np.random.default_rng(rng.randrange(1 << 30)).normal(0, 1.5, image.size[::-1])
    return _image(170 + np.asarray(image) * (30 / 255) + noise)


def colored(image: Image.Image, rng: random.Random) -> Image.Image:
    """Show text in one color on another, of about the same or of different lightness."""
    ink, paper = rng.choice(
        [
            ("#b00000", "#7ec850"),
            ("#1040a0", "#ffd070"),
            ("#ffffff", "#d04030"),
            ("#204020", "#60b0b0"),
        ]
    )
    return ImageOps.colorize(image, ink, paper)


def words(rng: random.Random, fit: int) -> str:
    """Return a line of random words of at most ``fit`` characters."""
    found: list[str] = []
    while True:
        word = f"{rng.randrange(10, 5000)}" if rng.random() < 0.06 else rng.choice(_WORDS)
        word += rng.choice([",", "."]) if rng.random() < 0.1 else ""
        if len(" ".join([*found, word])) > fit:
            return " ".join(found)
        found.append(word)


def drawn(
    placed: list[tuple[float, float, str]],
    font: str,
    points: float,
    size: tuple[int, int],
    dpi: int,
) -> Image.Image:
    """Return a page of ``size`` points in mode L with lines at places in points, from below."""
    shown = "".join(f"1 0 0 1 {x:.2f} {y:.2f} Tm ({text}) Tj\n" for x, y, text in placed)
    return _drawn(f"BT /F {points} Tf\n{shown}ET\n", font, size, dpi)


def _shown(lines: list[str], left: float, top: float, points: int) -> str:
    shown = "".join(f"({line}) Tj T*\n" for line in lines)
    return f"BT /F {points} Tf {points * _LEADING:.1f} TL {left:.1f} {top:.1f} Td\n{shown}ET\n"


def _drawn(content: str, font: str, size: tuple[int, int], dpi: int) -> Image.Image:
    """Return a page that PDFium draws; it has the standard fonts (ISO 32000-1, 9.6.2.2)."""
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {size[0]} {size[1]}]/Contents 4 0 R"
        f"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/{font}>>>>>>>>",
        f"<</Length {len(content)}>>\nstream\n{content}\nendstream",
    ]
    file = io.BytesIO(b"%PDF-1.4\n")
    file.seek(0, io.SEEK_END)
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(file.tell())
        file.write(f"{number} 0 obj\n{body}\nendobj\n".encode())
    table = file.tell()
    rows = "".join(f"{place:010} 00000 n \n" for place in places)
    file.write(f"xref\n0 5\n0000000000 65535 f \n{rows}".encode())
    file.write(f"trailer<</Size 5/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n".encode())
    document = pypdfium2.PdfDocument(file.getvalue())
    image: Image.Image = document[0].render(scale=dpi / 72).to_pil().convert("L")
    document.close()
    return image


def _image(levels: "np.typing.NDArray[np.float64]") -> Image.Image:
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
