"""Counts of pages and frames, in files that Pillow writes and in hand-written ones."""

import io
import struct
import time

import pytest
from PIL import Image, features

from slave_service import processing
from slave_service.formats import image_pages
from slave_service.formats import images as image_loading


def pages(count: int, kind: str, **options: object) -> io.BytesIO:
    """Return a file of ``count`` pages or frames, each of another gray."""
    images = [Image.new("L", (8, 8), 9 * number) for number in range(count)]
    if kind in ("WEBP", "AVIF"):
        images = [image.convert("RGB") for image in images]
    file = io.BytesIO()
    images[0].save(file, kind, save_all=True, append_images=images[1:], **options)
    return file


KINDS = [
    ("TIFF", {}),
    ("TIFF", {"big_tiff": True}),
    ("GIF", {}),
    ("WEBP", {"lossless": True}),
    ("PNG", {}),
    pytest.param(
        "AVIF", {}, marks=pytest.mark.skipif(not features.check("avif"), reason="no AVIF here")
    ),
]


@pytest.mark.parametrize(("kind", "options"), KINDS)
@pytest.mark.parametrize("count", [1, 3])
def test_pages_and_frames_are_counted(kind: str, options: dict[str, object], count: int) -> None:
    """The pages of every format are counted, and the file can still be read."""
    file = pages(count, kind, **options)
    assert image_loading.load(file).page_count == count
    found = processing.process(file).warnings
    assert len(found) == (count > 1)
    assert all("3 " in sentence and "only the first was read" in sentence for sentence in found)


def test_counting_does_not_change_the_picture() -> None:
    """The result of a picture with several pages is that of its first page."""
    alone, first = pages(1, "TIFF"), pages(3, "TIFF")
    assert processing.process(first) == processing.process(alone)


def test_a_photo_with_previews_is_one_picture() -> None:
    """The further pictures in a phone's JPEG (MPO) and the sizes of an icon are not pages."""
    assert processing.process(pages(2, "MPO")).warnings == ()
    icon = io.BytesIO()
    Image.new("RGB", (64, 64)).save(icon, "ICO", sizes=[(16, 16), (32, 32), (64, 64)])
    assert processing.process(icon).warnings == ()


def test_a_smaller_version_of_a_page_is_no_page() -> None:
    """A directory with NewSubfileType 1 is a thumbnail and not a page."""
    full, small = Image.new("L", (8, 8)), Image.new("L", (4, 4))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    file = io.BytesIO()
    full.save(file, "TIFF", save_all=True, append_images=[small])
    assert image_loading.load(file).page_count == 1


def test_a_cycle_of_directories_ends() -> None:
    """A TIFF whose last directory refers to the first has as many pages as directories."""
    loop = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1)
    loop += struct.pack("<HHII", 256, 4, 1, 8) + struct.pack("<I", 8)
    assert image_pages.count(io.BytesIO(loop), "TIFF", 1) == 1


def test_endless_chains_are_bounded() -> None:
    """Counting very many directories or frames takes a limited time."""
    directories = (struct.pack("<HI", 0, 8 + 6 * number) for number in range(1, 200_001))
    tiff = b"II*\0" + struct.pack("<I", 8) + b"".join(directories)
    began = time.monotonic()
    assert image_pages.count(io.BytesIO(tiff), "TIFF", 1) == image_pages.MAX_COUNTED
    gif = b"GIF89a" + bytes(7) + (b"\x2c" + bytes(9) + b"\x02\x00") * 2_000_000
    assert image_pages.count(io.BytesIO(gif), "GIF", 1) == image_pages.MAX_COUNTED
    assert image_pages.count(io.BytesIO(gif[:13] + b"\x21\xfe" + b"\1 " * 9_000_000), "GIF", 1)
    assert time.monotonic() - began < 10
    assert "10,000 or more frames" in image_pages.warning(image_pages.MAX_COUNTED, "GIF")[0]


@pytest.mark.parametrize("length", [4, 8, 9, 20])
def test_a_cut_off_chain_ends(length: int) -> None:
    """A file that is cut off within its directories has at least one page."""
    data = pages(3, "TIFF").getvalue()[:length]
    assert image_pages.count(io.BytesIO(data), "TIFF", 1) == 1
    assert image_pages.count(io.BytesIO(pages(3, "GIF").getvalue()[:length]), "GIF", 1) == 1


def test_a_tiff_of_very_many_directories_is_read_to_a_limit() -> None:
    """Directories that are no pages cost time and memory too, so they count for the limit."""
    entry = struct.pack("<HHII", 254, 4, 1, 1)
    directories = 300_000
    size = 2 + len(entry) + 4
    chain = bytearray(struct.pack("<2sHI", b"II", 42, 8))
    for number in range(1, directories + 1):
        following = 8 + number * size if number < directories else 0
        chain += struct.pack("<H", 1) + entry + struct.pack("<I", following)
    source = io.BytesIO(bytes(chain))
    assert image_pages.count(source, "TIFF", 1) == 1
    assert source.tell() < len(chain) / 2
