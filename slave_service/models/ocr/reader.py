"""Reads one page: measures how it looks, corrects it, and lets the engines read it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from PIL import Image

from slave_service.models.ocr import rapid, tesseract
from slave_service.models.ocr.appearance import Appearance, measure
from slave_service.models.ocr.correction import Corrected, correct, unchanged
from slave_service.models.ocr.noise import without_noise
from slave_service.models.ocr.page_text import PageText, Word

_UPRIGHT_CONFIDENCE = 60
"""Text that is upside down gets at most 50; less than this makes the other directions be tried."""
_SURE_CONFIDENCE = 93
"""From here on, Tesseract's words are as right as those of the other engine, which is slower."""
_MAX_TRIED_PIXELS = 30_000_000
"""On larger pages the time for one file allows only one reading."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one engine read from the page in one direction."""

    page: Corrected
    words: tuple[Word, ...]
    engine: str

    @property
    def confidence(self) -> float:
        """The mean over the characters of words, 0 to 100."""
        known = [(len(word.text), word.confidence) for word in self.words if word.confidence >= 0]
        characters = sum(length for length, _ in known)
        return sum(length * value for length, value in known) / characters if known else 0.0

    @property
    def work(self) -> int:
        """Pixels, as many as Tesseract reads in the time."""
        if self.engine == rapid.NAME:
            return rapid.WORK_PIXELS
        return self.page.image.width * self.page.image.height


def read_page(image: Image.Image, languages: str) -> PageText:
    """Return the text of an upright or turned page in mode L.

    ``languages`` is in Tesseract's form, such as ``eng+deu``. The same pixels give the same text.
    Raises ``TooLarge``, ``OutOfMemory`` or ``Internal``.
    """
    calm = without_noise(image)
    look = measure(calm) if max(image.size) <= tesseract.MAX_SIDE_PIXELS else None
    readings: list[_Reading] = []
    for page in _directions(image, calm, look) if look else [unchanged(image)]:
        words = tesseract.read(page.image, languages, is_one_line=page.is_one_line)
        readings.append(_Reading(page, words, tesseract.NAME))
        if readings[-1].confidence >= _UPRIGHT_CONFIDENCE:
            break
    best = max(readings, key=lambda reading: reading.confidence)
    if look and best.confidence < _SURE_CONFIDENCE and rapid.reads(languages):
        readings.append(_Reading(best.page, rapid.read(best.page.image), rapid.NAME))
        best = max(best, readings[-1], key=lambda reading: reading.confidence)
    return _page_text(best, sum(reading.work for reading in readings))


def _directions(image: Image.Image, calm: Image.Image, look: Appearance) -> Iterator[Corrected]:
    """Yield the page turned in the likeliest direction first, and then as it is."""
    turn = 90 if look.lies_on_side else 0
    first = correct(calm, look, turn)
    yield first
    if image.width * image.height <= _MAX_TRIED_PIXELS:
        yield correct(calm, look, turn + 180)
        if first.image is not image:
            yield unchanged(image)


def _page_text(best: _Reading, work: int) -> PageText:
    page = best.page
    boxed = tuple(replace(word, box=page.original_box(word.box)) for word in best.words)
    return PageText(boxed, page.upright_size, page.rotation, best.engine, work)
