"""The page proposes the types that the client would choose: both sort by the same rules."""

import base64
import io
import random
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page

from protocol.content_types import detect_type
from protocol.task_types import TYPE_OF_CONTENT
from tests.hostile import good_documents, good_pictures, good_sounds, good_texts

GUESS = """
async (files) => {
  const { guess } = await import("/ui/static/upload/content_types.js");
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return Promise.all(files.map((text) => guess(new File([bytes(text)], "a file"))));
}
"""


def proposed(page: Page, files: list[bytes]) -> list[str | None]:
    """Return the types that the page proposes for files with these contents."""
    types: list[str | None] = page.evaluate(GUESS, [base64.b64encode(f).decode() for f in files])
    return types


def chosen(data: bytes) -> str | None:
    """Return the type that the client chooses."""
    return TYPE_OF_CONTENT.get(detect_type(io.BytesIO(data)) or "")


def archive(*names: str, comment: bytes = b"") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name in names:
            made.writestr(name, "x")
        made.comment = comment
    return target.getvalue()


ODD = {
    "nothing": b"",
    "a ZIP": archive("a.txt", "sword/a"),
    "a DOCX": archive("[Content_Types].xml", "word/document.xml"),
    "a DOCX with a comment": archive("a", "word/document.xml", comment=b"PK" * 300),
    "a ZIP cut off": archive("word/document.xml")[:-10],
    "a PDF after a header": b"\0\0\0\0a header%PDF-1.4",
    "a text about PDF": b"the mark %PDF- begins a PDF",
    "white space, then a PDF": b"\n\x0b\x0c %PDF-1.7",
    "a film": b"RIFF\x24\0\0\0AVI LIST",
    "two letters of a BMP": b"BMW is a car",
    "a text like a PPM": b"P1 is not a picture",
    "a PPM with a comment": b"P6 # made by hand\n 2 # wide\n 3\n255\n",
    "old end of a text": b"some text\x1a\x1a",
    "a control code": b"some text\x01",
    "a broken UTF-8": b"\xef\xbb\xbfa\xff",
    "UTF-8 cut off": "\ufeffa ß".encode()[:-1],
    "UTF-16": "\ufeffgood".encode("utf-16-le"),
    "UTF-16 with a zero": "\ufeffgo\0d".encode("utf-16-be"),
    "UTF-32": "\ufeffgood 🙂".encode("utf-32-le"),
    "UTF-32, the other way round": "\ufeffgood".encode("utf-32-be"),
    "UTF-32 beyond Unicode": b"\xff\xfe\0\0\0\0\x20\0",
    "UTF-32 with half a character": b"\xff\xfe\0\0\0\xd8\0\0",
    "Latin-1": "Grüße aus Köln".encode("latin-1"),
}


def test_same_type_as_the_client(page: Page, sample_files: dict[str, list[Path]]) -> None:
    """Every good file of every kind, and what is like one but is not."""
    files = {
        **{file.name: file.read_bytes() for some in sample_files.values() for file in some},
        **good_pictures.make(),
        **good_documents.make(),
        **good_sounds.make(),
        **good_texts.make(),
        **ODD,
    }
    types = dict(zip(files, proposed(page, list(files.values())), strict=True))
    assert types == {name: chosen(data) for name, data in files.items()}
    assert set(types.values()) == {"image", "audio", "document", "text", None}


@pytest.mark.parametrize("seed", range(3))
def test_same_type_for_mutated_heads(page: Page, seed: int) -> None:
    """Nor do bytes that are changed here and there in the heads of good files."""
    generator = random.Random(seed)  # noqa: S311 (to be repeatable, not secret)
    good = [*good_pictures.make().values(), *good_sounds.make().values(), *ODD.values()]
    files = []
    for data in generator.choices([data[:2000] for data in good if data], k=300):
        mutated = bytearray(data)
        for _ in range(generator.randint(1, 3)):
            mutated[generator.randrange(min(16, len(data)))] = generator.randrange(256)
        files.append(bytes(mutated))
    differing = [
        (data[:40], page_type, chosen(data))
        for data, page_type in zip(files, proposed(page, files), strict=True)
        if page_type != chosen(data)
    ]
    assert differing == []
