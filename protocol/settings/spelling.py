"""Finds the name that a misspelt one was meant to be."""

import difflib
from collections.abc import Iterable

from protocol.settings.declaration import SETTINGS

OPTION_CUTOFF = 0.6
"""Least likeness (``difflib``'s ratio) of an option: it is refused anyway, so any hint helps."""
_FILE_CUTOFF = 0.8
"""A ``.env`` may serve other programs as well, but a name this similar is a mistake: MASTER_PROT
has 0.91, MASTER_BRANCH at most 0.7."""


def nearest(word: str, known: Iterable[str], cutoff: float) -> list[str]:
    """Return the known names that a word may stand for, best first; case, - and _ don't count.

    A word that is the end of names stands for these: PORT for MASTER_PORT and SLAVE_PORT.
    """
    names = {_normalized(name): name for name in known}
    plain = _normalized(word)
    ends = [name for key, name in names.items() if plain and key.endswith(f"_{plain}")]
    if plain not in names and ends:
        return ends
    return [names[key] for key in difflib.get_close_matches(plain, names, 1, cutoff)]


def meant_in_file(name: str) -> list[str]:
    """Return the settings that an unknown name in a ``.env`` resembles."""
    return [] if name in SETTINGS else nearest(name, SETTINGS, _FILE_CUTOFF)


def meant_in_environment(name: str) -> list[str]:
    """Return the settings that an unknown variable of the environment is one slip away from.

    The environment holds the variables of every other program too (MASTER_BRANCH, SLAVE_PORT_2,
    PORT), so that a ratio or a shared beginning says too little there.
    """
    if name in SETTINGS:
        return []
    return [known for known in SETTINGS if _is_one_edit(_normalized(name), _normalized(known))]


def _is_one_edit(one: str, other: str) -> bool:
    """Tell whether at most one letter is missing, added or another, or two neighbours swapped."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return max(len(one), len(other)) <= 1 or (len(one) == 2 and one == other[::-1])


def _normalized(name: str) -> str:
    return name.lower().lstrip("-").replace("-", "_")
