"""Generates files of known content, to compare with what the page shows."""

import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass

import docx
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.hostile import pdf_writing

EMOJI = "🙂🙃🚀🧪"
"""Characters beyond the Basic Multilingual Plane: one code point, two UTF-16 code units each."""
_CODES = dict(zip(EMOJI, range(0x80, 0x80 + len(EMOJI)), strict=True))
"""Their codes in the one-byte encoding of the PDFs."""
_FIRST_OBJECT = 6
"""The number of the first page's object."""


def pdf(pages: Sequence[Sequence[str]], bookmarks: Sequence[tuple[str, int]] = ()) -> bytes:
    """Return a PDF with these lines of ASCII and ``EMOJI`` on its pages.

    Bookmarks are titles with page numbers, from 1.
    """
    page_numbers = [_FIRST_OBJECT + 2 * place for place in range(len(pages))]
    outline_number = _FIRST_OBJECT + 2 * len(pages)
    kids = b" ".join(b"%d 0 R" % number for number in page_numbers)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Outlines %d 0 R>>" % outline_number,
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)),
        b"<</Title(A generated file)>>",
        pdf_writing.deflated(_to_unicode()),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 4 0 R>>",
    ]
    for number, lines in zip(page_numbers, pages, strict=True):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R"
            b"/Resources<</Font<</F 5 0 R>>>>>>" % (number + 1)
        )
        shown = b"".join(b"<%s>Tj T*\n" % _coded(line) for line in lines)
        objects.append(pdf_writing.deflated(b"BT/F 10 Tf 12 TL 50 800 Td\n%sET" % shown))
    objects += _outline(outline_number, [(t, page_numbers[page - 1]) for t, page in bookmarks])
    return pdf_writing.file(objects, b"/Info 3 0 R")


def _coded(line: str) -> bytes:
    return bytes(_CODES.get(letter) or ord(letter) for letter in line).hex().encode()


def _to_unicode() -> bytes:
    """Return the ToUnicode CMap of the font (ISO 32000-1, 9.10.3)."""
    beyond = "".join(
        f"<{code:02x}> <{letter.encode('utf-16-be').hex()}>\n" for letter, code in _CODES.items()
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CMapName /Made def /CMapType 2 def\n"
        "1 begincodespacerange <00> <ff> endcodespacerange\n"
        "1 beginbfrange <20> <7e> <0020> endbfrange\n"
        f"{len(_CODES)} beginbfchar\n{beyond}endbfchar\nendcmap end end"
    ).encode()


def _outline(number: int, bookmarks: Sequence[tuple[str, int]]) -> list[bytes]:
    """Return the outline's object, and one per bookmark with the number of its page's object."""
    first, last = number + 1, number + len(bookmarks)
    found = [b"<</Type/Outlines/First %d 0 R/Last %d 0 R>>" % (first, last)]
    if not bookmarks:
        return [b"<</Type/Outlines>>"]
    for own, (title, page) in enumerate(bookmarks, start=first):
        following = b"/Next %d 0 R" % (own + 1) if own < last else b""
        before = b"/Prev %d 0 R" % (own - 1) if own > first else b""
        entry = (title.encode("ascii"), number, page, before, following)
        found.append(b"<</Title(%s)/Parent %d 0 R/Dest[%d 0 R/Fit]%s%s>>" % entry)
    return found


def docx_file(sections: Sequence[tuple[str, Sequence[str]]]) -> bytes:
    """Return a DOCX of sections: a heading, and the paragraphs below it."""
    document = docx.Document()
    for heading, paragraphs in sections:
        document.add_heading(heading, 1)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class Scan:
    """An image of words; ``boxes`` are left, top, right, bottom of each in the upright image."""

    data: bytes
    size: tuple[int, int]
    boxes: dict[str, tuple[int, int, int, int]]


_ROTATION = {1: None, 3: 180, 6: 90, 8: 270}
"""Degrees, counterclockwise, by which the stored image is rotated, per EXIF orientation."""


def scan(words: dict[str, tuple[int, int]], form: str = "PNG", orientation: int = 1) -> Scan:
    """Return an image with words at (left, top), stored rotated by EXIF orientation."""
    image = Image.new("RGB", (900, 600), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=48)
    boxes = {}
    for word, position in words.items():
        draw.text(position, word, fill="black", font=font)
        left, top, right, bottom = draw.textbbox(position, word, font=font)
        boxes[word] = (round(left), round(top), round(right), round(bottom))
    degrees = _ROTATION[orientation]
    stored = image.rotate(degrees, expand=True) if degrees else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    stored.save(file, form, exif=exif.tobytes(), quality=95)
    return Scan(file.getvalue(), image.size, boxes)


def sound(seconds: float, amplitude: float, silent_share: float, rate: int = 16_000) -> bytes:
    """Return a WAV file: silence for a share of the time, then a tone of 200 Hz."""
    times = np.arange(int(seconds * rate)) / rate
    tone = amplitude * np.sin(2 * np.pi * 200 * times) * (times >= silent_share * seconds)
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes((tone * 32767).round().astype("<i2").tobytes())
    return file.getvalue()
