"""Known answers of the OCR processor: drawn words, read by a real Tesseract."""

import io
import os
import shutil
from pathlib import Path
from typing import Any

import pytesseract
import pytest
from PIL import Image, ImageDraw, ImageFont

from protocol.failures import Corrupt, Internal, OutOfMemory, TooLarge, Unavailable, Unsupported
from slave_service import ocr_processing

Color = int | str | tuple[int, ...]

HEADER = "level page_num block_num par_num line_num word_num left top width height conf text"


@pytest.fixture
def tesseract() -> None:
    """Skip where Tesseract is missing, and fail in CI."""
    if shutil.which("tesseract") is None:
        message = "Tesseract is not installed"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


def page(text: str, mode: str = "L", ink: Color = 0, paper: Color = 255) -> Image.Image:
    """Draw some lines of text in the middle of a page."""
    image = Image.new(mode, (900, 300), paper)
    font = ImageFont.load_default(size=40)
    ImageDraw.Draw(image).multiline_text((40, 40), text, fill=ink, font=font, spacing=16)
    return image


def upload(image: Image.Image, kind: str = "PNG", **options: object) -> io.BytesIO:
    """Return the picture as an uploaded file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file


def table(*rows: str) -> str:
    """Return Tesseract's TSV for rows with blanks in place of tabs."""
    return "\n".join(row.replace(" ", "\t") for row in (HEADER, *rows)) + "\n"


def boxed(result: dict[str, Any]) -> list[tuple[str, list[int]]]:
    """Return each word's text and box."""
    return [(word["text"], word["box"]) for word in result["words"]]


@pytest.mark.usefixtures("tesseract")
def test_two_lines_are_read_with_all_keys() -> None:
    """The result has words, counts, confidence, and size and mode as uploaded."""
    result: dict[str, Any] = ocr_processing.process(
        upload(page("Hello brave\nnew world", "RGB", "navy", "white"))
    )
    confidence = result.pop("average_confidence")
    words = result.pop("words")
    (only,) = result.pop("pages")
    assert only == {
        "page": 1,
        "text": result["extracted_text"],
        "confidence": confidence,
        "size": [900, 300],
        "rotation": 0.0,
        "engine": "tesseract",
        "words": words,
    }
    assert result == {
        "extracted_text": "Hello brave\nnew world",
        "word_count": 4,
        "character_count": 21,
        "image_size": [900, 300],
        "image_mode": "RGB",
        "language": "eng",
        "engine": "tesseract",
        "rotation": 0.0,
        "page_count": 1,
        "pages_read": 1,
        "warnings": [],
    }
    assert isinstance(confidence, float)
    assert 70 < confidence <= 100


@pytest.mark.usefixtures("tesseract")
def test_a_page_on_its_side_is_read_upright() -> None:
    """EXIF orientation is applied, and the size is that of the upright page."""
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = page("Upright words").transpose(Image.Transpose.ROTATE_90)
    result = ocr_processing.process(upload(lying, "JPEG", exif=exif))
    assert (result["extracted_text"], result["image_size"]) == ("Upright words", [900, 300])


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize(
    ("mode", "ink", "paper"),
    [
        ("RGBA", (0, 0, 0, 255), (0, 0, 0, 0)),
        ("LA", (0, 255), (0, 0)),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0, 0)),
        ("1", 0, 1),
        ("I", 0, 60_000),
    ],
)
def test_every_mode_of_pixels_is_read(mode: str, ink: Color, paper: Color) -> None:
    """Text is read on transparency, in CMYK, in one bit and in deep pixels."""
    result = ocr_processing.process(upload(page("Plain words", mode, ink, paper), "TIFF"))
    assert (result["extracted_text"], result["image_mode"]) == ("Plain words", mode)


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize(
    ("ink", "paper"), [("#e02020", "#0070b8"), ("#00a060", "#e040b0"), ("#ffffff", "#d04030")]
)
def test_colors_of_equal_lightness_are_told_apart(ink: str, paper: str) -> None:
    """Where ink and paper are equally light, the channel that shows the print is read."""
    result = ocr_processing.process(upload(page("Hello brave\nnew world", "RGB", ink, paper)))
    assert result["extracted_text"] == "Hello brave\nnew world"


