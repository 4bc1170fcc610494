"""Checks the rows of a table in one test, and names all that do not hold."""

from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")


def check_rows(rows: Mapping[str, T], check: Callable[[T], None]) -> None:
    """Check every row; fail with the names and reasons of all rows whose assertions fail."""
    failed = {}
    for name, row in rows.items():
        try:
            check(row)
        except AssertionError as error:
            failed[name] = str(error)
    assert not failed, "\n".join(f"{name}: {reason}" for name, reason in failed.items())
