"""Brings the pages of a picture, a TIFF or a PDF to OCR, one at a time and upright by EXIF.

Pages of a PDF are rendered at 200 dots per inch, with comments and form fields as they are shown.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from PIL import Image

from protocol import content_types
from protocol.failures import Corrupt, Encrypted, TooLarge
from slave_service import processing
from slave_service.formats import image_pages, images
from slave_service.models.ocr import channels

PDF = "PDF"
_DOTS_PER_INCH, _POINTS_PER_INCH = 200.0, 72
_MAX_SIDE_PIXELS = 4000
_ASSUMED, _PLAUSIBLE = 150.0, (50.0, 2400.0)
"""Dots per inch: of a picture that states none, and what is believed."""
_LIES_ON_SIDE = 5
"""The EXIF orientations from here on exchange width and height."""
_ENCRYPTED = "This PDF needs a password; save a copy without one and send that."
_DAMAGED = "This PDF is damaged and can't be opened; save or export it again."


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page."""

    levels: Image.Image
    """In mode L, from the channel that shows print best."""
    shown: Callable[[], Image.Image]
    """Returns the page as it looks, in mode 1, L or RGB."""
    dots_per_inch: tuple[float, float]
    """Across and down."""


@dataclass(frozen=True, slots=True)
class Sheets:
    """The pages of one file; ``each`` can be iterated once."""

    kind: str
    """Pillow's name of the kind of file, or ``PDF``."""
    page_count: int
    mode: str
    """Pillow's name for the pixels of the first page."""
    warnings: tuple[str, ...]
    each: Iterator[Sheet | None]
    """The pages that are brought, in order; None for one that can't be decoded."""


@contextmanager
def opened(source: BinaryIO, most: int) -> Iterator[Sheets]:
    """Open a picture or a PDF, of which at most ``most`` pages are brought.

    Of an animation the first frame is brought. Raises ``Unsupported``, ``Corrupt``, ``Encrypted``
    or ``TooLarge``, also for the first page of a picture.
    """
    source.seek(0)
    signed = content_types.PDF in source.read(content_types.PDF_WITHIN)
    source.seek(0)
    is_pdf = signed and content_types.detect_type(source) == content_types.DOCUMENT
    source.seek(0)
    if not is_pdf:
        yield _of_picture(source, most)
        return
    with _document(source) as document:
        yield Sheets(PDF, len(document), "RGB", (), _of_pdf(document, most))


def _of_picture(source: BinaryIO, most: int) -> Sheets:
    first = images.load(source)
    has_pages = first.format == "TIFF" and first.page_count > 1
    each = _of_tiff(source, first, most) if has_pages else iter([_sheet(first)])
    return Sheets(first.format, first.page_count, first.mode, first.warnings, each)


def _of_tiff(source: BinaryIO, first: images.Picture, most: int) -> Iterator[Sheet | None]:
    yield _sheet(first)
    for frame in image_pages.tiff_frames(source, most)[1:]:
        try:
            sheet = _sheet(images.load(source, frame))
        except (Corrupt, TooLarge):
            sheet = None
        yield sheet


def _sheet(picture: images.Picture) -> Sheet:
    gray = processing.gray(picture)
    levels = gray
    if picture.image.mode == "RGB" and not picture.image.has_transparency_data:
        colored = images.apply_orientation(picture.image, picture.orientation)
        levels = channels.clearest(gray, colored)
    return Sheet(levels, lambda: _shown(picture, gray), _resolution(picture))


def _shown(picture: images.Picture, gray: Image.Image) -> Image.Image:
    """Return the upright picture with its colors, transparent parts on white."""
    image = picture.image
    if image.has_transparency_data and image.mode in ("RGBA", "P", "PA", "RGB"):
        rgba = image if image.mode == "RGBA" else image.convert("RGBA")
        image = Image.new("RGB", rgba.size, "white")
        image.paste(rgba, mask=rgba.getchannel("A"))
    elif image.has_transparency_data or image.mode not in ("1", "RGB", "P", "CMYK", "YCbCr"):
        return gray
    elif image.mode not in ("1", "RGB"):
        image = image.convert("RGB")
    return images.apply_orientation(image, picture.orientation)


def _resolution(picture: images.Picture) -> tuple[float, float]:
    try:
        across, down = (float(value) for value in picture.image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return _ASSUMED, _ASSUMED
    low, high = _PLAUSIBLE
    if not all(math.isfinite(value) and low <= value <= high for value in (across, down)):
        return _ASSUMED, _ASSUMED
    return (down, across) if picture.orientation >= _LIES_ON_SIDE else (across, down)


@contextmanager
def _document(source: BinaryIO) -> Iterator[Any]:
    """Open a PDF with PDFium; raise ``Encrypted`` or ``Corrupt``."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise Encrypted(_ENCRYPTED) from error
        raise Corrupt(_DAMAGED) from error
    with document:
        if not len(document):
            raise Corrupt(_DAMAGED)
        # Without it, the fields of forms are not shown.
        document.init_forms()
        yield document


def _of_pdf(document: Any, most: int) -> Iterator[Sheet | None]:  # noqa: ANN401 - pypdfium2 has no types
    import pypdfium2

    for number in range(min(most, len(document))):
        try:
            with closing(document[number]) as page:
                size = page.get_size()
                scale = min(_DOTS_PER_INCH / _POINTS_PER_INCH, _MAX_SIDE_PIXELS / max(1.0, *size))
                image: Image.Image = page.render(scale=scale).to_pil().convert("RGB")
        except (pypdfium2.PdfiumError, ValueError):
            yield None
        else:
            yield _rendered(image, scale * _POINTS_PER_INCH)


def _rendered(image: Image.Image, dots_per_inch: float) -> Sheet:
    levels = channels.clearest(image.convert("L"), image)
    return Sheet(levels, lambda: image, (dots_per_inch, dots_per_inch))
