"""Opening of Office files: limits, and references to other files."""

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from protocol import failures
from slave_service.formats import package as docx_package
from slave_service.formats.docx import reading

SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PROPERTIES = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
SECRET = "what nobody may see"


def package(**parts: str | bytes) -> bytes:
    """Return a Word document in which the given parts replace the usual ones."""
    whole = {
        "relations": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="a" '
        'Type="x/core-properties" Target="core.xml"/></Relationships>',
        "main": f'<w:document xmlns:w="{SPACE}"><w:body/></w:document>',
        "core": f'<cp:coreProperties xmlns:cp="{PROPERTIES}"/>',
    } | parts
    names = {"relations": "_rels/.rels", "main": "word/document.xml", "core": "core.xml"}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for key, text in whole.items():
            archive.writestr(names.get(key, key), text)
    return file.getvalue()


def with_end(data: bytes, parts: int, size: int) -> bytes:
    """Return the archive with this number of parts and size of the directory in its end record."""
    changed = bytearray(data)
    struct.pack_into("<HHI", changed, data.rindex(b"PK\x05\x06") + 8, parts, parts, size)
    return bytes(changed)


def with_end_64(data: bytes, parts: int, size: int) -> bytes:
    """Return the archive with the ZIP64 end records before the usual one."""
    place = data.rindex(b"PK\x05\x06")
    end_64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, parts, parts, size, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, place, 1)
    marked = with_end(data, 0xFFFF, 0xFFFFFFFF)
    return marked[:place] + end_64 + locator + marked[place:]


@pytest.fixture
def _never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Any:
        raise AssertionError("it was opened")

    monkeypatch.setattr(docx_package, "ZipFile", fail)


@pytest.mark.usefixtures("_never_opened")
@pytest.mark.parametrize(
    "data",
    [
        with_end(package(), docx_package.MAX_PARTS + 1, 99),
        with_end(package(), 3, docx_package.MAX_DIRECTORY_BYTES + 1),
        with_end(package(), 3, docx_package.MAX_DIRECTORY_BYTES + 1) + b" ",
        with_end_64(package(), docx_package.MAX_PARTS + 1, 99),
        with_end_64(package(), 3, docx_package.MAX_DIRECTORY_BYTES + 1),
    ],
    ids=["parts", "bytes", "before a comment", "parts of 64 bits", "bytes of 64 bits"],
)
def test_a_long_directory_is_refused_unopened(data: bytes) -> None:
    """A directory over the limit is refused before zipfile reads it."""
    with pytest.raises(failures.TooLarge, match="parts"):
        docx_package.Package(io.BytesIO(data))


@pytest.mark.parametrize("data", [package(), with_end_64(package(), 3, 0)[:-30], package()[:-9]])
def test_an_end_within_the_limits_is_left_to_zipfile(data: bytes) -> None:
    """An archive within the limits is opened, and one that is cut off is damaged, not too large."""
    try:
        assert reading.read(io.BytesIO(data)).text == ""
    except failures.Corrupt as error:
        assert "damaged" in str(error)  # noqa: PT017 (some of the files can be read)


@pytest.mark.parametrize("place", ["main", "core", "relations"])
@pytest.mark.parametrize("kind", ["entity", "parameter", "inclusion"])
def test_no_other_file_is_read(tmp_path: Path, place: str, kind: str) -> None:
    """A file named by an entity, a DTD or an inclusion is not read, in any part."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET, encoding="utf-8")
    url = secret.as_uri()
    doctype, inside = {
        "entity": (f'<!DOCTYPE d [<!ENTITY e SYSTEM "{url}">]>', "&e;"),
        "parameter": (f'<!DOCTYPE d [<!ENTITY % p SYSTEM "{url}">%p;]>', "none"),
        "inclusion": (
            "",
            f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{url}" parse="text"/>',
        ),
    }[kind]
    texts = {
        "main": f'{doctype}<w:document xmlns:w="{SPACE}"><w:body><w:p><w:r><w:t>{inside}</w:t>'
        "</w:r></w:p></w:body></w:document>",
        "core": f'{doctype}<cp:coreProperties xmlns:cp="{PROPERTIES}" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{inside}</dc:title>'
        "</cp:coreProperties>",
        "relations": f'{doctype}<Relationships xmlns="{RELATIONS}"><Relationship Id="a" '
        f'Type="x/core-properties" Target="core.xml"/>{inside}</Relationships>',
    }

    try:
        content = reading.read(io.BytesIO(package(**{place: texts[place]})))
    except failures.Corrupt:
        return
    assert SECRET not in content.text + "".join(content.metadata.values())


@pytest.mark.parametrize("place", ["main", "core", "relations"])
def test_invalid_characters_are_damage(place: str) -> None:
    """XML with bytes that are invalid in its encoding is damaged, for each exception of lxml."""
    for head in (b"", b'<?xml version="1.0" encoding="UTF-16"?>', b"\xfe\xff\xd8"):
        with pytest.raises(failures.Corrupt, match="damaged"):
            reading.read(io.BytesIO(package(**{place: head + b"<a>\xc3\xff\xd8</a>"})))
