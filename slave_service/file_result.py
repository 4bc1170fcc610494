"""A result that is the bytes of a file and has warnings, for which its format has no place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileResult:
    """What a processor can return in place of ``bytes``."""

    data: bytes
    warnings: tuple[str, ...] = ()
