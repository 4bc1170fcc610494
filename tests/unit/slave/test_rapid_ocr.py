"""RapidOCR, the optional engine, reads what Tesseract is unsure of."""

import random
from collections import Counter
from typing import Any

import pytest
from PIL import Image

from accuracy import ocr_pages as pages
from slave_service import ocr_processing
from slave_service.models.ocr import rapid
from slave_service.models.ocr.reader import read_page
from tests.conftest import need
from tests.unit.slave.test_ocr_languages import GERMAN, page
from tests.unit.slave.test_ocr_processing import upload

installed = pytest.mark.skipif(
    not rapid.is_installed(), reason="RapidOCR is not installed (requirements-ocr.txt)"
)


@pytest.fixture(autouse=True)
def tesseract() -> None:
    need("tesseract")


@installed
def test_umlauts_are_read_without_german() -> None:
    """Tesseract has English alone here, and the result names the engine that read it."""
    result: dict[str, Any] = ocr_processing.process(page(GERMAN))
    assert (result["extracted_text"], result["engine"]) == (GERMAN, "rapidocr")
    assert result["pages"][0]["engine"] == "rapidocr"


@installed
@pytest.mark.parametrize("degrees", [0, 90, 180])
def test_words_have_boxes_on_the_turned_page(degrees: int) -> None:
    """Words come in order after the turn, and each box holds the ink of its word."""
    image = Image.open(page(GERMAN))
    found = read_page(image.rotate(degrees, expand=True), "eng")
    assert [word.text for word in found.words] == GERMAN.split()
    assert (found.engine, found.size) == (rapid.NAME, image.size)
    rest = image.point(lambda level: 255 - level)
    ink = sum(rest.tobytes())
    for word in found.words:
        left, top, width, height = word.box
        assert max(rest.crop((left, top, left + width, top + height)).tobytes()) > 200
        rest.paste(0, (left, top, left + width, top + height))
    assert sum(rest.tobytes()) < 0.01 * ink


@installed
def test_the_same_page_gives_the_same_words() -> None:
    """Two readings are equal, confidences included."""
    image, _ = pages.page(random.Random(5))  # noqa: S311 (no secret)
    assert rapid.read(image) == rapid.read(image)


@installed
def test_two_columns_keep_their_order() -> None:
    """The left column is read before the right one."""
    image, text = pages.page(random.Random(6), columns=2)  # noqa: S311 (no secret)
    words = [word.text for word in rapid.read(image)]
    assert (Counter(text.split()) - Counter(words)).total() <= 2
    half = len(words) // 2
    assert words[half - 3 : half + 3] == text.split()[half - 3 : half + 3]


@installed
def test_it_is_registered_and_tested() -> None:
    """Its versions are among those of the slave, and the self-test passes."""
    ocr_processing.self_test()
    assert ocr_processing.versions()["rapidocr"] == rapid.versions()["rapidocr"]


@pytest.mark.parametrize("size", [(1, 1), (15, 900), (4000, 20)])
def test_pictures_too_narrow_for_lines_have_no_words(size: tuple[int, int]) -> None:
    """They are not given to the engine."""
    assert rapid.read(Image.new("L", size)) == ()


def test_languages_that_it_does_not_know() -> None:
    """Text in another script is left to Tesseract."""
    assert not rapid.reads("rus")
    assert not rapid.reads("eng+ara")
    assert rapid.reads("eng+deu") == rapid.is_installed()


def test_without_it_nothing_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra there are no versions of it, and English is Tesseract's."""
    monkeypatch.setattr(rapid, "is_installed", lambda: False)
    assert rapid.versions() == {}
    assert "rapidocr" not in ocr_processing.versions()
    image, _ = pages.single_line(random.Random(1))  # noqa: S311 (no secret)
    assert ocr_processing.process(upload(image))["engine"] == "tesseract"