@pytest.mark.usefixtures("tesseract")
def test_all_pages_of_a_tiff_are_read() -> None:
    """The text is that of all pages, and each page has its own; an empty page is named."""
    others = [Image.new("L", (90, 40), 255), page("Third").resize((450, 150))]
    result: dict[str, Any] = ocr_processing.process(
        upload(page("First"), "TIFF", save_all=True, append_images=others)
    )
    assert result["extracted_text"] == "First\n\nThird"
    assert (result["page_count"], result["pages_read"]) == (3, 3)
    found = [(each["page"], each["text"], each["size"]) for each in result["pages"]]
    assert found == [(1, "First", [900, 300]), (2, "", [90, 40]), (3, "Third", [450, 150])]
    assert result["words"] == result["pages"][0]["words"]
    (warning,) = result["warnings"]
    assert warning.startswith("No words were found on page 2")


def test_pages_beyond_the_limits_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 105 pages 100 are read, and fewer where their pixels are too many."""
    monkeypatch.setattr(pytesseract, "image_to_data", lambda *_, **_options: table())
    monkeypatch.setattr(ocr_processing, "_MAX_PAGES", 100)
    blank = Image.new("1", (8, 8), 1)
    file = upload(blank, "TIFF", save_all=True, append_images=[blank] * 104)
    result: dict[str, Any] = ocr_processing.process(file)
    assert (result["page_count"], result["pages_read"], len(result["pages"])) == (105, 100, 100)
    assert "only the first 100 were read; save pages 101 and later" in result["warnings"][0]
    monkeypatch.setattr(ocr_processing, "_MAX_WORK_PIXELS", 8 * 8 * 3)
    assert ocr_processing.process(file)["pages_read"] == 4


def test_a_damaged_page_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages around a damaged one are read."""
    monkeypatch.setattr(
        pytesseract, "image_to_data", lambda *_, **_options: table("5 1 1 1 1 1 0 0 9 9 90 word")
    )
    pages = [Image.effect_noise((40, 40), 50 + number) for number in range(3)]
    file = upload(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    with Image.open(file) as opened:
        opened.seek(1)
        begin = opened.tag_v2[273][0]
    data = bytearray(file.getvalue())
    data[begin : begin + 400] = b"\xff" * 400
    result: dict[str, Any] = ocr_processing.process(io.BytesIO(bytes(data)))
    assert [each["page"] for each in result["pages"]] == [1, 3]
    assert (result["page_count"], result["pages_read"]) == (3, 2)
    assert result["warnings"][0].startswith("Page 2 could not be read")


@pytest.mark.usefixtures("tesseract")
def test_of_an_animation_the_first_frame_is_read() -> None:
    """Further frames are named in a warning."""
    result = ocr_processing.process(
        upload(page("First"), "GIF", save_all=True, append_images=[page("Second")])
    )
    assert (result["extracted_text"], result["page_count"], result["pages_read"]) == ("First", 2, 1)
    assert isinstance(result["warnings"], list)
    assert "2 frames" in result["warnings"][0]


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (5, 5), (2, 900), (900, 4), (200, 200)])
def test_a_page_without_text_is_a_success(size: tuple[int, int]) -> None:
    """A page without text gives an empty text and the confidence 0."""
    result = ocr_processing.process(upload(Image.new("L", size, 255)))
    assert result.pop("pages")
    assert result == {
        "extracted_text": "",
        "word_count": 0,
        "character_count": 0,
        "average_confidence": 0.0,
        "image_size": list(size),
        "image_mode": "L",
        "words": [],
        "language": "eng",
        "engine": "tesseract",
        "rotation": 0.0,
        "page_count": 1,
        "pages_read": 1,
        "warnings": [
            "No words were found in this picture; if it shows text, send it upright, sharper, or "
            "with letters at least 20 pixels high."
        ],
    }


@pytest.mark.usefixtures("tesseract")
def test_the_same_page_gives_the_same_result() -> None:
    """The same file gives the same result."""
    first, second = (ocr_processing.process(upload(page("Once more"))) for _ in range(2))
    assert first == second


