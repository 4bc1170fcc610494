"""Finds what a Word document holds beside the parts whose text is read."""

from slave_service.formats.docx.package import Package, Relation

_KINDS = {
    "chart": "charts",
    "diagramData": "diagrams",
    "oleObject": "embedded objects",
    "package": "embedded files",
    "aFChunk": "inserted documents",
}
"""What a relation leads to (ECMA-376 part 1), by the last word of its type."""
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
    """Return the sentences about what the main part refers to and is not read."""
    # A dictionary without values is a set that keeps the order.
    parts = dict.fromkeys(relations)
    found = {
        name: sum(relation.kind == kind for relation in parts) for kind, name in _KINDS.items()
    }
    comments = sum(_comments(package, part.target) for part in parts if part.kind == _COMMENTS)
    told = [f"{name} ({number:,})" for name, number in found.items() if number]
    if comments:
        told = [f"comments ({comments:,})", *told]
    sentences = [_LEFT_OUT.format(", ".join(told))] if told else []
    if not has_text:
        pictures = sum(relation.kind == _PICTURE for relation in parts)
        sentences.append(_PICTURES.format(pictures) if pictures else _NO_TEXT)
    return sentences


def _comments(package: Package, part: str) -> int:
    """Return how many comments hold text; a part that can't be read is taken to have one."""
    root = package.optional_tree(part)
    if root is None:
        return 1
    return sum(
        any((text.text or "").strip() for text in comment.iter("{*}t"))
        for comment in root.iter("{*}comment")
    )
