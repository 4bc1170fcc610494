"""The DOCX reader, with documents of python-docx and hand-written parts."""

import errno
import io
import zipfile
from typing import Any

import docx
import pytest

from protocol import failures
from slave_service.formats import package as docx_package
from slave_service.formats.docx import reading

TRANSITIONAL = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SPACES = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    f'xmlns:m="{OFFICE}/math" xmlns:wps="urn:shapes" xmlns:v="urn:schemas-microsoft-com:vml"'
)
BOX = "<w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent>"


def part(content: str, root: str = "document", space: str = TRANSITIONAL) -> str:
    """Return the XML of a part with this content of its root element."""
    return f'<w:{root} xmlns:w="{space}" {SPACES}>{content}</w:{root}>'


def relations(**targets: str) -> str:
    """Return a relations part with the target of each kind."""
    entries = "".join(
        f'<Relationship Id="r{index}" Type="{OFFICE}/relationships/{kind.rstrip("_")}" '
        f'Target="{target}"/>'
        for index, (kind, target) in enumerate(targets.items())
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{entries}</Relationships>'


def package(**parts: str | bytes) -> bytes:
    """Return a ZIP file of parts; the main one is ``word/document.xml``."""
    return package_of({"word/document.xml" if k == "main" else k: v for k, v in parts.items()})


def package_of(parts: dict[str, str | bytes]) -> bytes:
    """Return a ZIP file of these parts."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stored.getvalue()


def read(data: bytes) -> reading.DocxContent:
    """Read a document's bytes."""
    return reading.read(io.BytesIO(data))


def read_body(content: str) -> str:
    """Return the text of a document with this content of its body."""
    return read(package(main=part(f"<w:body>{content}</w:body>"))).text


def run(text: str) -> str:
    """Return a run of text."""
    return f"<w:r><w:t>{text}</w:t></w:r>"


def saved(document: Any) -> bytes:
    """Return what python-docx saves."""
    stored = io.BytesIO()
    document.save(stored)
    return stored.getvalue()


def test_paragraphs_tables_and_counts() -> None:
    """Paragraphs and tables are in document order, and counted as in python-docx."""
    document = docx.Document()
    document.add_heading("Heading")
    document.add_paragraph("before\tthe\ntable")
    table = document.add_table(2, 2)
    for index, text in enumerate("abcd"):
        table.cell(index // 2, index % 2).text = text
    document.add_paragraph("")
    document.add_paragraph("after")

    content = read(saved(document))

    assert content.text == "Heading\nbefore\tthe\ntable\na\tb\nc\td\n\nafter"
    assert content.paragraph_count == len(document.paragraphs) == 4
    assert content.table_count == len(document.tables) == 1


def test_merged_cells() -> None:
    """The text of merged cells is included once."""
    document = docx.Document()
    table = document.add_table(3, 3)
    table.cell(0, 0).merge(table.cell(0, 2)).text = "wide"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "tall"

    text = read(saved(document)).text

    assert (text.count("wide"), text.count("tall")) == (1, 1)


def test_nested_tables() -> None:
    """A table in a cell is read in place and, as in python-docx, not counted."""
    document = docx.Document()
    cell = document.add_table(1, 2).cell(0, 0)
    cell.text = "outer"
    cell.add_table(1, 2).cell(0, 1).text = "inner"

    content = read(saved(document))

    assert content.text.split() == ["outer", "inner"]
    assert content.table_count == 1


def test_cells_that_claim_to_span_everything() -> None:
    """A cell that claims to span two thousand million columns is read once."""
    cell = '<w:tc><w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr><w:p>%s</w:p></w:tc>'
    row = f"<w:tr>{cell % run('a')}{cell % run('b')}</w:tr>"

    assert read_body(f"<w:tbl>{row}</w:tbl>") == "a\tb"


def test_properties() -> None:
    """The properties are title, author, subject and the program that made the document."""
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author, properties.subject = "T", "Ä B", "S"

    assert read(saved(document)).metadata == {
        "title": "T",
        "author": "Ä B",
        "subject": "S",
        "creator": "Microsoft Macintosh Word",
        "created": "2013-12-23T23:15:00+00:00",
        "modified": "2013-12-23T23:15:00+00:00",
    }


def test_no_properties() -> None:
    """Missing properties are empty."""
    metadata = read(package(main=part("<w:body/>"))).metadata

    assert metadata == {"title": "", "author": "", "subject": "", "creator": ""}


def test_headers_and_footers() -> None:
    """Headers and footers follow the body, once each, also where several sections have them."""
    document = docx.Document()
    document.add_paragraph("body")
    for index in range(3):
        section = document.add_section() if index else document.sections[0]
        section.header.is_linked_to_previous = False
        section.header.paragraphs[0].text = "the header"
        section.footer.is_linked_to_previous = False
        section.footer.paragraphs[0].text = f"footer {index}"

    lines = [line for line in read(saved(document)).text.split("\n") if line]

    assert lines == ["body", "the header", "footer 0", "footer 1", "footer 2"]


def test_notes() -> None:
    """Footnotes and endnotes come last, without Word's own empty ones."""
    note = '<w:footnote w:type="separator"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    note += f"<w:footnote><w:p>{run('a note')}</w:p></w:footnote>"
    data = package_of(
        {
            "word/document.xml": part(f"<w:body><w:p>{run('body')}</w:p></w:body>"),
            "word/_rels/document.xml.rels": relations(
                endnotes="endnotes.xml", footnotes="/word/footnotes.xml", header="gone.xml"
            ),
            "word/footnotes.xml": part(note, "footnotes"),
            "word/endnotes.xml": part(f"<w:p>{run('the end')}</w:p>", "endnotes"),
        }
    )

    assert read(data).text == "body\na note\nthe end"


def test_text_boxes_in_both_forms() -> None:
    """A text box is read once, after its paragraph, also where it is stored in two forms."""
    choice = f'<mc:Choice Requires="wps"><wps:txbx>{BOX}</wps:txbx></mc:Choice>'
    fallback = f"<mc:Fallback><v:textbox>{BOX}</v:textbox></mc:Fallback>"
    both = f"<w:r><mc:AlternateContent>{choice}{fallback}</mc:AlternateContent></w:r>"

    assert read_body(f"<w:p>{run('be')}{both}{run('fore')}</w:p>") == "before\nboxed"


def test_alternatives_for_old_readers_alone() -> None:
    """A fallback without an alternative is read."""
    old = f"<w:r><mc:AlternateContent><mc:Fallback>{BOX}</mc:Fallback></mc:AlternateContent></w:r>"

    assert read_body(f"<w:p>{old}</w:p><w:p>{run('next')}</w:p>") == "\nboxed\nnext"


def test_changes() -> None:
    """Inserted and moved text is included, deleted text and the source of a move are not."""
    changes = (
        f"<w:ins>{run('in')}</w:ins>"
        "<w:del><w:r><w:delText>out</w:delText><w:tab/></w:r></w:del>"
        f"<w:moveFrom>{run('from')}</w:moveFrom><w:moveTo>{run('to')}</w:moveTo>"
    )

    assert read_body(f"<w:p>{changes}</w:p>") == "into"


def test_transparent_elements() -> None:
    """The text of links, fields, content controls and formulas is read; a field's code is not."""
    content = (
        f"<w:sdt><w:sdtContent><w:p>{run('control ')}<w:hyperlink>{run('link ')}</w:hyperlink>"
        f'<w:fldSimple w:instr="PAGE">{run("7 ")}</w:fldSimple>'
        "<w:r><w:instrText>TOC</w:instrText></w:r><m:oMath><m:r><m:t>x²</m:t></m:r></m:oMath>"
        "</w:p></w:sdtContent></w:sdt>"
    )

    assert read_body(content) == "control link 7 x²"


def test_tabs_and_breaks() -> None:
    """Tabs and breaks in a run are characters; tab stops of a paragraph are not."""
    stops = "<w:pPr><w:tabs><w:tab/></w:tabs></w:pPr>"
    characters = "<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/></w:r>"

    assert read_body(f"<w:p>{stops}{characters}</w:p>") == "a\tb\nc-"


def test_comments_of_xml() -> None:
    """Text after XML comments and processing instructions is read."""
    assert read_body(f"<w:p>{run('a<!-- no -->b<?no no?>c')}</w:p>") == "abc"


def test_text_box_outside_a_paragraph() -> None:
    """A text box outside of a paragraph is read."""
    assert read_body(f"<w:p>{run('text')}</w:p>{BOX}") == "text\nboxed"


def test_strict_documents() -> None:
    """The strict variant of the format, which python-docx does not support, is read."""
    body = f"<w:body><w:p>{run('strict')}</w:p></w:body>"

    content = read(package(main=part(body, space=STRICT)))

    assert (content.text, content.paragraph_count) == ("strict", 1)


def test_main_part_elsewhere() -> None:
    """The relation of the package gives the main part, with and without macros."""
    data = package_of(
        {
            "_rels/.rels": relations(officeDocument="/Other/Main.xml"),
            "other/main.xml": part(f"<w:body><w:p>{run('found')}</w:p></w:body>"),
        }
    )

    assert read(data).text == "found"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("xl/workbook.xml", "Excel"),
        ("ppt/presentation.xml", "PowerPoint"),
        ("META-INF/manifest.xml", "OpenDocument"),
        ("photo.jpg", "ZIP archive"),
    ],
)
def test_other_zip_files(name: str, kind: str) -> None:
    """Other ZIP files are refused, with their kind by the names of their parts."""
    data = package_of({name: "<x/>", "_rels/.rels": relations(officeDocument=name)})

    with pytest.raises(failures.Unsupported, match=kind):
        read(data)


