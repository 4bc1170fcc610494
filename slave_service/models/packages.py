"""Finds installed packages without importing them, and tells the SHA-256 of their files."""

import hashlib
import importlib.metadata
import importlib.util
from contextlib import suppress
from pathlib import Path

_BLOCK_BYTES = 1 << 20


def package_folder(name: str) -> Path | None:
    """Return the folder of an installed package, which is not imported; None without it."""
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations)))


def are_installed(*modules: str) -> bool:
    """Return whether all of these modules are installed; imports none of them."""
    return all(importlib.util.find_spec(name) is not None for name in modules)


def versions(*distributions: str) -> dict[str, str]:
    """Return the versions of those distributions that are installed.

    A module can come from another distribution than the usual one, as ``cv2`` can.
    """
    found = {}
    for name in distributions:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def sha256(*parts: Path) -> str:
    """Return the SHA-256 of a file, or of the parts of one in their order, in hexadecimal."""
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as data:
            while block := data.read(_BLOCK_BYTES):
                digest.update(block)
    return digest.hexdigest()
