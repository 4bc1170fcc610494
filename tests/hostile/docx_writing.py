"""Writes Word documents part by part (ECMA-376), valid or not."""

import io
import zipfile
from collections.abc import Mapping

SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MAIN = "word/document.xml"


def document(body: str, doctype: str = "") -> bytes:
    """Return the main part."""
    return part("document", f"<w:body>{body}</w:body>", doctype)


def part(root: str, inside: str, doctype: str = "") -> bytes:
    """Return a part of WordprocessingML."""
    head = f'<?xml version="1.0" encoding="UTF-8"?>{doctype}'
    return f'{head}<w:{root} xmlns:w="{SPACE}">{inside}</w:{root}>'.encode()


def paragraph(text: str) -> str:
    """Return a paragraph of one run."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def relations(*entries: tuple[str, str, str]) -> bytes:
    """Return a part of relations, each given as its kind, its target and further attributes."""
    inside = "".join(
        f'<Relationship Id="r{number}" Type="{kind}" Target="{target}" {more}/>'
        for number, (kind, target, more) in enumerate(entries)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'.encode()


def package(main: bytes, more: Mapping[str, bytes] = {}) -> bytes:
    """Return a document of this main part, and others by their names."""
    parts = {
        "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        b'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": relations(
            (f"{_OFFICE}/officeDocument", MAIN, ""),
            (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml", ""),
            (f"{_OFFICE}/extended-properties", "docProps/app.xml", ""),
        ),
        MAIN: main,
    }
    return zipped(parts | dict(more))


def zipped(parts: Mapping[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP file of these parts, all of 1980."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = kind
            info.create_system = 3
            archive.writestr(info, data)
    return file.getvalue()


def whole() -> bytes:
    """Return a document that has some of everything: a table, headers, notes, properties."""
    rows = "".join(
        "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row.split()) + "</w:tr>"
        for row in ("Day Plan Euros", "Friday train 74", "Sunday boat 28")
    )
    body = f"{paragraph('Good day to all')}<w:tbl>{rows}</w:tbl>{paragraph('the end')}"
    stories = {"header": "hdr", "footer": "ftr", "footnotes": "footnotes", "endnotes": "endnotes"}
    others = {
        f"word/{kind}1.xml": part(root, paragraph(f"a {kind}")) for kind, root in stories.items()
    }
    own = [(f"{_OFFICE}/{kind}", f"{kind}1.xml", "") for kind in stories]
    core = (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A title</dc:title>'
        "<dc:creator>Ada</dc:creator></cp:coreProperties>"
    )
    app = (
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
        'extended-properties"><Application>A program</Application></Properties>'
    )
    return package(
        document(body),
        others
        | {
            "word/_rels/document.xml.rels": relations(*own),
            "docProps/core.xml": core.encode(),
            "docProps/app.xml": app.encode(),
        },
    )
