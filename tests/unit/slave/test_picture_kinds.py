"""Pictures of the less common kinds: HEIC, TGA, PCX, SGI, QOI, PSD, ICNS, DDS and cursors."""

import io
import struct
import warnings

import pytest
from PIL import Image

from protocol.failures import Corrupt, TooLarge, Unsupported
from slave_service import processing
from slave_service.formats import images, picture_kinds
from tests.hostile.heic_writing import STORED, box, heic

RED, NEAR_WHITE = (200, 30, 30), (250, 250, 250)
GRAY_OF_RED = 81  # 0.299 * 200 + 0.587 * 30 + 0.114 * 30
FOOTER = struct.pack("<2I", 0, 0) + b"TRUEVISION-XFILE.\x00"


def quarter_picture(size: tuple[int, int] = (40, 30)) -> Image.Image:
    """Return a red picture with a near-white field in its upper left quarter."""
    image = Image.new("RGB", size, RED)
    image.paste(NEAR_WHITE, (0, 0, size[0] // 2, size[1] // 2))
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def processed(data: bytes) -> Image.Image:
    result = Image.open(io.BytesIO(processing.process(io.BytesIO(data))))
    result.load()
    return result


def corners(image: Image.Image) -> list[int]:
    """Return the levels of the upper left, upper right, lower left and lower right quarters."""
    right, bottom = image.width - 4, image.height - 4
    places = ((3, 3), (right, 3), (3, bottom), (right, bottom))
    return [int(image.getpixel(place)) for place in places]  # type: ignore[arg-type]


def assert_quarter(image: Image.Image, light: int = 0, within: int = 1) -> None:
    """Assert that the quarter number ``light`` is near-white and the others are red."""
    expected = [GRAY_OF_RED] * 4
    expected[light] = NEAR_WHITE[0]
    assert corners(image) == pytest.approx(expected, abs=within)


def exif_of(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return struct.pack(">I", 6) + exif.tobytes()


def test_heic() -> None:
    """A HEIC is read with its pixels, also by OCR's loader."""
    data = STORED.read_bytes()
    result = processed(data)
    assert result.size == (160, 100)
    assert_quarter(result)
    assert images.load(io.BytesIO(data)).format == "HEIF"


@pytest.mark.parametrize(("turns", "light"), [(0, 0), (1, 2), (2, 3), (3, 1)])
@pytest.mark.parametrize("orientation", [0, 6])
def test_heic_is_turned_once(turns: int, light: int, orientation: int) -> None:
    """A HEIC is turned by its property alone; the EXIF orientation repeats it."""
    exif = exif_of(orientation) if orientation else b""
    result = processed(heic(box(b"irot", bytes([turns])), exif=exif))
    assert result.size == ((100, 160) if turns % 2 else (160, 100))
    assert_quarter(result, light)


@pytest.mark.parametrize(("axis", "light"), [(0, 1), (1, 2)])
def test_heic_is_mirrored(axis: int, light: int) -> None:
    """A mirrored HEIC is shown as its property says: axis 0 is vertical, 1 is horizontal."""
    found = corners(processed(heic(box(b"imir", bytes([axis])))))
    assert sorted(found) == pytest.approx([GRAY_OF_RED] * 3 + [NEAR_WHITE[0]], abs=1)
    assert found.index(max(found)) in (light, 3 - light)


@pytest.mark.parametrize("brand", [b"mif1", b"heix"])
def test_heic_of_other_brands(brand: bytes) -> None:
    """A HEIC whose first brand AVIF files have too is read as HEIC."""
    assert_quarter(processed(heic(brand=brand)))


def test_damaged_heic() -> None:
    """A HEIC that is cut off is corrupt; so is one whose size is not that of its pixels."""
    data = heic()
    for length in (40, 200, len(data) - 120):
        with pytest.raises(Corrupt, match="HEIC"):
            processing.process(io.BytesIO(data[:length]))


def test_huge_heic_is_refused() -> None:
    """A HEIC that claims 10 billion pixels is not decoded."""
    place = heic().index(b"ispe") + 8
    data = bytearray(heic())
    struct.pack_into(">2I", data, place, 100_000, 100_000)
    with pytest.raises((TooLarge, Corrupt)):
        processing.process(io.BytesIO(bytes(data)))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("TGA", mode) for mode in ("RGB", "RGBA", "L", "LA")),
        *(("PCX", mode) for mode in ("RGB", "L")),
        *(("SGI", mode) for mode in ("RGB", "RGBA", "L")),
        *(("QOI", mode) for mode in ("RGB", "RGBA")),
        *(("DDS", mode) for mode in ("RGB", "RGBA", "L", "LA")),
    ],
)
def test_lossless_kinds_keep_the_levels(kind: str, mode: str) -> None:
    """Each kind is read in each of its modes."""
    result = processed(saved(quarter_picture().convert(mode), kind))
    assert result.size == (40, 30)
    assert_quarter(result)


