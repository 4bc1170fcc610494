"""Writes a ZIP archive as a stream of blocks, with one block of a file in memory at a time.

The format itself is written by the standard library's ``zipfile``. zipstream-ng can't set the time
and permissions of an entry; stream-zip holds an uncompressed entry in memory as a whole, unless its
CRC is known before it is read, and requires pycryptodome (16 MB).
"""

import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from protocol.result_names import MISSING

_BLOCK_BYTES = 256 * 1024
_YIELD_EVERY_FILES = 100
_YIELD_S = 0.0001
"""gevent switches threads only in a wait, which sending small results is not."""

Manifest = tuple[str, Callable[[Iterable[str]], Iterable[str]]]
"""The name of the manifest, and the function from the missing names to its lines."""


class _Pipe:
    """The file object for ``zipfile``: buffers bytes until ``take`` returns them."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def write(self, data: bytes) -> int:
        self._bytes += data
        return len(data)

    def flush(self) -> None:
        """Do nothing; ``zipfile`` requires the method."""

    def take(self) -> bytes:
        taken = bytes(self._bytes)
        self._bytes.clear()
        return taken


def stream(
    files: Iterable[tuple[str, Path | None]], at: datetime, manifest: Manifest | None = None
) -> Iterator[bytes]:
    """Yield an uncompressed archive of (name, path) pairs; a text in it lists missing files.

    Most results are small or compressed already. ``at`` is the time of every entry. The manifest
    comes last, since it depends on the missing files.
    """
    pipe = _Pipe()
    missing: list[str] = []
    target: Any = pipe
    with zipfile.ZipFile(target, "w", allowZip64=True) as archive:
        for number, (name, path) in enumerate(files, start=1):
            if number % _YIELD_EVERY_FILES == 0:
                time.sleep(_YIELD_S)
            try:
                source = path.open("rb") if path else None
            except OSError:
                source = None
            if source is None:
                missing.append(name)
                continue
            with source:
                yield from _entry(archive, pipe, _info(name, at), _blocks(source))
        if missing:
            text = "No longer in the folder of results:\n" + "\n".join(missing) + "\n"
            archive.writestr(_info(MISSING, at), text)
        if manifest:
            name, lines = manifest
            yield from _entry(archive, pipe, _info(name, at), _joined(lines(missing)))
    yield pipe.take()


def _entry(
    archive: zipfile.ZipFile, pipe: _Pipe, info: zipfile.ZipInfo, blocks: Iterable[bytes]
) -> Iterator[bytes]:
    # The size is unknown until the end, and sizes above 2 GiB need ZIP64.
    with archive.open(info, "w", force_zip64=True) as entry:
        for block in blocks:
            entry.write(block)
            yield pipe.take()


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    while block := source.read(_BLOCK_BYTES):
        yield block


def _joined(lines: Iterable[str]) -> Iterator[bytes]:
    """Join lines into blocks of ``_BLOCK_BYTES``, since each block is sent by itself."""
    block = bytearray()
    for line in lines:
        block += line.encode()
        if len(block) >= _BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    yield bytes(block)


def _info(name: str, at: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, at.timetuple()[:6])
    # Unix permissions; without them, files are unpacked as unreadable.
    info.external_attr = 0o644 << 16
    return info
