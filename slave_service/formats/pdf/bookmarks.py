"""Reads a PDF's bookmarks (ISO 32000-1, 12.3.3) with PDFium, within limits.

Bookmarks are linked lists, in which a file can have cycles, endless nesting and titles of any
length. Reading stops at a limit or at damage, and the bookmarks before it are returned.
"""

import ctypes
from typing import Any

from slave_service.formats.outline import MAX_ENTRIES, MAX_LEVEL, title

_MAX_TITLE_BYTES = 4 * 1024 * 1024
"""Limit over all titles, since a thousand bookmarks can share one title of many megabytes."""
_MAX_NAMES = 100_000
"""Named destinations, all of which PDFium can search for each bookmark (6 ms at this limit)."""


def read(document: Any, page_count: int) -> list[dict[str, object]]:  # noqa: ANN401 - no types
    """Return ``{"title", "level", "page"}`` of each bookmark, in order.

    ``level`` and ``page`` count from 1; ``page`` is None where the target is not a page of the
    document. Bookmarks below ``MAX_LEVEL`` and after ``MAX_ENTRIES`` are left out.
    """
    import pypdfium2.raw as pdfium

    entries: list[dict[str, object]] = []
    first = pdfium.FPDFBookmark_GetFirstChild(document, None)
    if not first:
        return entries
    places_known = pdfium.FPDF_CountNamedDests(document) <= _MAX_NAMES
    bytes_left = _MAX_TITLE_BYTES
    seen: set[int] = set()
    # A stack with the next bookmark of each level; its depth is the level.
    pending = [first]
    while pending and len(entries) < MAX_ENTRIES:
        bookmark = pending.pop()
        # A null pointer ends a list; a known address is a cycle.
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
    # An incomplete character becomes U+FFFD; pypdfium2's own function raises for it.
    return title(buffer.raw.decode("utf-16-le", "replace").replace("\0", ""))


def _page(document: Any, bookmark: Any) -> int | None:  # noqa: ANN401 - the same
    import pypdfium2.raw as pdfium

    action = pdfium.FPDFBookmark_GetAction(bookmark)
    if action and pdfium.FPDFAction_GetType(action) != pdfium.PDFACTION_GOTO:
        # Other actions can lead to a page of another file, which also has a number.
        return None
    destination = pdfium.FPDFBookmark_GetDest(document, bookmark)
    if not destination:
        return None
    index: int = pdfium.FPDFDest_GetDestPageIndex(document, destination)
    return index + 1 if index >= 0 else None