@pytest.mark.parametrize("kind", ["TGA", "PCX", "ICNS"])
def test_palettes(kind: str) -> None:
    """A picture with a palette gives the levels of its colors."""
    image = quarter_picture((64, 64)).quantize(2)
    assert_quarter(processed(saved(image, kind)), within=2)


@pytest.mark.parametrize("kind", ["TGA", "SGI"])
def test_run_lengths(kind: str) -> None:
    """Compressed pictures are read."""
    options = {"TGA": {"compression": "tga_rle"}, "SGI": {"compression": "rle"}}[kind]
    assert_quarter(processed(saved(quarter_picture(), kind, **options)))


def test_icns() -> None:
    """Of the icons of an ICNS the largest is read."""
    result = processed(saved(quarter_picture((64, 64)), "ICNS"))
    assert result.size == (1024, 1024)
    assert_quarter(result)


@pytest.mark.parametrize("codec", ["DXT1", "DXT5", "BC3"])
def test_compressed_textures(codec: str) -> None:
    """Block-compressed DDS files are read."""
    image = quarter_picture((40, 32)).convert("RGBA")
    assert_quarter(processed(saved(image, "DDS", pixel_format=codec)), within=5)


def psd(mode: int, planes: list[bytes], size: tuple[int, int], packed: bool = False) -> bytes:
    """Return a PSD without layers: ``planes`` are the bytes of each channel."""
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, len(planes), size[1], size[0], 8, mode)
    width = size[0]
    if not packed:
        return head + bytes(12) + struct.pack(">H", 0) + b"".join(planes)
    rows = [plane[at : at + width] for plane in planes for at in range(0, len(plane), width)]
    # PackBits with literal runs only.
    stored = [bytes([width - 1]) + row for row in rows]
    counts = struct.pack(f">{len(stored)}H", *map(len, stored))
    return head + bytes(12) + struct.pack(">H", 1) + counts + b"".join(stored)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("number", "mode"), [(3, "RGB"), (1, "L"), (4, "CMYK")])
def test_psd(number: int, mode: str, packed: bool) -> None:
    """Of a Photoshop file the flattened picture is read: RGB, gray or CMYK, packed or not."""
    image = quarter_picture().convert(mode)
    planes = [band.tobytes() for band in image.split()]
    if mode == "CMYK":
        planes = [bytes(255 - value for value in plane) for plane in planes]
    assert_quarter(processed(psd(number, planes, image.size, packed)))


def cursor(depth: int = 32, inner: bytes | None = None) -> bytes:
    """Return a cursor of 32 x 32 pixels, whose lower half is transparent, hot spot (7, 9)."""
    size = 32
    if inner is None:
        rows = []
        for y in range(size - 1, -1, -1):
            row = b""
            for x in range(size):
                color = NEAR_WHITE if x < 16 and y < 8 else RED
                row += bytes(reversed(color)) + (b"\xff" if y < 16 else b"\0") * (depth == 32)
            rows.append(row)
        shown = [b"\0" * 4 if y < 16 else b"\xff" * 4 for y in range(size - 1, -1, -1)]
        header = struct.pack("<IiiHHIIiiII", 40, size, 2 * size, 1, depth, 0, 0, 0, 0, 0, 0)
        inner = header + b"".join(rows) + b"".join(shown)
    entry = struct.pack("<BBBBHHII", size, size, 0, 0, 7, 9, len(inner), 22)
    return b"\0\0\2\0\1\0" + entry + inner


@pytest.mark.parametrize("depth", [24, 32])
def test_cursors(depth: int) -> None:
    """A cursor is read like an icon: transparent parts are white, whatever its hot spot is."""
    result = processed(cursor(depth))
    assert result.size == (32, 32)
    assert [result.getpixel(place) for place in ((3, 3), (28, 3), (3, 28), (28, 28))] == [
        *(250, GRAY_OF_RED, 255, 255)
    ]


def test_cursor_with_a_png() -> None:
    """A cursor that holds a PNG is read."""
    assert_quarter(processed(cursor(inner=saved(quarter_picture((32, 32)), "PNG"))))


@pytest.mark.parametrize("data", [b"\0\0\2\0", b"\0\0\2\0\xff\xff", cursor()[:100]])
def test_damaged_cursors(data: bytes) -> None:
    """A cursor that is cut off is refused."""
    with pytest.raises((Corrupt, Unsupported)):
        processing.process(io.BytesIO(data))


