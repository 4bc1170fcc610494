"""SVG files: their pixels, size and text, and hostile ones."""

import base64
import gzip
import io
import time
from pathlib import Path

import pytest
from PIL import Image

from protocol.failures import Corrupt, TooLarge, Unsupported
from slave_service import processing
from slave_service.formats import images
from slave_service.formats.svg import drawing

NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
SQUARE = '<rect width="4" height="4" fill="red"/>'
RED = 76


def document(content: str, attributes: str = 'width="8" height="8"', head: str = "") -> bytes:
    return f"{head}<svg {NAMES} {attributes}>{content}</svg>".encode()


def drawn(data: bytes) -> tuple[Image.Image, list[str]]:
    """Return the result and its warnings."""
    result = processing.process(io.BytesIO(data))
    image = Image.open(io.BytesIO(result))
    image.load()
    assert image.mode == "L"
    return image, list(result.warnings)


@pytest.mark.parametrize(
    "head",
    [
        "",
        "\ufeff<?xml version='1.0' encoding='UTF-8'?>\n<!-- a --><!-- b -->\n",
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">\n',
        '<!DOCTYPE svg [<!ENTITY ns "http://www.w3.org/1999/xlink">]>',
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_shapes_are_drawn_on_white(head: str, packed: bool) -> None:
    """Shapes have the gray of their color, the ground is white; SVGZ is read too."""
    data = document(SQUARE, head=head)
    image, warnings = drawn(gzip.compress(data) if packed else data)
    assert (image.size, warnings) == ((8, 8), [])
    assert [image.getpixel(place) for place in ((0, 0), (3, 3), (5, 5))] == [RED, RED, 255]


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="1in" height="12.7mm"', (96, 48)),
        ('width="30pt" height="2e1px"', (40, 20)),
        ('viewBox="0 0 30 20"', (30, 20)),
        ('width="100%" height="100%" viewBox="0,0,30,20"', (30, 20)),
        ('width="60" viewBox="0 0 30 20"', (60, 40)),
        ("", (300, 150)),
        ('width="0.1" height="nonsense"', (1, 150)),
    ],
)
def test_size(attributes: str, size: tuple[int, int]) -> None:
    """The size is that of the root element at 96 dpi; missing sides follow from the view box."""
    assert drawn(document(SQUARE, attributes))[0].size == size


def test_text_is_drawn_and_warned_of() -> None:
    """Text is drawn in one font for any family, and letters that it lacks are named."""
    shapes = set()
    for family in ("Arial", "serif", "'No Such'"):
        text = f'<text x="2" y="30" font-size="30" font-family="{family}">Word 字</text>'
        image, (warning,) = drawn(document(text, 'width="120" height="40"'))
        assert image.getextrema() == (0, 255)
        assert "missing letters: 字)" in warning
        shapes.add(image.tobytes())
    assert len(shapes) == 1


def test_nothing_outside_of_the_file_is_read(tmp_path: Path) -> None:
    """Pictures and elements from other files are left out with a warning, embedded ones are not."""
    path = tmp_path / "secret.png"
    Image.new("RGB", (4, 4), "red").save(path)
    inner = base64.b64encode(path.read_bytes()).decode()
    for attribute in ("href", "xlink:href"):
        place = f'<image width="8" height="8" {attribute}="{{}}"/>'
        image, _ = drawn(document(place.format(f"data:image/png;base64,{inner}")))
        assert image.getextrema() == (RED, RED)
        for reference in (path, path.as_uri(), "secret.png", "http://127.0.0.1:1/a.png"):
            image, warnings = drawn(document(place.format(reference)))
            assert image.getextrema() == (255, 255)
            assert "pictures from other files (1)" in " ".join(warnings)
    assert "other files (1)" in " ".join(drawn(document(f'<use href="{path}#a"/>'))[1])
    nested = base64.b64encode(document(f'<image href="{path}" width="8" height="8"/>')).decode()
    image, _ = drawn(
        document(f'<image width="8" height="8" href="data:image/svg+xml;base64,{nested}"/>')
    )
    assert image.getextrema() == (255, 255)


def test_external_entities_are_refused(tmp_path: Path) -> None:
    """An entity that names a file does not bring in its content."""
    path = tmp_path / "secret"
    path.write_text("<rect xmlns='http://www.w3.org/2000/svg' width='8' height='8'/>")
    head = f'<!DOCTYPE svg [<!ENTITY x SYSTEM "{path.as_uri()}">]>'
    try:
        image, _ = drawn(document("&x;", head=head))
    except Corrupt:
        return
    assert image.getextrema() == (255, 255)


