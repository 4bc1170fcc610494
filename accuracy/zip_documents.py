"""Writes OpenDocument, EPUB, PowerPoint and Excel files part by part."""

import io
import random
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

from accuracy.document_text import Section

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PRESENTATION = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def _zipped(parts: Mapping[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text.encode())
    return file.getvalue()


def _related(*entries: tuple[str, str]) -> str:
    inside = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(entries)
    )
    return f'<Relationships xmlns="{_RELATIONS}">{inside}</Relationships>'


def _table(rows: list[list[str]], name: str) -> str:
    lines = (
        "".join(
            f"<table:table-cell><text:p>{escape(cell)}</text:p></table:table-cell>" for cell in row
        )
        for row in rows
    )
    inside = "".join(f"<table:table-row>{cells}</table:table-row>" for cells in lines)
    return f'<table:table table:name="{escape(name, {chr(34): "&quot;"})}">{inside}</table:table>'


def _open_document(body: str, kind: str) -> bytes:
    spaces = "".join(f' xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "text", "table"))
    content = (
        f"<office:document-content{spaces}><office:body><office:{kind}>{body}"
        f"</office:{kind}></office:body></office:document-content>"
    )
    mimetype = f"application/vnd.oasis.opendocument.{kind}"
    return _zipped({"mimetype": mimetype, "content.xml": content})


def odt(made: list[Section], _: random.Random) -> bytes:
    """Return an OpenDocument text."""
    body = ""
    for part in made:
        body += f'<text:h text:outline-level="2">{escape(part.heading)}</text:h>'
        body += "".join(
            f"<text:p>{escape(text).replace(' ', '<text:s/>', 1)}</text:p>"
            for text in part.paragraphs
        )
        body += _table(part.table, "T")
    return _open_document(body, "text")


def _rows(part: Section) -> list[list[str]]:
    return [*([text] for text in part.paragraphs), *part.table]


def ods(made: list[Section], _: random.Random) -> bytes:
    """Return an OpenDocument spreadsheet of a sheet for each section."""
    return _open_document(
        "".join(_table(_rows(part), part.heading) for part in made), "spreadsheet"
    )


def epub(chapters: list[str]) -> bytes:
    """Return a book of these chapters, whose names are in another order."""
    names = [f"c{len(chapters) - number}" for number in range(len(chapters))]
    items = "".join(
        f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"/>'
        for name in sorted(names)
    )
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    package = f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>"
    container = '<container><rootfiles><rootfile full-path="OPS/a.opf"/></rootfiles></container>'
    pages = (f'<?xml version="1.0"?><html><head><title/></head><body>{text}' for text in chapters)
    return _zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OPS/a.opf": package,
            **{f"OPS/{name}.xhtml": page for name, page in zip(names, pages, strict=True)},
        }
    )


def _paragraph(text: str) -> str:
    first, _, rest = text.partition(" ")
    runs = (f"<a:r><a:t>{escape(piece)}</a:t></a:r>" for piece in (first, f" {rest}"))
    return f"<a:p>{''.join(runs)}</a:p>"


def _slide(part: Section) -> str:
    title = '<p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody>{}'
    body = "<p:sp><p:txBody>{}</p:txBody></p:sp>"
    rows = (
        "".join(f"<a:tc><a:txBody>{_paragraph(cell)}</a:txBody></a:tc>" for cell in row)
        for row in part.table
    )
    table = "".join(f"<a:tr>{cells}</a:tr>" for cells in rows)
    return (
        f'<p:sld xmlns:p="{_PRESENTATION}" xmlns:a="{_DRAWING}">'
        f"{title.format(_paragraph(part.heading))}</p:txBody></p:sp>"
        f"{body.format(''.join(map(_paragraph, part.paragraphs)))}"
        f"<p:graphicFrame><a:tbl>{table}</a:tbl></p:graphicFrame></p:sld>"
    )


def pptx(made: list[Section], _: random.Random) -> bytes:
    """Return a presentation of a slide for each section."""
    order = "".join(f'<p:sldId id="{256 + n}" r:id="r{n}"/>' for n in range(len(made)))
    main = f'<p:presentation xmlns:p="{_PRESENTATION}" xmlns:r="{_OFFICE}"><p:sldIdLst>{order}'
    # Parts are numbered in the other direction than slides.
    names = [f"slides/slide{len(made) - number}.xml" for number in range(len(made))]
    return _zipped(
        {
            "_rels/.rels": _related(("officeDocument", "ppt/presentation.xml")),
            "ppt/presentation.xml": f"{main}</p:sldIdLst></p:presentation>",
            "ppt/_rels/presentation.xml.rels": _related(*(("slide", name) for name in names)),
            **{f"ppt/{name}": _slide(part) for name, part in zip(names, made, strict=True)},
        }
    )


def xlsx(made: list[Section], generator: random.Random) -> bytes:
    """Return a workbook of a sheet for each section, with shared and inline strings."""
    shared: list[str] = []

    def cell(text: str) -> str:
        if generator.random() < 0.5:
            return f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'
        shared.append(f"<si><t>{escape(text)}</t></si>")
        return f'<c t="s"><v>{len(shared) - 1}</v></c>'

    parts = {"_rels/.rels": _related(("officeDocument", "xl/workbook.xml"))}
    sheets = ""
    for number, part in enumerate(made):
        name = escape(part.heading, {'"': "&quot;"})
        sheets += f'<sheet name="{name}" r:id="r{number}"/>'
        rows = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in _rows(part))
        parts[f"xl/s{number}.xml"] = (
            f'<worksheet xmlns="{_SPREADSHEET}"><sheetData>{rows}</sheetData></worksheet>'
        )
    relations = [("worksheet", f"s{number}.xml") for number in range(len(made))]
    return _zipped(
        parts
        | {
            "xl/workbook.xml": f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}"><sheets>'
            f"{sheets}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": _related(*relations, ("sharedStrings", "strings.xml")),
            "xl/strings.xml": f'<sst xmlns="{_SPREADSHEET}">{"".join(shared)}</sst>',
        }
    )
