"""Limits of a document's outline: number of entries, levels, length of titles."""

import re

MAX_ENTRIES = 1000
MAX_LEVEL = 15
MAX_TITLE = 200
"""Characters of a title, including the ellipsis of a cut one."""


def title(text: str) -> str:
    """Return ``text`` in one line of at most ``MAX_TITLE`` characters, in bounded memory."""
    words: list[str] = []
    length = -1
    for word in re.finditer(r"\S+", text):
        # Copying at most MAX_TITLE + 1 characters of a word bounds the memory.
        words.append(text[word.start() : min(word.end(), word.start() + MAX_TITLE + 1)])
        length += 1 + len(words[-1])
        if length > MAX_TITLE:
            return " ".join(words)[: MAX_TITLE - 1] + "…"
    return " ".join(words)
