"""Lets a processor report that a part of a long file is finished, which renews its deadline.

``FILE_TIMEOUT`` then limits one part, such as a scanned page, and not the whole file.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_listeners: list[Callable[[], None]] = []


def part_finished() -> None:
    """Report that a part of the present file is finished; does nothing outside of a worker."""
    for listener in _listeners:
        listener()


@contextmanager
def reported_to(listener: Callable[[], None]) -> Iterator[None]:
    """Have ``listener`` called for each part that is finished in the block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
