"""The order of lines that were found anywhere on a page."""

from slave_service.models.ocr.line_order import ordered
from slave_service.models.ocr.page_text import Word, joined

HEIGHT, PITCH = 20, 30


def line(text: str, left: int, row: float) -> list[Word]:
    """Return a line whose letters are 10 pixels wide."""
    words, x = [], left
    for token in text.split():
        words.append(Word((0, 0, 0), token, 90, (x, round(row * PITCH), len(token) * 10, HEIGHT)))
        x += len(token) * 10 + 10
    return words


def test_rows_are_read_from_the_top() -> None:
    """Lines in any order come out from top to bottom; pieces of a row from left to right."""
    lines = [line("third", 0, 2), line("second", 0, 1), line("more", 55, 0), line("first", 0, 0.1)]
    assert joined(ordered(lines)) == "first more\nsecond\nthird"


def test_columns_are_read_one_after_the_other() -> None:
    """Below a title across both, the left column precedes the right one."""
    left = [line(f"left {row}", 0, row) for row in (2, 3, 4)]
    right = [line(f"right {row}", 300, row) for row in (2, 3, 4)]
    title, end = (
        line("a title over both of the columns here", 0, 0),
        line("the end of both columns on this page", 0, 6),
    )
    words = ordered([*right, end, *left, title])
    assert joined(words).split("\n\n") == [
        "a title over both of the columns here",
        "left 2\nleft 3\nleft 4",
        "right 2\nright 3\nright 4",
        "the end of both columns on this page",
    ]


def test_a_wide_gap_parts_paragraphs() -> None:
    """An empty line stands between paragraphs."""
    lines = [line("one", 0, 0), line("two", 0, 1), line("three", 0, 3)]
    assert joined(ordered(lines)) == "one\ntwo\n\nthree"


def test_nothing_and_many_lines() -> None:
    """No lines give no words, and a thousand lines all come back."""
    assert ordered([]) == ()
    lines = [line(f"n{number}", number % 7 * 200, number // 7) for number in range(1000)]
    assert len(ordered(lines)) == 1000
