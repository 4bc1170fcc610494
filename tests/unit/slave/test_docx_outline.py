"""Headings of Word documents, written by python-docx and by hand."""

import io
import time
from typing import Any

import docx
import pytest

from slave_service import document_processing
from slave_service.formats import outline, package
from slave_service.formats.docx import styles as docx_styles
from tests.unit.slave.test_docx_reading import (
    STRICT,
    TRANSITIONAL,
    package_of,
    part,
    relations,
    run,
    saved,
)


def paragraph(text: str, *properties: str) -> str:
    """Return a paragraph with these elements in its properties."""
    inner = f"<w:pPr>{''.join(properties)}</w:pPr>" if properties else ""
    return f"<w:p>{inner}{run(text)}</w:p>"


def style(identifier: str) -> str:
    """Return the element that gives a paragraph its style."""
    return f'<w:pStyle w:val="{identifier}"/>'


def level(number: int | str) -> str:
    """Return the element that gives a paragraph or a style its outline level, from 0."""
    return f'<w:outlineLvl w:val="{number}"/>'


def defined(identifier: str, name: str, based_on: str = "", properties: str = "") -> str:
    """Return the definition of a style."""
    base = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{identifier}"><w:name w:val="{name}"/>{base}'
        f"<w:pPr>{properties}</w:pPr></w:style>"
    )


def document(body: str, styles: str | bytes | None = None, space: str = TRANSITIONAL) -> bytes:
    """Return a document with this body and these definitions of styles."""
    parts: dict[str, str | bytes] = {
        "word/document.xml": part(f"<w:body>{body}</w:body>", space=space),
        "word/_rels/document.xml.rels": relations(styles="styles.xml"),
    }
    if styles is not None:
        whole = styles if isinstance(styles, bytes) else part(styles, "styles", space)
        parts["word/styles.xml"] = whole
    return package_of(parts)


def read(data: bytes) -> dict[str, Any]:
    """Return a document's result."""
    return document_processing.process(io.BytesIO(data))


def headings(data: bytes) -> list[tuple[str, int]]:
    """Return titles and levels, after checking the offset of each heading."""
    result = read(data)
    for entry in result["outline"]:
        assert list(entry) == ["title", "level", "begin"]
        rest = result["text_content"][entry["begin"] :]
        assert rest.split()[0] == entry["title"].split()[0]
        assert entry["begin"] == 0 or result["text_content"][entry["begin"] - 1] == "\n"
    return [(entry["title"], entry["level"]) for entry in result["outline"]]


def test_a_document_by_python_docx() -> None:
    """Title and headings have a level and an offset."""
    made = docx.Document()
    made.add_heading("The title", 0)
    made.add_heading("One", 1)
    made.add_paragraph("Some text 😀")
    made.add_table(1, 2).cell(0, 0).text = "cell"
    made.add_heading("One deep", 9)
    made.add_paragraph("Subtitle", style="Subtitle")
    made.add_heading("Two", 1)

    result = read(saved(made))

    assert result["outline"] == [
        {"title": "The title", "level": 1, "begin": 0},
        {"title": "One", "level": 1, "begin": 10},
        {"title": "One deep", "level": 9, "begin": 32},
        {"title": "Two", "level": 1, "begin": 50},
    ]
    assert result["text_content"][32:40] == "One deep"
    assert result["text_content"][50:] == "Two"


def test_no_headings() -> None:
    """A document without headings has an empty outline, and so has a text."""
    assert read(document(paragraph("text")))["outline"] == []
    assert read(b"# No heading\n")["outline"] == []


def test_styles_without_definitions() -> None:
    """An undefined style is a heading if its identifier is the name of one."""
    body = "".join(
        paragraph(name, style(name))
        for name in ("Heading1", "heading 9", "Title", "Heading10", "Heading0", "Headings", "List")
    )

    assert headings(document(body)) == [("Heading1", 1), ("heading 9", 9), ("Title", 1)]


def test_names_decide_in_other_languages() -> None:
    """The name of a style decides whether it is a heading, and not its identifier."""
    styles = defined("berschrift2", "heading 2") + defined("Heading1", "Quote")
    body = paragraph("a", style("berschrift2")) + paragraph("b", style("Heading1"))

    assert headings(document(body, styles)) == [("a", 2)]


def test_outline_levels() -> None:
    """A style with an outline level, one based on it, and a paragraph with one are headings."""
    styles = (
        defined("own", "Chapter", properties=level(2))
        + defined("child", "Special chapter", "own")
        + defined("toc", "TOC Heading", "Heading1", level(9))
        + defined("Heading1", "heading 1")
    )
    body = (
        paragraph("style", style("own"))
        + paragraph("based", style("child"))
        + paragraph("no", style("toc"))
        + paragraph("body", style("Heading1"), level(9))
        + paragraph("direct", level(4))
        + paragraph("both", style("Heading1"), level(5))
        + paragraph("odd", style("Heading1"), level("x" * 5000))
    )

    found = headings(document(body, styles))

    assert found == [("style", 3), ("based", 3), ("direct", 5), ("both", 6), ("odd", 1)]


def test_properties_before_a_change() -> None:
    """The style of a paragraph before a tracked change is ignored."""
    before = f"<w:pPrChange><w:pPr>{style('Heading1')}{level(0)}</w:pPr></w:pPrChange>"

    assert headings(document(paragraph("x", style("Normal"), before))) == []


def test_strict_documents() -> None:
    """Headings of documents in the strict variant of the format are found."""
    data = document(paragraph("a", style("x")), defined("x", "heading 3"), STRICT)

    assert headings(data) == [("a", 3)]


