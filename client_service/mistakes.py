"""Suggests corrections of a mistaken command line. No I/O, clocks or threads."""

from collections.abc import Collection, Sequence

from protocol.settings.spelling import nearest

WORD_CUTOFF = 0.7
"""Least similarity to a command word; a path or an address is possible in its place."""


def of_words(words: Sequence[str], known: Collection[str]) -> str:
    """Return a hint for arguments without a task type in its place; may be empty."""
    wrong = words[1]
    if similar := nearest(wrong, known, WORD_CUTOFF):
        return f": did you mean {similar[0]}?"
    if "://" in wrong:
        return ": MASTER_URL comes first, then TASK_TYPE, then the files"
    if set(known) & set(words[2:]):
        return ": TASK_TYPE comes before the files"
    return ""
