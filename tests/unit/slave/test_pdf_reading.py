"""The PDF reader, with PDFs that are written object by object."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from protocol import failures
from slave_service.formats.pdf import fallback, reading
from slave_service.formats.pdf.scanned_pages import ScannedPages

HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica"


def pdf(*pages: bytes, info: bytes = b"", cmap: bytes = b"", count: int | None = None) -> bytes:
    """Return a PDF of pages with these content streams, in a font with this ToUnicode map."""
    numbers = [5 + 2 * index for index in range(len(pages))]
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    font = HELVETICA + (b"/ToUnicode 4 0 R>>" if cmap else b">>")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages) if count is None else count),
        b"<<%s>>" % info,
        b"<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap),
    ]
    for number, content in zip(numbers, pages, strict=True):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/CropBox[0 0 200 200]"
            b"/Contents %d 0 R/Resources<</Font<</F %s>>>>>>" % (number + 1, font)
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
    body = b"%PDF-1.4\n"
    offsets = []
    for number, entry in enumerate(objects, start=1):
        offsets.append(b"%010d 00000 n \n" % len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, entry)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(offsets)
    trailer = b"trailer<</Size %d/Root 1 0 R/Info 3 0 R>>\n" % (len(objects) + 1)
    return body + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body)


def lines(*texts: bytes) -> bytes:
    """Return a content stream that shows each text on a line of its own."""
    shown = b" 0 -14 Td ".join(b"(%s) Tj" % text for text in texts)
    return b"BT /F 12 Tf 10 180 Td %s ET" % shown


def cmap(**codes: str) -> bytes:
    """Return a ToUnicode map of letters to UTF-16 in hexadecimal digits."""
    entries = " ".join(f"<{ord(letter):02x}> <{value}>" for letter, value in codes.items())
    return (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def "
        b"1 begincodespacerange <00> <ff> endcodespacerange "
        b"%d beginbfchar %s endbfchar endcmap end end" % (len(codes), entries.encode())
    )


def read(data: bytes) -> reading.PdfContent:
    """Read a PDF's bytes."""
    return reading.read(io.BytesIO(data), ScannedPages("eng"))


def encrypted(data: bytes, password: str) -> bytes:
    """Return a PDF encrypted with this user password."""
    script = (
        "import io, sys, PyPDF2\n"
        "reader = PyPDF2.PdfReader(io.BytesIO(sys.stdin.buffer.read()))\n"
        "writer = PyPDF2.PdfWriter()\n"
        "writer.append_pages_from_reader(reader)\n"
        "writer.encrypt(sys.argv[1], 'owner')\n"
        "target = io.BytesIO()\n"
        "writer.write(target)\n"
        "sys.stdout.buffer.write(target.getvalue())\n"
    )
    # In a process of its own, since importing PyPDF2 gives a warning.
    command = [sys.executable, "-W", "ignore", "-c", script, password]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def test_pages_and_lines() -> None:
    """Lines end with a newline, and an empty line separates pages."""
    content = read(pdf(lines(b"one", b"two"), lines(b"three")))

    assert content.page_count == 2
    assert content.text == "one\ntwo\n\nthree"


def test_a_file_on_disk(tmp_path: Path) -> None:
    """A file on disk is read like one in memory, and stays open."""
    path = tmp_path / "some.pdf"
    path.write_bytes(pdf(lines(b"on disk")))

    with path.open("rb") as source:
        assert reading.read(source, ScannedPages("eng")).text == "on disk"
        assert not source.closed


def test_no_text() -> None:
    """A PDF without text is a success with empty text."""
    content = read(pdf(b"", b"", b""))

    assert (content.page_count, content.text) == (3, "")


def test_text_outside_the_visible_box() -> None:
    """Text outside of the page's visible box is included."""
    outside = b"BT /F 12 Tf 10 50 Td (inside) Tj ET BT /F 12 Tf 250 250 Td (outside) Tj ET"

    assert sorted(read(pdf(outside)).text.split()) == ["inside", "outside"]


def test_hyphens_at_line_ends() -> None:
    """A word that is divided at the end of a line is joined."""
    assert read(pdf(lines(b"exam-", b"ple word"))).text == "example word"


def test_characters_without_meaning() -> None:
    """Characters that a font maps to NUL are left out and do not become hyphens."""
    content = lines(b"xAAyE-", b"z")

    text = read(pdf(content, cmap=cmap(A="0000", E="D83DDE00"))).text

    assert text == "xy\N{GRINNING FACE}-\nz"


def test_lone_surrogates() -> None:
    """A lone surrogate becomes U+FFFD, so that the text is valid UTF-8."""
    text = read(pdf(lines(b"xAy"), cmap=cmap(A="D83D"))).text

    assert text == "x\ufffdy"


def test_many_leading_characters_without_text() -> None:
    """Thousands of characters without text before a page's text are skipped."""
    invisible = b"BT /F 1 Tf 10 80 Td (%s) Tj ET" % (b"A" * 3000 + b"end")

    assert read(pdf(invisible, cmap=cmap(A="0002"))).text.endswith("end")


def test_only_characters_without_text() -> None:
    """A page with only characters without text has none of its own; OCR may read what they show."""
    assert not read(pdf(lines(b"AAA"), cmap=cmap(A="0002"))).has_text_layer


def test_properties() -> None:
    """Title, author, subject and creator are read, and are "" where they are missing."""
    info = b"/Title(A title)/Author<FEFF00DC006D006C0061007500740000>/Creator(Writer)"

    assert read(pdf(b"", info=info)).metadata == {
        "title": "A title",
        "author": "Ümlaut",
        "subject": "",
        "creator": "Writer",
        "created": "",
        "modified": "",
    }


