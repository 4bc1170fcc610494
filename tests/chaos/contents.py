"""Makes the bytes of the files that a schedule names: small valid and invalid ones."""

import io
import math
import struct
import tempfile
import wave
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import Image

from scripts import samples
from tests.chaos.schedule import POOL
from tests.contract.programs import page

_TEXT_BYTES = 150_000
"""A tenth of a second of work, so that troubles find somebody at it."""
_NOISE = bytes(range(256)) * 10


class Contents:
    """Every file that a schedule may name."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            made = samples.make(folder / "samples")
            self._bytes = {
                (task_type, f"good {number}"): data
                for task_type, make in _MAKERS.items()
                for number, data in enumerate(make(folder / task_type, POOL[task_type], made))
            }
        self._bytes |= {
            (task_type, content): data
            for task_type in POOL
            for content, data in _bad(task_type, made_of=self._bytes[task_type, "good 0"]).items()
        }

    def get(self, task_type: str, content: str) -> bytes:
        """Return the bytes of one file."""
        return self._bytes[task_type, content]


Made = Mapping[str, Sequence[bytes]]


def _texts(folder: Path, count: int, _: object) -> list[bytes]:
    return _read(samples.texts(folder, count, _TEXT_BYTES, seed=1))


def _short_texts(folder: Path, count: int, _: object) -> list[bytes]:
    return _read(samples.texts(folder, count, _TEXT_BYTES // 8, seed=2))


def _pictures(_: Path, count: int, made: Mapping[str, list[Path]]) -> list[bytes]:
    with Image.open(made["image"][0]) as beach:
        return [_jpeg(beach.crop((5 * n, 2 * n, 5 * n + 1000, 2 * n + 700))) for n in range(count)]


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return file.getvalue()


def _pages(_: Path, count: int, __: object) -> list[bytes]:
    return [page(lines=1 + number) for number in range(count)]


def _sounds(_: Path, count: int, __: object) -> list[bytes]:
    return [_sound(hertz=200 + 50 * number) for number in range(count)]


def _sound(hertz: float) -> bytes:
    rate = 8000
    heights = (round(20_000 * math.sin(math.tau * hertz * n / rate)) for n in range(rate))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(b"".join(struct.pack("<h", height) for height in heights))
    return file.getvalue()


def _documents(_: Path, count: int, made: Mapping[str, list[Path]]) -> list[bytes]:
    """Return a PDF, a DOCX and a text in turn; only the PDFs and the texts differ."""
    kinds = _read(made["document"])
    # Of the same length, so that the offsets in the PDF's table stay valid.
    return [
        kinds[number % len(kinds)]
        .replace(b"Millbrook", b"Mill %04d" % number)
        .replace(b"garden club", b"garden %04d" % number)
        for number in range(count)
    ]


def _read(paths: Sequence[Path]) -> list[bytes]:
    return [path.read_bytes() for path in paths]


_MAKERS: Mapping[str, Callable[[Path, int, Mapping[str, list[Path]]], list[bytes]]] = {
    "text": _texts,
    "embedding": _short_texts,
    "image": _pictures,
    "document": _documents,
    "audio": _sounds,
    "ocr": _pages,
}


def _bad(task_type: str, made_of: bytes) -> dict[str, bytes]:
    """Return invalid files by the code with which they must fail; see ``schedule.BAD``."""
    # A picture that is cut later is shown as far as it goes.
    least = 30 if task_type in ("audio", "image") else len(made_of) // 3
    return {"empty": b"", "unsupported": _NOISE, "corrupt": made_of[:least]}
