"""Generates the sample documents (two PDFs, a DOCX, a text), with the same bytes each time."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import docx

from scripts.samples_pages import scanned_receipt

_WRITTEN = datetime(2024, 3, 1, 9, 30)  # DOCX takes it as UTC

_TITLE = "Water Report of Millbrook"
_PDF_INFO = {
    "Title": _TITLE,
    "Author": "Nora Field",
    "Subject": "Drinking water, measured at four wells",
    "Creator": "Millbrook Town Office",
    "CreationDate": "D:20240301093000Z",
}
_PDF_PAGES = (
    (
        "Water Report of Millbrook",
        """\
The town of Millbrook takes its drinking water from four wells in the
hills to the north. Each well is tested on the first day of the month.

In the past year all samples were clean. The water of the upper well
was a little harder than before, which is harmless (it may leave white
marks on kettles and taps).

After the storm in November the mill well was closed for nine days.
During that time the other wells supplied the whole town, and nobody
had to go without water.""",
    ),
    (
        "What comes next",
        """\
In spring the old pipe below Bridge Street will be replaced. The work
takes about six weeks and costs 84,000 euros.

Please keep cars away from the marked places while the street is open.
Questions are answered in the town office, from Monday to Thursday.""",
    ),
)
_NOTES = """\
Meeting notes, garden club

Present: Ada, Boris, Chen, Dilara
Absent: Emil (on a journey)

1. The seeds have arrived. Chen sorts them until Friday.
2. The shed needs a new roof. Boris asks two roofers for a price.
3. Open day on the second Sunday in May; Ada writes the invitation.

Next meeting: first Tuesday of the month, half past six, in the shed.
"""


def make(folder: Path) -> list[Path]:
    """Write two PDFs, of text and of a scan, a DOCX with headings and a table, and a text."""
    files = {
        "water report.pdf": pdf(_PDF_PAGES, _PDF_INFO),
        "trip to the coast.docx": settled(_word_file()),
        "meeting notes.txt": _NOTES.encode(),
        "scanned receipt.pdf": _scan(),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


def _scan() -> bytes:
    """Return a PDF whose only page is a picture."""
    file = io.BytesIO()
    when = _WRITTEN.timetuple()
    scanned_receipt().save(file, "PDF", resolution=100, creationDate=when, modDate=when)
    return file.getvalue()


def pdf(pages: Sequence[tuple[str, str]], information: Mapping[str, str]) -> bytes:
    """Return a PDF 1.4 (ISO 32000) of these headings and texts, in two of the standard fonts.

    A page has a heading and lines, which are not wrapped; all is ASCII.
    """
    first_page = 6
    page_numbers = range(first_page, first_page + 2 * len(pages), 2)
    kids = " ".join(f"{number} 0 R" for number in page_numbers)
    info = " ".join(f"/{key} ({_escaped(value)})" for key, value in information.items())
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>",
        f"<< {info} >>",
        font.format("Helvetica"),
        font.format("Helvetica-Bold"),
    ]
    for number, (heading, text) in zip(page_numbers, pages, strict=True):
        content = _page_content(heading, text)
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /F1 4 0 R /F2 5 0 R >> >> /Contents {number + 1} 0 R >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    return _pdf_file(objects)


def _page_content(heading: str, text: str) -> str:
    lines = "".join(f"({_escaped(line)}) Tj T*\n" for line in text.split("\n"))
    return f"BT /F2 20 Tf 72 750 Td ({_escaped(heading)}) Tj\n/F1 12 Tf 17 TL 0 -40 Td\n{lines}ET"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _pdf_file(objects: list[str]) -> bytes:
    """Return a PDF of these objects, numbered from 1: catalog first, information third."""
    file = io.BytesIO()
    file.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(file.tell())
        file.write(f"{number} 0 obj\n{body}\nendobj\n".encode("ascii"))
    table = file.tell()
    size = len(objects) + 1
    rows = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R /Info 3 0 R >>\nstartxref\n{table}\n%%EOF\n"
    file.write(f"xref\n0 {size}\n0000000000 65535 f \n{rows}{trailer}".encode("ascii"))
    return file.getvalue()


def _word_file() -> bytes:
    document = docx.Document()
    about = document.core_properties
    about.title, about.author = "Trip to the Coast", "Nora Field"
    about.subject, about.comments = "Plan for three days in June", ""
    about.created = about.modified = _WRITTEN
    about.last_modified_by, about.revision = "Nora Field", 1
    document.add_heading("Trip to the Coast", 0)
    document.add_paragraph(
        "We leave on Friday at eight from the station. The train reaches the coast at noon, so "
        "there is time for a walk on the beach before supper."
    )
    document.add_heading("What it costs", 1)
    document.add_paragraph("All prices are for one person. Children pay half.")
    rows = (
        ("Day", "Plan", "Euros"),
        ("Friday", "Train and room", "74"),
        ("Saturday", "Boat to the island", "28"),
        ("Sunday", "Museum and train", "46"),
    )
    table = document.add_table(rows=0, cols=3, style="Table Grid")
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_heading("What to bring", 1)
    for thing in ("a coat against the wind", "good shoes", "something to read"):
        document.add_paragraph(thing, style="List Bullet")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def settled(package: bytes) -> bytes:
    """Return the same ZIP file with the modification times of its parts removed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name)  # dated 1980, the first year of ZIP
            part.compress_type = zipfile.ZIP_DEFLATED
            part.create_system = 3
            new.writestr(part, old.read(name))
    return file.getvalue()
