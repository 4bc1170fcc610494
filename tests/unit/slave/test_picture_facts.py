"""Facts that a person asks for: camera, date, place and the perceptual hash, and none else."""

import io

import pytest
from PIL import Image, ImageEnhance, PngImagePlugin

from protocol.option_values.image import parse_facts
from slave_service import processing
from slave_service.formats.pictures.facts import perceptual_hash

BASE, EXIF, GPS = None, 0x8769, 0x8825
ABSENT = "The file does not state its camera and date and place, so the result has none."


def photo(tags: dict[int | None, dict[int, object]], kind: str = "JPEG") -> bytes:
    """Return a picture with the EXIF tags of these directories."""
    exif = Image.Exif()
    for directory, values in tags.items():
        target = exif if directory is None else exif.get_ifd(directory)
        target.update(values)
    file = io.BytesIO()
    Image.linear_gradient("L").save(file, kind, exif=exif.tobytes())
    return file.getvalue()


def texts(data: bytes, facts: str) -> dict[str, str]:
    """Return the text chunks of the result, which has no other metadata."""
    result = processing.process(io.BytesIO(data), facts=facts)
    with Image.open(io.BytesIO(result)) as image:
        assert isinstance(image, PngImagePlugin.PngImageFile)
        found = {name: str(value) for name, value in image.text.items()}
        assert image.info == found
    return found


NOTED: dict[int | None, dict[int, object]] = {
    BASE: {0x010F: "NIKON CORPORATION", 0x0110: "NIKON D90\0", 0x013B: "A. Secret"},
    EXIF: {0x9003: "2023:05:01 12:30:59", 0x9011: "+02:00"},
    GPS: {1: "N", 2: (48.0, 51.0, 29.52), 3: "W", 4: (2.0, 17.0, 40.2)},
}
VALUES = {
    "camera": "NIKON D90",
    "date": "2023-05-01T12:30:59+02:00",
    "place": "48.858200, -2.294500",
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_chosen_facts_alone_are_stated(kind: str) -> None:
    """Each fact is in the result if it was chosen; a place never enters by itself."""
    data = photo(NOTED, kind)
    assert texts(data, "camera,date") == {name: VALUES[name] for name in ("camera", "date")}
    assert texts(data, "place") == {"place": VALUES["place"]}
    plain = bytes(processing.process(io.BytesIO(data)))
    assert b"tEXt" not in plain
    assert b"NIKON" not in plain


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ({0x010F: "Canon", 0x0110: "Canon EOS 5D"}, "Canon EOS 5D"),
        ({0x010F: "Google", 0x0110: "Pixel 8"}, "Google Pixel 8"),
        ({0x0110: "X" * 500}, "X" * 200),
        ({0x010F: "富士\n".encode(), 0x0110: "X100"}, "富士 X100"),
    ],
)
def test_camera(base: dict[int, object], expected: str) -> None:
    """Maker and model in one line of limited length, the maker once, in any script."""
    assert texts(photo({BASE: base}), "camera") == {"camera": expected}


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {EXIF: {0x9003: "    :  :     :  :  "}},
        {EXIF: {0x9003: "0000:00:00 00:00:00"}, GPS: {2: (48.0,), 4: (2.0, 1.0, 0.0)}},
        {GPS: {1: "N", 2: (480.0, 0.0, 0.0), 3: "E", 4: (2.0, 1.0, 0.0)}},
    ],
)
def test_absent_facts_are_named(tags: dict[int | None, dict[int, object]]) -> None:
    """What the file does not state, or not validly, is left out with a warning."""
    result = processing.process(io.BytesIO(photo(tags)), "camera,date,place")
    assert result.warnings == (ABSENT,)
    assert b"tEXt" not in bytes(result)


def test_perceptual_hash_of_known_pictures() -> None:
    """Rising levels set every bit, falling ones none; a step sets the bit at its place."""
    rising = Image.linear_gradient("L").rotate(90)
    assert perceptual_hash(rising) == "f" * 16
    assert perceptual_hash(rising.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) == "0" * 16
    step = Image.new("L", (9, 8), 0)
    step.putpixel((1, 0), 255)
    assert perceptual_hash(step) == "8000000000000000"


def test_copies_have_near_hashes() -> None:
    """Scaled, recompressed and lighter copies differ in 10 bits at most, other pictures in more."""
    original = Image.effect_mandelbrot((300, 200), (-1.8, -1, 0.8, 1), 60).convert("RGB")
    target = io.BytesIO()
    original.save(target, "JPEG", quality=30)
    copies = [
        original.resize((120, 80)),
        Image.open(target),
        ImageEnhance.Brightness(original).enhance(1.1),
    ]
    other = original.transpose(Image.Transpose.FLIP_LEFT_RIGHT)

    def value(image: Image.Image) -> int:
        file = io.BytesIO()
        image.save(file, "PNG")
        return int(texts(file.getvalue(), "perceptual_hash")["perceptual_hash"], 16)

    base = value(original)
    assert all((value(copy) ^ base).bit_count() <= 10 for copy in copies)
    assert (value(other) ^ base).bit_count() > 10


def test_facts_are_checked() -> None:
    """Facts have one order, each once; others are refused by name."""
    assert parse_facts("Date, camera,date") == "camera,date"
    with pytest.raises(ValueError, match="some of camera, date, place, perceptual_hash, not 'gps'"):
        parse_facts("camera,gps")