def tga(
    kind: int = 2,
    depth: int = 24,
    flags: int = 0x20,
    body: bytes | None = None,
    footer: bytes = b"",
) -> bytes:
    """Return a TGA of 8 x 6 red pixels, from the top."""
    pixel = bytes(reversed(RED)) + b"\0" * (depth == 32)
    head = struct.pack("<BBB5xHHHHBB", 0, 0, kind, 0, 0, 8, 6, depth, flags)
    return head + (pixel * 48 if body is None else body) + footer


def test_tga_without_a_footer() -> None:
    """The footer is no part of old files."""
    assert corners(processed(tga())) == [GRAY_OF_RED] * 4
    assert corners(processed(tga(footer=FOOTER))) == [GRAY_OF_RED] * 4


def test_tga_whose_opacity_is_not_used() -> None:
    """Where the header declares no opacity, zeros in its place do not make the picture white."""
    assert corners(processed(tga(depth=32))) == [GRAY_OF_RED] * 4
    assert corners(processed(tga(depth=32, flags=0x28))) == [255] * 4


@pytest.mark.parametrize(
    "data",
    [
        tga()[:-20],
        tga(footer=struct.pack("<2I", 9999, 0) + FOOTER[8:]),
        tga(body=b""),
        tga(kind=10, body=b"\x80"),
    ],
    ids=["cut off", "footer points beyond the file", "no pixels", "no runs"],
)
def test_damaged_tga(data: bytes) -> None:
    """A TGA header without what has to follow is a damaged file."""
    with pytest.raises(Corrupt):
        processing.process(io.BytesIO(data))


@pytest.mark.parametrize(
    "data",
    [
        tga(kind=4),
        tga(depth=23),
        tga(flags=0x2F),
        tga(flags=0xE0),
        b"\0" * 500,
        b"\n\5 is a line of a text\n" * 20,
        b"qoif is a word",
        b"icns too, and DDS as well",
        b"\x01\xda",
    ],
)
def test_other_files_are_unsupported(data: bytes) -> None:
    """Files that resemble a weak signature are no pictures."""
    with pytest.raises((Unsupported, Corrupt)):
        processing.process(io.BytesIO(data))


@pytest.mark.parametrize(
    "data",
    [
        tga()[:12] + struct.pack("<2HBB", 65535, 65535, 24, 32) + FOOTER,
        b"qoif" + struct.pack(">2IBB", 100_000, 100_000, 3, 0),
        b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 30_000, 30_000, 8, 3) + bytes(14),
    ],
    ids=["TGA", "QOI", "PSD"],
)
def test_bombs_are_refused(data: bytes) -> None:
    """A header that claims too many pixels is refused before decoding."""
    with pytest.raises(TooLarge):
        processing.process(io.BytesIO(data))


@pytest.mark.parametrize("order", ["BGR", "RGB", "BGRX", "RGBX", "BGRA", "RGBA", "565"])
def test_uncompressed_textures(order: str) -> None:
    """The masks of an uncompressed DDS say where its channels lie."""
    image = quarter_picture()
    bits = {"565": 16}.get(order, 8 * len(order))
    masks = [0xFF << 8 * max(0, order.find(name)) for name in "RGB"]
    if order == "565":
        masks = [0xF800, 0x7E0, 0x1F]
        pixels = b"".join(
            struct.pack("<H", red >> 3 << 11 | green >> 2 << 5 | blue >> 3)
            for red, green, blue in zip(*[iter(image.tobytes())] * 3, strict=True)
        )
    else:
        full = {"X": 0x77, "A": 255}
        pixels = b"".join(
            bytes(full.get(name, 0) or color["RGB".index(name)] for name in order)
            for color in zip(*[iter(image.tobytes())] * 3, strict=True)
        )
    flags, alpha = (0x41, 0xFF000000) if order.endswith("A") else (0x40, 0)
    head = struct.pack("<4s7I44x", b"DDS ", 124, 0x1007, 30, 40, 0, 0, 0)
    head += struct.pack("<2I4s5I", 32, flags, bytes(4), bits, *masks, alpha)
    data = head + struct.pack("<I16x", 0x1000) + pixels
    assert_quarter(processed(data), within=4 if order == "565" else 1)


def test_texture_without_its_pixels_is_refused_at_once() -> None:
    """Pillow would fill 90 million missing pixels one by one."""
    data = bytearray(saved(quarter_picture(), "DDS"))
    struct.pack_into("<2I", data, 12, 9000, 10_000)
    with pytest.raises(Corrupt):
        processing.process(io.BytesIO(bytes(data)))


def test_readers_give_no_warnings_of_their_own() -> None:
    """Nothing is printed or warned about while HEIC is read."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert processing.process(io.BytesIO(heic())).warnings == ()
    assert "HEIF" in picture_kinds.readable()
