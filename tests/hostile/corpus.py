"""The corpus as a sequence: a seed and a number give a task type, a file name and bytes.

Some two in twenty are crafted, some are valid files of the wrong or of the right kind, and all
others are damaged valid files. Any of them can be made alone.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from tests.hostile import (
    crafted,
    good_documents,
    good_pictures,
    good_sounds,
    good_texts,
    mutations,
    names,
)

_PATTERN = (
    *("image", "document", "audio", "text", "document", "image", "audio", "document", "image"),
    *("embedding", "document", "text", "image", "audio", "document", "ocr", "image", "text"),
    *("audio", "document"),
)
"""OCR is slow, and embedding reads the same files as text."""
_IN_PATTERN = Counter(_PATTERN)
_EVERY_NTH_IS_CRAFTED, _CRAFTED_PLACE, _WRONG_PLACE, _GOOD_PLACE = 8, 5, 2, 7


@dataclass(frozen=True, slots=True)
class Plan:
    """What a number means, known before the bytes are made."""

    seed: int
    number: int
    task_type: str
    crafted_file: crafted.CraftedFile | None
    origin: str
    """``crafted``, ``wrong kind``, ``good`` or ``damaged``."""


@dataclass(frozen=True, slots=True)
class Case:
    """One upload; ``what`` says how its bytes were made."""

    number: int
    task_type: str
    filename: str
    data: bytes
    what: str


def plan(seed: int, number: int) -> Plan:
    """Return what the number means."""
    round_, place = divmod(number, len(_PATTERN))
    task_type = _PATTERN[place]
    index = round_ * _IN_PATTERN[task_type] + _PATTERN[:place].count(task_type)
    round_number, kind = divmod(index, _EVERY_NTH_IS_CRAFTED)
    if kind == _CRAFTED_PLACE:
        some = crafted.for_type(task_type)
        # Another seed begins elsewhere, so that short runs have other crafted files.
        return Plan(
            seed, number, task_type, some[(round_number + 17 * seed) % len(some)], "crafted"
        )
    if kind == _WRONG_PLACE and round_number % 2:
        return Plan(seed, number, task_type, None, "wrong kind")
    origin = "good" if kind == _GOOD_PLACE and round_number % 2 else "damaged"
    return Plan(seed, number, task_type, None, origin)


def make(planned: Plan) -> Case:
    """Make the upload; the same plan gives the same bytes."""
    random = Random(f"{planned.seed}/{planned.number}")  # noqa: S311 (has to be repeatable)
    if planned.crafted_file is not None:
        plain, data, what = (
            planned.crafted_file.filename,
            planned.crafted_file.make(),
            planned.crafted_file.name,
        )
    else:
        plain, data, what = _MAKERS_BY_ORIGIN[planned.origin](random, planned.task_type)
    filename = names.name(random, planned.number, plain)
    return Case(planned.number, planned.task_type, filename, data, what)


@cache
def good(task_type: str) -> Mapping[str, bytes]:
    """Return the valid files of a task type by their names."""
    return _GOOD[task_type]()


def _texts_for_documents() -> dict[str, bytes]:
    texts = good_texts.make()
    return good_documents.make() | {name: texts[name] for name in ("german.txt", "utf-16.txt")}


_GOOD: Mapping[str, Callable[[], dict[str, bytes]]] = {
    "image": good_pictures.make,
    "ocr": good_pictures.pages,
    "audio": good_sounds.make,
    "text": good_texts.make,
    "embedding": good_texts.make,
    "document": _texts_for_documents,
}

_Made = tuple[str, bytes, str]


def _damaged(random: Random, task_type: str) -> _Made:
    name = random.choice(sorted(good(task_type)))
    same_type = random.random() < 0.7
    others = list(good(task_type).values()) if same_type else _all_good()
    data, done = mutations.mutated(random, good(task_type)[name], others)
    return name, data, f"{name}: {done}"


def _wrong_kind(random: Random, task_type: str) -> _Made:
    other = random.choice(sorted(set(_GOOD) - {task_type}))
    name = random.choice(sorted(good(other)))
    return name, good(other)[name], f"{name}, which is for {other}"


def _whole(random: Random, task_type: str) -> _Made:
    name = random.choice(sorted(good(task_type)))
    return name, good(task_type)[name], f"{name}, as it is"


_MAKERS_BY_ORIGIN: Mapping[str, Callable[[Random, str], _Made]] = {
    "damaged": _damaged,
    "wrong kind": _wrong_kind,
    "good": _whole,
}


@cache
def _all_good() -> Sequence[bytes]:
    return [data for task_type in sorted(_GOOD) for data in good(task_type).values()]
