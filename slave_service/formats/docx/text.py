"""Extracts the text of one WordprocessingML part (ECMA-376 part 1), in document order.

A paragraph becomes a line; the text of text boxes follows the paragraph that contains them. A row
of a table becomes a line with tabs between the cells; a cell of several paragraphs has several
lines. Inserted text is included, deleted text is not, and of alternatives for old and new
applications only the first.

The part is read as a stream, so that memory does not grow with its length, and without recursion,
so that nesting can be deep. A merged cell is never repeated.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, Any

from slave_service.formats import outline
from slave_service.formats.docx import styles as docx_styles
from slave_service.formats.docx.styles import WORD, Styles

_MATH = (
    "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "http://purl.oclc.org/ooxml/officeDocument/math",
)
_COMPATIBILITY = ("http://schemas.openxmlformats.org/markup-compatibility/2006",)

# The separator of the pieces in each container; other elements do not affect the text.
_SEPARATORS = {"p": "", "tc": "\n", "tr": "\t", "tbl": "\n", "txbxContent": "\n"}
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_SKIPPED_ELEMENTS = frozenset({"del", "moveFrom"})
_ALTERNATIVES = frozenset({"Choice", "Fallback"})
_ROOTS = frozenset({"document", "body", "hdr", "ftr", "footnotes", "endnotes"})


class NotWordprocessing(ValueError):
    """The part's root element is not the expected one of WordprocessingML."""


class ForbiddenDoctype(ValueError):
    """The part has a document type definition, which ECMA-376 part 2 forbids."""


@dataclass(frozen=True, slots=True)
class Story:
    """The text of one part, and the number of paragraphs and tables directly in the body.

    "Story" is Word's term for the text of the body, a header, a footnote and so on. ``outline``
    lists the headings, where the part was read with styles: ``title``, ``level`` (from 1) and
    ``begin``, the offset in ``text``. As in Word, those in tables and text boxes are left out.
    """

    text: str
    paragraphs: int
    tables: int
    outline: list[dict[str, object]]


@dataclass(slots=True)
class _Container:
    pieces: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)


def _names(namespaces: tuple[str, ...], *kinds: Iterable[str]) -> dict[str, str]:
    return {f"{{{space}}}{name}": name for space in namespaces for kind in kinds for name in kind}


_HANDLED_ELEMENTS = {
    **_names(WORD, _SEPARATORS, _CHARACTERS, _SKIPPED_ELEMENTS, _ROOTS, {"t"}),
    **_names(_MATH, {"t"}),
    **_names(_COMPATIBILITY, _ALTERNATIVES, {"AlternateContent"}),
}


class _Reader:
    """Collects the text from the start and end events of the elements."""

    def __init__(self, styles: Styles | None) -> None:
        self.paragraphs = 0
        self.tables = 0
        self.outline: list[dict[str, object]] = []
        self._styles = styles
        self._measured = 0
        """Number of pieces whose length, with one line break for each, is in ``_length``."""
        self._length = 0
        self._open = [_Container()]
        self._alternative_taken: list[bool] = []
        self._skipped: object = None

    def text(self) -> str:
        return "\n".join(self._open[0].pieces + self._open[0].boxes)

    def begin(self, element: Any, name: str) -> None:  # noqa: ANN401 - lxml has no types
        if self._skipped is not None:
            return
        if name in _SEPARATORS:
            self._open.append(_Container())
        elif name in _SKIPPED_ELEMENTS or (name in _ALTERNATIVES and self._is_second()):
            self._skipped = element
        elif name == "AlternateContent":
            self._alternative_taken.append(False)

    def end(self, element: Any, name: str) -> None:  # noqa: ANN401 - the same
        if self._skipped is not None:
            if self._skipped is element:
                self._skipped = None
        elif name in _SEPARATORS:
            self._close(element, name)
        elif name == "t":
            self._open[-1].pieces.append(element.text or "")
        # The definition of a tab stop has the same name as a tab, but is not in a run.
        elif name in _CHARACTERS and _parent(element) == "r":
            self._open[-1].pieces.append(_CHARACTERS[name])
        elif name == "AlternateContent":
            self._alternative_taken.pop()

    def _is_second(self) -> bool:
        if not self._alternative_taken:
            return False
        taken, self._alternative_taken[-1] = self._alternative_taken[-1], True
        return taken

    def _close(self, element: Any, name: str) -> None:  # noqa: ANN401 - the same
        done = self._open.pop()
        text = _SEPARATORS[name].join(done.pieces)
        outer = self._open[-1]
        if name == "txbxContent":
            outer.boxes.append(text)
            return
        if name == "p" and len(self._open) == 1:
            self._note_heading(element, text)
        outer.pieces.append(text)
        # In a valid file only paragraphs have boxes.
        outer.pieces += done.boxes
        if _parent(element) == "body":
            self.paragraphs += name == "p"
            self.tables += name == "tbl"

    def _note_heading(self, element: Any, text: str) -> None:  # noqa: ANN401 - the same
        if self._styles is None or len(self.outline) >= outline.MAX_ENTRIES:
            return
        level = docx_styles.level_of(element, self._styles)
        if level and (title := outline.title(text)):
            begin = self._position()
            self.outline.append({"title": title, "level": level, "begin": begin})

    def _position(self) -> int:
        """Return the offset in the whole text at which the next piece begins."""
        new = self._open[0].pieces[self._measured :]
        self._measured += len(new)
        self._length += sum(len(piece) + 1 for piece in new)
        return self._length


def _parent(element: Any) -> str:  # noqa: ANN401 - the same
    parent = element.getparent()
    return "" if parent is None else str(parent.tag).rpartition("}")[2]


def read_story(stream: IO[bytes], root: str, styles: Styles | None = None) -> Story:
    """Read one part, whose root element must be ``root`` (such as ``document`` or ``hdr``).

    The outline is read only with ``styles``. Raises ``NotWordprocessing``, ``ForbiddenDoctype``,
    and the exceptions of lxml and of ``stream``.
    """
    from lxml import etree

    reader = _Reader(styles)
    events = etree.iterparse(
        stream,
        events=("start", "end"),
        tag=list(_HANDLED_ELEMENTS),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        # In lxml a comment or instruction inside an element ends the element's ``text``.
        remove_comments=True,
        remove_pis=True,
    )
    for event, element in events:
        name = _HANDLED_ELEMENTS[element.tag]
        if event == "start":
            reader.begin(element, name)
        else:
            reader.end(element, name)
            _free(element, name)
    if events.root.getroottree().docinfo.doctype:
        raise ForbiddenDoctype(root)
    if _HANDLED_ELEMENTS.get(events.root.tag) != root:
        raise NotWordprocessing(events.root.tag)
    return Story(reader.text(), reader.paragraphs, reader.tables, reader.outline)


def _free(element: Any, name: str) -> None:  # noqa: ANN401 - the same
    if name in _SEPARATORS:
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
