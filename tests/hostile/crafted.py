"""Lists every crafted file with its task types, and which of them are slow."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from tests.hostile import (
    crafted_docx,
    crafted_markup,
    crafted_packages,
    crafted_pdf,
    crafted_pdf_objects,
    crafted_pictures,
    crafted_png,
    crafted_sounds,
    crafted_texts,
    crafted_tiff,
    crafted_wav,
)

_PICTURES, _SOUNDS, _DOCUMENTS = ("image", "ocr"), ("audio",), ("document",)
_TEXTS = ("text", "embedding", "document")

# These take a second or more to make, to send or to process, on two busy cores.
SLOW = frozenset(
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
    | {"html elements without end", "epub book of deep chapters", "mail parts without end"}
    | {"odf lists of great depth", "xlsx one string in every cell", "html references of all kinds"}
)


@dataclass(frozen=True, slots=True)
class CraftedFile:
    """A malicious file that is written by hand, with the same bytes each time."""

    name: str
    filename: str
    task_types: tuple[str, ...]
    make: Callable[[], bytes]
    is_slow: bool


def _crafted_files(
    makers: Iterable[Callable[[], bytes]], kind: str, suffix: str, task_types: tuple[str, ...]
) -> Iterable[CraftedFile]:
    for make in makers:
        name = f"{kind} {make.__name__.replace('_', ' ')}".strip()
        yield CraftedFile(name, name + suffix, task_types, cache(make), name in SLOW)


FILES = (
    *_crafted_files(crafted_png.FILES, "png", ".png", _PICTURES),
    *_crafted_files(crafted_tiff.FILES, "tiff", ".tif", _PICTURES),
    *_crafted_files(crafted_pictures.FILES, "", ".jpg", _PICTURES),
    *_crafted_files((*crafted_wav.FILES, *crafted_sounds.FILES), "", ".wav", _SOUNDS),
    *_crafted_files(crafted_texts.FILES, "", ".txt", _TEXTS),
    *_crafted_files((*crafted_pdf.FILES, *crafted_pdf_objects.FILES), "pdf", ".pdf", _DOCUMENTS),
    *_crafted_files(crafted_docx.FILES, "docx", ".docx", _DOCUMENTS),
    *_crafted_files(crafted_packages.WORKBOOKS, "xlsx", ".xlsx", _DOCUMENTS),
    *_crafted_files(crafted_packages.SLIDES, "pptx", ".pptx", _DOCUMENTS),
    *_crafted_files(crafted_packages.OPEN_DOCUMENTS, "odf", ".odt", _DOCUMENTS),
    *_crafted_files(crafted_packages.BOOKS, "epub", ".epub", _DOCUMENTS),
    *_crafted_files(crafted_markup.PAGES, "html", ".html", _DOCUMENTS),
    *_crafted_files(crafted_markup.MAILS, "mail", ".eml", _DOCUMENTS),
    *_crafted_files(crafted_markup.RTF, "rtf", ".rtf", _DOCUMENTS),
)


def for_type(task_type: str) -> tuple[CraftedFile, ...]:
    """Return the crafted files that are sent to a task type."""
    return tuple(crafted_file for crafted_file in FILES if task_type in crafted_file.task_types)
