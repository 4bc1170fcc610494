"""Reads one page: measures how it looks, corrects it, and lets the engines read it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from PIL import Image

from protocol.option_values import ocr_engines
from slave_service.models.ocr import quality, rapid, tesseract
from slave_service.models.ocr.appearance import Appearance, measure
from slave_service.models.ocr.correction import Corrected, correct, unchanged
from slave_service.models.ocr.noise import without_noise
from slave_service.models.ocr.page_text import PageText, Word

_UPRIGHT_CONFIDENCE = {tesseract.NAME: 60, rapid.NAME: 85}
"""Text that is upside down gets less, which makes the other directions be tried."""
_SURE_SHARE = 0.98
"""From this share of right words on, the other engine, which is slower, reads hardly better."""
_MUCH_INK_LEFT = 0.06
"""Share of the ink beside the words of Tesseract, from which on lines or columns are missing."""
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
    def words_right(self) -> float:
        """The number of words that are probably right."""
        return quality.words_right(self.words, self.engine)

    @property
    def work(self) -> int:
        """Pixels, as many as Tesseract reads in the time."""
        if self.engine == rapid.NAME:
            return rapid.WORK_PIXELS
        return self.page.image.width * self.page.image.height


def read_page(image: Image.Image, languages: str, engine: str = ocr_engines.AUTO) -> PageText:
    """Return the text of an upright or turned page in mode L.

    ``languages`` is in Tesseract's form, such as ``eng+deu``; ``engine`` is one of
    ``protocol.option_values.ocr_engines``. The same pixels give the same text.
    Raises ``TooLarge``, ``OutOfMemory`` or ``Internal``.
    """
    calm = without_noise(image)
    look = measure(calm) if max(image.size) <= tesseract.MAX_SIDE_PIXELS else None
    first = rapid.NAME if engine == ocr_engines.RAPIDOCR else tesseract.NAME
    readings: list[_Reading] = []
    for page in _directions(image, calm, look) if look else [unchanged(image)]:
        readings.append(_read(page, languages, first))
        if readings[-1].confidence >= _UPRIGHT_CONFIDENCE[first]:
            break
    best = max(readings, key=lambda reading: reading.confidence)
    if engine != ocr_engines.RAPIDOCR and look:
        with_other = engine == ocr_engines.AUTO and rapid.reads(languages)
        further = _further(best, languages, with_other=with_other)
        readings += further
        best = max([best, *further], key=lambda reading: reading.words_right)
    return _page_text(best, sum(reading.work for reading in readings))


def _further(read: _Reading, languages: str, *, with_other: bool) -> list[_Reading]:
    """Return another reading of a page of which Tesseract missed much, or is unsure."""
    misses = quality.ink_left(read.page.image, read.words) >= _MUCH_INK_LEFT
    is_sure = read.words_right >= _SURE_SHARE * quality.word_count(read.words)
    if with_other and (misses or not is_sure):
        return [_read(read.page, languages, rapid.NAME)]
    if misses:
        words = tesseract.read_as_one_block(read.page.image, languages)
        return [_Reading(read.page, words, tesseract.NAME)]
    return []


def _read(page: Corrected, languages: str, engine: str) -> _Reading:
    if engine == rapid.NAME:
        return _Reading(page, rapid.read(page.image), engine)
    words = tesseract.read(page.image, languages, is_one_line=page.is_one_line)
    return _Reading(page, words, engine)


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
