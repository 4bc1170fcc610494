"""Writes a PDF 1.5 page by page: the picture, and the words over it as invisible text.

The same pages give the same bytes: there are no dates, names of programs or identifiers.
"""

import zlib
from typing import BinaryIO

from PIL import Image

from slave_service.formats.searchable_pdf import glyphless_font, page_image, text_layer
from slave_service.models.ocr.page_text import PageText

_CATALOG, _PAGES, _FONT, _DESCENDANT, _DESCRIPTOR, _FONT_FILE, _TO_UNICODE, _GLYPHS = range(1, 9)
_FIRST_FREE = 9
_MAX_SIDE_POINTS = 14_400
"""Largest side of a page in PDF readers (ISO 32000-1, annex C)."""
_CODES_AT_ONCE = 100
"""Limit of the entries in one section of a CMap."""


class SearchablePdf:
    """A PDF that is being written to a binary file, from its begin to its end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = 0
        self._places: dict[int, int] = {}
        self._kids: list[int] = []
        self._codes = text_layer.Codes()
        # The second line marks the file as binary.
        self._write(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")

    def add(self, image: Image.Image, dots_per_inch: tuple[float, float], text: PageText) -> None:
        """Add a page; ``image`` is upright, as the boxes of ``text`` are, in mode 1, L or RGB.

        ``dots_per_inch`` are those across and down.
        """
        points = [72 * side / dots for side, dots in zip(image.size, dots_per_inch, strict=True)]
        shrink = min(1.0, _MAX_SIDE_POINTS / max(points))
        width, height = (side * shrink for side in points)
        scale = (width / max(1, text.size[0]), height / max(1, text.size[1]))
        words = text_layer.content(text, scale, height, self._codes)
        shown = f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /I Do Q\n{words}\n"
        number = _FIRST_FREE + 3 * len(self._kids)
        self._kids.append(number)
        encoded = page_image.encode(image)
        self._object(
            number,
            f"<</Type/Page/Parent {_PAGES} 0 R/MediaBox[0 0 {width:.3f} {height:.3f}]/Resources<<"
            f"/XObject<</I {number + 1} 0 R>>/Font<</F {_FONT} 0 R>>>>/Contents {number + 2} 0 R>>",
        )
        self._stream(number + 1, f"/Type/XObject/Subtype/Image{encoded.entries}", encoded.data)
        self._deflated(number + 2, "", shown.encode("ascii"))

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._size

    def finish(self) -> None:
        """Write the font and the tables; nothing can be added after that."""
        kids = " ".join(f"{number} 0 R" for number in self._kids)
        self._object(_CATALOG, f"<</Type/Catalog/Pages {_PAGES} 0 R>>")
        self._object(_PAGES, f"<</Type/Pages/Count {len(self._kids)}/Kids[{kids}]>>")
        self._write_font()
        rows = "".join(f"{place:010} 00000 n \n" for _, place in sorted(self._places.items()))
        count, table = len(self._places) + 1, self._size
        self._write(f"xref\n0 {count}\n0000000000 65535 f \n{rows}".encode("ascii"))
        trailer = f"trailer<</Size {count}/Root {_CATALOG} 0 R>>\nstartxref\n{table}\n%%EOF\n"
        self._write(trailer.encode("ascii"))

    def _write_font(self) -> None:
        name = "/BaseFont/GlyphLess"
        self._object(
            _FONT,
            f"<</Type/Font/Subtype/Type0{name}/Encoding/Identity-H"
            f"/DescendantFonts[{_DESCENDANT} 0 R]/ToUnicode {_TO_UNICODE} 0 R>>",
        )
        self._object(
            _DESCENDANT,
            f"<</Type/Font/Subtype/CIDFontType2{name}/DW {glyphless_font.ADVANCE}"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/FontDescriptor {_DESCRIPTOR} 0 R/CIDToGIDMap {_GLYPHS} 0 R>>",
        )
        ascent = glyphless_font.ASCENT
        self._object(
            _DESCRIPTOR,
            "<</Type/FontDescriptor/FontName/GlyphLess/Flags 5/FontBBox"
            f"[0 0 {glyphless_font.ADVANCE} {ascent}]/ItalicAngle 0/Ascent {ascent}/Descent 0"
            f"/CapHeight {ascent}/StemV 80/FontFile2 {_FONT_FILE} 0 R>>",
        )
        font = glyphless_font.build()
        self._deflated(_FONT_FILE, f"/Length1 {len(font)}", font)
        self._deflated(_TO_UNICODE, "", _to_unicode(self._codes.of).encode("ascii"))
        # Every code has the one empty glyph.
        self._deflated(_GLYPHS, "", b"\0\1" * (len(self._codes.of) + 1))

    def _deflated(self, number: int, entries: str, data: bytes) -> None:
        self._stream(number, f"{entries}/Filter/FlateDecode", zlib.compress(data, 9))

    def _stream(self, number: int, entries: str, data: bytes) -> None:
        self._begin(number)
        self._write(f"<<{entries}/Length {len(data)}>>stream\n".encode("ascii"))
        self._write(data)
        self._write(b"\nendstream\nendobj\n")

    def _object(self, number: int, body: str) -> None:
        self._begin(number)
        self._write(f"{body}\nendobj\n".encode("ascii"))

    def _begin(self, number: int) -> None:
        self._places[number] = self._size
        self._write(f"{number} 0 obj\n".encode("ascii"))

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._size += len(data)


def _to_unicode(codes: dict[str, int]) -> str:
    """Return the CMap that leads from codes to characters (ISO 32000-1, 9.10.3)."""
    entries = [
        f"<{code:04X}> <{character.encode('utf-16-be', 'replace').hex().upper()}>"
        for character, code in codes.items()
    ]
    sections = [
        entries[begin : begin + _CODES_AT_ONCE] for begin in range(0, len(entries), _CODES_AT_ONCE)
    ]
    mapped = "\n".join(
        f"{len(section)} beginbfchar\n" + "\n".join(section) + "\nendbfchar" for section in sections
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{mapped}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    )
