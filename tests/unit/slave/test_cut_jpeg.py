"""JPEGs that are cut off: what is there is the result, and the warning says how much is missing."""

import io
import re

import numpy as np
import pytest
from PIL import Image, ImageFile

from protocol.failures import Corrupt
from slave_service import processing
from slave_service.formats import images

CUT = "This JPEG file is cut off"


def photo(mode: str = "RGB", **options: object) -> bytes:
    """Return a JPEG of 240 x 320 pixels of noise, so that all rows take about equal room."""
    noise = np.random.default_rng(5).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize((240, 320), Image.Resampling.BICUBIC).convert(mode)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90, **options)
    return file.getvalue()


def levels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(processing.process(io.BytesIO(data)))) as result:
        return np.asarray(result)


def missing_percent(data: bytes) -> float:
    """Return the percentage of the only warning."""
    (warning,) = processing.process(io.BytesIO(data)).warnings
    assert warning.startswith(CUT)
    found = re.search(r"last ([0-9.]+) % of the rows", warning)
    assert found
    return float(found[1])


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_rows_before_the_cut(mode: str, share: float) -> None:
    """The rows that are stored are those of the whole picture; the share of the others is told."""
    data = photo(mode)
    cut = data[: int(len(data) * share)]
    whole, part = levels(data), levels(cut)
    shown = round((1 - missing_percent(cut) / 100) * 320)
    assert whole.shape == part.shape
    assert (whole[: shown - 8] == part[: shown - 8]).all()
    # A block row is 16 pixels high with halved colors; the tables before the pixels take room too.
    assert 320 * share - 40 <= shown <= 320 * share + 20
    assert (part[shown + 24 :] == part[-1, -1]).all()


def test_gray_pictures_are_not_taken_for_missing() -> None:
    """Rows that are stored in the very gray that stands for missing ones are not missing."""
    image = Image.effect_noise((64, 320), 90)
    image.paste(128, (0, 0, 64, 250))
    file = io.BytesIO()
    image.save(file, "JPEG")
    assert missing_percent(file.getvalue()[:-300]) < 25


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_progressive(share: float) -> None:
    """A progressive JPEG shows all rows, in less detail."""
    data = photo(progressive=True)
    cut = data[: int(len(data) * share)]
    (warning,) = processing.process(io.BytesIO(cut)).warnings
    assert warning.startswith(CUT)
    assert "less detail" in warning
    difference = np.abs(levels(data).astype(int) - levels(cut))
    assert 0 < difference.mean() < 40


@pytest.mark.parametrize("length", [700, 1000])
def test_hardly_anything(length: int) -> None:
    """With less than a tenth of its rows, a JPEG is corrupt."""
    with pytest.raises(Corrupt, match="damaged or cut off"):
        processing.process(io.BytesIO(photo()[:length]))


def test_only_the_end_mark_is_missing() -> None:
    """A JPEG without its end mark alone has all pixels."""
    data = photo()
    assert (levels(data[:-2]) == levels(data)).all()


@pytest.mark.parametrize("end", [b"", b"\0" * 500])
def test_whole_pictures(end: bytes) -> None:
    """A whole JPEG has no warning, even with zeros behind its end."""
    assert processing.process(io.BytesIO(photo() + end)).warnings == ()


def test_ocr_gets_the_warning() -> None:
    """The warning is part of the loaded picture; what Pillow accepts afterwards is unchanged."""
    data = photo()
    picture = images.load(io.BytesIO(data[: len(data) // 2]))
    assert picture.image.size == (240, 320)
    assert picture.warnings[0].startswith(CUT)
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_same_bytes() -> None:
    """The same truncated file gives the same result."""
    cut = photo()[:-2000]
    assert processing.process(io.BytesIO(cut)) == processing.process(io.BytesIO(cut))


def test_several_pictures() -> None:
    """A photo with a further picture behind it, as phones write, gives its rows as well."""
    image = Image.open(io.BytesIO(photo()))
    file = io.BytesIO()
    image.save(file, "MPO", save_all=True, append_images=[image])
    data = file.getvalue()
    cut = data[: len(data) // 3]
    assert 20 < missing_percent(cut) < 45
    assert (levels(cut)[:150] == levels(data)[:150]).all()
    # Nothing of the first picture is missing.
    assert processing.process(io.BytesIO(data[: len(data) * 3 // 4])).warnings == ()
