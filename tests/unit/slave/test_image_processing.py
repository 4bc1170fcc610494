"""Known answers of the image processor: gray levels that were calculated by hand."""

import io
import struct
import warnings
import zlib
from collections.abc import Sequence

import pytest
from PIL import Image

from protocol.failures import Corrupt, TooLarge, Unavailable, Unsupported
from slave_service import processing
from slave_service.formats import images

Rows = list[list[int]]

WHITE = 255
# A picture stored as three columns and two rows, in each orientation of EXIF 2.3.
STORED: Rows = [[10, 20, 30], [40, 50, 60]]
UPRIGHT: dict[int, Rows] = {
    1: [[10, 20, 30], [40, 50, 60]],
    2: [[30, 20, 10], [60, 50, 40]],
    3: [[60, 50, 40], [30, 20, 10]],
    4: [[40, 50, 60], [10, 20, 30]],
    5: [[10, 40], [20, 50], [30, 60]],
    6: [[40, 10], [50, 20], [60, 30]],
    7: [[60, 30], [50, 20], [40, 10]],
    8: [[30, 60], [20, 50], [10, 40]],
}


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return the picture as a file of the given kind."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def processed(data: bytes) -> Rows:
    """Return the gray levels of the result for a file, row by row."""
    with Image.open(io.BytesIO(processing.process(io.BytesIO(data)))) as result:
        assert (result.format, result.mode) == ("PNG", "L")
        flat, width = list(result.tobytes()), result.width
    return [flat[start : start + width] for start in range(0, len(flat), width)]


def picture(rows: Rows) -> Image.Image:
    """Return gray levels as a picture."""
    return Image.frombytes("L", (len(rows[0]), len(rows)), b"".join(map(bytes, rows)))


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    size: tuple[int, int], depth: int, color_type: int, rows: bytes, extra: bytes = b""
) -> bytes:
    """Return a PNG with these stored ``rows``, each of which begins with its filter type, 0."""
    header = struct.pack(">IIBBBBB", *size, depth, color_type, 0, 0, 0)
    body = extra + chunk(b"IDAT", zlib.compress(rows)) if rows else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def float_picture(values: Sequence[float]) -> bytes:
    """Return one row of floats as a TIFF."""
    data = struct.pack(f"={len(values)}f", *values)
    return saved(Image.frombytes("F", (len(values), 1), data), "TIFF")


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_every_exif_orientation_is_turned_upright(kind: str, orientation: int) -> None:
    """All eight values of the EXIF tag give the upright picture."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    stored = saved(picture(STORED), kind, exif=exif, **options)
    assert processed(stored) == UPRIGHT[orientation]


def test_a_color_jpeg_is_turned_upright_and_gray() -> None:
    """A JPEG stored with red above blue and an orientation gets red on the right."""
    photo = Image.new("RGB", (32, 32), "red")
    photo.paste("blue", (0, 16, 32, 32))
    exif = Image.Exif()
    exif[0x0112] = 6
    row = processed(saved(photo, "JPEG", exif=exif, quality=95, subsampling=0))[3]
    # 0.114 * 255 and 0.299 * 255, within the loss of JPEG.
    assert row[3] == pytest.approx(29, abs=2)
    assert row[28] == pytest.approx(76, abs=2)


@pytest.mark.parametrize("notes", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_broken_exif_does_not_cost_the_picture(notes: bytes) -> None:
    """A picture with damaged EXIF data is processed as stored."""
    assert processed(saved(picture(STORED), "PNG", exif=notes)) == STORED


@pytest.mark.parametrize(
    ("color", "level"),
    [((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29), ((10, 200, 30), 124)],
)
def test_colors_become_their_luma(color: tuple[int, int, int], level: int) -> None:
    """0.299 R + 0.587 G + 0.114 B, rounded."""
    assert processed(saved(Image.new("RGB", (1, 1), color), "PNG")) == [[level]]


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
@pytest.mark.parametrize(
    ("ink", "level"), [((0, 0, 0, 0), 255), ((0, 0, 0, 255), 0), ((0, 255, 255, 0), 76)]
)
def test_cmyk_is_not_inverted(kind: str, ink: tuple[int, int, int, int], level: int) -> None:
    """No ink is white, black ink is black, magenta and yellow are red; Adobe's JPEG included."""
    [[result, *_], *_] = processed(saved(Image.new("CMYK", (8, 8), ink), kind))
    assert result == pytest.approx(level, abs=1)


