"""PowerPoint, Excel, OpenDocument and EPUB: text, structure, comments, damage, hostile files."""

import io
import time
from pathlib import Path
from typing import Any

import pytest

from protocol import failures
from slave_service import document_processing
from slave_service.formats import content
from slave_service.formats.office import numbers
from tests.hostile.docx_writing import relations, zipped

DATA = Path(__file__).parents[2] / "data" / "document"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def read(data: bytes) -> dict[str, Any]:
    return document_processing.process(io.BytesIO(data))


def related(**targets: str) -> bytes:
    """Return relations r0, r1 and so on, of these kinds; a digit at a kind's end is dropped."""
    return relations(
        *[(f"{OFFICE}/{kind.rstrip('0123456789')}", to, "") for kind, to in targets.items()]
    )


def pptx(*slides: str, more: dict[str, bytes] | None = None) -> bytes:
    order = "".join(f'<p:sldId id="{256 + n}" r:id="r{n}"/>' for n in reversed(range(len(slides))))
    main = (
        f'<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst>{order}</p:sldIdLst></p:presentation>'
    )
    parts = {
        "_rels/.rels": related(officeDocument="ppt/presentation.xml"),
        "ppt/presentation.xml": main.encode(),
        "ppt/_rels/presentation.xml.rels": related(
            **{f"slide{n}": f"slides/slide{n}.xml" for n in range(len(slides))}
        ),
    }
    for number, body in enumerate(slides):
        parts[f"ppt/slides/slide{number}.xml"] = (
            f'<p:sld xmlns:p="p" xmlns:a="a">{body}</p:sld>'.encode()
        )
    return zipped(parts | (more or {}))


def shape(text: str, kind: str = "body") -> str:
    place = f'<p:nvPr><p:ph type="{kind}"/></p:nvPr>'
    return f"<p:sp>{place}<a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sp>"


def xlsx(
    *rows: str, strings: str = "", formats: str = "", head: str = "", more: Any = None
) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheets = '<sheets><sheet name="First" r:id="r0"/></sheets>'
    main = f'<workbook xmlns="{space}" xmlns:r="r">{head}{sheets}</workbook>'
    sheet = f"<worksheet><sheetData>{''.join(rows)}</sheetData></worksheet>"
    return zipped(
        {
            "_rels/.rels": related(officeDocument="xl/workbook.xml"),
            "xl/workbook.xml": main.encode(),
            "xl/_rels/workbook.xml.rels": related(
                worksheet="worksheets/a.xml", sharedStrings="strings.xml", styles="styles.xml"
            ),
            "xl/worksheets/a.xml": sheet.encode(),
            "xl/strings.xml": f"<sst>{strings}</sst>".encode(),
            "xl/styles.xml": f"<styleSheet>{formats}</styleSheet>".encode(),
            **(more or {}),
        }
    )


def odf(
    body: str, kind: str = "text", more: dict[str, bytes] | None = None, head: str = ""
) -> bytes:
    spaces = "".join(
        f' xmlns:{name}="urn:{name}"' for name in ("office", "text", "table", "dc", "draw")
    )
    main = (
        f"{head}<office:document-content{spaces}><office:body><office:{kind}>{body}"
        f"</office:{kind}></office:body></office:document-content>"
    )
    return zipped(
        {"mimetype": b"application/vnd.oasis", "content.xml": main.encode()} | (more or {})
    )


