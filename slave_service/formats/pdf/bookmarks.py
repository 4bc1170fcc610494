"""Reads a PDF's bookmarks (ISO 32000-1, 12.3.3), within limits, by PDFium.

Bookmarks are linked lists that a file can close to a ring, nest without end, or give titles of
any length. What is read before a limit is kept; a damaged outline is one that ends there.
"""

import ctypes
from typing import Any

from slave_service.formats.outline import MAX_ENTRIES, MAX_LEVEL, title

_MAX_TITLE_BYTES = 4 * 1024 * 1024
"""Over all titles: a thousand bookmarks may share one of many megabytes."""
_MAX_NAMES = 100_000
"""PDFium may look through all named places for each bookmark; over so many that takes 6 ms."""


def read(document: Any, page_count: int) -> list[dict[str, object]]:  # noqa: ANN401 - no types
    """Return ``{"title", "level", "page"}`` of each bookmark, in order.

    ``level`` and ``page`` count from 1; ``page`` is None where a bookmark leads to none of the
    document's pages. Bookmarks below ``MAX_LEVEL`` and after ``MAX_ENTRIES`` are left out.
    """
    import pypdfium2.raw as pdfium

    entries: list[dict[str, object]] = []
    first = pdfium.FPDFBookmark_GetFirstChild(document, None)
    if not first:
        return entries
    places_known = pdfium.FPDF_CountNamedDests(document) <= _MAX_NAMES
    bytes_left = _MAX_TITLE_BYTES
    seen: set[int] = set()
    # One for each level above the bookmark in hand: the next one there.
    pending = [first]
    while pending and len(entries) < MAX_ENTRIES:
        bookmark = pending.pop()
        # A null pointer, or one that has been here.
        if not bookmark or (address := ctypes.addressof(bookmark.contents)) in seen:
            continue
        seen.add(address)
        level = len(pending) + 1
        size = pdfium.FPDFBookmark_GetTitle(bookmark, None, 0)
        bytes_left -= size
        if bytes_left < 0:
            break
        page = _page(document, bookmark) if places_known else None
        entries.append(
            {
                "title": _title(bookmark, size),
                "level": level,
                "page": page if page is not None and page <= page_count else None,
            }
        )
        pending.append(pdfium.FPDFBookmark_GetNextSibling(document, bookmark))
        if level < MAX_LEVEL:
            pending.append(pdfium.FPDFBookmark_GetFirstChild(document, bookmark))
    return entries


def _title(bookmark: Any, size: int) -> str:  # noqa: ANN401 - the same
    import pypdfium2.raw as pdfium

    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFBookmark_GetTitle(bookmark, buffer, size)
    # Half a character, which pypdfium2's own call doesn't survive, becomes U+FFFD.
    return title(buffer.raw.decode("utf-16-le", "replace").replace("\0", ""))


def _page(document: Any, bookmark: Any) -> int | None:  # noqa: ANN401 - the same
    import pypdfium2.raw as pdfium

    action = pdfium.FPDFBookmark_GetAction(bookmark)
    if action and pdfium.FPDFAction_GetType(action) != pdfium.PDFACTION_GOTO:
        # A page of another file has a number too.
        return None
    place = pdfium.FPDFBookmark_GetDest(document, bookmark)
    if not place:
        return None
    index: int = pdfium.FPDFDest_GetDestPageIndex(document, place)
    return index + 1 if index >= 0 else None
