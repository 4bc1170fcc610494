"""Converts the dates of a PDF (ISO 32000-1, 7.9.4) to ISO 8601."""

import re
from datetime import datetime, timedelta, timezone

_DATE = re.compile(
    r"(?:D:)?(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:(Z)|([+-])(\d{2})'?(\d{2})?)?"
)


def iso_date(value: str) -> str:
    """Return a date such as ``D:20240301093000+01'00'`` in ISO 8601; "" where it is none."""
    found = _DATE.match(value.strip()[:40])
    if found is None:
        return ""
    year, month, day, hour, minute, second = (
        default if part is None else int(part)
        for part, default in zip(found.groups()[:6], (0, 1, 1, 0, 0, 0), strict=True)
    )
    zone = timezone.utc if found[7] else None
    try:
        if found[8]:
            offset = timedelta(hours=int(found[9]), minutes=int(found[10] or 0))
            zone = timezone(offset if found[8] == "+" else -offset)
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).isoformat()
    except ValueError:
        return ""
