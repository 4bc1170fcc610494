"""Warns of the parts of a Word document whose text is not read."""

from slave_service.formats.package import Relation

_KINDS = {
    "chart": "charts",
    "diagramData": "diagrams",
    "oleObject": "embedded objects",
    "package": "embedded files",
    "aFChunk": "inserted documents",
}
"""The kinds of relations (ECMA-376 part 1) to unread parts, and their names in the warning."""
_PICTURE = "image"

_LEFT_OUT = (
    "Not part of the text: {}. To have it read, export the document as PDF, or save such parts "
    "as files of their own and send those."
)
_PICTURES = (
    "This document has no text, but pictures ({:,}); save them as files and send those to ocr."
)
_NO_TEXT = "This document has no text; check that it is the right one."


def warnings(
    relations: list[Relation], *, has_text: bool, damaged_comments: bool = False
) -> list[str]:
    """Return the warnings about unread parts that the main part refers to."""
    # A dictionary without values is used as an ordered set.
    parts = dict.fromkeys(relations)
    found = {
        name: sum(relation.kind == kind for relation in parts) for kind, name in _KINDS.items()
    }
    counts = [f"{name} ({number:,})" for name, number in found.items() if number]
    if damaged_comments:
        counts = ["comments, whose part is damaged", *counts]
    sentences = [_LEFT_OUT.format(", ".join(counts))] if counts else []
    if not has_text:
        pictures = sum(relation.kind == _PICTURE for relation in parts)
        sentences.append(_PICTURES.format(pictures) if pictures else _NO_TEXT)
    return sentences