def nested(levels: int, begin: str, end: str) -> str:
    return begin * levels + SQUARE + end * levels


def doubled(levels: int) -> str:
    groups = "".join(
        f'<g id="a{level + 1}"><use href="#a{level}"/><use href="#a{level}"/></g>'
        for level in range(levels)
    )
    return f'<defs><g id="a0">{SQUARE}</g>{groups}</defs><use href="#a{levels}"/>'


def chain(length: int) -> str:
    uses = "".join(f'<use id="b{step + 1}" href="#b{step}"/>' for step in range(length))
    return f'<g id="b0">{SQUARE}</g>{uses}'


def patterns(levels: int) -> str:
    uses = [9 * f"<rect fill='url(#p{level})'/>" for level in range(levels)]
    return "<pattern id='p0'/>" + "".join(
        f"<pattern id='p{level}' width='1' height='1'>{content}</pattern>"
        for level, content in enumerate(uses, start=1)
    )


LAUGHS = "<!DOCTYPE svg [<!ENTITY a0 'ha'>{}]>".format(
    "".join(f"<!ENTITY a{n + 1} '{f'&a{n};' * 10}'>" for n in range(12))
)
LINE = " ".join(f"L{n} {n}" for n in range(20000))
HOSTILE = {
    "huge": document(SQUARE, 'width="100000" height="100000"'),
    "huge number": document(SQUARE, 'width="9e999" height="1"'),
    "nested": document(nested(5000, "<g>", "</g>")),
    "layers": document(nested(140, "<g opacity='0.9'>", "</g>"), 'width="2000" height="2000"'),
    "layers by a style": document(
        "<style>g { opacity: 0.9 }</style>" + nested(140, "<g>", "</g>"),
        'width="2000" height="2000"',
    ),
    "doubled": document(doubled(60)),
    "doubled patterns": document(patterns(20) + "<rect fill='url(#p20)'/>"),
    "chain": document(chain(20000)),
    "entities": document("<text>&a12;</text>", head=LAUGHS),
    "markers": document(
        f"<marker id='m'>{SQUARE * 100}</marker><g marker-mid='url(#m)'><path d='M0 0 {LINE}'/></g>"
    ),
    "morphology": document(
        "<filter id='f'><feMorphology radius='500'/></filter><rect filter='url(#f)'/>"
    ),
    "many elements": document("<g/>" * 200_001),
    "packed": gzip.compress(document(" " * 30_000_000)),
    "cut off": document(SQUARE)[:-9],
    "packed and cut off": gzip.compress(document(SQUARE))[:-20],
    "not well formed": document("<g></h>"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_soon(name: str) -> None:
    """Files that would take much time or memory are refused soon."""
    begin = time.process_time()
    with pytest.raises((TooLarge, Corrupt), match="SVG"):
        images.load(io.BytesIO(HOSTILE[name]))
    assert time.process_time() - begin < 3


@pytest.mark.parametrize(
    "content",
    [
        '<g id="a"><use href="#a"/></g>',
        '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>',
        '<mask id="m"><rect width="1" height="1" mask="url(#m)"/></mask><rect mask="url(#m)"/>',
        '<filter id="f"><feTurbulence numOctaves="100000" baseFrequency="1"/></filter>'
        '<rect width="8" height="8" filter="url(#f)"/>',
        "<text>" + "x" * 1000 + "</text>",
    ],
)
def test_circular_references_end(content: str) -> None:
    """Circular references are drawn without what is circular, or refused."""
    try:
        images.load(io.BytesIO(document(content)))
    except Corrupt as failure:
        assert "too many elements" in str(failure)  # noqa: PT017


@pytest.mark.parametrize(
    "data",
    [
        b"<svgx/>",
        b"<html><svg/></html>",
        b"a <svg>",
        gzip.compress(b"text", mtime=0),
        b"\x1f\x8b\x08",
    ],
)
def test_other_texts_are_no_svg(data: bytes) -> None:
    """Other texts and compressed files are not taken for SVG."""
    assert not drawing.is_svg(io.BytesIO(data))
    with pytest.raises(Unsupported, match="SVG"):
        images.load(io.BytesIO(data))
