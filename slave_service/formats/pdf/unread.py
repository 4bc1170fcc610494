"""Warns of content of a PDF that its text lacks: attachments, XFA forms, scans."""

import os
from dataclasses import dataclass
from typing import Any, BinaryIO

_END_MARK, _END_WITHIN = b"%%EOF", 4096
_PAGES_NAMED = 10

_SCAN = (
    "This PDF has no text: its pages are pictures, as in a scan, and this slave has no OCR. "
    "Install Tesseract there, or save the pages as pictures and send those to ocr."
)
_SCAN_OF_A_DAMAGED_FILE = (
    "This PDF has no text: its pages are empty or pictures, as in a scan, and can't be rendered "
    "for OCR. Print the PDF to a new one and send that."
)
_BLANK = "This PDF has no text, and nothing is drawn on its pages."
_PICTURES = (
    "Pages that are pictures without text: {number} of {all} (numbers: {pages}). Save them as "
    "pictures and send those to ocr."
)
_SCAN_WITHOUT_WORDS = (
    "This PDF has no text, and no words were found in the pictures on its pages; if they show "
    "text, scan them again, sharper and at 300 dpi."
)
_PICTURES_WITHOUT_WORDS = (
    "Pages that are pictures in which no words were found: {number} of {all} (numbers: {pages}). "
    "If they show text, scan them again, sharper and at 300 dpi."
)
_LEFT_OUT = "Not part of the text: {what}. {remedy}"
_REMEDIES = {
    "attached files": "Save them from the PDF and send them by themselves.",
    "further comments and form fields": "Print the PDF with them to a new one and send that.",
    "a form of the XFA kind": "Open it with Adobe Reader, print it to a new PDF and send that.",
}
_CUT_OFF = (
    "The end of this PDF is missing, so pages may be missing too; compare them with the original."
)


@dataclass(slots=True)
class Unread:
    """Unread content of a document; ``has_further`` is whether comments or fields are left out."""

    has_further: bool = False
    attachments: int = 0
    has_xfa: bool = False

    def examine_document(self, document: Any) -> None:  # noqa: ANN401 - pypdfium2 has no types
        """Count attached files, and detect an XFA form, whose content is not on the pages."""
        import pypdfium2.raw as pdfium

        self.attachments = max(0, pdfium.FPDFDoc_GetAttachmentCount(document))
        xfa = (pdfium.FORMTYPE_XFA_FULL, pdfium.FORMTYPE_XFA_FOREGROUND)
        self.has_xfa = pdfium.FPDF_GetFormType(document) in xfa

    def warnings(self) -> list[str]:
        """Return a warning for each kind of unread content."""
        names = {}
        if self.attachments:
            names[f"attached files ({self.attachments:,})"] = "attached files"
        if self.has_further:
            names["further comments and form fields"] = "further comments and form fields"
        if self.has_xfa:
            names |= {"a form of the XFA kind": "a form of the XFA kind"}
        return [_LEFT_OUT.format(what=what, remedy=_REMEDIES[name]) for what, name in names.items()]


def about_pages(
    page_count: int,
    has_text: bool,
    pictures: list[int],
    *,
    were_read: bool = False,
    are_rendered: bool = True,
) -> list[str]:
    """Return the warning about pages without text.

    ``pictures`` are the numbers of drawn ones, ``were_read`` is whether OCR has tried them,
    ``are_rendered`` whether it could, if it is installed.
    """
    if not has_text:
        if not are_rendered and pictures:
            return [_SCAN_OF_A_DAMAGED_FILE]
        drawn = _SCAN_WITHOUT_WORDS if were_read else _SCAN
        return [drawn if pictures else _BLANK]
    if not pictures:
        return []
    pages = ", ".join(map(str, pictures[:_PAGES_NAMED]))
    if len(pictures) > _PAGES_NAMED:
        pages += ", …"
    sentence = _PICTURES_WITHOUT_WORDS if were_read else _PICTURES
    return [sentence.format(number=len(pictures), all=page_count, pages=pages)]


def about_end(source: BinaryIO) -> list[str]:
    """Return the warning about a file without its end marker (ISO 32000-1, 7.5.5)."""
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - _END_WITHIN))
    return [] if _END_MARK in source.read() else [_CUT_OFF]