def epub(*chapters: str, more: dict[str, bytes] | None = None) -> bytes:
    items = "".join(
        f'<item id="c{n}" href="text%20{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in reversed(range(len(chapters))))
    package = (
        '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>A book</dc:title>'
        f"<dc:creator>Ada</dc:creator></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = '<container><rootfiles><rootfile full-path="OPS/a.opf"/></rootfiles></container>'
    parts = {"META-INF/container.xml": container.encode(), "OPS/a.opf": package.encode()}
    for number, text in enumerate(chapters):
        parts[f"OPS/text {number}.xhtml"] = f'<?xml version="1.0"?><html><body>{text}'.encode()
    return zipped(parts | (more or {}))


@pytest.mark.parametrize(
    ("name", "kind"), [("office.odt", "ODT"), ("office.epub", "EPUB"), ("office.pptx", "PPTX")]
)
def test_files_of_other_programs(name: str, kind: str) -> None:
    """What pandoc writes is read with its heading, link, table and list."""
    result = read((DATA / name).read_bytes())
    assert result["document_type"] == kind
    lines = [line for line in result["text_content"].split("\n") if line]
    assert lines == ["Heading one", "Some text with a link.", "a\tb", "c1\tc2", "item"]
    assert result["outline"] == [{"title": "Heading one", "level": 1, "begin": 0}]
    assert result["warnings"] == []


def test_workbook_of_another_program() -> None:
    """What openpyxl writes is read: the sheet's name, rows, and the author."""
    result = read((DATA / "sheet.xlsx").read_bytes())
    assert result["text_content"] == "Sheet\nItem\tPrice\nApples\t3.5"
    assert (result["document_type"], result["sheet_count"]) == ("XLSX", 1)
    assert result["metadata"]["author"] == "openpyxl"


def test_slides() -> None:
    """Slides come in the order of the presentation, with tables, notes, diagrams and comments."""
    table = "<a:tbl><a:tr><a:tc><a:p><a:r><a:t>1</a:t></a:r></a:p></a:tc><a:tc/></a:tr></a:tbl>"
    shapes = shape("a note") + shape("7", "sldNum")
    notes = f'<p:notes xmlns:p="p" xmlns:a="a">{shapes}</p:notes>'
    more = {
        "ppt/slides/_rels/slide1.xml.rels": related(
            notesSlide="../notes.xml", comments="../comments.xml", chart="../chart.xml"
        ),
        "ppt/notes.xml": notes.encode(),
        "ppt/comments.xml": b"<cmLst><cm><text>a comment</text></cm></cmLst>",
        "ppt/chart.xml": b"<chart/>",
    }
    result = read(pptx(shape("last"), shape("First", "title") + table, more=more))
    assert result["text_content"] == "First\n1\na note\na comment\n\nlast"
    assert result["comments"] == [{"author": "", "text": "a comment"}]
    assert result["outline"] == [{"title": "First", "level": 1, "begin": 0}]
    assert "charts (1)" in result["warnings"][0]


def test_cells() -> None:
    """Cells of every type are read, at their columns; dates are those of ISO 8601."""
    formats = (
        '<numFmts><numFmt numFmtId="164" formatCode="d\\.m\\.yyyy h:mm"/></numFmts><cellXfs>'
        '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="21"/></cellXfs>'
    )
    result = read(
        xlsx(
            '<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="b"><v>1</v></c>'
            '<c t="e"><v>#N/A</v></c></row>',
            "<row/>",
            '<row><c s="1"><v>46353</v></c><c s="2"><v>46353.75</v></c><c s="3"><v>0.25</v></c>'
            "<c><f>1/10</f><v>0.30000000000000004</v></c></row>",
            '<row><c t="inlineStr"><is><t>in</t><rPh><t>x</t></rPh><t>line</t></is></c>'
            '<c t="s"><v>99</v></c><c t="str"><v>a\nb</v></c></row>',
            strings="<si><r><t>sha</t></r><r><t>red</t></r></si>",
            formats=formats,
        )
    )
    assert result["text_content"] == (
        "First\nshared\t\tTRUE\t#N/A\n2026-11-27\t2026-11-27T18:00:00\t06:00:00\t0.3\ninline\t\ta b"
    )


def test_dates_since_1904() -> None:
    """A workbook of an old Macintosh counts its days from 1904."""
    row = '<row><c s="0"><v>0</v></c></row>'
    formats = '<cellXfs><xf numFmtId="14"/></cellXfs>'
    result = read(xlsx(row, formats=formats, head='<workbookPr date1904="1"/>'))
    assert result["text_content"] == "First\n1904-01-01"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("yyyy-mm-dd", "date"),
        ("[$-409]mmmm d", "date"),
        ('"day "0.00', ""),
        ("[Red]0", ""),
        ("General", ""),
        ("h:mm:ss.00", "time"),
        ("[h]:mm", ""),
        ("#,##0 \\d", ""),
        ("mmm", "date"),
        ("@", ""),
    ],
)
def test_number_formats(code: str, kind: str) -> None:
    """A format is one of dates by its letters, without texts, colours and escapes."""
    assert numbers.kind_of_format(code) == kind