def test_entities_are_not_expanded() -> None:
    """A document with entities that expand or read files is refused."""
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    declared = f'<!DOCTYPE x [<!ENTITY e0 "laugh"><!ENTITY f SYSTEM "file:///etc/hosts">{bomb}]>'
    main = declared + part(f"<w:body><w:p>{run('&e11;&f;')}</w:p></w:body>")

    with pytest.raises(failures.Corrupt):
        read(package(main=main))


@pytest.mark.parametrize("element", ["w:p", "w:tbl", "w:txbxContent", "w:sdt"])
def test_deep_nesting(element: str) -> None:
    """Elements nested 100,000 deep do not crash the program."""
    depth = 100_000
    body = f"<{element}>" * depth + f"</{element}>" * depth

    with pytest.raises(failures.Corrupt):
        read_body(body)


def test_nesting_as_deep_as_the_parser_allows() -> None:
    """Text below 200 nested elements is read."""
    tables = 60
    opened, closed = "<w:tbl><w:tr><w:tc>" * tables, "</w:tc></w:tr></w:tbl>" * tables

    assert read_body(f"{opened}<w:p>{run('deep')}</w:p>{closed}") == "deep"


def test_part_that_unpacks_too_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part over the limit is refused before it is unpacked."""
    monkeypatch.setattr(docx_package, "MAX_TOTAL_BYTES", 10_000)

    with pytest.raises(failures.TooLarge, match="limit"):
        read_body(" " * 20_000)


def test_large_pictures_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that are not read do not count towards the limit."""
    monkeypatch.setattr(docx_package, "MAX_TOTAL_BYTES", 10_000)
    main = part(f"<w:body><w:p>{run('text')}</w:p></w:body>")

    data = package_of({"word/document.xml": main, "word/media/image1.bmp": bytes(100_000)})

    assert read(data).text == "text"


