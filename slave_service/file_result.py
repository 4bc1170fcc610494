"""A result that is the bytes of a file and has warnings, for which its format has no place."""

from collections.abc import Iterable


class FileResult(bytes):
    """The bytes to save, and the warnings about them."""

    warnings: tuple[str, ...]

    def __new__(cls, data: bytes, warnings: Iterable[str] = ()) -> "FileResult":
        """Copy the bytes."""
        result = super().__new__(cls, data)
        result.warnings = tuple(warnings)
        return result
