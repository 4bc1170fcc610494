"""Shows progress bars with rate and time left on a terminal, and prints lines above them.

rich would be more own code: it can't print lines to standard output above a bar on standard error,
and its rate is that of the last samples. tqdm is imported when it is needed, since listing or
cancelling jobs shows no bar.
"""

import contextlib
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from client_service.terminal.safe_text import printable

if TYPE_CHECKING:
    from tqdm import tqdm

_JOB_BAR_FORMAT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
"""Without tqdm's own rate, which ignores the time before this client started to follow the job."""


def of_bytes(what: str, total: int, done: int = 0) -> "tqdm[Any]":
    """Return a bar that counts bytes; it is hidden if standard error is not a terminal."""
    return _bar(what, total, done, unit="B", unit_scale=True, unit_divisor=1024)


def of_files(what: str, total: int) -> "tqdm[Any]":
    """Return a bar that counts files; it is hidden if standard error is not a terminal."""
    return _bar(what, total, 0, unit=" files")


def of_job(what: str, total: int, done: int) -> "tqdm[Any]":
    """Return a bar for the files of a job; ``show`` sets its counts and figures."""
    return _bar(what, total, done, bar_format=_JOB_BAR_FORMAT)


def show(bar: "tqdm[Any]", done: int, figures: Iterable[str]) -> None:
    """Redraw a job's bar, even if only the time has changed."""
    bar.n = done
    bar.set_postfix_str(", ".join(figures))


def clock(seconds: float) -> str:
    """Return a duration as bars show it: 01:07, or 1:00:07."""
    from tqdm import tqdm

    return tqdm.format_interval(seconds)


def write_stderr(line: str) -> None:
    """Write a line to standard error, above the bar if there is one."""
    from tqdm import tqdm

    # A message that can't be written must not end the job.
    with contextlib.suppress(OSError):
        tqdm.write(f"client.py: {printable(line)}", file=sys.stderr)
        sys.stderr.flush()


def write_stdout(line: str) -> None:
    """Write a line to standard output, without disturbing the bar if there is one."""
    from tqdm import tqdm

    tqdm.write(line, file=sys.stdout)


def _bar(what: str, total: int, done: int, **form: Any) -> "tqdm[Any]":  # noqa: ANN401 (tqdm's own)
    from tqdm import tqdm

    return tqdm(
        total=total,
        initial=done,
        desc=what,
        disable=not sys.stderr.isatty(),
        # The width of the terminal at each redraw, not at the first.
        dynamic_ncols=True,
        # By default tqdm redraws rarely for many seconds after a burst.
        miniters=0,
        # The mean since the start: a burst into the socket's buffer is not the connection's speed.
        smoothing=0,
        **form,
    )
