"""The page and the client detect the same task types."""

import base64
import io
import random
import zipfile
from pathlib import Path

from playwright.sync_api import Page

from protocol.content_types import detect_type
from protocol.task_types import TYPE_OF_CONTENT
from tests.hostile import good_documents, good_pictures, good_sounds, good_texts
from tests.hostile.ole_writing import ole, word_streams

DETECT = """
async (files) => {
  const { detectTaskType } = await import("/ui/static/upload/content_types.js");
  const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return Promise.all(files.map((text) => detectTaskType(new File([bytes(text)], "a file"))));
}
"""


def detected_by_page(page: Page, files: list[bytes]) -> list[str | None]:
    """Return the types that the page detects for files with these contents."""
    types: list[str | None] = page.evaluate(DETECT, [base64.b64encode(f).decode() for f in files])
    return types


def detected_by_client(data: bytes) -> str | None:
    """Return the type that the client detects."""
    return TYPE_OF_CONTENT.get(detect_type(io.BytesIO(data)) or "")


def zip_file(*names: str, comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
        archive.comment = comment
    return file.getvalue()


SIMILAR = {
    "an empty file": b"",
    "a ZIP": zip_file("a.txt", "sword/a"),
    "a DOCX": zip_file("[Content_Types].xml", "word/document.xml"),
    "a DOCX with a comment": zip_file("a", "word/document.xml", comment=b"PK" * 300),
    "an Excel workbook": zip_file("[Content_Types].xml", "xl/workbook.xml"),
    "an OpenDocument text": zip_file("mimetype", "content.xml"),
    "an EPUB book": zip_file("mimetype", "META-INF/container.xml"),
    "HTML": b"<?xml version='1.0'?>\n<!-- a --><!DOCTYPE  html>",
    "SVG": b"<?xml version='1.0'?>\n<!-- a -->\n<!DOCTYPE svg [<!ENTITY a 'b'>]><svg width='1'/>",
    "SVG with a prefix": b"\xef\xbb\xbf<s:svg xmlns:s='http://www.w3.org/2000/svg'/>",
    "a text about SVG": b"the tag <svg> begins a picture",
    "a text about HTML": b"the tag <html> begins a page",
    "Markdown that begins with a tag": b"<p align=center>Title</p>",
    "a Word document before 2007": ole(word_streams("text")),
    "a mail of Outlook": ole({"__substg1.0_1000001F": b"text"}),
    "a workbook before 2007": ole({"Workbook": b"cells"}),
    "a truncated OLE file": ole({})[:40],
    "RTF": b"{\\rtf1 text}",
    "a mail": b"Received: x\r\n\ty\r\nFrom: a\r\nSubject: b\r\n\r\ntext",
    "a memo": b"From: a\nTo: b\n\ntext",
    "a truncated ZIP": zip_file("word/document.xml")[:-10],
    "a PDF after a header": b"\0\0\0\0a header%PDF-1.4",
    "a text about PDF": b"the mark %PDF- begins a PDF",
    "white space, then a PDF": b"\n\x0b\x0c %PDF-1.7",
    "a video": b"RIFF\x24\0\0\0AVI LIST",
    "a text that begins like a BMP": b"BMW is a car",
    "a text that begins like a PPM": b"P1 is not a picture",
    "a PPM with a comment": b"P6 # made by hand\n 2 # wide\n 3\n255\n",
    "a text with the end-of-file character of DOS": b"some text\x1a\x1a",
    "a control code": b"some text\x01",
    "invalid UTF-8": b"\xef\xbb\xbfa\xff",
    "truncated UTF-8": "\ufeffa ß".encode()[:-1],
    "UTF-16": "\ufeffgood".encode("utf-16-le"),
    "UTF-16 with a null character": "\ufeffgo\0d".encode("utf-16-be"),
    "UTF-32": "\ufeffgood 🙂".encode("utf-32-le"),
    "UTF-32, big-endian": "\ufeffgood".encode("utf-32-be"),
    "UTF-32 beyond Unicode": b"\xff\xfe\0\0\0\0\x20\0",
    "UTF-32 with a surrogate": b"\xff\xfe\0\0\0\xd8\0\0",
    "Latin-1": "Grüße aus Köln".encode("latin-1"),
}


def test_same_type_as_the_client(page: Page, sample_files: dict[str, list[Path]]) -> None:
    """Page and client detect the same type for good files of every format, and for similar data."""
    files = {
        **{file.name: file.read_bytes() for some in sample_files.values() for file in some},
        **good_pictures.make(),
        **good_documents.make(),
        **good_sounds.make(),
        **good_texts.make(),
        **SIMILAR,
    }
    types = dict(zip(files, detected_by_page(page, list(files.values())), strict=True))
    assert types == {name: detected_by_client(data) for name, data in files.items()}
    assert set(types.values()) == {"image", "audio", "document", "text", None}


def test_same_type_for_mutated_heads(page: Page) -> None:
    """Page and client detect the same type if some of a file's first bytes are changed."""
    generator = random.Random(0)  # noqa: S311 (reproducible, not secret)
    good = [*good_pictures.make().values(), *good_sounds.make().values(), *SIMILAR.values()]
    files = []
    for data in generator.choices([data[:2000] for data in good if data], k=900):
        mutated = bytearray(data)
        for _ in range(generator.randint(1, 3)):
            mutated[generator.randrange(min(16, len(data)))] = generator.randrange(256)
        files.append(bytes(mutated))
    differing = [
        (data[:40], page_type, detected_by_client(data))
        for data, page_type in zip(files, detected_by_page(page, files), strict=True)
        if page_type != detected_by_client(data)
    ]
    assert differing == []