def test_numbers() -> None:
    """Numbers keep 15 digits, very large ones are as stored, and 1900 has no leap day."""
    values = {"3.5": "3.5", "1E+20": "1E+20", "nan": "nan", "x": "x", "100": "100"}
    assert {v: numbers.shown(v, "", since_1904=False) for v in values} == values
    assert numbers.shown("1", "date", since_1904=False) == "1900-01-01"
    assert numbers.shown("61", "date", since_1904=False) == "1900-03-01"
    assert numbers.shown("1e300", "date", since_1904=False) == "1e300"


def test_opendocument_text() -> None:
    """Headings, spaces, notes, boxes, comments and tracked changes are read as they are shown."""
    result = read(
        odf(
            "<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"
            '<text:h text:outline-level="2">Head</text:h>'
            '<text:p>a\n   b<text:s text:c="2"/>c<text:tab/>d<text:line-break/>e'
            "<office:annotation><dc:creator>Ada</dc:creator><dc:date>2026</dc:date>"
            "<text:p>check</text:p><text:p>this</text:p></office:annotation>"
            "<text:note><text:note-citation>1</text:note-citation><text:p>note</text:p></text:note>"
            " <text:date>today</text:date></text:p>"
        )
    )
    assert result["text_content"] == "Head\na b  c\td\ne today\ncheck\nthis\nnote"
    assert result["comments"] == [{"author": "Ada", "text": "check\nthis"}]
    assert result["outline"] == [{"title": "Head", "level": 2, "begin": 0}]


def test_many_comments_in_a_paragraph() -> None:
    """Each comment of a paragraph is read once, in linear time."""
    comment = "<office:annotation><text:p>a</text:p><text:p>b</text:p></office:annotation>"
    begin = time.process_time()
    result = read(odf(f"<text:p>text{comment * 5000}</text:p>"))
    assert result["text_content"] == "text" + "\na\nb" * 5000
    assert len(result["comments"]) == 5000
    assert time.process_time() - begin < 3


def test_opendocument_sheet() -> None:
    """A sheet has its name, and repeated cells and rows are repeated where they are not empty."""
    result = read(
        odf(
            '<table:table table:name="One"><table:table-row table:number-rows-repeated="2">'
            '<table:table-cell table:number-columns-repeated="2"><text:p>x</text:p>'
            "</table:table-cell>"
            '<table:table-cell table:number-columns-repeated="16382"/></table:table-row>'
            '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/>'
            "</table:table-row></table:table>",
            "spreadsheet",
        )
    )
    assert (result["document_type"], result["text_content"]) == ("ODS", "One\nx\tx\nx\tx")


def test_references_in_attributes() -> None:
    """The five references of XML are resolved in attributes, such as names of sheets, and texts."""
    table = '<table:table table:name="R&amp;D &lt;&quot;&#960;"/><text:p>R&amp;D</text:p>'
    assert read(odf(table, "spreadsheet"))["text_content"] == 'R&D <"π\nR&D'


def test_encrypted_opendocument() -> None:
    """An OpenDocument file with a password is refused as encrypted."""
    manifest = (
        b'<manifest><file-entry full-path="content.xml"><encryption-data/></file-entry></manifest>'
    )
    with pytest.raises(failures.Encrypted, match="password"):
        read(odf("", more={"META-INF/manifest.xml": manifest}))


def test_book() -> None:
    """Chapters come in the order of the spine, with names that are escaped in the list."""
    result = read(epub("<p>two</p>", "<h1>One</h1><p>text</p>"))
    assert result["text_content"] == "One\ntext\n\ntwo"
    assert (result["chapter_count"], result["metadata"]["title"]) == (2, "A book")
    assert result["metadata"]["author"] == "Ada"


def test_damaged_chapters() -> None:
    """A book is read without chapters that are missing or no text, which a warning counts."""
    data = epub("<p>one</p>", "two", more={"OPS/text 1.xhtml": b"\x89PNG\r\n\x1a\n"})
    result = read(data)
    assert result["text_content"] == "one"
    assert "chapters that are damaged (1)" in result["warnings"][0]


