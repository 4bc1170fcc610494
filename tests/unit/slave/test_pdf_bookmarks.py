"""Bookmarks and page offsets of PDFs that are written object by object."""

import io
import time
from typing import Any

import pytest

from slave_service import document_processing
from slave_service.formats.outline import MAX_ENTRIES, MAX_LEVEL, MAX_TITLE
from slave_service.formats.pdf import bookmarks as pdf_outline
from slave_service.formats.pdf import reading
from slave_service.formats.pdf.scanned_pages import ScannedPages
from tests.unit.slave.test_pdf_reading import cmap, lines, pdf

FIRST_BOOKMARK = 7
"""Object number of the first bookmark in the files here; the pages are objects 5 and 6."""
TITLES = ["A", "A 1", "A 1 a", "A 2", "B"]


def bookmarked(*bookmarks: bytes, first: int = FIRST_BOOKMARK, names: bytes = b"") -> bytes:
    """Return a PDF of two pages with these bookmarks, which are objects from number 7 on."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Outlines 4 0 R/Names<</Dests 3 0 R>>>>",
        b"<</Type/Pages/Kids[5 0 R 6 0 R]/Count 2>>",
        b"<</Names[%s]>>" % names,
        b"<</Type/Outlines/First %d 0 R>>" % first,
        page,
        page,
        *bookmarks,
    ]
    body = b"%PDF-1.4\n"
    offsets = []
    for number, entry in enumerate(objects, start=1):
        offsets.append(b"%010d 00000 n \n" % len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, entry)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(offsets)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\n" % (len(objects) + 1)
    return body + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body)


def outline(data: bytes) -> list[dict[str, Any]]:
    """Return the outline in a document's result."""
    found: Any = document_processing.process(io.BytesIO(data))["outline"]
    return list(found)


def pages(data: bytes) -> tuple[list[dict[str, Any]], str]:
    """Return the page offsets of a document, and its text."""
    result: Any = document_processing.process(io.BytesIO(data))
    return result["pages"], result["text_content"]


def test_levels_and_pages() -> None:
    """Bookmarks are in display order, with level and page counted from 1."""
    data = bookmarked(
        b"<</Title(A)/First 8 0 R/Next 11 0 R/Dest[5 0 R/Fit]>>",
        b"<</Title(A 1)/First 9 0 R/Next 10 0 R/Dest[6 0 R/XYZ 0 9 0]>>",
        b"<</Title(A 1 a)/A<</S/GoTo/D[6 0 R/Fit]>>>>",
        b"<</Title(A 2)/Dest(there)>>",
        b"<</Title(B)/Dest[0/Fit]>>",
        names=b"(there)[6 0 R/Fit]",
    )

    assert outline(data) == [
        {"title": title, "level": level, "page": page}
        for title, level, page in zip(TITLES, [1, 2, 3, 2, 1], [1, 2, 2, 2, 1], strict=True)
    ]


@pytest.mark.parametrize(
    "place",
    [
        b"",
        b"/Dest(nowhere)",
        b"/Dest[1 0 R/Fit]",
        b"/Dest[99 0 R/Fit]",
        b"/Dest[7/Fit]",
        b"/Dest[-1/Fit]",
        b"/Dest 4",
        b"/A<</S/URI/URI(http://example.org)>>",
        b"/A<</S/GoToR/F(other.pdf)/D[0/Fit]>>",
    ],
)
def test_bookmarks_that_lead_to_no_page(place: bytes) -> None:
    """The page of a bookmark is null where the target is not a page of the file."""
    assert outline(bookmarked(b"<</Title(x)%s>>" % place)) == [
        {"title": "x", "level": 1, "page": None}
    ]


def test_no_bookmarks() -> None:
    """A PDF without bookmarks has an empty outline."""
    assert outline(pdf(lines(b"text"))) == []


def test_titles() -> None:
    """Titles are one line in any script, and an incomplete character becomes U+FFFD."""
    found = outline(
        bookmarked(
            b"<</Title(  two\\r\\nlines\\t )/Next 8 0 R>>",
            b"<</Title<FEFFD83DDE0000DC>/Next 9 0 R>>",
            b"<</Title<FEFFD83D0041>/Next 10 0 R>>",
            b"<</Next 11 0 R>>",
            b"<</Title 12>>",
        )
    )

    assert [entry["title"] for entry in found[:2]] == ["two lines", "\N{GRINNING FACE}Ü"]
    assert found[2]["title"].encode()
    assert [entry["title"] for entry in found[3:]] == ["", ""]


@pytest.mark.parametrize("length", [MAX_TITLE, MAX_TITLE + 1, 50_000])
def test_long_titles(length: int) -> None:
    """A title over the limit is cut and ends with an ellipsis."""
    (entry,) = outline(bookmarked(b"<</Title(%s)>>" % (b"t" * length)))

    whole = length <= MAX_TITLE
    assert entry["title"] == "t" * length if whole else "t" * (MAX_TITLE - 1) + "…"


