"""Parses an SVG, takes out what lies outside of the file, and limits what drawing it costs.

References make small files cost much: an element that is used twice by one that is used twice, and
so on, is drawn 2^n times. So each element counts as often as it is drawn.
"""

import base64
import binascii
import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PIL import Image

from protocol.failures import Corrupt, TooLarge

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

Attributes = Mapping[str, str]
MAX_DRAWN = 200_000
"""Limit of the elements that are drawn, each as often as it is."""
MAX_DEPTH = 150
"""Limit of the elements inside each other, references included."""
_MAX_IMAGE_PIXELS = 50_000_000
"""Limit of the pixels of all embedded pictures."""
_MAX_OCTAVES, _MAX_RADIUS, _MAX_ORDER = 10, 20.0, 9.0
"""Limits of filters whose time grows with these values; octaves above are not visible."""
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^'\")\s]+)")
_PICTURE = re.compile(
    r"\s*data:image/(?:png|jpe?g|gif|webp)(?:;[^,;]{0,40})*;base64,", re.IGNORECASE
)
_LAYERS = re.compile(r"opacity|mask|filter|clip-path|mix-blend|isolation")
_NUMBER = re.compile(r"[0-9.]+")
_DAMAGED = "This SVG is damaged, or declares more than is read; save it again and send that."
_COMPLEX = (
    "This SVG has too many elements, or too many inside each other; simplify it, or export it as "
    "PNG and send that."
)
_SLOW_FILTER = "This SVG has a filter that takes too long; export it as PNG and send that."


@dataclass(slots=True)
class SvgContent:
    """An SVG that is ready to be drawn."""

    root: "Element"
    letters: frozenset[str] = frozenset()
    """All characters of its text."""
    left_out: Counter[str] = field(default_factory=Counter)
    """What was taken out, by its name, and how often."""
    layers: int = 0
    """How many groups that need a layer of their own are inside each other."""

    def as_text(self) -> str:
        """Return the document for the renderer."""
        from lxml import etree

        return str(etree.tostring(self.root, encoding="unicode"))


