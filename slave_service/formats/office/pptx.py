"""Reads PowerPoint presentations (ECMA-376): slides in order, tables, notes, comments.

python-pptx (MIT, 1.0.2 of August 2024) reads pictures and all other parts into memory, without
limits; here only the parts with text are unpacked. Text boxes come in the order of the file.
"""

from slave_service.formats.content import Content, Lines, warnings
from slave_service.formats.office import parts
from slave_service.formats.package import Package

_UNSEEN = frozenset({"sldNum", "dt", "hdr", "sldImg"})
"""Placeholders (19.7.10) whose text the program generates: numbers of pages, dates."""
_TITLES = frozenset({"title", "ctrTitle"})
_LEFT_OUT = {"charts": ("chart", "chartEx"), "embedded files": ("package", "oleObject")}


class _Slides:
    """Collects the identifiers of the relations to slides, in order."""

    def __init__(self) -> None:
        self.identifiers: list[str] = []
        self._in_list = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._in_list |= name == "sldIdLst"
        if self._in_list and name == "sldId":
            # The relation's identifier has the same local name as the slide's, and comes second.
            self.identifiers.append(attributes.get("id", ""))

    def end(self, name: str) -> None:
        self._in_list &= name != "sldIdLst"

    def data(self, text: str) -> None:
        pass


class _Slide:
    """Adds the text of a slide, of its notes or of a diagram to lines."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._kind = ""
        """The kind of the shape's placeholder."""
        self._pieces: list[str] = []
        self._cells: list[list[str]] | None = None
        self._in_text = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sp":
            self._kind = ""
        elif name == "ph":
            self._kind = attributes.get("type", "")
        elif name == "tr":
            self._cells = []
        elif name == "tc" and self._cells is not None:
            self._cells.append([])
        elif name == "t":
            self._in_text = True
        elif name == "br":
            self._pieces.append("\n")
        elif name == "tab":
            self._pieces.append("\t")

    def end(self, name: str) -> None:
        if name == "t":
            self._in_text = False
        elif name == "p":
            self._end_paragraph()
        elif name == "tr" and self._cells is not None:
            self._lines.add("\t".join(" ".join(cell) for cell in self._cells).rstrip("\t"))
            self._cells = None
        elif name in ("sp", "graphicFrame"):
            self._kind = ""

    def data(self, text: str) -> None:
        if self._in_text:
            self._pieces.append(text)

    def _end_paragraph(self) -> None:
        text = "".join(self._pieces).strip()
        self._pieces.clear()
        if not text or self._kind in _UNSEEN:
            return
        if self._cells:
            self._cells[-1].append(text)
        elif self._kind in _TITLES:
            self._lines.add(text.replace("\n", " "), 1)
        else:
            self._lines.add(text)


def read(package: Package) -> Content:
    """Read a presentation; raises ``TooLarge`` and what ``package.damage_reported`` names."""
    lines = Lines()
    comments = parts.CommentReader()
    found = dict.fromkeys(_LEFT_OUT, 0)
    slides = _slides(package)
    for slide in slides:
        lines.add_gap()
        relations = package.relations(slide)
        parts.read_part(package, slide, _Slide(lines))
        for part in parts.targets(relations, "diagramData", "notesSlide"):
            parts.read_part(package, part, _Slide(lines))
        parts.read_comments(package, relations, comments, lines)
        for name, kinds in _LEFT_OUT.items():
            found[name] += len(parts.targets(relations, *kinds))
    text = lines.text()
    more: dict[str, object] = {"slide_count": len(slides), "comments": comments.comments}
    metadata = parts.metadata(package)
    return Content("PPTX", text, metadata, lines.outline, more, warnings(text, found))


def _slides(package: Package) -> list[str]:
    """Return the names of the slides' parts in the order of the presentation, once each."""
    main = parts.main_part(package)
    order = _Slides()
    parts.read_part(package, main, order)
    by_identifier = {part.identifier: part for part in package.relations(main)}
    found = (by_identifier.get(identifier) for identifier in order.identifiers)
    return list(dict.fromkeys(part.target for part in found if part and part.kind == "slide"))