@pytest.mark.parametrize(
    ("mode", "color", "level"),
    # YCbCr has the luma itself; L* of 100 is white; hue 0 fully saturated is red.
    # In La the gray is already multiplied by the opacity.
    [
        ("YCbCr", (100, 128, 128), 100),
        ("LAB", (255, 128, 128), 255),
        ("HSV", (0, 255, 255), 76),
        ("La", (0, 51), 204),
    ],
)
def test_other_color_spaces_give_the_gray_of_their_color(
    mode: str, color: tuple[int, ...], level: int
) -> None:
    """YCbCr, LAB, HSV and La give the gray of their color."""
    loaded = images.Picture(Image.new(mode, (1, 1), color), mode, 1)
    assert processing.gray(loaded).tobytes() == bytes([level])


@pytest.mark.parametrize(
    ("mode", "color"), [("LA", (0, 51)), ("RGBA", (0, 0, 0, 51)), ("RGBA", (255, 0, 0, 0))]
)
def test_transparency_is_blended_with_white(mode: str, color: tuple[int, ...]) -> None:
    """Black of opacity 0.2 becomes 0.8 of white; fully transparent pixels become white."""
    expected = 204 if color[-1] else WHITE
    assert processed(saved(Image.new(mode, (1, 1), color), "PNG")) == [[expected]]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_a_fully_transparent_picture_is_warned_of(mode: str) -> None:
    """Its white result is explained; a white or partly transparent picture has no warning."""
    clear = Image.new("RGBA", (4, 4), (9, 9, 9, 0))
    white = Image.new("RGBA", (4, 4), (255, 255, 255, 255))
    partly = clear.copy()
    partly.paste(white.crop((0, 0, 2, 2)), (0, 0))
    found = [
        processing.process(io.BytesIO(saved(image.convert(mode), "PNG"))).warnings
        for image in (clear, white, partly)
    ]
    assert [len(each) for each in found] == [1, 0, 0]
    assert "fully transparent" in found[0][0]


def test_a_palette_with_transparency_is_blended_with_white() -> None:
    """Each entry has its own opacity: red 1, black 0.2, blue 0."""
    palette = chunk(b"PLTE", bytes([255, 0, 0, 0, 0, 0, 0, 0, 255]))
    alphas = chunk(b"tRNS", bytes([255, 51, 0]))
    data = png((3, 1), 8, 3, b"\0\0\1\2", palette + alphas)
    assert processed(data) == [[76, 204, 255]]


@pytest.mark.parametrize(
    ("depth", "rows", "expected"),
    [
        (1, b"\0\x40", [0, 255]),
        (2, b"\0\x10", [0, 255]),
        (4, b"\0\x01", [0, 255]),
        (8, b"\0\x00\x01", [0, 255]),
        (16, b"\0\x00\x00\x00\x01", [0, 255]),
    ],
)
def test_a_transparent_gray_is_white_at_every_depth(
    depth: int, rows: bytes, expected: list[int]
) -> None:
    """Where a PNG declares the stored value 1 transparent, the result is white."""
    data = png((2, 1), depth, 0, rows, chunk(b"tRNS", struct.pack(">H", 1)))
    assert processed(data) == [expected]


