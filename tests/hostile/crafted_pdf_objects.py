"""Crafted objects of a PDF: forms, fonts, pictures, encryption, endless content."""

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


def form_inside_itself() -> bytes:
    """A form that draws itself, twice."""
    inner = stream(
        b"/X Do /X Do",
        b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>",
    )
    return one_page(stream(b"/X Do"), inner, resources=b"/XObject<</X 6 0 R>>")


def forms_that_multiply() -> bytes:
    """Thirty forms, each drawing the next one ten times."""
    forms = [
        stream(
            b"/X Do " * 10,
            b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>"
            % (number + 1),
        )
        for number in range(6, 36)
    ]
    last = stream(CONTENT, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    return one_page(stream(b"/X Do"), *forms, last, resources=b"/XObject<</X 6 0 R>>")


def objects_in_their_own_stream() -> bytes:
    """A stream of objects that is stored in itself."""
    objects = (_CATALOG, _PAGES, page(), stream(CONTENT), FONT)
    body, places = laid_out(objects)
    own = len(body)
    body += b"6 0 obj\n%s\nendobj\n" % stream(
        b"6 0 ", b"/Type/ObjStm/N 999999/First 4/Extends 6 0 R"
    )
    rows = b"".join(b"\x01" + place.to_bytes(3, "big") + b"\0" for place in places)
    rows = b"\0\0\0\0\xff" + rows.replace(rows[:5], b"\x02\0\0\x06\0", 1) + b"\x02\0\0\x06\0"
    table = stream(rows, b"/Type/XRef/W[1 3 1]/Root 1 0 R/Size 7")
    end = len(body)
    return body + b"7 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n%d" % (table, end, own)


def references_in_a_circle() -> bytes:
    """Objects that are nothing but a reference to each other, also as lengths."""
    contents = b"<</Length 7 0 R>>stream\n%s\nendstream" % CONTENT
    return one_page(contents, b"7 0 R", b"6 0 R")


def contents_many_times() -> bytes:
    """A page whose contents are the same stream a hundred thousand times."""
    many = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents[%s]>>" % (b"4 0 R " * 100_000)
    return file((_CATALOG, _PAGES, many, deflated(CONTENT * 50), FONT))


def meanings_of_all_codes() -> bytes:
    """A font whose table of meanings has huge ranges, a thousand times."""
    ranges = b"1 beginbfrange <0000> <FFFFFFFF> <0000> endbfrange " * 1000
    return _with_font(b"/ToUnicode 6 0 R", deflated(b"begincmap " + ranges + b"endcmap"))


def widths_of_all_codes() -> bytes:
    """A font that has a million widths."""
    return _with_font(b"/FirstChar 0/LastChar 2147483647/Widths[%s]" % (b"500 " * 1_000_000))


def meanings_that_are_long() -> bytes:
    """A code that means sixty thousand letters, written a thousand times."""
    meaning = b"1 beginbfchar <47> <%s> endbfchar " % (b"0041" * 60_000)
    return _with_font(
        b"/ToUnicode 6 0 R", deflated(b"begincmap " + meaning + b"endcmap"), b"(GGGG)Tj " * 250
    )


def font_that_is_none() -> bytes:
    """A font program of noise."""
    about = b"/FontDescriptor<</Type/FontDescriptor/FontName/X/Flags 4/FontFile2 6 0 R>>"
    return _with_font(about, deflated(bytes(range(256)) * 999, b"/Length1 2147483647"))


def picture_of_the_largest_size() -> bytes:
    """A picture of two thousand million pixels squared."""
    entries = b"/Subtype/Image/Width 2147483647/Height 2147483647/ColorSpace/DeviceRGB"
    entries += b"/BitsPerComponent 16"
    return one_page(stream(b"/X Do"), deflated(b"no", entries), resources=b"/XObject<</X 6 0 R>>")


def page_of_the_largest_size() -> bytes:
    """A page as large as numbers go."""
    return one_page(stream(CONTENT), more=b"/MediaBox[-1e38 -1e38 1e38 1e38]/UserUnit 1e38")


def encryption_of_nonsense() -> bytes:
    """Encryption whose numbers are all wrong."""
    entries = b"/Encrypt<</Filter/Standard/V 5/R 6/Length 2147483647/P 0/O()/U()>>/ID[()()]"
    return file((_CATALOG, _PAGES, page(), stream(CONTENT), FONT), entries)


def table_of_countless_objects() -> bytes:
    """A table that claims two thousand million objects."""
    data = file((_CATALOG, _PAGES, page(), stream(CONTENT), FONT))
    return data.replace(b"xref\n0 6", b"xref\n0 2147483647").replace(
        b"/Size 6", b"/Size 2147483647"
    )


def no_table_at_all() -> bytes:
    """Two hundred thousand objects, and no table of them."""
    return b"%PDF-1.4\n" + b"".join(b"%d 0 obj<<>>endobj\n" % number for number in range(200_000))


def marks_without_end() -> bytes:
    """A million beginnings of objects, and none of them whole."""
    return b"%PDF-1.4\n" + b"1 0 obj<</A[" * 200_000


def scripts_and_actions() -> bytes:
    """Everything that a reader must not do: scripts, programs, addresses."""
    actions = (
        b"/OpenAction<</S/JavaScript/JS(while(1){})>>/AA<</WC<</S/Launch/F(/bin/sh)>>>>"
        b"/Names<</EmbeddedFiles<</Names[(a)<</F(file:///etc/passwd)>>]>>>>"
    )
    return file(
        (b"<</Type/Catalog/Pages 2 0 R%s>>" % actions, _PAGES, page(), stream(CONTENT), FONT)
    )


def contents_from_another_file() -> bytes:
    """Contents that are said to stand in another file."""
    return one_page(stream(CONTENT, b"/F(/etc/passwd)"))


def _with_font(entries: bytes, other: bytes = b"null", content: bytes = b"(Good) Tj") -> bytes:
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/X%s>>" % entries
    contents = stream(b"BT /F 12 Tf 9 40 Td " + content + b" ET")
    return file((_CATALOG, _PAGES, page(), contents, font, other))


FILES = (
    form_inside_itself,
    forms_that_multiply,
    objects_in_their_own_stream,
    references_in_a_circle,
    contents_many_times,
    meanings_of_all_codes,
    widths_of_all_codes,
    meanings_that_are_long,
    font_that_is_none,
    picture_of_the_largest_size,
    page_of_the_largest_size,
    encryption_of_nonsense,
    table_of_countless_objects,
    no_table_at_all,
    marks_without_end,
    scripts_and_actions,
    contents_from_another_file,
)
