"""Holds what bounds the outline of any document: how many entries, how deep, how long a title."""

import re

MAX_ENTRIES = 1000
MAX_LEVEL = 15
MAX_TITLE = 200
"""Characters, with the sign that it was cut."""


def title(text: str) -> str:
    """Return ``text`` in one line of at most ``MAX_TITLE`` characters, in bounded memory."""
    words: list[str] = []
    length = -1
    for word in re.finditer(r"\S+", text):
        # A word of which only the beginning can be shown is not copied whole.
        words.append(text[word.start() : min(word.end(), word.start() + MAX_TITLE + 1)])
        length += 1 + len(words[-1])
        if length > MAX_TITLE:
            return " ".join(words)[: MAX_TITLE - 1] + "…"
    return " ".join(words)
