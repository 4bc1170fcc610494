"""What a reader of documents returns, and the lines of text that it collects within limits."""

from dataclasses import dataclass, field

from protocol.failures import TooLarge
from slave_service.formats import outline as limits

MAX_CHARACTERS = 64 * 1024 * 1024
"""Limit of one document's text; a small file can state the same text many times."""

METADATA = ("title", "author", "subject", "creator", "created", "modified")
"""The keys of ``metadata``; ``creator`` is the program, the last two are dates in ISO 8601."""

_TOO_LARGE = (
    f"The text of this document is over the limit of {MAX_CHARACTERS:,} characters; split it "
    "into smaller files."
)
_NO_TEXT = "This document has no text; check that it is the right one."
_LEFT_OUT = (
    "Not part of the text: {}. To have it read, export the document as PDF, or save such parts "
    "as files of their own and send those."
)


@dataclass(frozen=True, slots=True)
class Content:
    """One document: its text, metadata (without empty values), and keys of its own type.

    ``outline`` lists the headings, each with ``title``, ``level`` (from 1) and ``begin``, the
    offset in ``text`` in code points.
    """

    document_type: str
    text: str
    metadata: dict[str, str] = field(default_factory=dict)
    outline: list[dict[str, object]] = field(default_factory=list)
    more: dict[str, object] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class Lines:
    """The lines of a text with its headings; raises ``TooLarge`` over ``MAX_CHARACTERS``."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._length = 0
        self.outline: list[dict[str, object]] = []

    def add(self, line: str, level: int = 0) -> None:
        """Append a line; with a ``level`` from 1 it is a heading."""
        if level and len(self.outline) < limits.MAX_ENTRIES and (title := limits.title(line)):
            level = min(level, limits.MAX_LEVEL)
            self.outline.append({"title": title, "level": level, "begin": self._length})
        self.check(len(line))
        self._length += len(line) + 1
        self._lines.append(line)

    def check(self, length: int) -> None:
        """Raise ``TooLarge`` if so many characters more would be over the limit."""
        if self._length + length > MAX_CHARACTERS:
            raise TooLarge(_TOO_LARGE)

    def add_gap(self) -> None:
        """Append an empty line, unless the text is empty or already ends with one."""
        if self._lines and self._lines[-1]:
            self.add("")

    def text(self) -> str:
        """Return the lines joined, without empty ones at the end."""
        while self._lines and not self._lines[-1]:
            self._lines.pop()
        return "\n".join(self._lines)


def warnings(text: str, left_out: dict[str, int]) -> list[str]:
    """Return the warnings about content that was left out (name and number), and about no text."""
    counts = [f"{name} ({number:,})" for name, number in left_out.items() if number]
    sentences = [_LEFT_OUT.format(", ".join(counts))] if counts else []
    return sentences if text.strip() else [*sentences, _NO_TEXT]
