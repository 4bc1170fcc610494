"""Waits for conditions without using much of the CPU time that the programs under test need."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.1


def wait_until(condition: Callable[[], T], limit_s: float) -> T:
    """Return what the condition returns as soon as that is true; fail after ``limit_s``.

    Most conditions ask a master over HTTP, which takes 4 ms of CPU time. Pauses grow with the time
    that has passed, so that a test takes at most a tenth longer.
    """
    begin = time.monotonic()
    while not (answer := condition()):
        waited_s = time.monotonic() - begin
        if waited_s > limit_s:
            pytest.fail(f"what was waited for did not come in {limit_s:g} seconds: {condition!r}")
        time.sleep(min(_LONGEST_PAUSE_S, max(_FIRST_PAUSE_S, waited_s / 10)))
    return answer
