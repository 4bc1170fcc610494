"""Splits HTML into tags and text, by the rules of the HTML standard (13.2.5) in linear time.

libxml2 searches its open elements at each end tag, which takes minutes for ten megabytes of
unclosed ones, and Python's html.parser needs quadratic time for unfinished tags (CVE-2025-6069).
"""

import html
import re
from collections.abc import Callable, Mapping
from typing import Protocol

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(
    r"[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"'][^\s>]*)))?"
)
_RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "iframe", "noembed", "noframes", "xmp")
}
"""The elements without tags inside, and their ends."""
_VOID = frozenset(
    "area base br col embed frame hr img input link meta param source track wbr".split()
)
_MOST_ATTRIBUTES = 100
_MOST_NAME = 40
_LONG_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")


class Handler(Protocol):
    """What is told of tags and text; each void or self-closed element also ends."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take a start tag; the names are in lower case."""

    def end(self, tag: str) -> None:
        """Take an end tag, which need not have a start tag."""

    def data(self, text: str) -> None:
        """Take text, in which references such as ``&amp;`` are resolved."""


def tokenize(text: str, handler: Handler) -> None:
    """Report the tags and the text of an HTML document in order."""
    # XHTML closes elements by a slash, which HTML ignores: there a <title/> hides the whole text.
    is_xml = text.lstrip("\ufeff \r\n\t")[:5] == "<?xml" or "www.w3.org/1999/xhtml" in text[:4096]
    position = 0
    while (begin := text.find("<", position)) >= 0:
        if begin > position:
            handler.data(_resolved(text[position:begin]))
        tag = _TAG.match(text, begin)
        if tag is None:
            position = _markup(text, begin, handler.data)
        elif tag[1]:
            handler.end(tag[2][:_MOST_NAME].lower())
            position = _after(text, ">", tag.end())
        else:
            position = _element(text, tag, is_xml, handler)
    handler.data(_resolved(text[position:]))


def _element(text: str, tag: re.Match[str], is_xml: bool, handler: Handler) -> int:
    name = tag[2][:_MOST_NAME].lower()
    attributes: dict[str, str] = {}
    position = tag.end()
    while (found := _ATTRIBUTE.match(text, position)) is not None:
        if len(attributes) < _MOST_ATTRIBUTES:
            value = found[2] or found[3] or found[4] or ""
            attributes.setdefault(found[1][:_MOST_NAME].lower(), value)
        position = found.end()
    end = _after(text, ">", position)
    handler.start(name, attributes)
    # An unquoted value takes the slash with it, as in <a href=x/>.
    if name in _VOID or (is_xml and text[max(0, end - 2) : end] == "/>"):
        handler.end(name)
    elif (raw := _RAW.get(name)) is not None:
        close = raw.search(text, end)
        stop = close.start() if close else len(text)
        handler.data(_resolved(text[end:stop]) if name in ("title", "textarea") else text[end:stop])
        return stop
    return end


def _markup(text: str, begin: int, data: Callable[[str], None]) -> int:
    """Return the end of a comment or declaration; any other ``<`` is text."""
    if text.startswith("<!--", begin):
        # The standard ends <!--> and <!---> there.
        return _after(text, "-->", begin + 2)
    if text.startswith("<![CDATA[", begin):
        end = _after(text, "]]>", begin + 9)
        data(text[begin + 9 : end].removesuffix("]]>"))
        return end
    if text.startswith(("<!", "<?", "</"), begin):
        return _after(text, ">", begin + 2)
    data("<")
    return begin + 1


def _after(text: str, sign: str, position: int) -> int:
    """Return the offset after the next ``sign``, or the end of the text."""
    found = text.find(sign, position)
    return len(text) if found < 0 else found + len(sign)


def _resolved(text: str) -> str:
    # html.unescape raises for numbers of thousands of digits.
    return html.unescape(_LONG_NUMBER.sub("\ufffd", text)) if "&" in text else text


def attribute(attributes: Mapping[str, str], name: str) -> str:
    """Return an attribute's value with references resolved, cut to a bounded length."""
    return _resolved(attributes.get(name, "")[:10_000])
