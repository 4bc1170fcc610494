"""Draws SVG files with resvg, without anything from outside the file.

resvg reads files that a picture names, and draws text in the fonts of the computer. Both would make
the result depend on the slave, so other files are taken out before, and text is drawn in one font,
which is part of Pillow. Sizes without a unit are pixels, and there are 96 pixels in an inch.
"""

import gzip
import io
import re
import tempfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFont

from protocol import markup
from protocol.failures import Corrupt, TooLarge, Unsupported
from slave_service.formats.svg import content as svg_content

MAX_PIXELS = 25_000_000
"""A square meter of paper at 96 dpi has 14 million; resvg takes a quarter of a second a million."""
_MAX_BYTES = 20_000_000
_MAX_LAYER_PIXELS = 300_000_000
"""Limit of the pixels of all layers that are in memory at a time."""
_HEAD_BYTES = 8192
_GZIP = b"\x1f\x8b\x08"
_FONT = "Aileron"
_MAX_LETTERS = 2000
_UNASSIGNED = "\uffff"
_DEFAULT_SIZE = 300.0, 150.0
"""What browsers take for a picture without any size (CSS 2.1, 10.3.2)."""
_UNIT_PIXELS = {
    **{"": 1.0, "px": 1.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "q": 96 / 101.6},
    **{"pt": 96 / 72, "pc": 16.0, "em": 16.0, "rem": 16.0, "ex": 8.0},
}
_LENGTH = re.compile(r"\s*\+?([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]{1,3})?)\s*([a-zA-Z]*)\s*")
_TEXT_WARNING = (
    "The text of this SVG is drawn in one font of this program, not in its own{}; convert the text "
    "to paths in the program that made it if its look matters."
)
_LEFT_OUT = "Not part of the result: {}; export the picture as PNG and send that to have it whole."
_UNDRAWABLE = (
    "This SVG can't be drawn: it is damaged, or has too many elements; open it in a browser, and "
    "save it again or export it as PNG."
)
_MISSING = "SVG needs resvg_py on the slaves; install it with pip, or send the picture as PNG."


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn picture, in mode RGBA, and what it lacks."""

    image: Image.Image
    warnings: tuple[str, ...]


def is_svg(source: BinaryIO) -> bool:
    """Return whether a file begins as an SVG does, also if it is compressed (SVGZ)."""
    source.seek(0)
    head = source.read(_HEAD_BYTES)
    source.seek(0)
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(31).decompress(head, _HEAD_BYTES)
        except zlib.error:
            return False
    return markup.is_svg(head)


def draw(source: BinaryIO) -> Drawing:
    """Draw an SVG at its own size; raise Corrupt, TooLarge or Unsupported."""
    content = svg_content.read(_data(source))
    width, height = size_of(content.root.attrib)
    if width * height > MAX_PIXELS:
        raise TooLarge(
            f"This SVG is {width:,} x {height:,} pixels, and at most {MAX_PIXELS:,} are drawn; "
            "make its width and height smaller."
        )
    if width * height * (content.layers + 2) > _MAX_LAYER_PIXELS:
        raise TooLarge(
            "This SVG has too many groups with opacity, masks or filters inside each other for "
            "its size; make its width and height smaller."
        )
    content.root.set("width", str(width))
    content.root.set("height", str(height))
    image = _rendered(content.as_text(), with_font=bool(content.letters))
    if image.width * image.height > MAX_PIXELS:
        raise TooLarge("This SVG is too large to be drawn; make its width and height smaller.")
    return Drawing(image, tuple(_warnings(content)))


def _data(source: BinaryIO) -> bytes:
    data = source.read(_MAX_BYTES + 1)
    if data.startswith(_GZIP):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as unpacked:
                data = unpacked.read(_MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise Corrupt(
                "This SVGZ file is damaged or cut off; save and send it again."
            ) from error
    if len(data) > _MAX_BYTES:
        raise TooLarge(
            f"This SVG has more than {_MAX_BYTES:,} bytes; simplify it, or export it as PNG."
        )
    return data


def size_of(attributes: "svg_content.Attributes") -> tuple[int, int]:
    """Return the width and height of the root element in whole pixels, at least 1.

    One that is missing, or a percentage, follows from the other and ``viewBox``.
    """
    width, height = (_length(attributes.get(name, "")) for name in ("width", "height"))
    box = [_length(part) or 0.0 for part in attributes.get("viewBox", "").replace(",", " ").split()]
    across, down = box[2:] if len(box) == 4 and box[2] and box[3] else (0.0, 0.0)
    if across and down:
        if width is None and height is None:
            width, height = across, down
        width = width if width is not None else (height or 0) * across / down
        height = height if height is not None else width * down / across
    default_width, default_height = _DEFAULT_SIZE
    sides = (
        default_width if width is None else width,
        default_height if height is None else height,
    )
    across_pixels, down_pixels = (max(1, round(min(side, 1e9))) for side in sides)
    return across_pixels, down_pixels


def _length(text: str) -> float | None:
    found = _LENGTH.fullmatch(text[:100])
    unit = _UNIT_PIXELS.get(found[2].lower()) if found else None
    return float(found[1]) * unit if found and unit else None


def _rendered(text: str, *, with_font: bool) -> Image.Image:
    try:
        import resvg_py
    except ImportError as error:
        raise Unsupported(_MISSING) from error
    with tempfile.TemporaryDirectory() as folder:
        fonts = []
        if with_font and (font := _font()):
            path = Path(folder, "font.otf")
            path.write_bytes(font)
            fonts.append(str(path))
        try:
            png = resvg_py.svg_to_bytes(
                svg_string=text,
                skip_system_fonts=True,
                font_files=fonts,
                font_family=_FONT,
                serif_family=_FONT,
                sans_serif_family=_FONT,
                monospace_family=_FONT,
                cursive_family=_FONT,
                fantasy_family=_FONT,
            )
        except ValueError as error:
            raise Corrupt(_UNDRAWABLE) from error
    image = Image.open(io.BytesIO(png), formats=["PNG"])
    image.load()
    return image


def _warnings(content: svg_content.SvgContent) -> list[str]:
    found = []
    if content.letters:
        missing = _missing_letters(content.letters)
        found.append(_TEXT_WARNING.format(f" (missing letters: {missing})" if missing else ""))
    if content.left_out:
        parts = ", ".join(f"{name} ({count:,})" for name, count in content.left_out.items())
        found.append(_LEFT_OUT.format(parts))
    return found


@lru_cache(maxsize=1)
def _font() -> bytes:
    """Return the OpenType font in Pillow (Aileron, CC0); empty where Pillow has no FreeType."""
    data = getattr(ImageFont.load_default(20), "font_bytes", b"")
    return data if isinstance(data, bytes) else b""


def _missing_letters(letters: frozenset[str]) -> str:
    """Return letters without a glyph in the font, at most 20, in their order in Unicode."""
    font = ImageFont.load_default(20)
    unknown = bytes(font.getmask(_UNASSIGNED))
    missing = [
        letter
        for letter in sorted(letters)[:_MAX_LETTERS]
        if letter.isprintable() and not letter.isspace() and bytes(font.getmask(letter)) == unknown
    ]
    return "".join(missing[:20]) + ("…" if len(missing) > 20 else "")
