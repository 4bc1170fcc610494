"""Formats the numbers of cells: dates as ISO 8601, other numbers as Excel shows them in full.

Number formats are those of ECMA-376 part 1, 18.8.30 and 18.8.31.
"""

import re
from datetime import datetime, timedelta

from slave_service.formats.package import Package

_DATES = frozenset({14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)})
_TIMES = frozenset({18, 19, 20, 21, 45, 46, 47})
"""Built-in formats; those from 27 on are dates in the East Asian versions."""
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE | re.DOTALL)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_MAX_FORMAT = 1000
_MAX_STYLES_BYTES = 16 * 1024 * 1024
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_FIRST_TRUE_DAY = 61
"""1 March 1900; Excel counts a 29 February 1900 before it."""
_MAX_DAY = 2_958_466
_DAY_S = 86_400


def kind_of_format(code: str) -> str:
    """Return ``date``, ``time`` or "" for a format code such as ``yyyy\\-mm\\-dd``."""
    first = _LITERAL.sub("", code[:_MAX_FORMAT].split(";", 1)[0]).lower()
    if _ELAPSED.search(first):
        # A duration, which can be longer than a day, stays a number.
        return ""
    if first in ("general", "") or re.search(r"[0#?]", re.sub(r"s\.0+", "s", first)):
        return ""
    if re.search(r"[yd]", first) or ("m" in first and not re.search(r"[hs]", first)):
        return "date"
    return "time" if re.search(r"[hs]", first) else ""


def built_in(identifier: int) -> str:
    """Return the kind of a built-in format."""
    return "date" if identifier in _DATES else "time" if identifier in _TIMES else ""


def read_kinds(package: Package, part: str) -> list[str]:
    """Return the kind of each cell style (``cellXfs``) of a styles part."""
    from lxml import etree

    with package.open(part, _MAX_STYLES_BYTES) as stream:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.parse(stream, parser).getroot()
    own = {
        element.get("numFmtId", ""): kind_of_format(element.get("formatCode", ""))
        for element in root.iter("{*}numFmt")
    }
    kinds = []
    for group in root.iter("{*}cellXfs"):
        for style in group.iterchildren("{*}xf"):
            identifier = style.get("numFmtId", "")
            known = built_in(int(identifier)) if re.fullmatch("[0-9]{1,3}", identifier) else ""
            kinds.append(own.get(identifier, known))
    return kinds


def shown(value: str, kind: str, *, since_1904: bool) -> str:
    """Return a stored number as text; what is no number is returned as it is."""
    try:
        number = float(value)
    except ValueError:
        return value
    if kind and 0 <= number < _MAX_DAY:
        return _date(number, kind, since_1904)
    # Excel shows 15 digits of the 17 that a file can have, as 0.30000000000000004.
    text = f"{number:.15g}"
    return value if "e" in text or "n" in text else text


def _date(number: float, kind: str, since_1904: bool) -> str:
    # Rounded to seconds: a fraction of a day has no exact binary value.
    days, seconds = divmod(round(number * _DAY_S), _DAY_S)
    if kind == "time" and days == 0:
        return (_EPOCH + timedelta(seconds=seconds)).strftime("%H:%M:%S")
    if not since_1904 and days < _FIRST_TRUE_DAY:
        days += 1
    moment = (_EPOCH_1904 if since_1904 else _EPOCH) + timedelta(days=days, seconds=seconds)
    return moment.isoformat() if seconds else moment.date().isoformat()
