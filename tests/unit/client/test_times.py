"""Formatting of the master's times."""

from datetime import datetime, timedelta, timezone

import pytest

from client_service.terminal.times import age, local

NOW = datetime(2026, 3, 29, 12, 0, 0, tzinfo=timezone.utc)
ZONE = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("2026-03-29T11:58:59.999Z", "2026-03-29 17:28:59"),
        ("2026-03-29T11:58:59+02:00", "2026-03-29 15:28:59"),
        ("2026-03-29T11:58:59", "2026-03-29T11:58:59"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("soon\x1b[2J", "soon?[2J"),
    ],
)
def test_times_are_local(said: str, shown: str) -> None:
    """Times are printed to the second in the given zone; other texts are printed unchanged."""
    assert local(said, ZONE) == shown


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 seconds ago"),
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (60, "1 minute ago"),
        (7199, "1 hour ago"),
        (172800, "2 days ago"),
    ],
)
def test_ages_have_one_unit(seconds: int, said: str) -> None:
    """An age has the largest unit that gives a number above zero."""
    assert age((NOW - timedelta(seconds=seconds)).isoformat(), NOW) == said
