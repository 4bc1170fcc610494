"""Writes a transcript as subtitles in SubRip's form (SRT)."""

from collections.abc import Iterable


def srt(segments: Iterable[tuple[float, float, str]]) -> str:
    """Return subtitles of begin and end in seconds and text; empty where there are none.

    Blank lines would end a subtitle, and so would an arrow look like a line of times.
    """
    return "\n".join(
        f"{number}\n{_time(begin)} --> {_time(end)}\n{_one_line(text)}\n"
        for number, (begin, end, text) in enumerate(segments, 1)
    )


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("-->", "->")


def _time(seconds: float) -> str:
    """Return ``01:02:03,456``."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02},{rest % 1000:03}"
