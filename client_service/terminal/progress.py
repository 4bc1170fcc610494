"""Shows progress bars with rate and time left on a terminal, and prints lines above them.

rich would be more own code: it can't print lines to standard output above a bar on standard error,
and its rate is that of the last samples. tqdm is imported only where standard error is a terminal,
since that takes 0.1 s.
"""

import contextlib
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO, Union

from client_service.terminal.safe_text import printable

if TYPE_CHECKING:
    from tqdm import tqdm

Bar = Union["tqdm[Any]", "HiddenBar"]
"""Counts, between ``with`` and its end, what is done."""

_JOB_BAR_FORMAT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
"""Without tqdm's own rate, which ignores the time before this client started to follow the job."""


def of_bytes(what: str, total: int, done: int = 0) -> Bar:
    """Return a bar that counts bytes; it is hidden if standard error is not a terminal."""
    return _bar(what, total, done, unit="B", unit_scale=True, unit_divisor=1024)


def of_files(what: str, total: int) -> Bar:
    """Return a bar that counts files; it is hidden if standard error is not a terminal."""
    return _bar(what, total, 0, unit=" files")


def of_job(what: str, total: int, done: int) -> Bar:
    """Return a bar for the files of a job; ``show`` sets its counts and figures."""
    return _bar(what, total, done, bar_format=_JOB_BAR_FORMAT)


def show(bar: Bar, done: int, figures: Iterable[str]) -> None:
    """Redraw a job's bar, even if only the time has changed."""
    bar.n = done
    if not isinstance(bar, HiddenBar):
        bar.set_postfix_str(", ".join(figures))


def clock(seconds: float) -> str:
    """Return a duration as bars show it: 01:07, or 1:00:07."""
    from tqdm import tqdm

    return tqdm.format_interval(seconds)


def write_stderr(line: str) -> None:
    """Write a line to standard error, above the bar if there is one."""
    # A message that can't be written must not end the job.
    with contextlib.suppress(OSError):
        _write(f"client.py: {printable(line)}", sys.stderr)
        sys.stderr.flush()


def write_stdout(line: str) -> None:
    """Write a line to standard output, without disturbing the bar if there is one."""
    _write(line, sys.stdout)


class HiddenBar:
    """A bar that shows nothing; has what the client uses of tqdm."""

    def __init__(self, done: float) -> None:
        self.n = done

    def __enter__(self) -> "HiddenBar":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, count: float = 1) -> None:
        """Count."""
        self.n += count

    def set_description_str(self, what: str) -> None:
        """Describe nothing."""


def _write(line: str, stream: TextIO) -> None:
    if sys.stderr.isatty():
        from tqdm import tqdm

        tqdm.write(line, file=stream)
    else:
        stream.write(f"{line}\n")


def _bar(what: str, total: int, done: int, **form: Any) -> Bar:  # noqa: ANN401 (tqdm's own)
    if not sys.stderr.isatty():
        return HiddenBar(done)
    from tqdm import tqdm

    return tqdm(
        total=total,
        initial=done,
        desc=what,
        # The width of the terminal at each redraw, not at the first.
        dynamic_ncols=True,
        # By default tqdm redraws rarely for many seconds after a burst.
        miniters=0,
        # The mean since the start: a burst into the socket's buffer is not the connection's speed.
        smoothing=0,
        **form,
    )
