"""Imports NLTK's VADER without the large packages that NLTK looks for.

``import nltk`` imports SciPy's statistics and scikit-learn, if they are installed, for parts of
NLTK that are not used here. That takes 1.5 of 2 seconds of CPU time in each worker. NLTK works
without them, so during its import they are not found.
"""

import importlib
import sys
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_NOT_NEEDED = frozenset({"scipy", "sklearn", "matplotlib"})


class _Hidden:
    """Finds no module of ``_NOT_NEEDED`` in the thread that created it."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  (the protocol of importlib)
        target: ModuleType | None = None,  # noqa: ARG002  (the same)
    ) -> ModuleSpec | None:
        """Raise ``ModuleNotFoundError`` for these packages; leave others to the next finder."""
        if name.partition(".")[0] in _NOT_NEEDED and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{name} is not needed for VADER", name=name)
        return None


def vader() -> Any:  # noqa: ANN401  (NLTK ships no types)
    """Return the module ``nltk.sentiment.vader``."""
    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        return importlib.import_module("nltk.sentiment.vader")
    finally:
        sys.meta_path.remove(hidden)
