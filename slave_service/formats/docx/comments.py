"""Reads the comments of a Word document (ECMA-376 part 1, 17.13.4)."""

from typing import Any

from slave_service.formats.docx.styles import WORD
from slave_service.formats.package import Package, Relation

_COMMENT = [f"{{{space}}}comment" for space in WORD]
_PARAGRAPH = [f"{{{space}}}p" for space in WORD]
_TEXT = [f"{{{space}}}t" for space in WORD]
_AUTHOR = [f"{{{space}}}author" for space in WORD]
_MAX_AUTHOR = 255


def read(package: Package, relations: list[Relation]) -> list[dict[str, str]] | None:
    """Return ``author`` and ``text`` of each comment with text; None where a part is damaged."""
    parts = dict.fromkeys(part.target for part in relations if part.kind == "comments")
    comments = []
    for part in parts:
        root = package.optional_tree(part)
        if root is None:
            return None
        for element in root.iter(*_COMMENT):
            if text := _text(element):
                author = next((element.get(name) for name in _AUTHOR if element.get(name)), "")
                comments.append({"author": author[:_MAX_AUTHOR], "text": text})
    return comments


def _text(element: Any) -> str:  # noqa: ANN401 - lxml has no types
    paragraphs = (
        "".join(text.text or "" for text in paragraph.iter(*_TEXT)).strip()
        for paragraph in element.iterchildren(*_PARAGRAPH)
    )
    return "\n".join(paragraph for paragraph in paragraphs if paragraph)
