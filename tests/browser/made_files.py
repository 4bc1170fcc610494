"""Files whose content is known when they are made, to compare with what the page shows of them."""

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
"""The bytes that stand for them in the PDFs' one-byte encoding."""
_FIRST_OBJECT = 6
"""The number of the first page's object."""


def pdf(pages: Sequence[Sequence[str]], bookmarks: Sequence[tuple[str, int]] = ()) -> bytes:
    """Return a PDF with these lines on its pages: ASCII and ``EMOJI``, none on an empty page.

    Bookmarks are titles, each with the number of its page, from 1.
    """
    page_numbers = [_FIRST_OBJECT + 2 * place for place in range(len(pages))]
    outline_number = _FIRST_OBJECT + 2 * len(pages)
    kids = b" ".join(b"%d 0 R" % number for number in page_numbers)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Outlines %d 0 R>>" % outline_number,
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)),
        b"<</Title(A made file)>>",
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
    """Return the table that says what the bytes mean (ISO 32000-1, 9.10.3)."""
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
    """Return the outline's object and one for each bookmark, which leads to a page's object."""
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


def word_file(sections: Sequence[tuple[str, Sequence[str]]]) -> bytes:
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
    """A picture of words; ``boxes`` are left, top, right and bottom of each, seen upright."""

    data: bytes
    size: tuple[int, int]
    boxes: dict[str, tuple[int, int, int, int]]


_TURNED_BACK = {1: None, 3: 180, 6: 90, 8: 270}
"""By how many degrees, anticlockwise, a picture is turned that EXIF's orientation puts right."""


def scan(words: dict[str, tuple[int, int]], form: str = "PNG", orientation: int = 1) -> Scan:
    """Return a picture with each word at its place, stored turned as EXIF's orientation says."""
    picture = Image.new("RGB", (900, 600), "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=48)
    boxes = {}
    for word, place in words.items():
        draw.text(place, word, fill="black", font=font)
        left, top, right, bottom = draw.textbbox(place, word, font=font)
        boxes[word] = (round(left), round(top), round(right), round(bottom))
    turn = _TURNED_BACK[orientation]
    stored = picture.rotate(turn, expand=True) if turn else picture
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    stored.save(file, form, exif=exif.tobytes(), quality=95)
    return Scan(file.getvalue(), picture.size, boxes)


def sound(seconds: float, amplitude: float, silent_share: float, rate: int = 16_000) -> bytes:
    """Return a WAV file: silence for its first share, then a tone of 200 Hz of this amplitude."""
    times = np.arange(int(seconds * rate)) / rate
    tone = amplitude * np.sin(2 * np.pi * 200 * times) * (times >= silent_share * seconds)
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(rate)
        made.writeframes((tone * 32767).round().astype("<i2").tobytes())
    return file.getvalue()