def test_too_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of more parts than the limit is refused."""
    monkeypatch.setattr(docx_package, "MAX_PARTS", 3)

    with pytest.raises(failures.TooLarge):
        read(package_of({str(number): "" for number in range(4)}))


def test_part_with_a_wrong_size() -> None:
    """A part larger than it states is damaged, and unpacking stops."""
    main = part(f"<w:body><w:p>{run('x' * 9000)}</w:p></w:body>").encode()
    data = package(main=main)
    size = len(main).to_bytes(4, "little")
    assert data.count(size) == 2

    with pytest.raises(failures.Corrupt):
        read(data.replace(size, (500).to_bytes(4, "little")))


def test_damaged_package() -> None:
    """Packages that are cut off or have changed bytes are damaged."""
    data = saved(docx.Document())
    middle = data.index(b"word/document.xml") + 400

    for damaged in (data[: len(data) // 2], data[:middle] + b"\xff" * 50 + data[middle + 50 :]):
        with pytest.raises(failures.Corrupt, match="damaged"):
            read(damaged)


@pytest.mark.parametrize("main", ["", "no XML", "<w:document/>", "\0"])
def test_damaged_main_part(main: str) -> None:
    """A main part that is not XML is damaged."""
    with pytest.raises(failures.Corrupt):
        read(package(main=main))


def test_part_of_the_wrong_kind() -> None:
    """A document whose header has another root element is damaged."""
    data = package_of(
        {
            "word/document.xml": part("<w:body/>"),
            "word/_rels/document.xml.rels": relations(header="header1.xml"),
            "word/header1.xml": "<x/>",
        }
    )

    with pytest.raises(failures.Corrupt):
        read(data)


def test_encrypted_part() -> None:
    """A part with a password is ``Encrypted`` and not ``Corrupt``."""
    data = bytearray(package(main=part("<w:body/>")))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(failures.Encrypted, match="password"):
        read(bytes(data))


def test_unusual_compression() -> None:
    """Compression methods that Office does not use are refused, as their bombs are larger."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("word/document.xml", part("<w:body/>"))

    with pytest.raises(failures.Corrupt):
        read(stored.getvalue())


def test_memory_errors_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lack of memory is not reported as a damaged file."""

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    data = package(main=part("<w:body/>"))
    monkeypatch.setattr(zipfile.ZipFile, "open", fail)

    with pytest.raises(MemoryError):
        read(data)


@pytest.mark.parametrize(
    ("number", "failure"), [(errno.EINVAL, failures.Corrupt), (errno.EIO, OSError)]
)
def test_errors_of_the_disk_are_raised(
    monkeypatch: pytest.MonkeyPatch, number: int, failure: type[Exception]
) -> None:
    """An invalid seek is a damaged file, an error of the disk is raised."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, "no")

    data = package(main=part("<w:body/>"))
    monkeypatch.setattr(zipfile.ZipFile, "open", fail)

    with pytest.raises(failure):
        read(data)


def test_self_test() -> None:
    """The self-test passes."""
    reading.self_test()
