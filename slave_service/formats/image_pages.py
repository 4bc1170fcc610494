"""Counts the pages of a TIFF and the frames of an animation, without decoding them.

The count is limited, since a small file can claim very many and each takes a read.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import BinaryIO, TypeVar

_Item = TypeVar("_Item")

MAX_COUNTED = 10_000
"""Limit of the count."""
_MAX_DIRECTORIES = 2 * MAX_COUNTED
"""Limit of the directories of a TIFF that are read, pages and others."""

_MAX_STEPS = 1_000_000
"""Limit of the blocks of a GIF that are skipped; at 255 bytes each they are 250 MB."""
_NEW_SUBFILE_TYPE, _REDUCED_RESOLUTION = 254, 1
"""TIFF 6.0: marks a smaller version of another page. It is the first tag of a directory."""
_GIF_HEADER_BYTES, _GIF_IMAGE_HEADER_BYTES = 13, 9
_GIF_IMAGE, _GIF_EXTENSION = 0x2C, 0x21


def count(source: BinaryIO, picture_format: str, frames: int) -> int:
    """Return the number of pages or frames, at least 1 and at most ``MAX_COUNTED``.

    ``picture_format`` is Pillow's name; ``frames`` is the number that the header states, which is
    used for formats other than TIFF and GIF.
    """
    if picture_format == "TIFF":
        found = _bounded(_tiff_pages(source))
    elif picture_format == "GIF":
        found = _bounded(_gif_frames(source))
    else:
        found = frames
    return min(max(1, found), MAX_COUNTED)


def tiff_frames(source: BinaryIO, most: int) -> list[int]:
    """Return the numbers of the first ``most`` directories of a TIFF that are pages."""
    return list(_until_damage(_tiff_pages(source), most))


def warning(number: int, picture_format: str) -> list[str]:
    """Return the warning about unread pages or frames; empty where there is only one."""
    if number == 1:
        return []
    what = noun(picture_format)
    return [
        f"This picture has {described(number)} {what}, and only the first was read; "
        f"save the other {what} as files of their own and send those."
    ]


def noun(picture_format: str) -> str:
    """Return what the pictures in a file of this format are called."""
    return "pages" if picture_format == "TIFF" else "frames"


def described(number: int) -> str:
    """Return a count of pages for a sentence."""
    return f"{number:,}" if number < MAX_COUNTED else f"{number:,} or more"


def _bounded(items: Iterator[object]) -> int:
    return sum(1 for _ in _until_damage(items, MAX_COUNTED))


def _until_damage(items: Iterator[_Item], most: int) -> Iterator[_Item]:
    # These mean that the file ends or has an invalid offset, so there are no more.
    with suppress(struct.error, IndexError, OSError, OverflowError, ValueError):
        yield from islice(items, most)


def _tiff_pages(source: BinaryIO) -> Iterator[int]:
    """Yield the number of each directory that is a page, from 0 (TIFF 6.0 and BigTIFF)."""
    source.seek(0)
    byte_order = "<" if source.read(2) == b"II" else ">"
    (version,) = _unpack(source, f"{byte_order}H")
    is_big = version == 43
    number, entry_bytes, to_value, offset_form = ("Q", 20, 10, "Q") if is_big else ("H", 12, 6, "I")
    if is_big:
        source.seek(8)
    (offset,) = _unpack(source, byte_order + offset_form)
    seen: set[int] = set()
    # Directories that are no pages count too: a file can consist of millions of them.
    while offset and offset not in seen and len(seen) < _MAX_DIRECTORIES:
        seen.add(offset)
        source.seek(offset)
        (entries,) = _unpack(source, byte_order + number)
        begin = source.tell()
        tag, value = _unpack(source, f"{byte_order}H{to_value}xI")
        if not (tag == _NEW_SUBFILE_TYPE and value & _REDUCED_RESOLUTION):
            yield len(seen) - 1
        source.seek(begin + entries * entry_bytes)
        (offset,) = _unpack(source, byte_order + offset_form)


def _gif_frames(source: BinaryIO) -> Iterator[None]:
    """Yield once for each image descriptor (GIF89a, section 20)."""
    source.seek(0)
    header = source.read(_GIF_HEADER_BYTES)
    source.seek(_color_table_bytes(header[10]), os.SEEK_CUR)
    steps = iter(range(_MAX_STEPS))
    for _ in steps:
        (kind,) = _unpack(source, "B")
        if kind == _GIF_IMAGE:
            image = source.read(_GIF_IMAGE_HEADER_BYTES)
            source.seek(_color_table_bytes(image[8]), os.SEEK_CUR)
            yield
        elif kind != _GIF_EXTENSION:
            return
        source.seek(1, os.SEEK_CUR)
        _skip_blocks(source, steps)


def _color_table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_blocks(source: BinaryIO, steps: Iterator[int]) -> None:
    for _ in steps:
        (size,) = _unpack(source, "B")
        if not size:
            return
        source.seek(size, os.SEEK_CUR)
    raise ValueError("too many blocks to count")


def _unpack(source: BinaryIO, form: str) -> tuple[int, ...]:
    return struct.unpack(form, source.read(struct.calcsize(form)))
