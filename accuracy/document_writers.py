"""Writes sections as files of each format, by the formats' specifications."""

import io
import random
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from html import escape

import docx

from accuracy.document_text import Section, expected_text
from accuracy.pdf_pages import one_column, two_columns
from accuracy.zip_documents import epub, ods, odt, pptx, xlsx

Writer = Callable[[list[Section], random.Random], bytes]


def plain_text(made: list[Section], _: random.Random) -> bytes:
    """Return a text in UTF-8."""
    return expected_text(made).encode()


def html(made: list[Section], generator: random.Random) -> bytes:
    """Return a page in one of the Unicode encodings, or with references in ASCII."""
    encoding = generator.choice(["utf-8", "utf-8-sig", "utf-16", "ascii"])
    head = "<meta charset=utf-8>" if encoding == "utf-8" else ""
    page = f"<!DOCTYPE html><html><head>{head}<title>t</title></head><body>{html_body(made)}</body>"
    return page.encode(encoding, "xmlcharrefreplace")


def html_body(made: Sequence[Section]) -> str:
    """Return the elements of the sections, with parts that are not shown between them."""
    parts = []
    for part in made:
        parts.append(f"<h2>{escape(part.heading)}</h2><script>var hidden = '<p>';</script>")
        for text in part.paragraphs:
            first, _, rest = escape(text).partition(" ")
            parts.append(f"<p><b>{first}</b>\n  {rest}<span hidden>hidden</span>")
        rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in part.table)
        parts.append("<table>" + "".join(f"<tr>{cells}</tr>" for cells in rows) + "</table>")
    return "\n".join(parts)


def mail(made: list[Section], generator: random.Random) -> bytes:
    """Return a mail in a random transfer encoding, with an attachment."""
    message = EmailMessage()
    message["From"], message["To"] = "Žofie <z@example.org>", "a@example.org"
    message["Subject"] = made[0].heading
    encoding = generator.choice(["quoted-printable", "base64"])
    message.set_content(expected_text(made), cte=encoding)
    if generator.random() < 0.5:
        message.add_alternative(f"<p>{escape(made[0].heading)}</p>", subtype="html")
    message.add_attachment(b"data", maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes()


def rtf(made: list[Section], _: random.Random) -> bytes:
    """Return an RTF file with Unicode characters and groups."""
    parts = [r"{\rtf1\ansi\uc1{\fonttbl{\f0\fcharset0 Arial;}}{\info{\title t}}"]
    for part in made:
        parts.append(rf"{{\pard\outlinelevel1\b {_rtf(part.heading)}\par}}")
        parts += [rf"\pard {_rtf(text)}{{\v hidden}}\par" for text in part.paragraphs]
        for row in part.table:
            cells = "".join(rf"\pard\intbl {_rtf(cell)}\cell" for cell in row)
            parts.append(rf"\trowd\cellx2000\cellx4000\cellx6000{cells}\row\pard")
    return ("\n".join(parts) + "}").encode("ascii")


def _rtf(text: str) -> str:
    escaped = []
    for character in text:
        units = character.encode("utf-16-le")
        if character in "\\{}":
            escaped.append(f"\\{character}")
        elif character.isascii():
            escaped.append(character)
        else:
            for place in range(0, len(units), 2):
                number = int.from_bytes(units[place : place + 2], "little", signed=True)
                escaped.append(f"\\u{number}?")
    return "".join(escaped)


def word(made: list[Section], _: random.Random) -> bytes:
    """Return a DOCX by python-docx."""
    document = docx.Document()
    for part in made:
        document.add_heading(part.heading, 2)
        for text in part.paragraphs:
            document.add_paragraph(text)
        table = document.add_table(rows=0, cols=3)
        for row in part.table:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


WRITERS: dict[str, Writer] = {
    "text": plain_text,
    "HTML": html,
    "mail": mail,
    "RTF": rtf,
    "DOCX": word,
    "ODT": odt,
    "ODS": ods,
    "EPUB": lambda made, _: epub([html_body([part]) for part in made]),
    "PPTX": pptx,
    "XLSX": xlsx,
    "PDF": one_column,
    "PDF, two columns, row by row": two_columns,
}