def test_text_is_rebuilt_and_confidence_is_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are separated by a break, paragraphs by a blank line; words of blanks are left out."""
    answer = table(
        "1 1 0 0 0 0 0 0 9 9 -1 ",
        "5 1 1 1 1 1 0 0 9 9 90.25 one",
        "5 1 1 1 1 2 0 0 9 9 80.5 two",
        "5 1 1 1 2 1 0 0 9 9 70 three",
        "5 1 1 2 1 1 0 0 9 9 0 four",
        "5 1 2 1 1 1 0 0 9 9 95 ",
        "5 1 3 1 1 1 0 0 9 9 100 five",
    )
    monkeypatch.setattr(pytesseract, "image_to_data", lambda _, **_options: answer)
    result = ocr_processing.process(upload(Image.new("L", (9, 9))))
    assert result["extracted_text"] == "one two\nthree\n\nfour\n\nfive"
    assert (result["word_count"], result["character_count"]) == (5, 25)
    # 90.25 + 80.5 + 70 + 0 + 100 over five words.
    assert result["average_confidence"] == 68.15


def test_words_with_box_and_confidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are in the order of the table; a confidence is 0 to 100 with two places."""
    answer = table(
        "4 1 1 1 1 0 0 0 90 30 -1 ",
        "5 1 1 1 1 1 10 20 30 40 90.256789 one",
        "5 1 1 1 1 2 50 21 7 8 100.000008 two",
        "5 1 1 1 2 1 3 60 9 9 50 ",
        "5 1 2 1 1 1 0 80 1 2 -1 three",
    )
    monkeypatch.setattr(pytesseract, "image_to_data", lambda _, **_options: answer)
    result = ocr_processing.process(upload(Image.new("L", (99, 99))))
    assert result["words"] == [
        {"text": "one", "confidence": 90.26, "box": [10, 20, 30, 40]},
        {"text": "two", "confidence": 100.0, "box": [50, 21, 7, 8]},
        {"text": "three", "confidence": 0.0, "box": [0, 80, 1, 2]},
    ]


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_boxes_lie_on_the_words_of_the_upright_page(orientation: int) -> None:
    """For every orientation, all ink is inside of the boxes and each box contains ink."""
    upright = page("Hello brave\nnew world")
    turn = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}
    turn[8] = Image.Transpose.ROTATE_270
    stored = upright.transpose(turn[orientation]) if orientation in turn else upright
    exif = Image.Exif()
    exif[0x0112] = orientation

    words = boxed(ocr_processing.process(upload(stored, exif=exif)))

    assert [text for text, _ in words] == ["Hello", "brave", "new", "world"]
    rest = upright.point(lambda gray: 255 - gray)
    for _, (left, top, width, height) in words:
        place = (left, top, left + width, top + height)
        assert max(rest.crop(place).tobytes()) == 255
        # One more pixel on each side for anti-aliased edges.
        rest.paste(0, (left - 1, top - 1, left + width + 1, top + height + 1))
    assert max(rest.tobytes()) < 128


def test_a_side_over_tesseracts_limit_is_too_large() -> None:
    """A picture over Tesseract's own limit is refused before Tesseract starts."""
    with pytest.raises(TooLarge, match="32,767"):
        ocr_processing.process(upload(Image.new("1", (40_000, 20))))


def test_files_that_are_not_pictures_fail() -> None:
    """A text is unsupported, half a picture is corrupt."""
    with pytest.raises(Unsupported):
        ocr_processing.process(io.BytesIO(b"just a text"))
    half = upload(page("cut")).getvalue()
    with pytest.raises(Corrupt):
        ocr_processing.process(io.BytesIO(half[: len(half) // 2]))


@pytest.mark.parametrize(
    ("message", "failure"),
    [("pixdata_malloc fail for data", OutOfMemory), ("/tmp/x: odd", Internal)],  # noqa: S108
)
def test_a_failure_of_tesseract_has_a_plain_message(
    monkeypatch: pytest.MonkeyPatch, message: str, failure: type[Exception]
) -> None:
    """The error contains no path and no output of Tesseract."""

    def fail(_: Image.Image, **_options: str) -> str:
        raise pytesseract.TesseractError(1, message)

    monkeypatch.setattr(pytesseract, "image_to_data", fail)
    with pytest.raises(failure) as caught:
        ocr_processing.process(upload(Image.new("L", (9, 9))))
    assert message not in str(caught.value)


def test_a_missing_tesseract_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The self-test says what to install, and the failure of a file is ``Internal``."""
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "no-such-program")
    with pytest.raises(Unavailable, match=r"not installed.*apt install.*brew install.*Windows"):
        ocr_processing.self_test()
    with pytest.raises(Internal):
        ocr_processing.process(upload(Image.new("L", (9, 9))))


@pytest.mark.usefixtures("tesseract")
def test_missing_language_data_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The self-test fails where Tesseract lacks English."""
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(Unavailable, match="tesseract-ocr-eng"):
        ocr_processing.self_test()


def test_a_misreading_tesseract_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The self-test fails where Tesseract misreads the known word."""
    monkeypatch.setattr(
        pytesseract, "image_to_data", lambda _, **_options: table("5 1 1 1 1 1 0 0 9 9 9 Clutter")
    )
    with pytest.raises(Unavailable, match="misreads"):
        ocr_processing.self_test()


@pytest.mark.usefixtures("tesseract")
def test_self_test_passes_here() -> None:
    """The self-test passes with a complete Tesseract."""
    ocr_processing.self_test()
