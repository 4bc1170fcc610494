"""Crafted files of the formats that are ZIP packages: workbooks, slides, OpenDocument, books."""

from collections.abc import Callable, Mapping

from accuracy import zip_documents
from tests.hostile.docx_writing import relations, zipped

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDE = "http://schemas.openxmlformats.org/presentationml/2006/main"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_LAUGHS = "".join(
    ['<!ENTITY a0 "lol">', *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))]
)
_FILE = '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def _workbook(sheet: str, parts: Mapping[str, bytes] | None = None, sheets: int = 1) -> bytes:
    names = "".join(f'<sheet name="s{n}" r:id="r0"/>' for n in range(sheets))
    main = f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>'
    return zipped(
        {
            "_rels/.rels": relations((f"{_OFFICE}/officeDocument", "xl/workbook.xml", "")),
            "xl/workbook.xml": main.encode(),
            "xl/_rels/workbook.xml.rels": relations(
                (f"{_OFFICE}/worksheet", "s.xml", ""),
                (f"{_OFFICE}/sharedStrings", "strings.xml", ""),
            ),
            "xl/s.xml": f'<worksheet xmlns="{_SHEET}">{sheet}</worksheet>'.encode(),
            **(parts or {}),
        }
    )


def _cells(cells: str) -> str:
    return f"<sheetData><row>{cells}</row></sheetData>"


def cell_in_the_last_column() -> bytes:
    """Cells in the last column and the last row that exist, and far beyond them."""
    places = ("XFD1048576", "ZZZZZZZ99999999999", "A0", "-1", "A" * 100_000)
    return _workbook(_cells("".join(f'<c r="{place}"><v>1</v></c>' for place in places)))


def strings_that_do_not_exist() -> bytes:
    """Cells of shared strings whose numbers are negative, huge or no numbers."""
    numbers = ("-1", "7", "9" * 5000, "one", "1e308", "")
    return _workbook(_cells("".join(f'<c t="s"><v>{number}</v></c>' for number in numbers)))


def one_string_in_every_cell() -> bytes:
    """A shared string of a megabyte that a hundred thousand cells show."""
    strings = f'<sst xmlns="{_SHEET}"><si><t>{"long " * 200_000}</t></si></sst>'
    cells = '<c t="s"><v>0</v></c>' * 100_000
    return _workbook(_cells(cells), {"xl/strings.xml": strings.encode()})


def one_sheet_many_times() -> bytes:
    """Fifty thousand sheets, all of them the same part."""
    return _workbook(_cells('<c t="inlineStr"><is><t>again</t></is></c>' * 100), sheets=50_000)


def number_formats_of_great_length() -> bytes:
    """A number format of megabytes, and numbers that are no dates."""
    code = "[h]" * 1_000_000
    styles = (
        f'<styleSheet xmlns="{_SHEET}"><numFmts><numFmt numFmtId="200" formatCode="{code}"/>'
        '</numFmts><cellXfs><xf numFmtId="200"/></cellXfs></styleSheet>'
    )
    cells = "".join(f'<c s="0"><v>{n}</v></c>' for n in ("1e999", "nan", "-5", "4e15"))
    return _workbook(_cells(cells), {"xl/styles.xml": styles.encode()})


def slide_that_is_its_own_notes() -> bytes:
    """Ten thousand slides that are one part, whose notes are that part again."""
    order = '<p:sldId id="256" r:id="r0"/>' * 10_000
    main = f'<p:presentation xmlns:p="{_SLIDE}" xmlns:r="{_OFFICE}"><p:sldIdLst>{order}'
    own = relations((f"{_OFFICE}/notesSlide", "slide1.xml", ""))
    return zipped(
        {
            "_rels/.rels": relations((f"{_OFFICE}/officeDocument", "ppt/presentation.xml", "")),
            "ppt/presentation.xml": f"{main}</p:sldIdLst></p:presentation>".encode(),
            "ppt/_rels/presentation.xml.rels": relations(
                (f"{_OFFICE}/slide", "slides/slide1.xml", "")
            ),
            "ppt/slides/slide1.xml": f'<p:sld xmlns:p="{_SLIDE}"/>'.encode(),
            "ppt/slides/_rels/slide1.xml.rels": own,
        }
    )


def _open_document(kind: str, body: str, doctype: str = "") -> bytes:
    spaces = "".join(f' xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "text", "table"))
    content = (
        f'<?xml version="1.0"?>{doctype}<office:document-content{spaces}><office:body>'
        f"<office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    mimetype = f"application/vnd.oasis.opendocument.{kind}".encode()
    return zipped({"mimetype": mimetype, "content.xml": content.encode()})


def cells_repeated_without_end() -> bytes:
    """A table whose one cell and one row are repeated two thousand million times."""
    count = 2_000_000_000
    cell = f'<table:table-cell table:number-columns-repeated="{count}"><text:p>x</text:p>'
    row = f'<table:table-row table:number-rows-repeated="{count}">{cell}</table:table-cell>'
    return _open_document("spreadsheet", f"<table:table>{row}</table:table-row></table:table>")


def spaces_without_end() -> bytes:
    """A run of two thousand million spaces, and one of a number that is none."""
    spaces = "".join(f'<text:s text:c="{count}"/>' for count in ("2000000000", "-1", "many"))
    return _open_document("text", f"<text:p>a{spaces}b</text:p>")


def lists_of_great_depth() -> bytes:
    """A hundred thousand lists inside each other."""
    depth = 100_000
    return _open_document(
        "text", "<text:list><text:list-item>" * depth + "</text:list-item></text:list>" * depth
    )


def odt_laughs() -> bytes:
    """Entities of entities in an OpenDocument text."""
    return _open_document("text", "<text:p>&a9;</text:p>", f"<!DOCTYPE d [{_LAUGHS}]>")


def odt_of_another_file() -> bytes:
    """An entity that is another file of the computer."""
    return _open_document("text", "<text:p>&e;</text:p>", _FILE)


def book_of_one_chapter() -> bytes:
    """A book whose reading order names one chapter fifty thousand times."""
    items = '<item id="c" href="c.xhtml" media-type="application/xhtml+xml"/>'
    spine = '<itemref idref="c"/>' * 50_000
    return _book(f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>")


def book_outside_of_itself() -> bytes:
    """A book whose chapters are files of the computer, and addresses."""
    places = ("../../../etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/c", "%2e%2e/c")
    items = "".join(
        f'<item id="c{n}" href="{place}" media-type="application/xhtml+xml"/>'
        for n, place in enumerate(places)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(places)))
    return _book(f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>")


def book_of_deep_chapters() -> bytes:
    """A chapter of a million elements inside each other."""
    return zip_documents.epub(["<div>" * 1_000_000])


def _book(package: str) -> bytes:
    container = '<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>'
    return zipped(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container.encode(),
            "a.opf": package.encode(),
            "c.xhtml": b"<html><body><p>A chapter.</p></body></html>",
        }
    )


Makers = tuple[Callable[[], bytes], ...]
WORKBOOKS: Makers = (
    *(cell_in_the_last_column, strings_that_do_not_exist, one_string_in_every_cell),
    *(one_sheet_many_times, number_formats_of_great_length),
)
SLIDES: Makers = (slide_that_is_its_own_notes,)
OPEN_DOCUMENTS: Makers = (
    *(cells_repeated_without_end, spaces_without_end, lists_of_great_depth),
    *(odt_laughs, odt_of_another_file),
)
BOOKS: Makers = (book_of_one_chapter, book_outside_of_itself, book_of_deep_chapters)
