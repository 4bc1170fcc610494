"""Guesses what was meant by a command line that can't be understood. Pure."""

from collections.abc import Collection, Sequence

from protocol.settings.spelling import nearest

WORD_CUTOFF = 0.7
"""Least likeness of a subcommand: it stands where a path or an address may stand as well."""


def of_words(words: Sequence[str], known: Collection[str]) -> str:
    """Return a hint on words among which no task type stands where it should; may be empty."""
    wrong = words[1]
    if similar := nearest(wrong, known, WORD_CUTOFF):
        return f": did you mean {similar[0]}?"
    if "://" in wrong:
        return ": MASTER_URL comes first, then TASK_TYPE, then the files"
    if set(known) & set(words[2:]):
        return ": TASK_TYPE comes before the files"
    return ""
