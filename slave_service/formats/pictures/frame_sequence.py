"""Converts chosen pages or frames of a picture: one to a PNG, several to an animated PNG."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from PIL import Image

from protocol.failures import Corrupt, Unsupported
from protocol.option_values.image import ALL, frame_range
from slave_service.formats import image_pages, images
from slave_service.formats.pictures import facts, png_writing

MAX_FRAMES = 1000
MAX_PIXELS = 300_000_000
"""Limit of the pixels of all frames: about 34 pages of A4 at 300 dpi."""
_PAGE_MS = 1000
"""How long a page is shown, and a frame that states no time."""


class _Converted:
    """The frames that are converted so far."""

    def __init__(self, gray: Callable[[images.Picture], Image.Image], fact_names: str) -> None:
        self._gray, self._fact_names = gray, fact_names
        self._pixels = 0
        self.pictures: list[bytes] = []
        self.delays_ms: list[int] = []
        self.warnings: list[str] = []

    def add(self, frame: images.Picture) -> bool:
        """Convert a frame; return False, without it, over ``MAX_PIXELS``."""
        image = self._gray(frame)
        self._pixels += image.width * image.height
        if self.pictures and self._pixels > MAX_PIXELS:
            return False
        texts: dict[str, str] = {}
        if not self.pictures:
            texts, missing = facts.facts(self._fact_names, frame.image, image)
            self.warnings += [*frame.warnings, *missing]
        self.delays_ms.append(_delay_ms(frame))
        self.pictures.append(png_writing.png(image, texts))
        return True

    def png(self) -> bytes:
        if len(self.pictures) == 1:
            return self.pictures[0]
        return png_writing.animated_png(self.pictures, self.delays_ms)


def convert(
    source: BinaryIO,
    picture: images.Picture,
    gray: Callable[[images.Picture], Image.Image],
    fact_names: str,
    frames: str,
) -> tuple[bytes, list[str]]:
    """Return the chosen frames of ``source`` as PNG, and warnings about those that are missing.

    ``picture`` is its first frame; ``fact_names`` are stated about the first chosen one. Raises
    ``Unsupported`` where the file has none of the chosen frames, and ``Corrupt`` where they are
    damaged.
    """
    noun = image_pages.noun(picture.format)
    begin, end = frame_range(frames)
    _check(picture.page_count, begin, frames, noun)
    last = min(end, picture.page_count, begin + MAX_FRAMES - 1)
    converted = _Converted(gray, fact_names)
    damaged: list[int] = []
    reached = begin - 1
    for number, frame in enumerate(_chosen(source, picture, begin, last), start=begin):
        if frame is None:
            damaged.append(number)
            # The frames of an animation build on those before.
            if picture.format != "TIFF":
                break
        elif not converted.add(frame):
            break
        reached = number
    if not converted.pictures:
        raise Corrupt(f"The chosen {noun} of this picture are damaged; save it again, send that.")
    wanted = picture.page_count if frames == ALL else end
    return converted.png(), [*converted.warnings, *_missing(noun, damaged, reached, wanted)]


def _check(page_count: int, begin: int, frames: str, noun: str) -> None:
    if begin > page_count:
        many = f"{image_pages.described(page_count)} {noun if page_count > 1 else noun[:-1]}"
        raise Unsupported(
            f"This picture has {many}, and none of the chosen ({frames}); choose others by the "
            "option frames."
        )


def _chosen(
    source: BinaryIO, picture: images.Picture, begin: int, last: int
) -> Iterator[images.Picture | None]:
    if picture.page_count == 1:
        return iter([picture])
    if picture.format == "TIFF":
        places = image_pages.tiff_frames(source, last)[begin - 1 :]
    else:
        places = list(range(begin - 1, last))
    return images.load_frames(source, places)


def _delay_ms(frame: images.Picture) -> int:
    stated = frame.image.info.get("duration")
    return round(stated) if isinstance(stated, int | float) and stated > 0 else _PAGE_MS


def _missing(noun: str, damaged: list[int], last: int, wanted: int) -> list[str]:
    found = []
    if damaged:
        names = ", ".join(map(str, damaged[:20])) + (" and more" if len(damaged) > 20 else "")
        found.append(f"Damaged {noun} are not in the result: {names}; save the picture again.")
    if last < wanted:
        found.append(
            f"The result ends with number {last} of the chosen {noun}; the others are missing, are "
            f"damaged, or are over the limit ({MAX_FRAMES:,} {noun}, {MAX_PIXELS:,} pixels)."
        )
    return found
