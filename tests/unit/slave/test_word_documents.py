"""Word documents from 1997 to 2003: one that LibreOffice wrote, crafted ones, and damaged ones."""

import io
import random
import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from protocol import failures
from slave_service import document_processing
from slave_service.formats.content import MAX_CHARACTERS
from tests.hostile.ole_writing import ole, word_streams

PARTS = Path(__file__).parents[2] / "data" / "document" / "parts.doc"


def read(data: bytes) -> dict[str, Any]:
    return document_processing.process(io.BytesIO(data))


def test_all_parts_of_a_document() -> None:
    """The result has tables, notes, headers and comments, without hidden and deleted text."""
    result = read(PARTS.read_bytes())
    assert result["document_type"] == "DOC"
    assert result["text_content"].split("\n") == [
        *("Body one  linked 日本 😀 two", "c1 second\t\tc3", "d1\td2\td3"),
        *("End non-breaking softhyphen line", "break", "", " Footnote text", ""),
        *("Headline", "", "Comment text"),
    ]
    assert result["comments"] == [{"author": "", "text": "Comment text"}]
    assert result["table_count"] == 1
    assert (result["metadata"]["title"], result["metadata"]["author"]) == ("Parts", "Ada")
    assert result["warnings"] == []


@pytest.mark.parametrize("wide", [True, False])
def test_both_kinds_of_pieces(wide: bool) -> None:
    """Text is read from UTF-16 and from Windows-1252; fields show their result."""
    text = (
        "Straße “x”\rsee \x13 HYPERLINK \x13 A \x14 B \x15 \x14here\x15, page \x13 PAGE \x149\x15\r"
    )
    result = read(ole(word_streams(text, wide=wide)))
    assert result["text_content"] == "Straße “x”\nsee here, page "


def test_locked_and_older_documents() -> None:
    """A document with a password is ``Encrypted``, and one before 1997 is ``Unsupported``."""
    with pytest.raises(failures.Encrypted, match="password"):
        read(ole(word_streams("a", flags=0x0100)))
    with pytest.raises(failures.Unsupported, match="before 1997"):
        read(ole(word_streams("a", version=0x68)))


def test_empty_documents_are_warned_of() -> None:
    """A document without a word is a success with a warning."""
    assert read(ole(word_streams("\r")))["warnings"] != []


def crafted(**changes: bytes) -> bytes:
    """Return a document with other streams, by name."""
    names = {"table": "0Table", "word": "WordDocument"}
    return ole(dict(word_streams("x" * 3000)) | {names[key]: changes[key] for key in changes})


def pieces(*begins: int, offset: int = 2048) -> bytes:
    table = struct.pack(f"<{len(begins)}I", *begins)
    table += struct.pack("<HIH", 0, offset, 0) * (len(begins) - 1)
    return b"\x02" + struct.pack("<I", len(table)) + table


@pytest.mark.parametrize(
    ("table", "error"),
    [
        (b"", failures.Corrupt),
        (b"\x01", failures.Corrupt),
        (b"\x01\xff\xff", failures.Corrupt),
        (b"\x02\xff\xff\xff\xff", failures.Corrupt),
        (pieces(0, MAX_CHARACTERS + 1), failures.TooLarge),
        (pieces(5, 1), failures.Corrupt),
    ],
)
def test_damaged_tables(table: bytes, error: type[Exception]) -> None:
    """A damaged table of pieces is refused."""
    with pytest.raises(error):
        read(crafted(table=table))


def test_pieces_beyond_the_end_are_empty() -> None:
    """Pieces outside of the stream add nothing, however many there are."""
    begins = range(0, 2_000_000, 100)
    begin = time.process_time()
    assert read(crafted(table=pieces(*begins, offset=0x3FFFFFF0)))["text_content"] == ""
    assert time.process_time() - begin < 3


def test_mutated_documents_fail_with_a_reason() -> None:
    """A document with changed bytes is read, or refused with one of the failures."""
    generator = random.Random(0)  # noqa: S311 (reproducible, not secret)
    data = PARTS.read_bytes()
    for _ in range(80):
        mutated = bytearray(data)
        for _ in range(generator.choice((1, 4, 30))):
            mutated[
                generator.choice((generator.randrange(1024), generator.randrange(len(data))))
            ] = generator.randrange(256)
        try:
            read(bytes(mutated[: generator.choice((len(data), generator.randrange(len(data))))]))
        except failures.FileError as failure:
            assert failure.as_failure().error  # noqa: PT017


def test_circular_sectors_end() -> None:
    """A chain of sectors that leads back to itself is read to the stated length, or refused."""
    data = bytearray(ole(word_streams("x" * 3000)))
    (fat,) = struct.unpack_from("<I", data, 76)
    for number in range(128):
        struct.pack_into("<I", data, 512 * (fat + 1) + 4 * number, 0)
    begin = time.process_time()
    with suppress(failures.FileError):
        read(bytes(data))
    assert time.process_time() - begin < 3
