"""Checks of file names from others, and sanitizing of text for the terminal."""

import pytest

from client_service.terminal.safe_text import is_safe, printable
from protocol.result_names import safe_stem
from protocol.task_types import TASK_TYPES


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".profile", "a/b", "..\\..\\evil.txt", "C:x", "a:b", "a.txt.", "a.txt ", "a\0b"]
    + [f"a{letter}b" for letter in '*?"<>|\n\x1b\x7f\x9b\ud800']
    + ["CON", "con.txt", "nul .json", "Com1.tar.gz", "LPT³", "aux.", "conin$"]
    + ["x" * 256, "ü" * 128],
)
def test_unsafe_names_are_detected(name: str) -> None:
    """Hidden names, paths, device names, and names that some system forbids are unsafe."""
    assert not is_safe(name)


@pytest.mark.parametrize(
    "name",
    ["a.json", "x" * 255, "Grüße 東京 🌻.json", "console.txt", "a.b.c", "com10", "a..b", "_con"],
)
def test_ordinary_names_are_safe(name: str) -> None:
    """Names with spaces, non-ASCII letters, or the beginning of a device name are safe."""
    assert is_safe(name)


@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize(
    "uploaded",
    [
        *(".profile", "..", "C:\\x\\nul.txt", "con.a.txt", "a\x1b[31m\u2028b", "é" * 300, ""),
        *("Screenshot at 9.41.00\u202fAM.png", "\u3000.txt", " x .txt", "com¹", "a. .b"),
        "👩\u200d🔬.txt",
    ],
)
def test_names_that_the_master_gives_are_safe(task_type: str, uploaded: str) -> None:
    """For any uploaded name, the result's name on the master is safe."""
    saved = TASK_TYPES[task_type].saved_name
    for stem in (safe_stem(uploaded), f"{safe_stem(uploaded)}_2"):
        assert is_safe(saved.format(stem=stem))


def test_control_characters_are_replaced() -> None:
    """Escapes of 7 and 8 bits, line ends and direction marks become "?"."""
    text = "a\x1b[2Jb\x9b1mc\nd\re\x07f\u2028g\u202eh\u2066i\ud800j\x7f"
    assert printable(text) == "a?[2Jb?1mc?d?e?f?g?h?i?j?"


def test_path_stays_as_it_is() -> None:
    """Rare spaces and letters in a path are printed unchanged."""
    for path in ("a\u202fb.json", "東京\u3000駅.json", "👩\u200d🔬_analysis.json", "a\u00a0b"):
        assert printable(path) == path
