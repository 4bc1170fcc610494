"""Shows on a terminal how far something is, with rate and time left, and lines beside it."""

import contextlib
import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm

from client_service.terminal.safe_text import printable

_OF_A_JOB = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
"""Without a rate of tqdm's own, which knows nothing of the time before this client came."""


def of_bytes(what: str, total: int, done: int = 0) -> "tqdm[Any]":
    """Return a bar that counts bytes; where standard error is no terminal, it stays unseen."""
    return _bar(what, total, done, unit="B", unit_scale=True, unit_divisor=1024)


def of_files(what: str, total: int) -> "tqdm[Any]":
    """Return the same for files."""
    return _bar(what, total, 0, unit=" files")


def of_job(what: str, total: int, done: int) -> "tqdm[Any]":
    """Return a bar for the files of a job, whose figures ``show`` is given."""
    return _bar(what, total, done, bar_format=_OF_A_JOB)


def show(bar: "tqdm[Any]", done: int, figures: Iterable[str]) -> None:
    """Redraw a job's bar, even if nothing has changed but the time."""
    bar.n = done
    bar.set_postfix_str(", ".join(figures))


def clock(seconds: float) -> str:
    """Return a time as bars write it: 01:07, or 1:00:07."""
    return tqdm.format_interval(seconds)


def note(line: str) -> None:
    """Write a line to standard error, above the bar if there is one."""
    # Nothing ends because nobody can be told of it.
    with contextlib.suppress(OSError):
        tqdm.write(f"client.py: {printable(line)}", file=sys.stderr)
        sys.stderr.flush()


def tell(line: str) -> None:
    """Write a line to standard output, without disturbing the bar if there is one."""
    tqdm.write(line, file=sys.stdout)


def _bar(what: str, total: int, done: int, **form: Any) -> "tqdm[Any]":  # noqa: ANN401 (tqdm's own)
    return tqdm(
        total=total,
        initial=done,
        desc=what,
        disable=not sys.stderr.isatty(),
        # Left to itself, tqdm learns from a burst to redraw seldom, for many seconds after it.
        miniters=0,
        # The mean since the start: what a connection takes at once tells nothing of its speed.
        smoothing=0,
        **form,
    )
