"""What PowerPoint and Excel files share: properties, parts by relation, comments."""

from slave_service.formats import xml_events
from slave_service.formats.content import Lines
from slave_service.formats.package import MAX_PART_BYTES, Package, Relation

_PROPERTIES = {
    "core-properties": {
        "title": "title",
        "creator": "author",
        "subject": "subject",
        "created": "created",
        "modified": "modified",
    },
    "extended-properties": {"Application": "creator"},
    "extendedProperties": {"Application": "creator"},
}
"""By the kind of relation, the elements (ECMA-376 part 2, 11.1; part 1, 22.2) and our keys."""

_MOST_NAME = 200


def read_part(
    package: Package, name: str, handler: xml_events.Handler, limit: int = MAX_PART_BYTES
) -> None:
    """Report the elements of a part to ``handler``."""
    with package.open(name, limit) as stream:
        xml_events.read(stream, handler)


def main_part(package: Package) -> str:
    """Return the name of the main part of an Office file; "" where there is none."""
    found = (part.target for part in package.relations() if part.kind == "officeDocument")
    return next(found, "")


def metadata(package: Package) -> dict[str, str]:
    """Return the properties of an Office file; damaged ones are left out."""
    values: dict[str, str] = {}
    for relation in package.relations():
        names = _PROPERTIES.get(relation.kind)
        root = package.optional_tree(relation.target) if names else None
        for element in () if root is None else root.iterchildren("{*}*"):
            key = (names or {}).get(element.tag.rpartition("}")[2])
            if key and (text := (element.text or "").strip()):
                values.setdefault(key, text)
    return values


def targets(relations: list[Relation], *kinds: str) -> list[str]:
    """Return the parts of these kinds once each, in order."""
    return list(dict.fromkeys(part.target for part in relations if part.kind in kinds))


class CommentReader:
    """Collects comments: the text of each, and its author where the part names it.

    Its methods are those of ``xml_events.Handler``.
    """

    def __init__(self) -> None:
        self.comments: list[dict[str, str]] = []
        self._authors: list[str] = []
        self._author = ""
        self._pieces: list[str] | None = None
        self._in_author = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the begin of an element."""
        if name in ("comment", "cm", "threadedComment"):
            number = attributes.get("authorId", "")
            is_known = number.isdecimal() and len(number) < 9 and int(number) < len(self._authors)
            self._author = self._authors[int(number)] if is_known else ""
            self._pieces = []
        elif name == "author":
            self._in_author = True
            self._authors.append("")

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name == "author":
            self._in_author = False
        elif name == "p" and self._pieces:
            self._pieces.append("\n")
        elif name in ("comment", "cm", "threadedComment") and self._pieces is not None:
            if text := "".join(self._pieces).strip():
                self.comments.append({"author": self._author.strip(), "text": text})
            self._pieces = None

    def data(self, text: str) -> None:
        """Take text."""
        if self._in_author:
            self._authors[-1] = (self._authors[-1] + text)[:_MOST_NAME]
        elif self._pieces is not None:
            self._pieces.append(text)


def read_comments(
    package: Package, relations: list[Relation], comments: CommentReader, lines: Lines
) -> None:
    """Collect the comments of a slide or sheet, and add each as a line."""
    known = len(comments.comments)
    for part in targets(relations, "comments"):
        read_part(package, part, comments)
    for comment in comments.comments[known:]:
        lines.add(comment["text"])
