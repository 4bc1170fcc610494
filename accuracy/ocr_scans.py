"""Draws receipts, densely printed old pages and single lines, as scanners and cameras show them."""

import random

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

from accuracy.ocr_pages import drawn, words

_SHOPS = ("GARDEN CENTRE", "CORNER MARKET", "STATION BAKERY", "VILLAGE HARDWARE", "LAKE PHARMACY")
_GOODS = (
    "Milk Bread Butter Coffee Tomatoes Onions Apples Batteries Shampoo Notebook Candles Honey "
    "Vinegar Sardines Mustard Biscuits Cabbage Yoghurt Detergent Toothpaste Lemonade Peppers"
).split()
_RECEIPT_FONTS = ("Courier", "Courier", "Courier-Bold", "Helvetica")
_PRINT_FONTS = ("Times-Roman", "Times-Roman", "Times-Italic")


def receipt(rng: random.Random) -> tuple[Image.Image, str]:
    """Return the scan of a narrow thermal print: small, faded, curled and a little skewed."""
    columns = rng.choice([32, 40])
    lines = _receipt_lines(rng, columns)
    points, leading = 7.5, rng.uniform(1.1, 1.3)
    width, height = columns * points * 0.6 + 24, len(lines) * points * leading + 30
    placed = [
        (12.0, height - 15 - points - row * points * leading, line)
        for row, line in enumerate(lines)
    ]
    font = rng.choice(_RECEIPT_FONTS)
    image = drawn(placed, font, points, (int(width), int(height)), rng.choice([130, 150, 180, 200]))
    image = ImageOps.expand(image, 20, 255)
    return _faded(_curled(image, rng), rng), "\n".join(line for line in lines if line.strip("-"))


def _receipt_lines(rng: random.Random, columns: int) -> list[str]:
    amounts = [rng.randrange(35, 6000) for _ in range(rng.randrange(6, 16))]
    lines = [rng.choice(_SHOPS).center(columns).rstrip()]
    lines += [f"{rng.randrange(1, 300)} {rng.choice(_GOODS)} Street".center(columns).rstrip()]
    lines += [f"Tel {rng.randrange(1000, 9999)} {rng.randrange(100000, 999999)}"]
    lines += [
        f"{rng.randrange(1, 29):02}/{rng.randrange(1, 13):02}/2024  "
        f"{rng.randrange(8, 20):02}:{rng.randrange(60):02}  No {rng.randrange(10000, 99999)}"
    ]
    lines += ["-" * columns]
    for amount in amounts:
        name = f"{rng.randrange(1, 6)} {rng.choice(_GOODS)} {rng.choice(_GOODS)}"[: columns - 9]
        lines.append(f"{name.rstrip():<{columns - 8}}{amount / 100:>8.2f}")
    total = sum(amounts)
    lines += ["-" * columns, f"{'TOTAL':<{columns - 8}}{total / 100:>8.2f}"]
    lines += [f"{'CASH':<{columns - 8}}{(total // 1000 + 1) * 10:>8.2f}"]
    lines += [f"VAT {rng.choice([7, 19, 20])}% {total / 600:.2f} incl."]
    lines += ["Thank you for shopping with us".center(columns).rstrip()]
    return lines


def _curled(image: Image.Image, rng: random.Random) -> Image.Image:
    """Return a page whose lines are bent by a few pixels, and that is a little skewed."""
    levels = np.asarray(image)
    height, width = levels.shape
    y, x = np.mgrid[0:height, 0:width]
    bend = rng.uniform(-5, 5) * np.sin(np.pi * x / width)
    shift = rng.uniform(-6, 6) * np.sin(2 * np.pi * y / height + rng.uniform(0, 6))
    rows = np.clip(np.rint(y + bend), 0, height - 1).astype(int)
    across = np.clip(np.rint(x + shift), 0, width - 1).astype(int)
    bent = Image.fromarray(levels[rows, across])
    angle = rng.uniform(-2.5, 2.5)
    return bent.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def _faded(image: Image.Image, rng: random.Random) -> Image.Image:
    """Return a thermal print that has faded unevenly: dots are missing, streaks are pale."""
    noise = np.random.default_rng(rng.randrange(1 << 30))
    levels = np.asarray(image, dtype=np.float64)
    height, width = levels.shape
    coarse = noise.uniform(0.25, 0.85, (max(2, height // 90), max(2, width // 90)))
    strength = np.asarray(
        Image.fromarray((coarse * 255).astype(np.uint8)).resize((width, height)), dtype=np.float64
    )
    strength = strength / 255 * rng.uniform(0.7, 1.1)
    strength *= 1 - 0.4 * (noise.random(width) < 0.02)
    ink = (255 - levels) * np.clip(strength, 0, 1) * (noise.random(levels.shape) > 0.06)
    paper = rng.uniform(215, 245)
    shown = Image.fromarray(np.clip(paper - ink * paper / 255, 0, 255).astype(np.uint8))
    shown = shown.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 0.9)))
    return _grained(shown, rng.uniform(2, 6), noise)