@pytest.mark.parametrize(
    ("bookmarks", "first", "titles"),
    [
        ([b"<</Title(a)/Next 8 0 R>>", b"<</Title(b)/Next 7 0 R>>"], 7, "ab"),
        ([b"<</Title(a)/Next 7 0 R>>"], 7, "a"),
        ([b"<</Title(a)/First 7 0 R>>"], 7, "a"),
        ([b"<</Title(a)/First 8 0 R>>", b"<</Title(b)/First 7 0 R/Next 7 0 R>>"], 7, "ab"),
        ([b"<</Title(a)/First 4 0 R/Next 5 0 R>>"], 4, ""),
        ([], 99, ""),
        ([b"17"], 7, ""),
        ([b"[7 0 R]"], 7, ""),
        ([b"<</Title(a)/Next 99 0 R/First(no)>>"], 7, "a"),
    ],
)
def test_broken_bookmarks(bookmarks: list[bytes], first: int, titles: str) -> None:
    """Cycles and invalid references end the outline, and the text is read."""
    found = outline(bookmarked(*bookmarks, first=first))

    assert "".join(entry["title"] for entry in found if len(entry["title"]) == 1) == titles
    assert len(found) < 5


def test_too_many_bookmarks() -> None:
    """Of many bookmarks the first 1,000 are returned."""
    chain = [b"<</Title(%d)/Next %d 0 R>>" % (n, n + 8) for n in range(MAX_ENTRIES + 500)]

    found = outline(bookmarked(*chain))

    assert [entry["title"] for entry in found] == [str(n) for n in range(MAX_ENTRIES)]


def test_deep_bookmarks() -> None:
    """Of bookmarks nested 1,000 deep, those up to ``MAX_LEVEL`` are returned."""
    chain = [b"<</Title(%d)/First %d 0 R>>" % (n, n + 8) for n in range(1000)]

    found = outline(bookmarked(*chain))

    assert [entry["level"] for entry in found] == list(range(1, MAX_LEVEL + 1))


def test_limit_over_all_titles() -> None:
    """Bookmarks that share a title of a megabyte are returned up to a limit over all titles."""
    chain = [b"<</Title 7 0 R/Next %d 0 R>>" % (n + 9) for n in range(MAX_ENTRIES)]
    data = bookmarked(b"(%s)" % (b"x" * (1 << 20)), *chain, first=8)

    began = time.process_time()
    found = outline(data)

    # In UTF-16 a title is 2 MiB and a terminator, so the second exceeds the limit of 4 MiB.
    assert len(found) == 1
    # This takes about 50 ms; without the limit, 100 such titles took 3 s.
    assert time.process_time() - began < 10


def test_too_many_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """With too many named destinations, bookmarks have no pages."""
    data = bookmarked(b"<</Title(x)/Dest(b)>>", names=b"(a)[5 0 R/Fit](b)[6 0 R/Fit](c)[5 0 R/Fit]")
    assert outline(data)[0]["page"] == 2

    monkeypatch.setattr(pdf_outline, "_MAX_NAMES", 2)

    assert outline(data) == [{"title": "x", "level": 1, "page": None}]


@pytest.mark.parametrize("wanted", [b"a", b"m", b"z"])
def test_cycle_in_a_name_tree(wanted: bytes) -> None:
    """A name tree with a cycle is searched once."""
    data = bookmarked(b"<</Title(x)/Dest(%s)>>" % wanted, names=b"")
    ring = data.replace(b"<</Names[]>>", b"<</Kids[3 0 R 3 0 R 3 0 R]>>")

    began = time.process_time()
    assert outline(ring)[0]["page"] is None
    assert time.process_time() - began < 5


def test_second_readers_outline() -> None:
    """A PDF that only PyPDF2 opens has page offsets and an empty outline."""
    data = pdf(lines(b"first"), lines(b"second"), count=5)

    found, text = pages(data)

    assert outline(data) == []
    assert [text[page["begin"] : page["end"]].strip() for page in found] == ["first", "second"]


def test_offsets_of_pages() -> None:
    """The text of each page is between its offsets."""
    found, text = pages(pdf(lines(b"one", b"two"), lines(b"three")))

    assert found == [{"begin": 0, "end": 7}, {"begin": 9, "end": 14}]
    assert text == "one\ntwo\n\nthree"


def test_offsets_of_empty_pages() -> None:
    """A page without text begins and ends at one offset, and other offsets are correct."""
    contents = [b"", lines(b"one"), b"", lines(b" "), lines(b"two"), b""]

    found, text = pages(pdf(*contents))

    assert text == "one\n\ntwo"
    assert [(page["begin"], page["end"]) for page in found] == [
        (0, 0),
        (0, 3),
        (3, 3),
        (3, 3),
        (5, 8),
        (8, 8),
    ]


def test_no_text_at_all() -> None:
    """The pages of a scan all begin and end at 0."""
    assert pages(pdf(b"", b"")) == ([{"begin": 0, "end": 0}] * 2, "")


def test_offsets_are_code_points() -> None:
    """Characters outside the Basic Multilingual Plane count once."""
    data = pdf(lines(b"xEy"), lines(b"z"), cmap=cmap(E="D83DDE00"))

    found, text = pages(data)

    assert text == "x\N{GRINNING FACE}y\n\nz"
    assert found == [{"begin": 0, "end": 3}, {"begin": 5, "end": 6}]


def test_same_outline_every_time() -> None:
    """The same file gives the same outline and offsets."""
    data = bookmarked(b"<</Title(a)/Next 8 0 R>>", b"<</Title(b)/Next 7 0 R/Dest[5 0 R/Fit]>>")

    first, second = (reading.read(io.BytesIO(data), ScannedPages("eng")) for _ in range(2))
    assert first == second
