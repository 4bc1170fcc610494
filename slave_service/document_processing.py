"""Detects the type of a document by its content, reads it, and arranges the result."""

import io
import re
from importlib.util import find_spec
from typing import BinaryIO

from protocol import markup
from protocol.content_types import OLE, PDF, PDF_WITHIN
from protocol.failures import Corrupt, Encrypted, FileError, Unavailable, Unsupported
from protocol.option_values import ocr_engines
from slave_service.formats.content import METADATA, Content
from slave_service.formats.docx import reading as docx_reading
from slave_service.formats.epub import reading as epub_reading
from slave_service.formats.html import reading as html_reading
from slave_service.formats.mail import reading as mail_reading
from slave_service.formats.marked_text import delimited, markdown
from slave_service.formats.office import odf, parts, pptx, xlsx
from slave_service.formats.ole import container, outlook, word
from slave_service.formats.package import Package, damage_reported
from slave_service.formats.pdf import reading as pdf_reading
from slave_service.formats.pdf.scanned_pages import ScannedPages
from slave_service.formats.rtf import reading as rtf_reading
from slave_service.formats.text_decoding import Decoded, read_text
from slave_service.models import ocr_languages

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLD_OFFICE = (
    "This is a file in an Office format from before 2007; save it as DOCX or PDF and send that."
)
_OLE_KINDS = {
    "PowerPoint Document": "This is a PowerPoint presentation from before 2007 (PPT); save it as "
    "PPTX or PDF and send that.",
    "Workbook": "This is an Excel workbook from before 2007 (XLS); save it as XLSX and send that.",
}
"""By the name of a stream in the OLE file, the sentence of the refusal."""
_OLE_READ = (word.STREAM, outlook.PROPERTIES)
_LONGEST_OLE_NAME = 64
_BLOCK_BYTES = 1 << 20
_HEAD_CHARACTERS = 64 * 1024
_DAMAGED = "This document is damaged and can't be read; save or export it again and send that."
_NOT_A_DOCUMENT = (
    "This is not a PDF, an Office document, an e-book, a mail or a text; save it as one of these, "
    "or choose the task type for such files."
)


def process(
    source: BinaryIO,
    languages: str = ocr_languages.DEFAULT,
    engine: str = ocr_engines.AUTO,
) -> dict[str, object]:
    """Read one document; ``languages`` (``eng+deu``) are those of scanned pages, which ``engine``
    (one of ``protocol.option_values.ocr_engines``) reads.

    Returns ``document_type`` (see docs/results.md), ``text_content`` (all of it), ``word_count``
    (split at white space), ``character_count`` and ``metadata`` (the keys of
    ``content.METADATA``: "" where there is none); for a PDF ``page_count``, for a DOCX
    ``paragraph_count`` and ``table_count``, for a text its ``encoding``. ``outline`` lists
    bookmarks or headings, each with ``title``, ``level`` (from 1), and its ``page`` (PDF) or
    ``begin``. For a PDF, ``pages`` has the begin and end of each page in ``text_content``; those
    that OCR read also have ``ocr`` (True) and its ``confidence``, 0 to 100. ``text_layer`` is
    whether any page has text without OCR, and ``pages_without_text`` the number of those without
    any. ``warnings`` name what the text leaves out. Raises ``Unsupported``, ``Encrypted``,
    ``Corrupt`` and ``TooLarge``.
    """
    source.seek(0)
    head = source.read(PDF_WITHIN)
    source.seek(0)
    if head.startswith(_ZIP):
        return _package(source)
    if head.startswith(OLE):
        return _ole(source)
    if head.startswith(markup.RTF):
        return _content(rtf_reading.read(source.read()))
    if head.lstrip().startswith(PDF):
        return _pdf(source, languages, engine)
    if PDF in head:
        return _pdf_or_text(source, languages, engine)
    return _text(source)


def _pdf(source: BinaryIO, languages: str, engine: str) -> dict[str, object]:
    content = pdf_reading.read(source, ScannedPages(languages, engine))
    pages: list[dict[str, object]] = [{"begin": begin, "end": end} for begin, end in content.pages]
    for number, confidence in content.scanned.items():
        pages[number - 1] |= {"ocr": True, "confidence": confidence}
    more: dict[str, object] = {
        "page_count": content.page_count,
        "pages": pages,
        "text_layer": content.has_text_layer,
        "pages_without_text": content.pages_without_text,
        "comments": content.comments,
        "form_fields": content.form_fields,
        "attachments": content.attachments,
        "outline": content.outline,
    }
    return _result("PDF", content.text, content.metadata, more, content.warnings)


def _package(source: BinaryIO) -> dict[str, object]:
    """Read a ZIP file by what it has in it; DOCX, and the refusal of others, come last."""
    with damage_reported(_DAMAGED):
        package = Package(source)
        main = parts.main_part(package)
        if epub_reading.CONTAINER in package:
            return _content(epub_reading.read(package))
        if main.startswith("ppt/"):
            return _content(pptx.read(package))
        if main.startswith("xl/") and not main.endswith(".bin"):
            return _content(xlsx.read(package))
        if odf.CONTENT in package:
            return _content(odf.read(package))
    source.seek(0)
    return _docx(source)


