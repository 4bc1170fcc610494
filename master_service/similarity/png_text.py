"""Reads one text that a PNG carries (chunk tEXt), without decoding the picture."""

from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 1000
"""Before the first row of the picture; other files have a handful."""
_MAX_TEXT = 4096
_HEAD_BYTES, _CHECKSUM_BYTES = 8, 4


def png_text(path: Path, keyword: str) -> str | None:
    """Return the text of a keyword; None where the file is no PNG or lacks it.

    Reads chunk heads up to the first one of the picture, and texts of ``_MAX_TEXT`` bytes at most.
    """
    start = keyword.encode("latin-1") + b"\0"
    with path.open("rb") as file:
        if file.read(len(_SIGNATURE)) != _SIGNATURE:
            return None
        for _ in range(_MAX_CHUNKS):
            head = file.read(_HEAD_BYTES)
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind in (b"IDAT", b"IEND", b""):
                return None
            if kind == b"tEXt" and length <= _MAX_TEXT:
                data = file.read(length)
                if data.startswith(start) and len(data) == length:
                    return data[len(start) :].decode("latin-1")
                length = 0
            file.seek(length + _CHECKSUM_BYTES, 1)
    return None
