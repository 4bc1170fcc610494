"""Shows on a terminal how far something is, with rate and time left, and lines beside it."""

import sys
from typing import Any

from tqdm import tqdm

Bar = tqdm
"""Of tqdm's, ``n``, ``update``, ``set_postfix_str`` and the block are used."""


def of_bytes(what: str, total: int, done: int = 0) -> "tqdm[Any]":
    """Return a bar that counts bytes; where standard error is no terminal, it stays unseen."""
    return tqdm(
        total=total,
        initial=done,
        desc=what,
        unit="B",
        unit_scale=True,
        unit_divisor=1024,
        disable=not sys.stderr.isatty(),
    )


def of_files(what: str, total: int, done: int = 0) -> "tqdm[Any]":
    """Return the same for files."""
    unseen = not sys.stderr.isatty()
    return tqdm(total=total, initial=done, desc=what, unit=" files", disable=unseen)


def note(line: str) -> None:
    """Write a line to standard error, above the bar if there is one."""
    tqdm.write(f"client.py: {line}", file=sys.stderr)
    sys.stderr.flush()
