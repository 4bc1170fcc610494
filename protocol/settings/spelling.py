"""Finds the names that a misspelt name may stand for."""

from collections.abc import Iterable

from protocol.settings.declaration import SETTINGS

OPTION_CUTOFF = 0.6
"""Minimum similarity (``difflib``'s ratio) of an option; low, since any hint helps the user."""
_FILE_CUTOFF = 0.8
"""Minimum similarity in a ``.env``, which may have variables of other programs: MASTER_PROT has
0.91, MASTER_BRANCH at most 0.7."""


def nearest(word: str, known: Iterable[str], cutoff: float) -> list[str]:
    """Return the known names that a word may stand for, best first; ignores case, - and _.

    A word that is the end of names stands for these: PORT for MASTER_PORT and SLAVE_PORT.
    """
    names = {_normalized(name): name for name in known}
    plain = _normalized(word)
    ends = [name for key, name in names.items() if plain and key.endswith(f"_{plain}")]
    if plain not in names and ends:
        return ends
    import difflib  # which only mistakes need

    return [names[key] for key in difflib.get_close_matches(plain, names, 1, cutoff)]


def meant_in_file(name: str) -> list[str]:
    """Return the settings that an unknown name in a ``.env`` resembles."""
    return [] if name in SETTINGS else nearest(name, SETTINGS, _FILE_CUTOFF)


def meant_in_environment(name: str) -> list[str]:
    """Return the settings that are one edit away from an unknown variable of the environment.

    The environment also has the variables of other programs (MASTER_BRANCH, SLAVE_PORT_2, PORT),
    so a similarity ratio would give false warnings there.
    """
    if name in SETTINGS:
        return []
    return [known for known in SETTINGS if _is_one_edit(_normalized(name), _normalized(known))]


def _is_one_edit(one: str, other: str) -> bool:
    """Return whether the names differ by at most one edit.

    An edit inserts, deletes or replaces one character, or swaps two neighbours (the distance of
    Damerau and Levenshtein, which the standard library lacks).
    """
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return max(len(one), len(other)) <= 1 or (len(one) == 2 and one == other[::-1])


def _normalized(name: str) -> str:
    return name.lower().lstrip("-").replace("-", "_")