def test_protected_book() -> None:
    """A book under digital rights management is refused; obfuscated fonts are not."""
    entry = (
        '<encryption><EncryptedData><EncryptionMethod Algorithm="{}"/></EncryptedData></encryption>'
    )
    name = "META-INF/encryption.xml"
    with pytest.raises(failures.Encrypted, match="protected"):
        read(epub("a", more={name: entry.format("aes").encode()}))
    fonts = entry.format("http://www.idpf.org/2008/embedding").encode()
    assert read(epub("a", more={name: fonts}))["text_content"] == "a"


@pytest.mark.parametrize(
    "data",
    [
        pptx(shape("a"), more={"ppt/slides/slide0.xml": b"<p:sld"}),
        pptx(more={"ppt/presentation.xml": f"{BOMB}<p/>".encode()}),
        xlsx(more={"xl/worksheets/a.xml": f"{BOMB}<worksheet>&b;</worksheet>".encode()}),
        xlsx(more={"xl/styles.xml": b"\xff\xfe"}),
        odf("<text:p>&b;</text:p>", head=BOMB),
        odf("", more={"content.xml": b"<x/>"}),
        odf("<text:p>" * 5000),
        epub("a", more={"META-INF/container.xml": b"<container/>"}),
        epub("a", more={"OPS/a.opf": b"<package"}),
    ],
)
def test_damaged_files(data: bytes) -> None:
    """Damage, entities and endless nesting are refused."""
    with pytest.raises(failures.Corrupt):
        read(data)


def test_no_external_files() -> None:
    """An external entity is not read."""
    declared = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    with pytest.raises(failures.Corrupt):
        read(odf("<text:p>&a;</text:p>", head=declared))
    result = read(epub("&a;text", more={"OPS/text 0.xhtml": f"{declared}<p>&a;text</p>".encode()}))
    assert "root:" not in result["text_content"]


@pytest.mark.parametrize(
    "data",
    [
        xlsx(*['<row><c t="s"><v>0</v></c></row>'] * 200, strings=f"<si><t>{'a' * 999}</t></si>"),
        odf(
            '<table:table><table:table-row table:number-rows-repeated="1000000000">'
            f'<table:table-cell table:number-columns-repeated="1000000000"><text:p>{"a" * 99}'
            "</text:p></table:table-cell></table:table-row></table:table>"
        ),
        epub("a" * 200_000),
    ],
)
def test_text_is_limited(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that states the same text many times is over the limit of the whole text."""
    monkeypatch.setattr(content, "MAX_CHARACTERS", 100_000)
    with pytest.raises(failures.TooLarge, match="split it"):
        read(data)


def test_bombs_are_not_unpacked() -> None:
    """A part that unpacks to more than the limit is refused by the size that it states."""
    with pytest.raises(failures.TooLarge):
        read(odf("", more={"content.xml": b" " * (65 << 20)}))


def test_far_columns_are_brought_closer() -> None:
    """Cells far apart do not take a tab for each of the columns between them."""
    cells = '<c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c><c r="ZZZ1"/><c r="?"><v>3</v></c>'
    row = f"<row>{cells}</row>"
    text = read(xlsx(row))["text_content"]
    assert text.split() == ["First", "1", "2", "3"]
    assert text.count("\t") < 250


def test_nested_repetition_is_bounded() -> None:
    """Tables in cells that are repeated at each level stay small."""
    inner = "<text:p>a</text:p>"
    for _ in range(20):
        inner = (
            '<table:table><table:table-row table:number-rows-repeated="99"><table:table-cell '
            f'table:number-columns-repeated="99">{inner}</table:table-cell></table:table-row></table:table>'
        )
    begin = time.process_time()
    with pytest.raises(failures.TooLarge):
        read(odf(inner))
    assert time.process_time() - begin < 5


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["xl/workbook.bin"], "XLSB"),
        (["Index/Document.iwa"], "iWork"),
        (["META-INF/MANIFEST.MF"], "Java"),
    ],
)
def test_other_packages_are_named(names: list[str], expected: str) -> None:
    """A ZIP file of another kind is refused by its name, with advice."""
    with pytest.raises(failures.Unsupported, match=f"{expected}.*save it as"):
        read(zipped(dict.fromkeys(names, b"x")))
