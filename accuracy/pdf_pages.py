"""Writes PDFs with lines of text in one or two columns, and words divided at the ends of lines."""

import random
import textwrap

from accuracy.document_text import Section

_ROWS = 50
_TOP, _LINE = 790, 14
_Placed = tuple[int, int, str]


def _lines(made: list[Section], width: int, generator: random.Random) -> list[str]:
    """Return the lines of all sections; some words are divided at the end of a line."""
    lines: list[str] = []
    for part in made:
        for text in (part.heading, *part.paragraphs, *(" ".join(row) for row in part.table)):
            lines += _divided(textwrap.wrap(text, width), generator)
    return lines


def _divided(lines: list[str], generator: random.Random) -> list[str]:
    for number in range(len(lines) - 1):
        word, space, rest = lines[number + 1].partition(" ")
        if len(word) > 5 and space and generator.random() < 0.5:
            lines[number] += f" {word[:3]}-"
            lines[number + 1] = f"{word[3:]} {rest}"
    return lines


def one_column(made: list[Section], generator: random.Random) -> bytes:
    """Return a PDF of one column."""
    lines = _lines(made, 80, generator)
    pages = [lines[begin : begin + _ROWS] for begin in range(0, len(lines), _ROWS)]
    return _file(
        [[(50, _TOP - _LINE * row, line) for row, line in enumerate(page)] for page in pages]
    )


def two_columns(made: list[Section], generator: random.Random) -> bytes:
    """Return a PDF of two columns that are written row by row."""
    lines = _lines(made, 42, generator)
    pages = []
    for begin in range(0, len(lines), 2 * _ROWS):
        page = lines[begin : begin + 2 * _ROWS]
        rows = (len(page) + 1) // 2
        left, right = page[:rows], page[rows:]
        placed: list[_Placed] = []
        for row, line in enumerate(left):
            placed.append((50, _TOP - _LINE * row, line))
            placed += [(320, _TOP - _LINE * row, right[row])] if row < len(right) else []
        pages.append(placed)
    return _file(pages)


def _file(pages: list[list[_Placed]]) -> bytes:
    """Return a PDF 1.4 (ISO 32000) with texts at places in points."""
    numbers = range(4, 4 + 2 * len(pages), 2)
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, placed in zip(numbers, pages, strict=True):
        shown = "".join(f"1 0 0 1 {x} {y} Tm ({text}) Tj\n" for x, y, text in placed)
        content = f"BT /F 10 Tf\n{shown}ET"
        objects += [
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>"
            f"/Contents {number + 1} 0 R>>",
            f"<</Length {len(content)}>>stream\n{content}\nendstream",
        ]
    body = "%PDF-1.4\n"
    places = []
    for number, entry in enumerate(objects, start=1):
        places.append(f"{len(body):010} 00000 n \n")
        body += f"{number} 0 obj{entry}endobj\n"
    size = len(objects) + 1
    table = f"xref\n0 {size}\n0000000000 65535 f \n{''.join(places)}"
    end = f"trailer<</Size {size}/Root 1 0 R>>\nstartxref\n{len(body)}\n%%EOF"
    return f"{body}{table}{end}".encode("ascii")
