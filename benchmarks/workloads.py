"""The workloads of the table: which files, of which task type, made from fixed seeds.

The files are kept in ``benchmark_results/files`` and made again only where they are missing.
"""

import io
import shutil
import textwrap
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import docx
import numpy as np

from scripts import samples
from scripts.local_cluster import PROJECT
from scripts.samples_documents import pdf, settled
from scripts.samples_pages import printed_page
from scripts.samples_texts import prose

RESULTS = PROJECT / "benchmark_results"
"""Where measurements and files are kept; git ignores it."""

_TEXT_BYTES = 2000
_WAV_RATE_HZ = 44_100
_WAV_FRAMES = 760_000
"""Of each sound, 17.2 s: 3.04 MB in stereo of 16 bits."""

Maker = Callable[[Path, int], object]
"""Writes this number of files into an empty folder."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One row of the table: the number of files of a full run, and how they are made."""

    name: str
    title: str
    task_type: str
    count: int
    make: Maker

    def files(self, scale: float = 1.0) -> list[Path]:
        """Return a share of the files (two at least), which are made first where missing."""
        count = max(2, round(self.count * scale))
        folder = RESULTS / "files" / f"{self.name}-{count}"
        if not folder.exists():
            unfinished = folder.with_name(f"{folder.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            self.make(unfinished, count)
            unfinished.rename(folder)
        return sorted(folder.iterdir())


def make_texts(folder: Path, count: int) -> None:
    """Write English texts of 2 kB."""
    samples.texts(folder, count, _TEXT_BYTES)


def make_documents(folder: Path, count: int) -> None:
    """Write as many PDFs of four pages as DOCX files of 40 paragraphs and a table."""
    rng = np.random.default_rng(2)
    for number in range(count // 2):
        pages = [(f"Part {part}", _lines(prose(rng, 2500))) for part in range(1, 5)]
        content = pdf(pages, {"Title": f"Report {number}", "Author": "Nora Field"})
        (folder / f"report {number:04}.pdf").write_bytes(content)
        (folder / f"letter {number:04}.docx").write_bytes(_word_file(rng))


def _lines(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 85))


def _word_file(rng: np.random.Generator) -> bytes:
    document = docx.Document()
    document.add_heading("A long letter", 0)
    for _ in range(40):
        document.add_paragraph(prose(rng, 250))
    table = document.add_table(rows=0, cols=3)
    for row in range(10):
        for column, cell in enumerate(table.add_row().cells):
            cell.text = f"{row} times {column}"
    file = io.BytesIO()
    document.save(file)
    return settled(file.getvalue())


def make_pages(folder: Path, count: int) -> None:
    """Write scanned pages of printed English, 1240 by 1150 pixels."""
    rng = np.random.default_rng(3)
    for number in range(count):
        page = printed_page(prose(rng, 900), (1240, 1150), font_size=29, columns=72, seed=number)
        page.save(folder / f"scan {number:03}.png", dpi=(150, 150))


def make_photos(folder: Path, count: int) -> None:
    """Write JPEGs of 3000 by 2000 pixels and 1 to 2 MB."""
    samples.photos(folder, count)


def make_sounds(folder: Path, count: int) -> None:
    """Write WAV files of a tone in noise, 3.04 MB each."""
    rng = np.random.default_rng(4)
    seconds = np.arange(_WAV_FRAMES) / _WAV_RATE_HZ
    for number in range(count):
        tone = 8000 * np.sin(2 * np.pi * (200 + 5 * number) * seconds)
        frames = tone[:, None] + rng.normal(0, 500, (_WAV_FRAMES, 2)).astype(np.float32)
        with wave.open(str(folder / f"sound {number:03}.wav"), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(_WAV_RATE_HZ)
            file.writeframes(frames.round().astype("<i2").tobytes())


_ALL = (
    Workload("text", "2,000 texts", "text", 2000, make_texts),
    Workload("embedding", "1,000 texts, one embedding job", "embedding", 1000, make_texts),
    Workload("document", "100 PDF + 100 DOCX", "document", 200, make_documents),
    Workload("ocr", "24 OCR pages", "ocr", 24, make_pages),
    Workload("image", "200 photos", "image", 200, make_photos),
    Workload("audio", "100 WAV, 304 MB", "audio", 100, make_sounds),
)
WORKLOADS = {workload.name: workload for workload in _ALL}
