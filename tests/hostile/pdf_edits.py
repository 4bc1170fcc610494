"""Edits the tokens of a PDF: exchanges names, numbers and references, or makes them extreme."""

import re
from random import Random

_TOKENS = re.compile(rb"/[A-Za-z0-9]+|\d+ 0 R|<<|>>|\[|\]|\bstream\b|\bendobj\b|\bendstream\b")
_NUMBERS = re.compile(rb"\d+")
_REFERENCES = re.compile(rb"\d+ 0 R")
_EXTREMES = (
    *(b"0", b"-1", b"1", b"2147483647", b"-2147483648", b"4294967295", b"99999999999999999999"),
    *(b"1e308", b"0.0000001", b"65535", b"8388607", b"null", b"true"),
)


def swap_tokens(random: Random, data: bytes) -> bytes:
    """Put one token of the file in the place of another."""
    for _ in range(random.choice((1, 1, 3))):
        found = list(_TOKENS.finditer(data))
        if not found:
            return data
        one, other = random.choice(found), random.choice(found)
        data = data[: one.start()] + other.group() + data[one.end() :]
    return data


def extreme_numbers(random: Random, data: bytes) -> bytes:
    """Put an extreme number in the place of another."""
    found = list(_NUMBERS.finditer(data))
    if not found:
        return data
    one = random.choice(found)
    return data[: one.start()] + random.choice(_EXTREMES) + data[one.end() :]


def redirect_references(random: Random, data: bytes) -> bytes:
    """Let a reference lead to another object, so that circles come about."""
    found = list(_REFERENCES.finditer(data))
    if not found:
        return data
    one = random.choice(found)
    return data[: one.start()] + b"%d 0 R" % random.randint(0, 9) + data[one.end() :]
