"""The text that was read from one page: its words with boxes, and how they are joined."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

Box = tuple[int, int, int, int]
"""Left, top, width and height, in pixels."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word, with the line that it is in."""

    line: tuple[int, int, int]
    """Number of the block, of the paragraph in the block, and of the line in the paragraph."""
    text: str
    confidence: float
    """0 to 100; less than 0 if it is unknown."""
    box: Box

    def described(self) -> dict[str, object]:
        """Return the word as in the result, with a confidence of 0 to 100 with two places."""
        # Tesseract writes -1 for an unknown confidence, and rounding can exceed 100.
        confidence = round(min(100.0, max(0.0, self.confidence)), 2)
        return {"text": self.text, "confidence": confidence, "box": list(self.box)}


@dataclass(frozen=True, slots=True)
class PageText:
    """What was read from one page."""

    words: tuple[Word, ...]
    """In reading order. Boxes are in pixels of the page after its turn by a multiple of 90."""
    size: tuple[int, int]
    """Width and height of the page after that turn, in pixels."""
    rotation: float = 0.0
    """Degrees clockwise by which the picture was turned so that its lines run horizontally."""
    engine: str = ""
    """Name of the program that read the words."""
    work: int = 0
    """Pixels that were read for it, counting each reading."""
    text: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", joined(self.words))

    @property
    def turn(self) -> int:
        """Degrees clockwise, a multiple of 90, of the turn after which boxes and size are."""
        return 90 * round(self.rotation / 90)

    @property
    def confidence(self) -> float:
        """The mean of the words' confidences, 0 to 100; 0 without any."""
        return mean_confidence(self.words)

    def described(self, number: int) -> dict[str, object]:
        """Return the page as in the result; ``number`` counts from 1."""
        return {
            "page": number,
            "text": self.text,
            "confidence": round(self.confidence, 2),
            "size": list(self.size),
            "rotation": self.rotation,
            "engine": self.engine,
            "words": [word.described() for word in self.words],
        }


def mean_confidence(words: Iterable[Word]) -> float:
    """Return the mean of the known confidences, 0 to 100; 0 without any."""
    known = [word.confidence for word in words if word.confidence >= 0]
    return sum(known) / len(known) if known else 0.0


def joined(words: Iterable[Word]) -> str:
    """Return the words in lines, with a blank line between paragraphs."""
    paragraphs = groupby(words, key=lambda word: word.line[:2])
    return "\n\n".join("\n".join(_lines(paragraph)) for _, paragraph in paragraphs)


def _lines(paragraph: Iterator[Word]) -> Iterator[str]:
    for _, words in groupby(paragraph, key=lambda word: word.line):
        yield " ".join(word.text for word in words)
