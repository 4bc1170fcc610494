"""Reads the text, the number of pages and the properties of a PDF.

PDFium reads it (by pypdfium2, several times as fast as PyPDF2). A file that PDFium can't open is
read by PyPDF2 in a process of its own (see ``fallback``). The text is that of the pages' contents,
also outside of the visible box, in order of reading (see ``columns`` and ``hyphens``); comments and
entries of forms follow the text of their page.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from ctypes import c_ushort, create_string_buffer
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from protocol.failures import Corrupt, Encrypted, TooLarge
from slave_service.formats.pdf import annotations as pdf_annotations
from slave_service.formats.pdf import bookmarks, columns, fallback, hyphens
from slave_service.formats.pdf import unread as pdf_unread
from slave_service.formats.pdf.dates import iso_date
from slave_service.formats.pdf.fallback import DEADLINE_S, MAX_CHARACTERS, MAX_PAGES
from slave_service.formats.pdf.scanned_pages import ScannedPages

METADATA = ("title", "author", "subject", "creator")
_DATES = {"created": "CreationDate", "modified": "ModDate"}

_BETWEEN_PAGES = "\n\n"
_HYPHEN_MARK = "\ufffe"
_ROOT = Path(__file__).resolve().parents[3]

_ENCRYPTED = "This PDF needs a password; save a copy without one and send that."
_DAMAGED = "This PDF is damaged and can't be opened; save or export it again."
_RESCUED = (
    "This PDF is damaged, and what could still be read of it was; compare the text with the "
    "original, or save or export it again."
)
_TOO_LARGE = (
    f"This PDF is over the limit of {MAX_PAGES:,} pages or {MAX_CHARACTERS:,} characters; "
    "split it into smaller files."
)


@dataclass(frozen=True, slots=True)
class PdfContent:
    """The text of a PDF, with an empty line between pages, its properties and its outline.

    ``pages`` has the begin and end of each page in ``text``, equal for a page without text.
    ``pages_without_text`` counts pages without text of their own, even if they have comments.
    ``has_text_layer`` is whether any page has text that OCR did not read; ``scanned`` has the
    confidence of OCR (0 to 100) for each page that it read, by number from 1.
    """

    page_count: int
    text: str
    metadata: dict[str, str]
    pages: list[tuple[int, int]] = field(default_factory=list)
    outline: list[dict[str, object]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    pages_without_text: int = 0
    has_text_layer: bool = False
    scanned: dict[int, float] = field(default_factory=dict)
    comments: list[dict[str, object]] = field(default_factory=list)
    form_fields: list[dict[str, object]] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)


def read(source: BinaryIO, scans: ScannedPages) -> PdfContent:
    """Read an open PDF, also one with an empty password; ``scans`` reads its scanned pages.

    Raises ``Encrypted``, ``Corrupt``, and ``TooLarge`` over ``MAX_PAGES`` or ``MAX_CHARACTERS``.
    """
    import pypdfium2
    import pypdfium2.raw as pdfium

    try:
        with pypdfium2.PdfDocument(source) as document:
            return _read_document(document, source, scans)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise Encrypted(_ENCRYPTED) from error
        return _read_damaged(source)


def _read_document(
    document: Any,  # noqa: ANN401 - pypdfium2 has no types
    source: BinaryIO,
    scans: ScannedPages,
) -> PdfContent:
    import pypdfium2.raw as pdfium

    # Before any page is opened, or the values that widgets inherit are not found.
    document.init_forms()
    page_count = len(document)
    if page_count > MAX_PAGES:
        raise TooLarge(_TOO_LARGE)
    texts: list[str] = []
    has_text_layer = False
    pictures: list[int] = []
    added: list[list[str]] = []
    annotations = pdf_annotations.Annotations()
    unread = pdf_unread.Unread()
    unread.examine_document(document)
    characters = 0
    for number in range(page_count):
        with closing(document[number]) as page, closing(page.get_textpage()) as textpage:
            own_text = _page_text(textpage)
            has_text_layer = has_text_layer or bool(own_text.strip())
            texts.append(scans.read(page, number + 1, own_text))
            added.append(annotations.read_page(page, number + 1))
            if not texts[-1].strip() and pdfium.FPDFPage_CountObjects(page) > 0:
                pictures.append(number + 1)
        characters += len(texts[-1]) + sum(map(len, added[-1]))
        if characters > MAX_CHARACTERS:
            raise TooLarge(_TOO_LARGE)
    metadata = {name: _property(document, name.title()) for name in METADATA}
    metadata |= {name: iso_date(_property(document, key)) for name, key in _DATES.items()}
    content = _content(texts, metadata, bookmarks.read(document, page_count), added)
    unread.has_further = annotations.is_cut
    about_pages = pdf_unread.about_pages(
        page_count,
        content.pages_without_text < page_count,
        pictures,
        were_read=scans.are_read,
    )
    warnings = [
        *pdf_unread.about_end(source),
        *about_pages,
        *scans.warnings(),
        *unread.warnings(),
    ]
    return replace(
        content,
        warnings=warnings,
        has_text_layer=has_text_layer,
        scanned=scans.confidences,
        comments=annotations.comments,
        form_fields=annotations.form_fields,
        attachments=pdf_annotations.attachments(document),
    )


def _page_text(textpage: Any) -> str:  # noqa: ANN401 - the same
    """Return all text of a page as PDFium extracts it.

    pypdfium2's own function recurses once for each leading character without text.
    """
    import pypdfium2.raw as pdfium

    last = textpage.count_chars() - 1
    first = 0
    while first <= last and pdfium.FPDFText_GetTextIndexFromCharIndex(textpage, first) < 0:
        first += 1
    while first <= last and pdfium.FPDFText_GetTextIndexFromCharIndex(textpage, last) < 0:
        last -= 1
    if first > last:
        return ""
    begin = pdfium.FPDFText_GetTextIndexFromCharIndex(textpage, first)
    end = pdfium.FPDFText_GetTextIndexFromCharIndex(textpage, last)
    buffer = (c_ushort * (end - begin + 2))()
    length = pdfium.FPDFText_GetText(textpage, first, last - first + 1, buffer)
    units = memoryview(buffer)[: max(0, length - 1)]
    text = _restore_hyphens(textpage, units.tobytes().decode("utf-16-le", "replace"), begin)
    return columns.in_order(textpage, text)


def _restore_hyphens(textpage: Any, text: str, begin: int) -> str:  # noqa: ANN401 - the same
    """Restore the hyphens and line breaks where PDFium joins a word from two lines.

    PDFium puts U+FFFE there, as it does for characters without meaning, which are removed.
    """
    import pypdfium2.raw as pdfium

    pieces = text.split(_HYPHEN_MARK)
    position = begin
    for index, piece in enumerate(pieces[:-1]):
        position += len(piece.encode("utf-16-le")) // 2
        character = pdfium.FPDFText_GetCharIndexFromTextIndex(textpage, position)
        if pdfium.FPDFText_IsHyphen(textpage, character) == 1:
            pieces[index] += "-\n"
        position += 1
    return "".join(pieces)


def _property(document: Any, key: str) -> str:  # noqa: ANN401 - the same
    """Return a property with damaged characters as U+FFFD; pypdfium2's own function raises."""
    import pypdfium2.raw as pdfium

    name = key.encode("ascii")
    length = pdfium.FPDF_GetMetaText(document, name, None, 0)
    buffer = create_string_buffer(length)
    pdfium.FPDF_GetMetaText(document, name, buffer, length)
    return buffer.raw.decode("utf-16-le", "replace")