def read(data: bytes) -> SvgContent:
    """Return the content of an SVG; raise Corrupt or TooLarge."""
    from lxml import etree

    parser = etree.XMLParser(
        # Adobe's programs declare entities; libxml2 limits how far they expand.
        resolve_entities="internal",
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise Corrupt(_DAMAGED) from error
    if sum(1 for _ in root.iter()) > MAX_DRAWN:
        raise TooLarge(_COMPLEX)
    content = SvgContent(root)
    _take_out(content)
    cost = _Cost(root)
    content.layers = cost.layers
    return content


def _take_out(content: SvgContent) -> None:
    letters: set[str] = set()
    pixels = 0
    for element in list(content.root.iter(f"{_SVG}*")):
        name = _name(element)
        if name == "text":
            letters.update("".join(element.itertext()))
        elif name == "foreignObject":
            if not _has_alternative(element):
                content.left_out["embedded HTML"] += 1
        elif name in ("image", "feImage"):
            pixels += _check_picture(element, content)
        elif name == "use" and not _href(element).startswith("#"):
            content.left_out["references to other files"] += 1
            _remove_href(element)
        elif not _href(element).startswith("#"):
            _remove_href(element)
        _limit_filter(element, name)
    if pixels > _MAX_IMAGE_PIXELS:
        raise TooLarge(
            f"The pictures in this SVG have more than {_MAX_IMAGE_PIXELS:,} pixels; export it as "
            "PNG and send that."
        )
    if "".join(letters).strip():
        content.letters = frozenset(letters)


def _check_picture(element: "Element", content: SvgContent) -> int:
    """Return the pixels of an embedded picture; take out any other reference."""
    href = _href(element)
    if href.startswith("#"):
        return 0
    found = _PICTURE.match(href)
    if found is None:
        content.left_out["pictures from other files"] += bool(href.strip())
        _remove_href(element)
        return 0
    try:
        data = base64.b64decode(href[found.end() :])
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "GIF", "WEBP"]) as image:
            pixels: int = image.width * image.height
            return pixels
    except (binascii.Error, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        content.left_out["damaged pictures"] += 1
        _remove_href(element)
        return 0


def _has_alternative(element: "Element") -> bool:
    parent = element.getparent()
    return parent is not None and _name(parent) == "switch" and len(parent) > 1


def _limit_filter(element: "Element", name: str) -> None:
    if name == "feTurbulence" and _largest(element, "numOctaves") > _MAX_OCTAVES:
        element.set("numOctaves", str(_MAX_OCTAVES))
    if _largest(element, "radius") > _MAX_RADIUS and name == "feMorphology":
        raise TooLarge(_SLOW_FILTER)
    if _largest(element, "order") > _MAX_ORDER and name == "feConvolveMatrix":
        raise TooLarge(_SLOW_FILTER)


def _largest(element: "Element", attribute: str) -> float:
    value = element.get(attribute, "")[:100]
    if "e" in value.lower():
        return float("inf")
    try:
        return max((float(part) for part in _NUMBER.findall(value)), default=0.0)
    except ValueError:
        return 0.0


class _Cost:
    """How often elements are drawn, and how deep; raises ``TooLarge`` over the limits."""

    def __init__(self, root: "Element") -> None:
        self._by_id = {id_: element for element in root.iter() if (id_ := element.get("id"))}
        styles = " ".join("".join(style.itertext()) for style in root.iter(f"{_SVG}style"))
        # Which elements a style sheet selects is not looked at: any may need a layer.
        self._layers_by_css = bool(_LAYERS.search(styles))
        self._known: dict[Any, tuple[int, int, int]] = {}
        self._open: set[Any] = set()
        self.drawn, _, self.layers = self._measure(root, 1)
        self._check_markers(root, styles)

    def _measure(self, element: "Element", depth: int) -> tuple[int, int, int]:
        """Return elements drawn, levels and layers of an element with all that it refers to."""
        if element in self._known:
            known = self._known[element]
            if depth + known[1] > MAX_DEPTH:
                raise TooLarge(_COMPLEX)
            return known
        if element in self._open:
            return 0, 0, 0  # The renderer ends circular references too.
        if depth > MAX_DEPTH:
            raise TooLarge(_COMPLEX)
        self._open.add(element)
        inner = [self._measure(other, depth + 1) for other in (*element, *self._targets(element))]
        self._open.discard(element)
        drawn = 1 + sum(part[0] for part in inner)
        if drawn > MAX_DRAWN:
            raise TooLarge(_COMPLEX)
        levels = 1 + max((part[1] for part in inner), default=0)
        layers = self._needs_layer(element) + max((part[2] for part in inner), default=0)
        self._known[element] = drawn, levels, layers
        return self._known[element]

    def _targets(self, element: "Element") -> list["Element"]:
        names = [name for value in element.values() for name in _REFERENCE.findall(value)]
        if (href := _href(element)).startswith("#"):
            names.append(href[1:].strip())
        return [self._by_id[name] for name in names if name in self._by_id]

    def _needs_layer(self, element: "Element") -> bool:
        return self._layers_by_css or any(
            _LAYERS.search(name) or (name == "style" and _LAYERS.search(value))
            for name, value in element.items()
        )

    def _check_markers(self, root: "Element", styles: str) -> None:
        """Count a marker at each corner of each line, since lines inherit markers from groups."""
        markers = [self._known.get(marker, (1,))[0] for marker in root.iter(f"{_SVG}marker")]
        is_used = "marker" in styles or any(
            "marker" in name or (name == "style" and "marker" in value)
            for element in root.iter()
            for name, value in element.items()
        )
        if not markers or not is_used:
            return
        corners = sum(
            len(_NUMBER.findall(element.get(name, ""))) // 2
            for element in root.iter(f"{_SVG}*")
            for name in ("d", "points")
        )
        if self.drawn + corners * max(markers) > MAX_DRAWN:
            raise TooLarge(_COMPLEX)


def _name(element: "Element") -> str:
    return str(element.tag).rpartition("}")[2]


def _href(element: "Element") -> str:
    return str(element.get("href", element.get(_XLINK_HREF, "")))


def _remove_href(element: "Element") -> None:
    for name in ("href", _XLINK_HREF):
        element.attrib.pop(name, None)
