"""Reads the comments and the form entries of a PDF (ISO 32000-1, 12.5 and 12.7) with PDFium."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_MAX_COST = 20_000
"""Limit over all pages, 1 for each annotation and 1 for each KiB of its text."""
_MAX_ATTACHMENTS = 1000
_MAX_NAME = 255
_NUL_BYTES = 2
"""Bytes of the terminator in UTF-16; an empty text consists of it."""
_PASSWORD_FLAG = 1 << 13


@dataclass(slots=True)
class Annotations:
    """Comments and form entries so far; ``read_page`` adds those of a page, which must be open.

    ``comments`` has ``author``, ``text`` and ``page`` of each, ``form_fields`` has ``name``,
    ``value`` and ``page``; pages count from 1. ``is_cut`` is whether some are left out.
    """

    comments: list[dict[str, object]] = field(default_factory=list)
    form_fields: list[dict[str, object]] = field(default_factory=list)
    is_cut: bool = False
    _cost: int = 0
    _names: set[str] = field(default_factory=set)

    def read_page(self, page: Any, number: int) -> list[str]:  # noqa: ANN401 - no types
        """Return the texts of a page's comments and form entries."""
        import pypdfium2.raw as pdfium

        texts: list[str] = []
        for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
            if self._cost >= _MAX_COST:
                self.is_cut = True
                break
            if annotation := pdfium.FPDFPage_GetAnnot(page, index):
                texts += self._read(annotation, page.formenv, number)
                pdfium.FPDFPage_CloseAnnot(annotation)
        return texts

    def _read(self, annotation: Any, form: Any, page: int) -> list[str]:  # noqa: ANN401
        import pypdfium2.raw as pdfium

        subtype = pdfium.FPDFAnnot_GetSubtype(annotation)
        self._cost += 1
        if subtype == pdfium.FPDF_ANNOT_WIDGET:
            return self._read_field(annotation, form, page)
        if subtype in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP):
            return []
        text = self._string(annotation, b"Contents").strip()
        if not text:
            return []
        author = self._string(annotation, b"T").strip()[:_MAX_NAME]
        self.comments.append({"author": author, "text": text, "page": page})
        return [text]

    def _read_field(self, annotation: Any, form: Any, page: int) -> list[str]:  # noqa: ANN401
        import pypdfium2.raw as pdfium

        kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation) if form else -1
        buttons = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
        if kind in (pdfium.FPDF_FORMFIELD_PUSHBUTTON, pdfium.FPDF_FORMFIELD_SIGNATURE):
            return []
        if kind == pdfium.FPDF_FORMFIELD_TEXTFIELD and (
            pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD_FLAG
        ):
            return []
        if kind in buttons and not pdfium.FPDFAnnot_IsChecked(form, annotation):
            return []
        if kind > 0:
            # A field can have several widgets, which inherit its name and its value.
            name = self._form_string(pdfium.FPDFAnnot_GetFormFieldName, form, annotation)
            getter = pdfium.FPDFAnnot_GetFormFieldValue
            if kind in buttons:
                getter = pdfium.FPDFAnnot_GetFormFieldExportValue
            value = self._form_string(getter, form, annotation)
        else:
            name, value = self._string(annotation, b"T"), self._string(annotation, b"V")
        name, value = name[:_MAX_NAME], value.replace("\r\n", "\n").replace("\r", "\n").strip()
        if not value or (name and name in self._names):
            return []
        self._names.add(name)
        self.form_fields.append({"name": name, "value": value, "page": page})
        return [] if kind in buttons else [value]

    def _form_string(self, getter: Callable[..., int], form: Any, annotation: Any) -> str:  # noqa: ANN401
        return self._text(lambda *buffer: getter(form, annotation, *buffer))

    def _string(self, annotation: Any, key: bytes) -> str:  # noqa: ANN401
        import pypdfium2.raw as pdfium

        if pdfium.FPDFAnnot_GetValueType(annotation, key) != pdfium.FPDF_OBJECT_STRING:
            return ""
        return self._text(lambda *buffer: pdfium.FPDFAnnot_GetStringValue(annotation, key, *buffer))

    def _text(self, getter: Callable[..., int]) -> str:
        size = getter(None, 0)
        self._cost += size // 1024
        if size <= _NUL_BYTES:
            return ""
        if self._cost > 2 * _MAX_COST:
            self.is_cut = True
            return ""
        return _filled(getter, size)


def _filled(getter: Callable[..., int], size: int) -> str:
    import pypdfium2.raw as pdfium

    buffer = ctypes.create_string_buffer(size)
    getter(ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    text = buffer.raw.decode("utf-16-le", "replace").replace("\0", "")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def attachments(document: Any) -> list[str]:  # noqa: ANN401 - the same
    """Return the names of attached files, at most ``_MAX_ATTACHMENTS``."""
    import pypdfium2.raw as pdfium

    names = []
    for index in range(min(_MAX_ATTACHMENTS, pdfium.FPDFDoc_GetAttachmentCount(document))):
        attachment = pdfium.FPDFDoc_GetAttachment(document, index)
        size = pdfium.FPDFAttachment_GetName(attachment, None, 0) if attachment else 0
        if _NUL_BYTES < size < 1 << 20:

            def name(*buffer: Any, found: Any = attachment) -> int:  # noqa: ANN401
                length: int = pdfium.FPDFAttachment_GetName(found, *buffer)
                return length

            names.append(_filled(name, size)[:_MAX_NAME])
    return names
