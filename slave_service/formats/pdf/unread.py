"""Warns of content of a PDF that its text lacks: comments, form fields, attachments, scans."""

import os
from dataclasses import dataclass
from typing import Any, BinaryIO

_MAX_COST = 20_000
"""Limit over all pages, 1 for each annotation and 1 for each KiB of its text."""
_END_MARK, _END_WITHIN = b"%%EOF", 4096
_PAGES_NAMED = 10
_NUL_BYTES = 2
"""Bytes of the terminator in UTF-16; an empty text consists of it."""

_SCAN = (
    "This PDF has no text: its pages are pictures, as in a scan. Save the pages as pictures and "
    "send those to ocr."
)
_BLANK = "This PDF has no text, and nothing is drawn on its pages."
_PICTURES = (
    "Pages that are pictures without text: {number} of {all} (numbers: {pages}). Save them as "
    "pictures and send those to ocr."
)
_LEFT_OUT = "Not part of the text: {what}. {remedy}"
_REMEDIES = {
    "attached files": "Save them from the PDF and send them by themselves.",
    "comments": "Print the PDF with its comments to a new one and send that.",
    "filled form fields": "Print the form to a new PDF and send that.",
    "a form of the XFA kind": "Open it with Adobe Reader, print it to a new PDF and send that.",
}
_CUT_OFF = (
    "The end of this PDF is missing, so pages may be missing too; compare them with the original."
)


@dataclass(slots=True)
class Unread:
    """Counts of unread content; ``examine_page`` adds a page, which must be open."""

    comments: int = 0
    fields: int = 0
    attachments: int = 0
    has_xfa: bool = False
    _cost: int = 0

    def examine_document(self, document: Any) -> None:  # noqa: ANN401 - pypdfium2 has no types
        """Count attached files, and detect an XFA form, whose content is not on the pages."""
        import pypdfium2.raw as pdfium

        self.attachments = max(0, pdfium.FPDFDoc_GetAttachmentCount(document))
        xfa = (pdfium.FORMTYPE_XFA_FULL, pdfium.FORMTYPE_XFA_FOREGROUND)
        self.has_xfa = pdfium.FPDF_GetFormType(document) in xfa

    def examine_page(self, page: Any) -> None:  # noqa: ANN401 - the same
        """Count comments and filled fields."""
        import pypdfium2.raw as pdfium

        for number in range(pdfium.FPDFPage_GetAnnotCount(page)):
            if self._cost >= _MAX_COST:
                return
            if annotation := pdfium.FPDFPage_GetAnnot(page, number):
                self._examine_annotation(annotation)
                pdfium.FPDFPage_CloseAnnot(annotation)

    def _examine_annotation(self, annotation: Any) -> None:  # noqa: ANN401 - the same
        import pypdfium2.raw as pdfium

        subtype = pdfium.FPDFAnnot_GetSubtype(annotation)
        is_field = subtype == pdfium.FPDF_ANNOT_WIDGET
        key = b"V" if is_field else b"Contents"
        is_text = pdfium.FPDFAnnot_GetValueType(annotation, key) == pdfium.FPDF_OBJECT_STRING
        length = pdfium.FPDFAnnot_GetStringValue(annotation, key, None, 0) if is_text else 0
        self._cost += 1 + length // 1024
        if length <= _NUL_BYTES:
            return
        if is_field:
            self.fields += 1
        elif subtype not in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP):
            self.comments += 1

    def warnings(self) -> list[str]:
        """Return a warning for each kind of unread content."""
        found = {
            "attached files": self.attachments,
            "comments": self.comments,
            "filled form fields": self.fields,
        }
        names = {f"{name} ({number:,})": name for name, number in found.items() if number}
        if self.has_xfa:
            names |= {"a form of the XFA kind": "a form of the XFA kind"}
        return [_LEFT_OUT.format(what=what, remedy=_REMEDIES[name]) for what, name in names.items()]


def about_pages(page_count: int, has_text: bool, pictures: list[int]) -> list[str]:
    """Return the warning about pages without text; ``pictures`` are the numbers of drawn ones."""
    if not has_text:
        return [_SCAN if pictures else _BLANK]
    if not pictures:
        return []
    pages = ", ".join(map(str, pictures[:_PAGES_NAMED]))
    if len(pictures) > _PAGES_NAMED:
        pages += ", …"
    return [_PICTURES.format(number=len(pictures), all=page_count, pages=pages)]


def about_end(source: BinaryIO) -> list[str]:
    """Return the warning about a file without its end marker (ISO 32000-1, 7.5.5)."""
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - _END_WITHIN))
    return [] if _END_MARK in source.read() else [_CUT_OFF]
