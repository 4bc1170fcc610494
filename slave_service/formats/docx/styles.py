"""Finds the styles of a Word document that are headings, with their levels.

A style is a heading by its outline level (ECMA-376 part 1, 17.3.1.20), by its name, which Word
stores in English ("heading 1", "Title"), or by the style that it is based on.
"""

import re
from dataclasses import dataclass
from typing import Any

from slave_service.formats.package import Package, Relation

WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
BODY_TEXT = 0
"""The level of a paragraph or style that is not a heading."""

_PROPERTIES = frozenset(f"{{{space}}}pPr" for space in WORD)
_STYLES = {f"{{{space}}}style": f"{{{space}}}styleId" for space in WORD}
_VALUES = {
    f"{{{space}}}{name}": (name, f"{{{space}}}val")
    for space in WORD
    for name in ("pStyle", "outlineLvl", "name", "basedOn")
}
"""The elements with relevant values: local name, and the attribute with the value."""

_LEVELS = {str(number): number + 1 for number in range(9)} | {"9": BODY_TEXT}
_NAME = re.compile(r"(?:heading ?([1-9])|title)", re.IGNORECASE)
_MAX_ANCESTRY = 16
"""Limit for a chain of base styles, which can be a cycle or very long; real chains are short."""


def level_of(paragraph: Any, styles: "Styles") -> int:  # noqa: ANN401 - lxml has no types
    """Return 1…9 for a paragraph that is a heading, else ``BODY_TEXT``."""
    # By the schema the properties come first; searching all children of each paragraph is slow.
    first = next(iter(paragraph), None)
    if first is None or first.tag not in _PROPERTIES:
        return BODY_TEXT
    values = _values(first)
    level = _LEVELS.get(values.get("outlineLvl", ""))
    return styles.level(values.get("pStyle", "")) if level is None else level


def _values(element: Any) -> dict[str, str]:  # noqa: ANN401 - the same
    """Return the values of the relevant children by their local names."""
    found: dict[str, str] = {}
    for child in element:
        if (names := _VALUES.get(child.tag)) is not None:
            found.setdefault(names[0], child.get(names[1], ""))
    return found


@dataclass(frozen=True, slots=True)
class _Style:
    level: int | None
    based_on: str


class Styles:
    """The levels of styles by their identifiers."""

    def __init__(self, styles: dict[str, _Style]) -> None:
        self._styles = styles

    def level(self, identifier: str) -> int:
        """Return 1…9 for a heading, else ``BODY_TEXT``; an undefined style goes by its name."""
        for _ in range(_MAX_ANCESTRY):
            style = self._styles.get(identifier)
            if style is None:
                return _named_level(identifier) or BODY_TEXT
            if style.level is not None:
                return style.level
            identifier = style.based_on
        return BODY_TEXT


def read(package: Package, relations: list[Relation]) -> Styles:
    """Read the styles part of a document; a missing or damaged part defines no styles."""
    part = next((relation.target for relation in relations if relation.kind == "styles"), None)
    root = None if part is None else package.optional_tree(part)
    if root is None:
        return Styles({})
    styles = {}
    for element in root.iterchildren(*_STYLES):
        values = _values(element)
        for properties in element.iterchildren(*_PROPERTIES):
            values |= _values(properties)
        level = _LEVELS.get(values.get("outlineLvl", ""))
        if level is None:
            level = _named_level(values.get("name", ""))
        # A style without identifier would apply to all paragraphs without a style.
        if identifier := element.get(_STYLES[element.tag]):
            styles[identifier] = _Style(level, values.get("basedOn", ""))
    return Styles(styles)


def _named_level(name: str) -> int | None:
    found = _NAME.fullmatch(name)
    return None if found is None else int(found[1] or 1)
