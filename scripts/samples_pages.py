"""Generates the sample pages for OCR: printed text that looks scanned or photographed."""

import textwrap
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageDraw, ImageFont

LETTER = """\
Dear Mrs. Palmer,

thank you for the parcel that arrived here on Monday morning. The three books were packed so well \
that not even a corner was bent, and the map between them was a lovely surprise.

We have begun with the story of the lighthouse keeper. After forty pages it had to be put down, \
because the soup was burning, and since then the whole family asks at every meal how the story \
goes on.

You asked about the garden. The apple trees carried more fruit than we could eat, so we made \
juice with the neighbours and filled 48 bottles. Two of them are waiting for you. Please bring \
an empty bag when you visit us in October, and warm shoes, since the path along the river is \
often wet.

With many greetings from the whole house,
Helen Marlow"""
NOTICE = """\
READING ROOM

The library is closed on Friday because the floor will be painted. Books can be returned through \
the blue box next to the main door at any time.

From Saturday on we are open again from 10 to 18. No fees are charged for books that were due \
on Friday.

Thank you for your patience."""
RECEIPT = """\
BAKERY AT THE BRIDGE

2 loaves of rye bread 7.80
6 poppy seed rolls 4.50
1 jar of plum jam 5.20

Total 17.50
Thank you, see you soon!"""
"""The texts of the pages; each paragraph is one line, with blank lines between."""

_PAPER, _INK = 244, 44
_SLANT_DEGREES = 0.6


def make(folder: Path) -> list[Path]:
    """Write a scanned letter, a photographed notice with an EXIF rotation, and a receipt.

    The receipt was scanned lying on its side, and nothing in the file says so.
    """
    letter = folder / "scan of a letter.png"
    page = printed_page(LETTER, (1240, 1150), font_size=29, columns=72, seed=1)
    page.save(letter, dpi=(150, 150))
    notice = folder / "notice at the library.jpg"
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 8
    page = printed_page(NOTICE, (1100, 900), font_size=34, columns=52, seed=2)
    # 8 tells viewers to rotate by 90 degrees counterclockwise, so the pixels are rotated back.
    page.transpose(Image.Transpose.ROTATE_270).save(notice, quality=85, exif=exif)
    receipt = folder / "receipt on its side.png"
    scanned_receipt().transpose(Image.Transpose.ROTATE_90).save(receipt)
    return [letter, notice, receipt]


def scanned_receipt() -> Image.Image:
    """Return a small page, upright."""
    return printed_page(RECEIPT, (560, 420), font_size=26, columns=40, seed=3)


def printed_page(
    text: str, size: tuple[int, int], font_size: int, columns: int, seed: int
) -> Image.Image:
    """Return text on yellowish paper, slightly slanted, unevenly lit, with noise."""
    page = Image.new("L", size, _PAPER)
    lines = [line for part in text.split("\n") for line in textwrap.wrap(part, columns) or [""]]
    font = ImageFont.load_default(size=font_size)
    margin = size[0] // 11
    ImageDraw.Draw(page).multiline_text(
        (margin, margin), "\n".join(lines), fill=_INK, font=font, spacing=font_size // 2
    )
    slanted = page.rotate(_SLANT_DEGREES, Image.Resampling.BICUBIC, fillcolor=_PAPER)
    light = np.linspace(4, -8, size[0], dtype=np.float32)
    noise = np.random.default_rng(seed).normal(0, 2, size[::-1])
    gray = np.clip(np.asarray(slanted) + light + noise, 0, 255)
    # A scanner's noise is coarse too, and steps of two levels halve the file.
    scanned = Image.fromarray((gray / 2).round().clip(0, 127).astype(np.uint8) * 2)
    tint = (1.0, 0.98, 0.91)
    return Image.merge("RGB", [scanned.point([round(n * t) for n in range(256)]) for t in tint])
