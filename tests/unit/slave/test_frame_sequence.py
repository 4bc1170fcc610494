"""Pages and frames that a person chooses: one is a PNG, several are an animated PNG."""

import io

import pytest
from PIL import Image

from protocol.failures import Corrupt, Unsupported
from protocol.option_values.image import parse_frames
from slave_service import processing
from slave_service.formats.pictures import frame_sequence

LEVELS = (10, 10, 90, 200)


def animation(kind: str, **options: object) -> bytes:
    """Return a file of one frame for each of ``LEVELS``; the last is wider in a TIFF."""
    frames = [Image.new("L", (16, 8), level) for level in LEVELS]
    if kind == "TIFF":
        frames[-1] = Image.new("L", (20, 8), LEVELS[-1])
    if kind == "GIF":
        # Equal frames would be merged.
        for number, frame in enumerate(frames):
            frame.putpixel((number, 0), 255)
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], **options)
    return file.getvalue()


def levels(data: bytes) -> list[int]:
    """Return the level in the middle of each frame of a PNG."""
    found = []
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append(int(image.convert("L").getpixel((7, 4))))
    return found


@pytest.mark.parametrize(
    ("kind", "options"), [("TIFF", {}), ("GIF", {"duration": 70}), ("WEBP", {"lossless": True})]
)
def test_all_frames_are_an_animation(kind: str, options: dict[str, object]) -> None:
    """Every page or frame is in the result, equal ones too, with the times of the file."""
    expected = [10, 90, 200] if kind == "WEBP" else list(LEVELS)  # Pillow merges equal frames
    data = animation(kind, **options)
    result = processing.process(io.BytesIO(data), frames="all")
    assert levels(result) == expected
    assert result.warnings == ()
    with Image.open(io.BytesIO(result)) as image:
        image.load()
        assert image.mode == "L"
        assert image.size == ((20, 8) if kind == "TIFF" else (16, 8))
        assert kind == "WEBP" or image.info["duration"] == (70 if kind == "GIF" else 1000)
        # A smaller page has white beside it.
        assert kind != "TIFF" or image.getpixel((18, 4)) == 255


def test_one_frame_is_a_plain_png() -> None:
    """A single page equals the result of a file that has it alone."""
    alone = io.BytesIO()
    Image.new("L", (16, 8), 90).save(alone, "TIFF")
    result = processing.process(io.BytesIO(animation("TIFF")), frames="3")
    assert result == processing.process(alone)
    assert b"acTL" not in bytes(result)


def test_facts_stand_once_in_an_animation() -> None:
    """The texts are those of the first chosen frame."""
    data = io.BytesIO(animation("GIF"))
    result = processing.process(data, frames="2-3", facts="perceptual_hash")
    assert result.count(b"perceptual_hash") == 1
    assert levels(result) == [10, 90]


def test_missing_frames_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers beyond the last frame are warned of, and refused where no other is chosen."""
    data = io.BytesIO(animation("TIFF"))
    (warning,) = processing.process(data, frames="3-9").warnings
    assert warning.startswith("The result ends with number 4 of the chosen pages")
    with pytest.raises(Unsupported, match=r"has 4 pages, and none of the chosen \(7-9\)"):
        processing.process(data, frames="7-9")
    monkeypatch.setattr(frame_sequence, "MAX_PIXELS", 300)
    result = processing.process(data, frames="all")
    (warning,) = result.warnings
    assert levels(result) == [10, 10]
    assert "ends with number 2" in warning


def test_damaged_frames_are_named() -> None:
    """A cut animation gives the frames before the damage; damage in the first is an error."""
    noise = [Image.effect_noise((64, 64), 90) for _ in range(4)]
    file = io.BytesIO()
    noise[0].save(file, "GIF", save_all=True, append_images=noise[1:])
    cut = io.BytesIO(file.getvalue()[: len(file.getvalue()) * 5 // 8])
    result = processing.process(cut, frames="all")
    assert len(levels(result)) == 2
    assert any("Damaged frames" in sentence for sentence in result.warnings)
    with pytest.raises(Corrupt):
        processing.process(cut, frames="3")


def test_range_of_a_drawing_is_its_one_frame() -> None:
    """A kind that Pillow does not read has one frame, like any other picture."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="8"/>'
    result = processing.process(io.BytesIO(svg), frames="1-3")
    assert levels(result) == [255]


def test_pictures_without_frames_take_the_option() -> None:
    """A picture of one frame has the same result with ``all``; a number above 1 is refused."""
    file = io.BytesIO()
    Image.new("L", (4, 4), 7).save(file, "PNG")
    result = processing.process(file, frames="all")
    assert (result, result.warnings) == (processing.process(file), ())
    with pytest.raises(Unsupported, match="has 1 frame"):
        processing.process(file, frames="2")


@pytest.mark.parametrize(
    ("text", "value"),
    [(" ALL", "all"), ("first", "first"), ("1", "first"), ("03", "3"), ("2 - 5", "2-5")],
)
def test_frames_are_normalized(text: str, value: str) -> None:
    """A choice has one form."""
    assert parse_frames(text) == value


@pytest.mark.parametrize("text", ["0", "5-2", "1,2", "last", "10001", "-3", "²"])
def test_bad_frames_are_refused(text: str) -> None:
    """Other values are refused with what is right."""
    with pytest.raises(ValueError, match="must be all, first, a number"):
        parse_frames(text)
