"""The HTML reader: text without tags, headings, tables, encodings, hostile files."""

import time
from typing import Any

import pytest

from slave_service.formats.html.encoding import decode_html
from slave_service.formats.html.reading import read

PAGE = """<!DOCTYPE html><html><head><meta charset=utf-8><title>A &amp; B</title>
<meta name="author" content="Ada"><meta name=description content="About"><style>p{}</style></head>
<body><h1>Heading one</h1><p>Some <em>text</em> with <a href="http://x.y">a link</a>.</p>
<table><tr><th>a</th><th>b</th></tr><tr><td>c1</td><td><p>c2</p><p>c3</p></td></tr></table>
<ul><li>item<li>next&nbsp;one</ul><script>if (a<b) {}</script><h2>Two<br>lines</h2></body></html>"""


def text_of(body: str) -> str:
    return read(f"<html><body>{body}".encode()).text


def test_text_and_structure() -> None:
    """Blocks are lines, rows have tabs, headings are the outline, title and meta the metadata."""
    content = read(PAGE.encode())
    assert content.text == (
        "Heading one\nSome text with a link.\na\tb\nc1\tc2 c3\nitem\nnext\xa0one\nTwo\nlines"
    )
    assert content.metadata == {"title": "A & B", "author": "Ada", "subject": "About"}
    assert content.outline[0] == {"title": "Heading one", "level": 1, "begin": 0}
    assert [entry["title"] for entry in content.outline] == ["Heading one", "Two", "lines"]
    assert content.warnings == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a<p hidden>b</p>c", "a\nc"),
        ("a<p hidden>b<p>c", "a\nc"),
        ('<div style="color:red; display: none">a<div>b</div>c</div>d', "d"),
        ("<input hidden>a<template>b</template>", "a"),
        ("<noscript>a</noscript><!-- b -->c<!-- d", "c"),
        ("a<script>'</p>'</script>b", "ab"),
        ("<script>never closed", ""),
        (
            "1 < 2 &lt; 3 &#960; &eacute; &unknown; &#99999999999999;",
            "1 < 2 < 3 π é &unknown; \ufffd",
        ),
        ("soft\u00adhyphen", "softhyphen"),
        ("<pre>a\n  b\n</pre>c  d", "a\n  b\nc d"),
        ('<a title="a > b">x</a>', "x"),
        ("<a href='never closed>x</a>", "x"),
        ("<table><tr><td><h2>a</h2><p>b<td></table>c", "a\nb\nc"),
        ("<table><tr><td>x<table><tr><td>1<td>2</table>y</table>", "x\n1\t2\ny"),
        ("<table><tr><td>1<td>2<tr><td>3<td>4</table>", "1\t2\n3\t4"),
        ("<td>a<tr>b</tr>", "a\nb"),
        ("<textarea><b></textarea>", "<b>"),
        ("<svg><title>t</title><text>s</text></svg>", "s"),
    ],
)
def test_elements(body: str, expected: str) -> None:
    """What is hidden is left out; references, tables and unclosed elements are read as shown."""
    assert text_of(body) == expected


def test_head_without_end() -> None:
    """A head that is not closed ends with the first element of the body."""
    content = read(b"<html><head><title>t</title><p>text")
    assert (content.metadata["title"], content.text) == ("t", "text")
    assert read(b"<title>t</title>text").metadata["title"] == "t"


def test_xhtml_closes_elements_by_a_slash() -> None:
    """In XHTML an element that is closed by a slash hides nothing."""
    page = b'<?xml version="1.0"?><html><head><title/><script src="a"/></head><body>text</body>'
    assert read(page).text == "text"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ('<meta charset="iso-8859-2">Příliš žluťoučký'.encode("iso8859_2"), "iso8859-2"),
        (
            '<meta http-equiv=x content="text/html; charset=windows-1251">Привет'.encode("cp1251"),
            "cp1251",
        ),
        ("<meta charset=shift_jis>日本語".encode("cp932"), "cp932"),
        ("<meta charset=latin1>“quoted”".encode("cp1252"), "cp1252"),
        ('<?xml version="1.0" encoding="koi8-r"?><p>Привет'.encode("koi8_r"), "koi8-r"),
        ("<meta charset=utf-16>Grüße".encode(), "utf-8"),
        ("<meta charset=hex>Grüße".encode(), "utf-8"),
        ("<meta charset=utf-8>Grüße".encode("utf-16"), "utf-16"),
        ("<meta charset=nonsense>Grüße".encode("utf-8-sig"), "utf-8-sig"),
    ],
)
def test_encodings(data: bytes, encoding: str) -> None:
    """The byte order mark decides, then the declaration, then the content."""
    decoded = decode_html(data)
    assert decoded.encoding == encoding
    assert not decoded.damaged
    assert decoded.text.encode(encoding) == data


def test_page_without_text() -> None:
    """A page that only scripts fill has a warning."""
    (warning,) = read(b"<html><script>draw()</script>").warnings
    assert "no text" in warning


HOSTILE: dict[str, Any] = {
    "unclosed elements": b"<i><div>",
    "wrong end tags": b"<i></b>",
    "unclosed tags": b"<a x='",
    "attributes": b" a='b'",
    "comments": b"<!--",
    "references": b"&amp&#",
    "tables": b"<table><tr><td>a",
    "hidden": b"<p hidden><a hidden>",
    "less-than signs": b"<",
    "slashes": b"/",
    "scripts": b"<script></script",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_time_is_linear(what: str) -> None:
    """Eight times as much of what parsers stumble over takes far less than 64 times the time."""

    def seconds(size: int) -> float:
        data = b"<html><a " + HOSTILE[what] * (size // len(HOSTILE[what]))
        begin = time.process_time()
        read(data)
        return time.process_time() - begin

    # The shorter of two times: a busy computer makes some longer, and none shorter.
    small, large = (min(seconds(size), seconds(size)) for size in (50_000, 400_000))
    assert large < 25 * max(small, 0.002)
