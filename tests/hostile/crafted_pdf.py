"""Crafted PDF files: circular tables and trees, deep nesting, streams with many filters."""

import zlib

from tests.hostile import pdf_writing
from tests.hostile.packing import deflated_again, deflated_zeros
from tests.hostile.pdf_writing import (
    CONTENT,
    FONT,
    deflated,
    file,
    laid_out,
    one_page,
    page,
    stream,
)

_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
_PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
_GIB = 1 << 30


def previous_table_is_itself() -> bytes:
    """A table that is preceded by itself."""
    body, _ = laid_out((_CATALOG, _PAGES, page(), stream(CONTENT), FONT))
    return file((_CATALOG, _PAGES, page(), stream(CONTENT), FONT), b"/Prev %d" % len(body))


def previous_stream_is_itself() -> bytes:
    """The same with a table that is a stream."""
    objects = (_CATALOG, _PAGES, page(), stream(CONTENT), FONT)
    return pdf_writing.with_xref_stream(objects, b"/Prev %d" % len(laid_out(objects)[0]))


def tree_in_a_circle() -> bytes:
    """Pages that have themselves as a page."""
    return file((_CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2/Parent 2 0 R>>"))


def tree_in_a_wide_circle() -> bytes:
    """Two nodes that have each other as children, many times."""
    kids = b"3 0 R " * 50
    other = b"2 0 R " * 50
    node = b"<</Type/Pages/Parent 2 0 R/Count 999/Kids[%s]>>"
    return file((_CATALOG, node % kids, node % other))


def tree_of_great_depth() -> bytes:
    """A page below five thousand nodes, each the only child."""
    nodes = [
        b"<</Type/Pages/Count 1/Kids[%d 0 R]/Parent %d 0 R>>" % (number + 1, max(2, number - 1))
        for number in range(2, 5002)
    ]
    return file((_CATALOG, *nodes, b"<</Type/Page/Parent 5001 0 R/MediaBox[0 0 9 9]>>"))


def countless_pages() -> bytes:
    """Two thousand million pages, of which there is one."""
    return file(
        (_CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 2147483647>>", page(), stream(CONTENT))
    )


def less_than_no_pages() -> bytes:
    """A negative number of pages."""
    return file((_CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count -1>>", page(), stream(CONTENT)))


def the_same_page_many_times() -> bytes:
    """A page that is there twenty-five thousand times."""
    kids = b"3 0 R " * 25_000
    pages = b"<</Type/Pages/Kids[%s]/Count 25000>>" % kids
    return file((_CATALOG, pages, page(), stream(CONTENT), FONT))


def the_same_page_often() -> bytes:
    """A page that is there as often as is just allowed."""
    kids = b"3 0 R " * 19_999
    pages = b"<</Type/Pages/Kids[%s]/Count 19999>>" % kids
    return file((_CATALOG, pages, page(), stream(CONTENT), FONT))


def stream_of_a_gigabyte() -> bytes:
    """Contents that unpack to a gigabyte of zeros."""
    return one_page(stream(deflated_zeros(_GIB), b"/Filter/FlateDecode"))


def stream_packed_ten_times() -> bytes:
    """Contents that are packed ten times over."""
    data = deflated_again(_GIB, 10)
    return one_page(stream(data, b"/Filter[%s]" % (b"/FlateDecode" * 10)))


def stream_of_many_filters() -> bytes:
    """Ten thousand filters, one after the other."""
    return one_page(stream(CONTENT, b"/Filter[%s]" % (b"/ASCIIHexDecode" * 10_000)))


def run_length_bomb() -> bytes:
    """Run lengths, packed: a hundred megabytes of one letter."""
    return one_page(
        stream(zlib.compress(b"\x81a" * 800_000), b"/Filter[/FlateDecode/RunLengthDecode]")
    )


def lzw_bomb() -> bytes:
    """LZW data that is nothing but noise."""
    return one_page(stream(bytes(range(256)) * 4000, b"/Filter/LZWDecode"))


def predictor_bomb() -> bytes:
    """A predictor over rows of two thousand million columns."""
    parms = b"/DecodeParms<</Predictor 15/Colors 32/BitsPerComponent 16/Columns 2147483647>>"
    return one_page(deflated(CONTENT, parms))


def a_million_operators() -> bytes:
    """A million operators of drawing."""
    return one_page(deflated(b"0 0 m 9 9 l S " * 350_000))


def a_million_letters() -> bytes:
    """A million times the same word at the same place."""
    return one_page(deflated(b"BT /F 12 Tf 9 40 Td " + b"(word) Tj " * 250_000 + b"ET"))


def states_of_great_depth() -> bytes:
    """A million states saved, and none restored."""
    return one_page(deflated(b"q " * 1_000_000 + CONTENT))


def arrays_of_great_depth() -> bytes:
    """Contents of a hundred thousand arrays inside each other."""
    return one_page(deflated(b"[" * 100_000 + b"]" * 100_000 + b" TJ " + CONTENT))


def objects_of_great_depth() -> bytes:
    """An object of a hundred thousand arrays inside each other."""
    deep = b"[" * 100_000 + b"]" * 100_000
    return file(
        (b"<</Type/Catalog/Pages 2 0 R/Deep %s>>" % deep, _PAGES, page(), stream(CONTENT), FONT)
    )


def dictionaries_of_great_depth() -> bytes:
    """The same with dictionaries."""
    deep = b"<</A" * 50_000 + b" 1" + b">>" * 50_000
    return file(
        (b"<</Type/Catalog/Pages 2 0 R/Deep %s>>" % deep, _PAGES, page(), stream(CONTENT), FONT)
    )


FILES = (
    previous_table_is_itself,
    previous_stream_is_itself,
    tree_in_a_circle,
    tree_in_a_wide_circle,
    tree_of_great_depth,
    countless_pages,
    less_than_no_pages,
    the_same_page_many_times,
    the_same_page_often,
    stream_of_a_gigabyte,
    stream_packed_ten_times,
    stream_of_many_filters,
    run_length_bomb,
    lzw_bomb,
    predictor_bomb,
    a_million_operators,
    a_million_letters,
    states_of_great_depth,
    arrays_of_great_depth,
    objects_of_great_depth,
    dictionaries_of_great_depth,
)