def _read_damaged(source: BinaryIO) -> PdfContent:
    """Read with PyPDF2; raise ``Corrupt`` where that fails or exceeds its deadline."""
    source.seek(0)
    data = source.read(fallback.MAX_BYTES + 1)
    if len(data) > fallback.MAX_BYTES:
        raise Corrupt(_DAMAGED)
    try:
        child = subprocess.run(  # noqa: S603 - a module of this program
            [sys.executable, "-m", fallback.__name__],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            # The process ends itself at its deadline; this kills it where that fails.
            timeout=2 * DEADLINE_S,
            check=True,
        )
        answer: fallback.Answer = json.loads(child.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise Corrupt(_DAMAGED) from error
    if answer["refusal"] == "encrypted":
        raise Encrypted(_ENCRYPTED)
    if answer["refusal"]:
        raise TooLarge(_TOO_LARGE)
    if not answer["pages"]:
        raise Corrupt(_DAMAGED)
    metadata = {name: answer["metadata"].get(name, "") for name in METADATA}
    dates = {name: answer["metadata"].get(key.lower(), "") for name, key in _DATES.items()}
    metadata |= {name: iso_date(value) for name, value in dates.items()}
    # PyPDF2 follows bookmarks without limit and could exceed the deadline, which loses the text.
    content = _content(answer["pages"], metadata, [])
    # PyPDF2 does not tell whether a page has drawings, so every page without text counts.
    without_text = [n for n, (begin, end) in enumerate(content.pages, start=1) if begin == end]
    about_pages = pdf_unread.about_pages(
        content.page_count, bool(content.text), without_text, are_rendered=False
    )
    return replace(content, warnings=[_RESCUED, *about_pages])


def _content(
    texts: list[str],
    metadata: dict[str, str],
    outline: list[dict[str, object]],
    added: list[list[str]] | None = None,
) -> PdfContent:
    """Arrange the pages' own texts, each followed by the texts ``added`` to its page."""
    lines = [hyphens.join(_clean(text.replace("\r\n", "\n"))) for text in texts]
    whole = [
        "\n".join([*([line] if line.strip() else []), *more]) if more else line
        for line, more in zip(lines, added or [[]] * len(lines), strict=True)
    ]
    return PdfContent(
        page_count=len(texts),
        text=_BETWEEN_PAGES.join(text for text in whole if text.strip()),
        metadata={name: _clean(value).strip() for name, value in metadata.items()},
        pages=list(_spans(whole)),
        outline=outline,
        pages_without_text=sum(not line.strip() for line in lines),
        has_text_layer=any(line.strip() for line in lines),
    )


def _spans(texts: list[str]) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each page's text in the joined text."""
    end = 0
    for text in texts:
        begin = end
        if text.strip():
            begin += len(_BETWEEN_PAGES) if end else 0
            end = begin + len(text)
        yield begin, end


def _clean(text: str) -> str:
    """Return ``text`` without NULs and with lone surrogates, which UTF-8 lacks, as U+FFFD."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