def test_broken_properties() -> None:
    """An incomplete character in a property becomes U+FFFD."""
    metadata = read(pdf(b"", info=b"/Title<FEFFD83D0041>")).metadata

    assert metadata["title"].encode()


def test_password() -> None:
    """A PDF that needs a password is ``Encrypted`` and not ``Corrupt``."""
    with pytest.raises(failures.Encrypted, match="password"):
        read(encrypted(pdf(lines(b"secret")), "user"))


def test_empty_password() -> None:
    """A PDF with an empty user password is read."""
    assert read(encrypted(pdf(lines(b"open")), "")).text == "open"


def test_wrong_table_of_objects() -> None:
    """A PDF with a wrong offset of its cross-reference table is read."""
    data = pdf(lines(b"repaired")).replace(b"startxref\n", b"startxref\n9")

    assert read(data).text == "repaired"


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7\n", b"%PDF-1.4\n" + b"garbage " * 500, pdf(lines(b"cut"))[:100], pdf()],
    ids=["nothing", "garbage", "cut off", "no pages"],
)
def test_damaged(data: bytes) -> None:
    """A file that neither PDFium nor PyPDF2 can open is damaged."""
    with pytest.raises(failures.Corrupt, match="damaged"):
        read(data)


def test_second_reader() -> None:
    """A page tree with a wrong count is read by PyPDF2, without its warnings."""
    content = read(pdf(lines(b"first"), lines(b"second"), info=b"/Title(T)", count=5))

    assert (content.page_count, content.text.split()) == (2, ["first", "second"])
    assert content.metadata == dict.fromkeys(content.metadata, "") | {"title": "T"}


def test_second_reader_finds_no_text() -> None:
    """Its pages can't be rendered, so the warning speaks of no OCR that is missing."""
    content = read(pdf(lines(b""), lines(b" "), count=5))

    assert (content.text, content.has_text_layer, content.pages_without_text) == ("", False, 2)
    assert "can't be rendered for OCR" in content.warnings[1]


def test_second_reader_that_hangs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A PyPDF2 process that does not end is killed, and the file is damaged."""
    (tmp_path / "hanging.py").write_text("while True: pass\n")
    monkeypatch.setattr(reading, "_ROOT", tmp_path)
    monkeypatch.setattr(fallback, "__name__", "hanging")
    monkeypatch.setattr(reading, "DEADLINE_S", 0.25)

    with pytest.raises(failures.Corrupt):
        read(b"%PDF-1.7\n")


def test_second_reader_ends_itself() -> None:
    """The PyPDF2 process ends itself at its deadline."""
    script = (
        "import time\n"
        "from slave_service.formats.pdf import fallback as pdf_fallback\n"
        "pdf_fallback.DEADLINE_S = 0.1\n"
        "pdf_fallback.read = lambda data: time.sleep(60)\n"
        "pdf_fallback.main()\n"
    )
    root = Path(fallback.__file__).parents[3]
    command = [sys.executable, "-c", script]

    child = subprocess.run(command, input=b"", cwd=root, timeout=30, check=False)

    assert child.returncode == 3


@pytest.mark.parametrize(
    ("refusal", "failure"), [("encrypted", failures.Encrypted), ("too_large", failures.TooLarge)]
)
def test_second_readers_refusals(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refusal: str, failure: type[Exception]
) -> None:
    """A refusal of the PyPDF2 process becomes ``Encrypted`` or ``TooLarge``."""
    answer = f'{{"refusal": "{refusal}", "pages": [], "metadata": {{}}}}'
    (tmp_path / "refusing.py").write_text(f"print('{answer}')\n")
    monkeypatch.setattr(reading, "_ROOT", tmp_path)
    monkeypatch.setattr(fallback, "__name__", "refusing")

    with pytest.raises(failure):
        read(b"%PDF-1.7\n")


def test_second_reader_knows_passwords() -> None:
    """PyPDF2 reports an encrypted PDF as encrypted."""
    data = encrypted(pdf(lines(b"secret")), "user")

    assert fallback.read(data)["refusal"] == "encrypted"


def test_second_readers_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyPDF2 stops at the same limits as PDFium."""
    monkeypatch.setattr(fallback, "MAX_PAGES", 1)

    assert fallback.read(pdf(b"", b""))["refusal"] == "too_large"


def test_too_large_for_the_second_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged file over the size limit of PyPDF2 is not given to it."""
    monkeypatch.setattr(fallback, "MAX_BYTES", 1000)
    monkeypatch.setattr(fallback, "__name__", "no module of this program")

    with pytest.raises(failures.Corrupt):
        read(b"%PDF-1.7\n" + b"garbage " * 500)


def test_too_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF over the page limit is refused before a page is read."""
    monkeypatch.setattr(reading, "MAX_PAGES", 2)

    with pytest.raises(failures.TooLarge, match="split it"):
        read(pdf(b"", b"", b""))


def test_claimed_pages() -> None:
    """A PDF that claims a thousand million pages has the number of those in it."""
    content = read(pdf(lines(b"one"), count=1_000_000_000))

    assert (content.page_count, content.text) == (1, "one")


def test_too_much_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF over the character limit is refused."""
    monkeypatch.setattr(reading, "MAX_CHARACTERS", 10)

    with pytest.raises(failures.TooLarge):
        read(pdf(lines(b"12345678"), lines(b"12345678")))


def test_same_result_every_time() -> None:
    """The same file gives the same content."""
    data = pdf(lines(b"one", b"two-", b"three"), info=b"/Title(T)")

    assert read(data) == read(data)
