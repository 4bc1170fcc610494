"""Sorts files by their content into task types, for ``auto``.

Only counts are kept in memory: each type walks the files anew.
"""

from collections.abc import Iterator, Sequence

from client_service.errors import UsageError
from client_service.local_files import FileTotals, Source, walk
from protocol.content_types import detect_type
from protocol.task_types import TASK_TYPES, TYPE_OF_CONTENT


def count(arguments: Sequence[str]) -> dict[str | None, FileTotals]:
    """Return the totals of each task type, in the order of ``TASK_TYPES``; None is for no type.

    Raises ``UsageError`` if a file is missing or can't be read, or if no file has a task type.
    """
    found: dict[str | None, FileTotals] = {}
    try:
        for task_type, source in _sorted(arguments):
            found.setdefault(task_type, FileTotals()).add(source)
        if not found.keys() - {None}:
            what = "files that a task type is known for" if found else "files in there"
            raise UsageError(f"{', '.join(arguments)}: no {what}")
    except UsageError as error:
        raise UsageError(f"{error}; nothing was sent") from error
    return {name: found[name] for name in (*TASK_TYPES, None) if name in found}


def of_type(arguments: Sequence[str], task_type: str | None) -> Iterator[Source]:
    """Yield the files of one task type, or those of none."""
    return (source for found, source in _sorted(arguments) if found == task_type)


def _sorted(arguments: Sequence[str]) -> Iterator[tuple[str | None, Source]]:
    for source in walk(arguments):
        try:
            with source.path.open("rb") as file:
                kind = detect_type(file)
        except OSError as error:
            raise UsageError(f"{source.path}: can't be read ({error.strerror})") from error
        yield TYPE_OF_CONTENT.get(kind or ""), source
