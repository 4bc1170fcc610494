"""Reads the text, the counts and the properties of a Word document (DOCX, DOCM, DOTX).

The text is that of the body, then of the headers, footers, footnotes, endnotes and comments; of
equal headers or footers only the first is included. Charts, diagrams and embedded files are left
out, with a warning.

python-docx reads only the core properties. For the text it is unsuitable: it unpacks all parts,
also pictures, does not open macro documents, and repeats merged cells as often as a file states,
which can be two thousand million times.
"""

import io
from dataclasses import dataclass, field
from typing import BinaryIO
from zipfile import ZipFile

from protocol.failures import Corrupt, Unsupported
from slave_service.formats.docx import comments as docx_comments
from slave_service.formats.docx import styles as docx_styles
from slave_service.formats.docx import unread
from slave_service.formats.docx.styles import Styles
from slave_service.formats.docx.text import NotWordprocessing, Story, read_story
from slave_service.formats.package import MAX_TREE_BYTES, Package, Relation, damage_reported

_DAMAGED = "This document is damaged and can't be read; save it again with Word and send that."
_DEFAULT_MAIN_PART = "word/document.xml"

# The kind of the relation, and the root element of the part that it refers to.
_OTHER_STORIES = {
    "header": "hdr",
    "footer": "ftr",
    "footnotes": "footnotes",
    "endnotes": "endnotes",
}

_OTHER_KINDS = {
    "xl/": "an Excel workbook in binary form (XLSB) or without its main part",
    "ppt/": "a PowerPoint presentation without its main part",
    "visio/": "a Visio drawing",
    "meta-inf/manifest.": "a Java archive or an OpenDocument file without content",
    "index/document.iwa": "an Apple iWork document",
}

_APPLICATION = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/extended-properties}Application",
    "{http://purl.oclc.org/ooxml/officeDocument/extendedProperties}Application",
)


@dataclass(frozen=True, slots=True)
class DocxContent:
    """The text of a document, its counts, properties and headings.

    Paragraphs and tables are counted as python-docx does: without those inside of tables, text
    boxes and content controls. ``metadata`` has ``title``, ``author``, ``subject`` and ``creator``,
    which is, as in a PDF, the program that made the document. ``outline`` lists the headings of
    the body, each with ``title``, ``level`` and ``begin``.
    """

    paragraph_count: int
    table_count: int
    text: str
    metadata: dict[str, str]
    outline: list[dict[str, object]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    comments: list[dict[str, str]] = field(default_factory=list)


def read(source: BinaryIO) -> DocxContent:
    """Read an open ZIP file as a Word document.

    Raises ``Unsupported`` for other ZIP files, ``Encrypted``, ``Corrupt`` and ``TooLarge``.
    """
    with damage_reported(_DAMAGED):
        return _read_package(Package(source))


def _read_package(package: Package) -> DocxContent:
    relations = package.relations()
    mains = [relation.target for relation in relations if relation.kind == "officeDocument"]
    main = next(iter(mains), _DEFAULT_MAIN_PART)
    if main not in package:
        raise _unsupported(package)
    related = package.relations(main)
    try:
        body = _story(package, main, "document", docx_styles.read(package, related))
    except NotWordprocessing as error:
        raise _unsupported(package) from error
    others = _other_stories(package, related)
    metadata = dict.fromkeys(("title", "author", "subject", "creator"), "")
    for relation in relations:
        if relation.kind == "core-properties":
            metadata |= _core_properties(package, relation.target)
        elif relation.kind in ("extended-properties", "extendedProperties"):
            metadata |= _application(package, relation.target)
    comments = docx_comments.read(package, related)
    remarks = [comment["text"] for comment in comments or ()]
    text = "\n".join([body.text, *others, *remarks])
    warnings = unread.warnings(
        related, has_text=bool(text) and not text.isspace(), damaged_comments=comments is None
    )
    return DocxContent(
        body.paragraphs, body.tables, text, metadata, body.outline, warnings, comments or []
    )


def _story(package: Package, part: str, root: str, styles: Styles | None = None) -> Story:
    with package.open(part) as stream:
        story = read_story(stream, root, styles)
        # Reading the rest of the part after its last element makes zipfile check the CRC.
        while stream.read(1 << 20):
            pass
        return story


def _other_stories(package: Package, relations: list[Relation]) -> list[str]:
    texts: dict[str, None] = {}
    for kind, root in _OTHER_STORIES.items():
        # A dictionary without values is used as an ordered set.
        parts = dict.fromkeys(relation.target for relation in relations if relation.kind == kind)
        found = (_story(package, part, root).text.strip("\n") for part in parts)
        texts |= dict.fromkeys(text for text in found if text.strip())
    return list(texts)


def _core_properties(package: Package, part: str) -> dict[str, str]:
    from docx.opc.coreprops import CoreProperties
    from docx.oxml.coreprops import CT_CoreProperties
    from docx.oxml.parser import parse_xml

    with package.open(part, MAX_TREE_BYTES) as stream:
        root = parse_xml(stream.read())
    if not isinstance(root, CT_CoreProperties):
        return {}
    core = CoreProperties(root)
    found = {"title": core.title, "author": core.author, "subject": core.subject}
    dates = {"created": core.created, "modified": core.modified}
    return {
        **{name: value.strip() for name, value in found.items()},
        **{name: date.isoformat() for name, date in dates.items() if date},
    }


def _application(package: Package, part: str) -> dict[str, str]:
    for element in package.tree(part).iter(*_APPLICATION):
        return {"creator": (element.text or "").strip()}
    return {}


def _unsupported(package: Package) -> Unsupported:
    kinds = (
        kind
        for sign, kind in _OTHER_KINDS.items()
        if any(name.startswith(sign) for name in package.names())
    )
    kind = next(kinds, "a ZIP archive without a Word document")
    return Unsupported(f"This is {kind}; save it as DOCX, XLSX, PPTX or PDF and send that.")


def self_test() -> None:
    """Read a document of one known paragraph; raise ``Corrupt`` where the text is wrong."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    known = f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>It works</w:t></w:r></w:p>'
    stored = io.BytesIO()
    with ZipFile(stored, "w") as archive:
        archive.writestr(_DEFAULT_MAIN_PART, f"{known}</w:body></w:document>")
    if read(stored).text != "It works":
        raise Corrupt("A known DOCX is read wrongly.")
