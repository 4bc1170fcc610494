"""Judges what others wrote, before a terminal shows it or a file is called so. Pure."""

import re

MOST_NAME_BYTES = 255
"""As much as common file systems take."""

_CONTROLS = re.compile(
    # Orders to the terminal; what it takes for the end of a line; halves of characters; and what
    # turns round the order in which a line is read. All else stays: a path is there to be used,
    # and names of screenshots and in Japanese have spaces that ``str.isprintable`` denies.
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)
_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f-\x9f\ud800-\udfff]')
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"]
)
"""Windows opens these, with any extension, in place of a file."""


def printable(text: str) -> str:
    """Keep control characters of others from the terminal."""
    return _CONTROLS.sub("?", text)


def is_safe(name: str) -> bool:
    """Tell whether a file of that name is an ordinary, visible one in its folder everywhere."""
    return (
        name != ""
        and not _FORBIDDEN.search(name)
        and not name.startswith(".")
        and not name.endswith((".", " "))
        and name.partition(".")[0].strip().lower() not in _DEVICES
        and len(name.encode()) <= MOST_NAME_BYTES
    )