def _ole(source: BinaryIO) -> dict[str, object]:
    try:
        with container.opened(source) as opened:
            if container.entry(opened, word.STREAM):
                return _content(word.read(opened))
            if container.entry(opened, outlook.PROPERTIES):
                return _content(outlook.read(opened))
    except Corrupt as error:
        raise _ole_failure(source, is_damaged=True) from error
    raise _ole_failure(source, is_damaged=False)


def _docx(source: BinaryIO) -> dict[str, object]:
    content = docx_reading.read(source)
    more: dict[str, object] = {
        "paragraph_count": content.paragraph_count,
        "table_count": content.table_count,
        "comments": content.comments,
        "outline": content.outline,
    }
    return _result("DOCX", content.text, content.metadata, more, content.warnings)


def _text(source: BinaryIO) -> dict[str, object]:
    """Read a text, or a format that consists of text: the first characters tell which."""
    try:
        decoded = read_text(source)
    except Unsupported as error:
        raise Unsupported(_NOT_A_DOCUMENT) from error
    head = decoded.text[:_HEAD_CHARACTERS].encode("utf-8", "replace")
    if markup.is_html(head):
        source.seek(0)
        return _content(html_reading.read(source.read()))
    if markup.is_mail(head):
        return _content(mail_reading.read(source))
    structured = markdown.read(decoded) or delimited.read(decoded)
    return _content(structured) if structured else _plain_text(decoded)


def _plain_text(decoded: Decoded) -> dict[str, object]:
    more: dict[str, object] = {"encoding": decoded.encoding}
    return _content(Content("Generic Text", decoded.text, more=more, warnings=decoded.warnings))


def _content(content: Content) -> dict[str, object]:
    more = {**content.more, "outline": content.outline}
    return _result(content.document_type, content.text, content.metadata, more, content.warnings)


def _pdf_or_text(source: BinaryIO, languages: str, engine: str) -> dict[str, object]:
    """Read a file with the PDF signature after its first bytes: a PDF, or else a text."""
    try:
        return _pdf(source, languages, engine)
    except Corrupt as failure:
        try:
            return _text(source)
        except Unsupported:
            raise failure from None


def _result(
    document_type: str,
    text: str,
    metadata: dict[str, str],
    more: dict[str, object],
    warnings: list[str],
) -> dict[str, object]:
    return {
        "document_type": document_type,
        **more,
        "text_content": text,
        # The same as len(text.split()), without a list of all words in memory.
        "word_count": sum(1 for _ in re.finditer(r"\S+", text)),
        "character_count": len(text),
        "metadata": dict.fromkeys(METADATA, "") | metadata,
        "warnings": warnings,
    }


def _ole_failure(source: BinaryIO, *, is_damaged: bool) -> FileError:
    """Return the failure for an OLE file: encrypted, damaged, or an old format by its name."""
    source.seek(0)
    tail, kind = b"", ""
    is_readable = False
    while block := source.read(_BLOCK_BYTES):
        data = tail + block
        if _OLE_ENCRYPTED in data:
            return Encrypted(
                "This document needs a password; save a copy without one and send that."
            )
        kind = kind or next((name for name in _OLE_KINDS if name.encode("utf-16-le") in data), "")
        is_readable |= any(name.encode("utf-16-le") in data for name in _OLE_READ)
        tail = data[-_LONGEST_OLE_NAME:]
    if is_damaged and is_readable and not kind:
        return Corrupt(_DAMAGED)
    return Unsupported(_OLE_KINDS.get(kind, _OLD_OFFICE))


def self_test(languages: str = ocr_languages.DEFAULT) -> None:
    """Read a known PDF and DOCX; raise ``Unavailable`` where a library is missing or is wrong.

    OCR is not tested: without it, only scanned pages are not read.
    """
    del languages
    missing = [
        name for name in ("pypdfium2", "PyPDF2", "lxml", "olefile") if find_spec(name) is None
    ]
    if missing:
        raise Unavailable(f"Documents need {' and '.join(missing)}; install it with pip.")
    try:
        result = process(io.BytesIO(_known_pdf()))
        docx_reading.self_test()
    # A library that is installed but can't be loaded raises ImportError or OSError.
    except (ImportError, OSError, FileError) as error:
        raise Unavailable(
            "Documents can't be read on this computer; reinstall pypdfium2 and lxml with pip "
            f"({error})."
        ) from error
    if (result["page_count"], result["text_content"]) != (1, "It works"):
        raise Unavailable("PDFs are read wrongly on this computer; reinstall pypdfium2 with pip.")


def _known_pdf() -> bytes:
    content = b"BT /F 12 Tf 9 9 Td (It works) Tj ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
        b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
    )
    body = b"%PDF-1.4\n"
    offsets = []
    for number, entry in enumerate(objects, start=1):
        offsets.append(b"%010d 00000 n \n" % len(body))
        body += b"%d 0 obj%s endobj\n" % (number, entry)
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(offsets)
    return body + table + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)