def dense_print(rng: random.Random) -> tuple[Image.Image, str]:
    """Return the scan of two tight columns of small serif print, with ink that spread on paper."""
    points, leading = rng.choice([7, 7.5, 8]), rng.uniform(1.02, 1.1)
    size, margin, gutter = (400, 330), 24, 14
    width = (size[0] - 2 * margin - gutter) / 2
    rows = int((size[1] - 2 * margin) / (points * leading))
    placed, lines = [], []
    for column in range(2):
        for row in range(rows):
            line = words(rng, int(width / (points * 0.47)))
            left = margin + column * (width + gutter)
            placed.append((left, size[1] - margin - points - row * points * leading, line))
            lines.append(line)
    font, dpi = rng.choice(_PRINT_FONTS), rng.choice([200, 240, 300])
    image = drawn(placed, font, points, size, dpi)
    return _aged(image, rng, dpi / 300), "\n".join(lines)


def _aged(image: Image.Image, rng: random.Random, scale: float) -> Image.Image:
    noise = np.random.default_rng(rng.randrange(1 << 30))
    # Ink spreads into the paper, more here and less there.
    spread = image.filter(ImageFilter.MinFilter(3))
    image = Image.blend(image, spread, rng.uniform(0.2, 0.7) * scale)
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.3) * scale))
    behind = ImageOps.mirror(image).filter(ImageFilter.GaussianBlur(2.5 * scale))
    behind = behind.point(lambda level: 255 - (255 - level) // 8)
    image = ImageChops.darker(image, behind)
    width, height = image.size
    tone = noise.uniform(175, 225, (4, 4)).astype(np.uint8)
    paper = Image.fromarray(tone).resize((width, height), Image.Resampling.BICUBIC)
    image = ImageChops.multiply(image.point(lambda level: 45 + level * 210 // 255), paper)
    angle = rng.uniform(-0.7, 0.7)
    image = image.rotate(angle, Image.Resampling.BICUBIC, expand=False, fillcolor=200)
    return _grained(image, rng.uniform(3, 8), noise)


def line(rng: random.Random) -> tuple[Image.Image, str]:
    """Return a line cut from a scan: of any font and size, a little blurred and grained."""
    text = words(rng, rng.randrange(20, 60))
    points = rng.choice([8, 9, 10, 12])
    font = rng.choice(["Helvetica", "Times-Roman", "Times-Italic", "Courier", "Helvetica-Bold"])
    width = int(len(text) * points * 0.62) + 24
    size = (width, int(points * 1.9))
    image = drawn([(10, points * 0.55, text)], font, points, size, rng.choice([120, 150, 200, 300]))
    image = _trimmed(image)
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.9)))
    low, high = rng.randrange(20, 110), rng.randrange(200, 250)
    image = image.point(lambda level: low + level * (high - low) // 255)
    return _grained(image, rng.uniform(2, 8), np.random.default_rng(rng.randrange(1 << 30))), text


def _trimmed(image: Image.Image) -> Image.Image:
    """Return a line without most of the paper after its last word."""
    box = ImageOps.invert(image).getbbox() or (0, 0, *image.size)
    return image.crop((0, 0, min(image.width, box[2] + 12), image.height))


def _grained(image: Image.Image, deviation: float, noise: np.random.Generator) -> Image.Image:
    levels = np.asarray(image) + noise.normal(0, deviation, image.size[::-1])
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