@pytest.mark.parametrize(("depth", "form"), [(8, ">6B"), (16, ">6H")])
def test_a_transparent_color_is_white_at_every_depth(depth: int, form: str) -> None:
    """Where a PNG declares a color transparent, the result is white; black stays black."""
    top = (1 << depth) - 1
    key = chunk(b"tRNS", struct.pack(">3H", top, 0, 0))
    data = png((2, 1), depth, 2, b"\0" + struct.pack(form, top, 0, 0, 0, 0, 0), key)
    assert processed(data) == [[255, 0]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG2000"])
def test_16_bits_are_scaled_to_8(kind: str) -> None:
    """65535 becomes 255, other values are scaled alike, and nothing is clipped at 255."""
    levels = [0, 257, 25700, 32896, 65535]
    deep = Image.frombytes("I;16", (5, 1), struct.pack("<5H", *levels))
    assert processed(saved(deep, kind)) == [[0, 1, 100, 128, 255]]


def test_big_endian_16_bits_are_scaled_to_8() -> None:
    """Big-endian 16-bit values are scaled like little-endian ones."""
    deep = Image.frombytes("I;16B", (2, 1), struct.pack(">2H", 25700, 65535))
    assert processed(saved(deep, "TIFF")) == [[100, 255]]


def test_a_tiff_that_stores_white_as_zero_is_not_a_negative() -> None:
    """Of a 16-bit scan with PhotometricInterpretation 0, the value 0 is white."""
    deep = Image.frombytes("I;16", (2, 1), struct.pack("<2H", 0, 65535))
    assert processed(saved(deep, "TIFF", tiffinfo={262: 0})) == [[255, 0]]


def test_32_bit_integers_of_16_bits_are_scaled_alike() -> None:
    """Values that fit into 16 bits are scaled by the 16-bit range, not by their extremes."""
    deep = Image.frombytes("I", (2, 1), struct.pack("=2i", 257, 25700))
    assert processed(saved(deep, "TIFF")) == [[1, 100]]


def test_32_bit_integers_are_scaled_from_their_lowest_to_their_highest() -> None:
    """Minus a million becomes black, plus a million white, and zero the middle gray."""
    deep = Image.frombytes("I", (3, 1), struct.pack("=3i", -1_000_000, 0, 1_000_000))
    assert processed(saved(deep, "TIFF")) == [[0, 128, 255]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.2, 0.5], [0, 51, 128]),
        ([-10.0, 0.0, 10.0], [0, 128, 255]),
        ([float("nan"), 0.2, 1.0], [0, 51, 255]),
        ([float("inf"), 100.0, 300.0, float("-inf"), float("nan")], [255, 0, 255, 0, 0]),
        ([7.0, 7.0], [0, 0]),
        ([float("nan"), float("inf")], [0, 255]),
    ],
)
def test_floats_are_scaled(values: list[float], expected: list[int]) -> None:
    """Floats are scaled from 0 to 1, or else by their extremes; NaN becomes black."""
    assert processed(float_picture(values)) == [expected]


def test_deep_pictures_are_scaled_band_by_band(monkeypatch: pytest.MonkeyPatch) -> None:
    """All bands have the same scale, and rows keep their position."""
    monkeypatch.setattr(processing, "_BAND_PIXELS", 4)
    data = struct.pack("=10f", *range(10))
    tall = saved(Image.frombytes("F", (2, 5), data), "TIFF")
    assert processed(tall) == [[0, 28], [57, 85], [113, 142], [170, 198], [227, 255]]


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "PNG", "WEBP", "AVIF"])
def test_the_first_frame_is_the_result(kind: str) -> None:
    """The result of an animation or a file of several pages is its first picture."""
    if kind not in Image.SAVE_ALL:
        pytest.skip(f"this Pillow has no {kind}")
    frames = [Image.new("L", (16, 16), level) for level in (40, 200)]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    [[level, *_], *_] = processed(data)
    assert level == pytest.approx(40, abs=1 if kind == "AVIF" else 0)


@pytest.mark.parametrize("kind", ["BMP", "GIF", "ICO", "JPEG2000", "PPM", "TIFF", "PNG"])
def test_every_common_kind_is_read(kind: str) -> None:
    """Lossless formats give the exact levels."""
    levels = [[(7 * column + row) % 256 for column in range(16)] for row in range(16)]
    options = {"sizes": [(16, 16)]} if kind == "ICO" else {}
    assert processed(saved(picture(levels), kind, **options)) == levels


def test_one_bit_is_black_or_white() -> None:
    """The pixels of a one-bit picture become 0 or 255."""
    assert processed(saved(Image.frombytes("1", (2, 1), b"\x40"), "PNG")) == [[0, 255]]


def test_the_same_file_gives_the_same_bytes_without_metadata() -> None:
    """The result has no metadata: no profile, EXIF, resolution or time."""
    exif = Image.Exif()
    exif[0x010E] = "a secret"
    noted = saved(picture(STORED), "PNG", exif=exif, icc_profile=b"p" * 200, dpi=(72, 72))
    first = processing.process(io.BytesIO(noted))
    assert first == processing.process(io.BytesIO(noted))
    assert first == processing.process(io.BytesIO(saved(picture(STORED), "PNG")))
    # The signature, IHDR, IDAT and IEND, and no other chunk.
    assert [first.count(name) for name in (b"IHDR", b"IDAT", b"IEND")] == [1, 1, 1]
    assert b"iCCP" not in bytes(first)
    assert b"tRNS" not in bytes(first)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF", "WEBP", "BMP"])
