"""Formats the master's times, which are in UTC, as local time or as an age.

No I/O, clocks or threads, except that ``local_zone`` reads the computer's time zone.
"""

from datetime import datetime, timedelta, timezone

from client_service.terminal.safe_text import printable
from protocol.counts import counted

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def local_zone() -> timezone:
    """Return this computer's current offset from UTC; all times of one table use it."""
    return timezone(datetime.now().astimezone().utcoffset() or timedelta(0))


def local(iso: str, zone: timezone) -> str:
    """Return the time in the zone, to the second; a text that is no time is returned as it is."""
    time = _parsed(iso)
    return printable(iso) if time is None else f"{time.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def age(iso: str, now: datetime) -> str:
    """Return the age in its largest unit; a text that is not a time is returned as it is."""
    time = _parsed(iso)
    if time is None:
        return printable(iso)
    seconds = max(0, int((now - time).total_seconds()))
    name, unit = next((each for each in _UNITS if seconds >= each[1]), _UNITS[-1])
    return f"{counted(seconds // unit, name)} ago"


def _parsed(iso: str) -> datetime | None:
    try:
        # Python 3.10 does not parse the Z.
        time = datetime.fromisoformat(iso.replace("Z", "+00:00"))
        # Near the first and the last year, a time may not exist in another zone.
        time.astimezone(timezone(timedelta(hours=14)))
        time.astimezone(timezone(timedelta(hours=-14)))
    except (ValueError, OverflowError):
        return None
    return time if time.tzinfo else None