def test_only_the_body_has_headings() -> None:
    """Headings in content controls are found; tables, text boxes and headers have none."""
    heading = paragraph("not", style("Heading1"))
    box = f"<w:r><w:txbxContent>{heading}</w:txbxContent></w:r>"
    body = (
        f"<w:tbl><w:tr><w:tc>{heading}</w:tc></w:tr></w:tbl>"
        f"<w:p>{run('holder')}{box}</w:p>"
        f"<w:sdt><w:sdtContent>{paragraph('control', style('Heading1'))}</w:sdtContent></w:sdt>"
        f"<w:del>{heading}</w:del>"
    )
    parts: dict[str, str | bytes] = {
        "word/document.xml": part(f"<w:body>{body}</w:body>"),
        "word/_rels/document.xml.rels": relations(header="h.xml"),
        "word/h.xml": part(heading, "hdr"),
    }

    assert headings(package_of(parts)) == [("control", 1)]


def test_heading_with_a_text_box() -> None:
    """The text of a text box is not part of the heading, and counts in later offsets."""
    box = f"<w:r><w:txbxContent>{paragraph('boxed')}</w:txbxContent></w:r>"
    first = f"<w:p><w:pPr>{style('Heading1')}</w:pPr>{run('one')}{box}</w:p>"

    result = read(document(first + paragraph("two", style("Heading1"))))

    assert result["text_content"] == "one\nboxed\ntwo"
    assert [(entry["title"], entry["begin"]) for entry in result["outline"]] == [
        ("one", 0),
        ("two", 10),
    ]


def test_titles_in_one_line() -> None:
    """Tabs and breaks in a heading become blanks; a heading without text is left out."""
    broken = "<w:r><w:tab/><w:t>1</w:t><w:br/><w:t>one</w:t></w:r>"
    body = f"<w:p><w:pPr>{level(0)}</w:pPr>{broken}</w:p>" + paragraph(" ", level(0))

    assert [entry["title"] for entry in read(document(body))["outline"]] == ["1 one"]


def test_long_titles() -> None:
    """A title over the limit is cut and ends with an ellipsis."""
    ((title, _),) = headings(document(paragraph("word " * 100_000, level(0))))

    assert title == ("word " * 40)[: outline.MAX_TITLE - 1] + "…"


def test_too_many_headings() -> None:
    """Of many headings the first 1,000 are returned."""
    body = "".join(paragraph(str(number), level(0)) for number in range(1500))

    assert headings(document(body)) == [(str(number), 1) for number in range(outline.MAX_ENTRIES)]


@pytest.mark.parametrize(
    "styles",
    [
        b"",
        b"<x/>",
        b"no XML",
        b"\xff\x00" * 100,
        b'<!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x>',
        b"<x>" + b"<y>" * 100_000,
        b"<x>" + b" " * package.MAX_TREE_BYTES + b"</x>",
        part("<w:style/>", "styles").encode(),
    ],
    ids=["empty", "other", "text", "bytes", "entity", "deep", "too large", "no identifier"],
)
def test_damaged_styles(styles: bytes) -> None:
    """A damaged styles part is ignored, and the document is read."""
    body = paragraph("a", style("Heading2")) + paragraph("b")

    assert headings(document(body, styles)) == [("a", 2)]


def test_styles_with_a_wrong_size() -> None:
    """A styles part that is larger than it states is ignored."""
    styles = defined("x", "heading 1") * 100
    data = document(paragraph("a", style("Heading2")), styles)
    size = len(part(styles, "styles")).to_bytes(4, "little")
    assert data.count(size) == 2

    assert headings(data.replace(size, (500).to_bytes(4, "little"))) == [("a", 2)]


def test_styles_do_not_count_towards_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The styles part does not count towards ``MAX_TOTAL_BYTES``."""
    styles = defined("x", "heading 1") + " " * 6000
    data = document(paragraph("a", style("x")) + " " * 6000, styles)
    monkeypatch.setattr(package, "MAX_TOTAL_BYTES", 10_000)

    assert headings(data) == [("a", 1)]


def test_cycles_of_styles() -> None:
    """Styles that are based on each other, or on themselves, are not headings."""
    styles = defined("a", "A", "b") + defined("b", "B", "a") + defined("c", "C", "c")
    body = "".join(paragraph(name, style(name)) for name in "abc")

    assert headings(document(body, styles)) == []


def test_long_chain_of_styles() -> None:
    """In a chain of thousands of base styles only the first few are followed."""
    count = 20_000
    styles = "".join(defined(f"s{n}", "x", f"s{n + 1}") for n in range(count))
    body = "".join(paragraph("x", style(f"s{n}")) for n in range(count))

    began = time.process_time()
    assert headings(document(body, styles)) == []
    # This takes about a second; following 200 million steps would take half a minute.
    assert time.process_time() - began < 15


def test_style_with_an_endless_name() -> None:
    """A style name of megabytes is not searched for each paragraph that uses the style."""
    styles = defined("s", "x", " " * 4_000_000)
    body = paragraph("x", style("s")) * 20_000

    began = time.process_time()
    assert headings(document(body, styles)) == []
    # This takes a quarter of a second; searching the name each time took half a minute.
    assert time.process_time() - began < 10


def test_errors_of_the_disk_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the disk while the styles are read is raised."""

    def fail(*_: object) -> None:
        raise OSError(5, "no")

    monkeypatch.setattr(package.Package, "tree", fail)
    with io.BytesIO(document("")) as source:
        opened = package.Package(source)
        with pytest.raises(OSError, match="no"):
            docx_styles.read(opened, [package.Relation("styles", "word/styles.xml")])
