"""Writes sections as files of each format, by the formats' specifications."""

import csv
import io
import random
import struct
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from html import escape

import docx

from accuracy.document_text import Section, expected_text
from accuracy.pdf_pages import one_column, two_columns
from accuracy.zip_documents import epub, ods, odt, pptx, xlsx
from tests.hostile.ole_writing import ole, texts, word_streams

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


def old_word(made: list[Section], generator: random.Random) -> bytes:
    """Return a document of Word 97 in one piece, with a link as a field."""
    text = expected_text(made).replace("\n", "\r")
    first, _, rest = text.partition(" ")
    field = f"\x13HYPERLINK http://hidden.example\x14{first}\x15 {rest}\r"
    return ole(word_streams(field, wide=generator.random() < 0.8 or not _is_western(field)))


def _is_western(text: str) -> bool:
    return text == text.encode("cp1252", "replace").decode("cp1252")


def outlook_mail(made: list[Section], _: random.Random) -> bytes:
    """Return a mail of Outlook whose body is plain text."""
    return _outlook({0x0037: made[0].heading, 0x1000: expected_text(made).replace("\n", "\r\n")})


def outlook_html(made: list[Section], _: random.Random) -> bytes:
    """Return a mail of Outlook whose body is HTML."""
    return _outlook({0x1013: b"<meta charset=utf-8>" + html_body(made).encode()})


def outlook_rtf(made: list[Section], generator: random.Random) -> bytes:
    """Return a mail of Outlook whose body is RTF."""
    return _outlook({0x1009: _packed(rtf(made, generator))})


def _outlook(content: dict[int, str | bytes]) -> bytes:
    return ole({"__properties_version1.0": bytes(32), **texts({0x0C1A: "Žofie", **content})})


def _packed(data: bytes) -> bytes:
    """Return RTF as Outlook stores it, without compression."""
    return struct.pack("<2I4sI", len(data) + 12, len(data), b"MELA", 0) + data


def markdown(made: list[Section], generator: random.Random) -> bytes:
    """Return Markdown with links and bold words."""
    lines = []
    for part in made:
        lines += [f"## {part.heading}", ""]
        for text in part.paragraphs:
            first, second, rest = text.split(" ", 2)
            mark = generator.choice(["[{}](https://hidden.example)", "**{}**"])
            lines += [f"{mark.format(first)} {second} {rest}", ""]
        lines += [f"| {' | '.join(row)} |" for row in (part.table[0], ["---"] * 3, *part.table[1:])]
        lines.append("")
    return "\n".join(lines).encode()


def delimited(made: list[Section], generator: random.Random) -> bytes:
    """Return a table of three columns, of which the rows are headings, paragraphs and cells."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=generator.choice(",;\t"))
    for part in made:
        writer.writerow([part.heading, "", ""])
        for text in part.paragraphs:
            first, _, rest = text.partition(" ")
            writer.writerow([first, "", rest])
        writer.writerows(part.table)
    return file.getvalue().encode()


WRITERS: dict[str, Writer] = {
    "text": plain_text,
    "Markdown": markdown,
    "CSV": delimited,
    "HTML": html,
    "mail": mail,
    "RTF": rtf,
    "DOC": old_word,
    "MSG": outlook_mail,
    "MSG, HTML": outlook_html,
    "MSG, RTF": outlook_rtf,
    "DOCX": word,
    "ODT": odt,
    "ODS": ods,
    "EPUB": lambda made, _: epub([html_body([part]) for part in made]),
    "PPTX": pptx,
    "XLSX": xlsx,
    "PDF": one_column,
    "PDF, two columns, row by row": two_columns,
}