def test_a_cut_file_is_corrupt(kind: str) -> None:
    """A file that is cut off is corrupt; only a JPEG gives a part (see ``test_cut_jpeg``)."""
    noise = Image.effect_noise((64, 64), 90)
    data = saved(noise, kind)
    with pytest.raises(Corrupt, match="damaged"):
        processing.process(io.BytesIO(data[: len(data) // 2]))


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"tRNS", bytes(300)),
        chunk(b"PLTE", b"") + chunk(b"tRNS", bytes(300)),
    ],
    ids=["no palette", "more degrees than any palette has colors"],
)
def test_a_palette_that_does_not_fit_its_transparency_is_corrupt(extra: bytes) -> None:
    """A palette that does not match its transparency is corrupt and not an internal error."""
    data = png((2, 1), 8, 3, b"\0\0\1", extra)

    with pytest.raises(Corrupt, match="damaged"):
        processing.process(io.BytesIO(data))


def test_a_damaged_header_is_corrupt() -> None:
    """A file that begins like a PNG and has invalid content is corrupt."""
    with pytest.raises(Corrupt, match="begins like a PNG picture"):
        processing.process(io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"no chunks here"))


@pytest.mark.parametrize(
    "content",
    [
        b"Dear reader, this is a text.",
        b"BMW builds cars.",
        b"P2P networks share files.",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"%PDF-1.7\n",
        b"\0",
        b"P",
    ],
)
def test_files_that_are_not_pictures_are_unsupported(content: bytes) -> None:
    """Texts, PostScript and other files are refused, and the error names the supported formats."""
    with pytest.raises(Unsupported, match="JPEG, PNG, GIF"):
        processing.process(io.BytesIO(content))


def test_a_bomb_is_refused_by_its_header() -> None:
    """A header that claims ten billion pixels is refused before decoding."""
    with pytest.raises(TooLarge, match=r"10,000,000,000 pixels.*100,000,000"):
        processing.process(io.BytesIO(png((100_000, 100_000), 8, 0, b"")))


def test_a_bomb_inside_an_icon_is_refused() -> None:
    """A PNG inside an icon, which can be larger than the icon states, is refused."""
    inner = png((30_000, 30_000), 8, 0, b"")
    entry = struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(inner), 22)
    with pytest.raises(TooLarge, match="900,000,000"):
        processing.process(io.BytesIO(b"\0\0\1\0\1\0" + entry + inner))


def test_the_limit_is_exact_and_not_pillows(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 million pixels are accepted and one row more is not, for any limit of Pillow."""
    for own_limit in (10, None):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", own_limit)
        with pytest.raises(Corrupt):  # the size is accepted, and the pixels are missing
            processing.process(io.BytesIO(png((10_000, 10_000), 8, 0, b"")))
        with pytest.raises(TooLarge):
            processing.process(io.BytesIO(png((10_000, 10_001), 8, 0, b"")))
        assert own_limit == Image.MAX_IMAGE_PIXELS


def test_pillows_warnings_stay_inside() -> None:
    """A warning of Pillow about an icon of an unexpected size is suppressed."""
    inner = png((2, 1), 8, 0, b"\0\x0a\x14")
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(inner), 22)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert processed(b"\0\0\1\0\1\0" + entry + inner) == [[10, 20]]
    assert heard == []


def test_memory_errors_are_raised() -> None:
    """MemoryError is raised, and the worker reports it as such."""

    class Exhausted(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise MemoryError

    with pytest.raises(MemoryError):
        processing.process(Exhausted(b"\xff\xd8\xff"))


def test_self_test_passes_here() -> None:
    """The self-test passes with a complete Pillow."""
    processing.self_test()


def test_self_test_refuses_a_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The self-test fails where Pillow gives other values."""
    wrong = saved(picture([[75, 255]]), "PNG")
    monkeypatch.setattr(processing, "process", lambda _: wrong)
    with pytest.raises(Unavailable, match="reinstall"):
        processing.self_test()
