"""Estimated boxes of words are moved to the ink."""

import numpy as np

from slave_service.models.ocr.ink_boxes import tightened
from slave_service.models.ocr.page_text import Word

INK = [(10, 60), (75, 120), (140, 200)]


def estimated(*spans: tuple[int, int]) -> list[Word]:
    return [Word((0, 0, 0), "word", 90, (left, 5, right - left, 30)) for left, right in spans]


def test_boxes_become_the_extent_of_the_ink() -> None:
    """Estimates that are off by some pixels end in the gaps between words."""
    levels = np.full((40, 220), 240)
    for left, right in INK:
        levels[10:30, left:right:6] = 20
        levels[10:30, right - 1] = 20
    found = tightened(levels, estimated((4, 70), (66, 128), (131, 190)))
    assert [word.box for word in found] == [(left, 10, right - left, 20) for left, right in INK]


def test_a_line_without_ink_keeps_its_boxes() -> None:
    """Nothing is darker than the rest, or the boxes lie outside of the page."""
    words = estimated((4, 70), (66, 128))
    assert tightened(np.full((40, 220), 240), words) == words
    assert tightened(np.full((3, 220), 240), words) == words


def test_boxes_stay_in_order_where_there_is_no_gap() -> None:
    """Each word keeps a part of ink that runs together."""
    levels = np.full((40, 220), 240)
    levels[10:30, 10:200] = 20
    found = tightened(levels, estimated((10, 100), (101, 200)))
    assert [word.box for word in found] == [(10, 10, 90, 20), (100, 10, 100, 20)]
