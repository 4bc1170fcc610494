"""Sanitizes text from others for the terminal, and checks names from others for use as file names.

No I/O, clocks or threads.
"""

import re

from protocol.result_names import FORBIDDEN, is_device

MAX_NAME_BYTES = 255
"""The limit of common file systems."""

_CONTROLS = re.compile(
    # Control characters, line ends, surrogates, and marks that change the direction of text. All
    # others stay, so that a printed path can be used: names of screenshots and in Japanese have
    # spaces that ``str.isprintable`` rejects.
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)


def printable(text: str) -> str:
    """Replace control characters, which could be commands to the terminal, by "?"."""
    return _CONTROLS.sub("?", text)


def is_safe(name: str) -> bool:
    """Return whether the name is that of an ordinary, visible file on every common system."""
    return (
        name != ""
        and not FORBIDDEN.search(name)
        and not name.startswith(".")
        and not name.endswith((".", " "))
        and not is_device(name)
        and len(name.encode()) <= MAX_NAME_BYTES
    )
