"""Detecting the kind of content of a file by its bytes."""

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from protocol.content_types import DOCUMENT, PICTURE, SOUND, TEXT, detect_type
from protocol.task_types import TASK_TYPES, TYPE_OF_CONTENT
from tests.hostile.ole_writing import ole, word_streams


def kind(data: bytes) -> str | None:
    return detect_type(io.BytesIO(data))


def archive(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return target.getvalue()


def test_samples_get_their_task_type(sample_files: dict[str, list[Path]]) -> None:
    """Sample files get a task type that processes them; their names don't matter."""
    takes = {"embedding": "text", "ocr": "image"}
    for task_type, files in sample_files.items():
        for file in files:
            with file.open("rb") as source:
                found = TYPE_OF_CONTENT.get(detect_type(source) or "")
            # Plain texts among the sample documents get the type text.
            expected = {takes.get(task_type, task_type)}
            if task_type == "document":
                expected.add("text")
            assert found in expected, file


@pytest.mark.parametrize(
    "form",
    [
        *("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "ICO", "AVIF"),
        *("TGA", "PCX", "SGI", "QOI", "ICNS", "DDS"),
    ],
)
def test_pictures_are_known(form: str) -> None:
    """A picture that Pillow writes is detected, in every format that slaves read."""
    target = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(target, form)
    assert kind(target.getvalue()) == PICTURE


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"RIFF\x24\0\0\0WAVEfmt ", SOUND),
        (b"BW64\xff\xff\xff\xffWAVEds64", SOUND),
        (b"FORM\0\0\0\x24AIFFCOMM", SOUND),
        (b"fLaC\0\0\0\x22", SOUND),
        (b"OggS\0\x02\0\0", SOUND),
        (b"ID3\x04\0\0\0\0", SOUND),
        (b"\xff\xfb\x90\x64\0\0", SOUND),
        (b"\0\0\0\x1cftypheic\0\0\0\0mif1heic", PICTURE),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", PICTURE),
        (b"8BPS\0\1" + bytes(6) + b"\0\3", PICTURE),
        (b"\0\0\2\0\1\0  \0\0\7\0\x09\0", PICTURE),
        (b"\0\0\2" + bytes(9) + b"\x08\0\6\0\x18\x20", PICTURE),
        (b"\0\0\2" + bytes(9) + b"\x08\0\0\0\x18\x20", None),
        (b"\0\0\2" + bytes(9) + b"\x08\0\6\0\x17\x20", None),
        (b"\0\0\0\x1cftypM4A \0\0\2\0", SOUND),
        (b"\0\0\0\x1cftypisom\0\0\2\0", SOUND),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", None),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81", SOUND),
        (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), SOUND),
        (b"#!AMR\n\x3c\0\xff", SOUND),
        (b"\xff\xf1\x50\x80\x02\x1f\xfc", SOUND),
        (b"\xff\xf1\x7c\x80\x02\x1f\xfc", None),
        (b"\x0b\x77\x12\x34\x14\x40\x43\xe1", SOUND),
        (b"\x0b\x77\x12\x34\x14\xf0\x43\xe1", None),
        (b"RIFF\x24\0\0\0AVI LIST", None),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3", DOCUMENT),
        (b"\0\0\0\0a header%PDF-1.4", DOCUMENT),
        (archive("[Content_Types].xml", "word/document.xml"), DOCUMENT),
        (ole(word_streams("text")), DOCUMENT),
        (ole({"__substg1.0_1000001F": b"text"}), DOCUMENT),
        (ole({"Workbook": b"cells"}), None),
        (ole({})[:40], None),
        (archive("xl/workbook.xml"), DOCUMENT),
        (archive("ppt/presentation.xml"), DOCUMENT),
        (archive("mimetype", "content.xml"), DOCUMENT),
        (archive("mimetype", "META-INF/container.xml"), DOCUMENT),
        (archive("a.txt", "sword/a"), None),
        (b"<!DOCTYPE html><p>text", DOCUMENT),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", PICTURE),
        (b"<?xml version='1.0'?>\n<!-- a --><!DOCTYPE svg [<!ENTITY a 'b'>]><s:svg>", PICTURE),
        (b"<svgx/>", TEXT),
        (b"From: a\nTo: b\nSubject: c\n\ntext", DOCUMENT),
        (b"{\\rtf1 text}", DOCUMENT),
        (b"PK\x03\x04 cut off", None),
        (b"", None),
        (b"\x1f\x8b\x08\0\0\0\0\0", None),
        (b"\x7fELF\x02\x01\x01\0", None),
        (bytes(range(256)), None),
        (b"\x1a", None),
        (b"an end\x1ain the middle", None),
        ("UTF-16 without its mark".encode("utf-16-le"), None),
    ],
)
def test_signatures_are_known(data: bytes, expected: str | None) -> None:
    """A file's first bytes give its kind; content that no type processes has none."""
    assert kind(data) == expected


@pytest.mark.parametrize(
    "text",
    [
        b"BMW makes cars\n",
        b"P3 is a format of pictures, P6 another",
        b"ID3 tags are read by players",
        b"caffeine keeps awake",
        b"FORMAL and RIFF-RAFF",
        b"qoif, icns and DDS are formats of pictures",
        b"8BPS begins a picture",
        b"I speak of %PDF- here",
        b" \n\t ",
        "Grüße aus 東京 🌻".encode(),
        "Grüße".encode("utf-16"),
        "Grüße".encode("utf-8-sig"),
        "Grüße aus Köln".encode("cp1252"),
        b"\x1b[31mred\x1b[0m",
        ("a" * 8191 + "ü").encode(),
        b"N\bNA\bAM\bME\bE\n",
        b"the end of a text of DOS\r\n\x1a",
    ],
)
def test_texts_are_texts(text: bytes) -> None:
    """Text is detected in any encoding, even if it contains the signature of another format."""
    assert kind(text) == TEXT


def test_each_kind_goes_to_one_type() -> None:
    """Each kind of content has exactly one task type."""
    kinds = [task.content for task in TASK_TYPES.values() if task.content]
    assert sorted(kinds) == sorted({PICTURE, SOUND, DOCUMENT, TEXT})
    assert set(TYPE_OF_CONTENT) == set(kinds)
