"""Warns of the parts of a Word document whose text is not read."""

from slave_service.formats.package import Package, Relation

_KINDS = {
    "chart": "charts",
    "diagramData": "diagrams",
    "oleObject": "embedded objects",
    "package": "embedded files",
    "aFChunk": "inserted documents",
}
"""The kinds of relations (ECMA-376 part 1) to unread parts, and their names in the warning."""
_PICTURE, _COMMENTS = "image", "comments"

_LEFT_OUT = (
    "Not part of the text: {}. To have it read, export the document as PDF, or save such parts "
    "as files of their own and send those."
)
_PICTURES = (
    "This document has no text, but pictures ({:,}); save them as files and send those to ocr."
)
_NO_TEXT = "This document has no text; check that it is the right one."


def warnings(package: Package, relations: list[Relation], *, has_text: bool) -> list[str]:
    """Return the warnings about unread parts that the main part refers to."""
    # A dictionary without values is used as an ordered set.
    parts = dict.fromkeys(relations)
    found = {
        name: sum(relation.kind == kind for relation in parts) for kind, name in _KINDS.items()
    }
    comments = sum(_comments(package, part.target) for part in parts if part.kind == _COMMENTS)
    counts = [f"{name} ({number:,})" for name, number in found.items() if number]
    if comments:
        counts = [f"comments ({comments:,})", *counts]
    sentences = [_LEFT_OUT.format(", ".join(counts))] if counts else []
    if not has_text:
        pictures = sum(relation.kind == _PICTURE for relation in parts)
        sentences.append(_PICTURES.format(pictures) if pictures else _NO_TEXT)
    return sentences


def _comments(package: Package, part: str) -> int:
    """Return the number of comments with text; 1 where the part can't be read."""
    root = package.optional_tree(part)
    if root is None:
        return 1
    return sum(
        any((text.text or "").strip() for text in comment.iter("{*}t"))
        for comment in root.iter("{*}comment")
    )
