"""Lists every bomb with the task types that it is for, and tells the cheap ones from the dear."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from tests.hostile import (
    bombs_docx,
    bombs_pdf,
    bombs_pdf_objects,
    bombs_pictures,
    bombs_png,
    bombs_sounds,
    bombs_texts,
    bombs_tiff,
    bombs_wav,
)

_PICTURES, _SOUNDS, _DOCUMENTS = ("image", "ocr"), ("audio",), ("document",)
_TEXTS = ("text", "embedding", "document")

# Those that take a second or more to make, to send, or to be given up on two busy cores.
DEAR = frozenset(
    {"png at the limit", "png interlaced at the limit", "tiff valid at the limit"}
    | {
        "tiff floats at the limit",
        "bmp of jumps",
        "netpbm of endless notes",
        "tiff one row a strip",
    }
    | {"line of fifty megabytes", "words without a line end", "nothing but newlines"}
    | {"nothing but spaces", "a million words", "words just within the limit", "noise"}
    | {"millions of sentences", "shouting", "one strange byte at the end", "nothing but dots"}
    | {"pdf stream of a gigabyte", "pdf stream packed ten times", "pdf form inside itself"}
    | {"pdf forms that multiply", "pdf contents many times", "pdf meanings that are long"}
    | {"docx part of a gigabyte", "docx part within the limit", "docx million paragraphs"}
    | {"docx many parts", "docx packed by other means"}
)


@dataclass(frozen=True, slots=True)
class Bomb:
    """A hostile file whose bytes are always the same."""

    name: str
    filename: str
    task_types: tuple[str, ...]
    make: Callable[[], bytes]
    is_dear: bool


def _bombs(
    makers: Iterable[Callable[[], bytes]], kind: str, suffix: str, task_types: tuple[str, ...]
) -> Iterable[Bomb]:
    for make in makers:
        name = f"{kind} {make.__name__.replace('_', ' ')}".strip()
        yield Bomb(name, name + suffix, task_types, cache(make), name in DEAR)


BOMBS = (
    *_bombs(bombs_png.BOMBS, "png", ".png", _PICTURES),
    *_bombs(bombs_tiff.BOMBS, "tiff", ".tif", _PICTURES),
    *_bombs(bombs_pictures.BOMBS, "", ".jpg", _PICTURES),
    *_bombs((*bombs_wav.BOMBS, *bombs_sounds.BOMBS), "", ".wav", _SOUNDS),
    *_bombs(bombs_texts.BOMBS, "", ".txt", _TEXTS),
    *_bombs((*bombs_pdf.BOMBS, *bombs_pdf_objects.BOMBS), "pdf", ".pdf", _DOCUMENTS),
    *_bombs(bombs_docx.BOMBS, "docx", ".docx", _DOCUMENTS),
)


def for_type(task_type: str) -> tuple[Bomb, ...]:
    """Return the bombs that a task type has to stand."""
    return tuple(bomb for bomb in BOMBS if task_type in bomb.task_types)
