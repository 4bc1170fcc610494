"""Reads EPUB books (EPUB 3.3): the chapters in the order of the spine.

ebooklib (AGPL) can't be passed on under other terms, and reads all pictures into memory.
"""

import posixpath
from typing import Any
from urllib.parse import unquote

from protocol.failures import Corrupt, Encrypted, Unsupported
from slave_service.formats.content import Content, Lines, warnings
from slave_service.formats.html import reading as html_reading
from slave_service.formats.html.encoding import decode_html
from slave_service.formats.package import Package

CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
"""Methods that only make fonts unusable elsewhere; any other protects the text."""
_METADATA = {"title": "title", "creator": "author", "subject": "subject", "date": "created"}
_CHAPTERS = ("application/xhtml+xml", "text/html", "application/xml", "text/x-oeb1-document")
_PROTECTED = (
    "This book is protected by digital rights management; send a copy without protection, if you "
    "may make one."
)
_DAMAGED = "This book is damaged: its list of chapters is missing; save or download it again."


def read(package: Package) -> Content:
    """Read a book; raises ``Encrypted``, ``Corrupt``, ``TooLarge``, and as ``damage_reported``."""
    if _is_protected(package):
        raise Encrypted(_PROTECTED)
    rootfile = next(package.tree(CONTAINER).iter("{*}rootfile"), None)
    path = "" if rootfile is None else unquote(rootfile.get("full-path", ""))
    if path not in package:
        raise Corrupt(_DAMAGED)
    root = package.tree(path)
    lines = Lines()
    damaged = 0
    chapters, missing = _chapters(package, root, posixpath.dirname(path))
    for chapter in chapters:
        lines.add_gap()
        with package.open(chapter) as stream:
            try:
                html_reading.read_into(lines, decode_html(stream.read()).text)
            except Unsupported:
                damaged += 1
    text = lines.text()
    found = {"chapters that the file lacks": missing, "chapters that are damaged": damaged}
    more: dict[str, object] = {"chapter_count": len(chapters)}
    return Content("EPUB", text, _metadata(root), lines.outline, more, warnings(text, found))


def _is_protected(package: Package) -> bool:
    if _ENCRYPTION not in package:
        return False
    methods = package.tree(_ENCRYPTION).iter("{*}EncryptionMethod")
    return any(method.get("Algorithm") not in _FONTS for method in methods)


def _chapters(package: Package, root: Any, folder: str) -> tuple[list[str], int]:  # noqa: ANN401
    """Return the names of the chapters once each, and the number of those that are missing."""
    items = {item.get("id"): item for item in root.iter("{*}item")}
    chapters: dict[str, None] = {}
    missing = 0
    for reference in root.iter("{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _CHAPTERS:
            continue
        href = unquote(item.get("href", "").partition("#")[0])
        name = posixpath.normpath(posixpath.join("/", folder, href)).lstrip("/")
        if name in package:
            chapters[name] = None
        else:
            missing += 1
    return list(chapters), missing


def _metadata(root: Any) -> dict[str, str]:  # noqa: ANN401 - lxml has no types
    values: dict[str, str] = {}
    for element in root.iter("{http://purl.org/dc/elements/1.1/}*"):
        key = _METADATA.get(element.tag.rpartition("}")[2])
        if key and (text := " ".join((element.text or "").split())):
            values.setdefault(key, text)
    for element in root.iter("{*}meta"):
        if element.get("property") == "dcterms:modified":
            values.setdefault("modified", (element.text or "").strip())
        elif element.get("name") == "generator":
            values.setdefault("creator", element.get("content", ""))
    return values
