"""Crafted DOCX files: false ZIP entries, and XML that expands, nests or reads other files."""

import io
import struct
import zipfile

from tests.hostile.docx_writing import MAIN, document, package, paragraph, part, relations, zipped
from tests.hostile.packing import deflated_zeros

_HELLO = paragraph("Hello")
_MIB = 1 << 20
SECRET_FILE = "/etc/passwd"
"""What external entities ask for; nothing of it may ever be in a result."""


def part_of_a_gigabyte() -> bytes:
    """A main part that unpacks to a gigabyte of spaces."""
    head, _, tail = document("@").partition(b"@")
    packed = deflated_zeros(1 << 30, -15)
    return _stored_as(head + packed + tail, claimed=1 << 30)


def part_that_lies() -> bytes:
    """A main part that claims a hundred bytes and unpacks to 256 MiB."""
    return _stored_as(deflated_zeros(256 * _MIB, -15), claimed=100)


def part_within_the_limit() -> bytes:
    """A main part of sixty megabytes: one paragraph of spaces."""
    return package(document(paragraph(" " * (9 * _MIB)) * 6))


def million_paragraphs() -> bytes:
    """As many paragraphs as fit into the limit."""
    return package(document(paragraph("a") * 1_200_000))


def overlapping_parts() -> bytes:
    """Thirty thousand names for the same bytes."""
    return _many_names(30_000)


def many_parts() -> bytes:
    """Three hundred thousand names, in a directory of twenty megabytes."""
    return _many_names(300_000)


def directory_of_lies() -> bytes:
    """A directory that claims 65,535 parts of four gigabytes."""
    data = bytearray(package(document(_HELLO)))
    place = data.rindex(b"PK\x05\x06")
    struct.pack_into("<HHII", data, place + 8, 65535, 65535, 0xFFFFFFFF, 0xFFFFFFFF)
    return bytes(data)


def nested_archives() -> bytes:
    """Archives inside of archives, five deep."""
    data = package(document(_HELLO))
    for _ in range(5):
        data = package(document(_HELLO), {f"word/embeddings/{n}.docx": data for n in range(4)})
    return data


def billion_laughs() -> bytes:
    """Entities of entities of entities."""
    lines = ['<!ENTITY a0 "lol">']
    lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
    return package(document(paragraph("&a9;"), f"<!DOCTYPE d [{''.join(lines)}]>"))


def quadratic_blow_up() -> bytes:
    """One long entity, a hundred thousand times."""
    doctype = f'<!DOCTYPE d [<!ENTITY a "{"a" * 100_000}">]>'
    return package(document(paragraph("&a;" * 100_000), doctype))


def entity_in_an_attribute() -> bytes:
    """Entities that grow inside of an attribute."""
    lines = ['<!ENTITY a0 "lol">']
    lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
    doctype = f"<!DOCTYPE d [{''.join(lines)}]>"
    return package(document(f'<w:p w:rsidR="&a9;">{_HELLO}</w:p>', doctype))


def another_file_as_entity() -> bytes:
    """An entity that is another file of the computer."""
    doctype = f'<!DOCTYPE d [<!ENTITY e SYSTEM "file://{SECRET_FILE}">]>'
    return package(document(paragraph("&e;"), doctype))


def another_file_as_parameter() -> bytes:
    """A parameter entity that fetches a definition from the network, with a file in its address."""
    doctype = (
        f'<!DOCTYPE d [<!ENTITY % f SYSTEM "file://{SECRET_FILE}"><!ENTITY % x SYSTEM '
        '"http://127.0.0.1:9/x.dtd">%x;%f;]>'
    )
    return package(document(_HELLO, doctype))


def another_file_in_the_properties() -> bytes:
    """The same in the part of the properties, and in that of the relations."""
    doctype = f'<!DOCTYPE d [<!ENTITY e SYSTEM "file://{SECRET_FILE}">]>'
    space = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
    core = (
        f'<?xml version="1.0"?>{doctype}<cp:coreProperties xmlns:cp="{space}" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>&e;</dc:title></cp:coreProperties>'
    )
    return package(document(_HELLO), {"docProps/core.xml": core.encode()})


def another_file_included() -> bytes:
    """An inclusion, and a style sheet that would read another file."""
    space = "http://www.w3.org/2001/XInclude"
    include = f'<xi:include xmlns:xi="{space}" href="{SECRET_FILE}" parse="text"/>'
    return package(document(f"<w:p><w:r><w:t>{include}</w:t></w:r></w:p>"))


def elements_of_great_depth() -> bytes:
    """A million elements inside each other."""
    return package(document("<w:p>" * 1_000_000 + "</w:p>" * 1_000_000))


def elements_of_some_depth() -> bytes:
    """As deep as parsers just allow."""
    return package(document("<w:tbl><w:tr><w:tc>" * 80 + _HELLO + "</w:tc></w:tr></w:tbl>" * 80))


def cell_of_two_thousand_million_columns() -> bytes:
    """A cell that spans more columns than anyone has."""
    span = '<w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr>'
    return package(document(f"<w:tbl><w:tr><w:tc>{span}{_HELLO}</w:tc></w:tr></w:tbl>"))


def attribute_of_megabytes() -> bytes:
    """An attribute of nine megabytes, and one that is longer."""
    return package(document(f'<w:p w:rsidR="{"a" * (9 * _MIB)}" w:rsidP="{"b" * (11 * _MIB)}"/>'))


def many_attributes() -> bytes:
    """An element of a hundred thousand attributes."""
    return package(document("<w:p " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/>"))


def many_namespaces() -> bytes:
    """An element of fifty thousand namespaces."""
    return package(document("<w:p " + " ".join(f'xmlns:a{n}="u{n}"' for n in range(50_000)) + "/>"))


def long_name() -> bytes:
    """An element whose name has a million letters."""
    return package(document(f"<w:{'p' * _MIB}/>"))


def relations_in_a_circle() -> bytes:
    """A document whose main part, headers and notes are all itself."""
    kinds = ("header", "footer", "footnotes", "endnotes", "officeDocument")
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    own = [(f"{office}/{kind}", "document.xml", "") for kind in kinds * 500]
    return package(document(_HELLO * 2000), {"word/_rels/document.xml.rels": relations(*own)})


def many_headers() -> bytes:
    """Five thousand headers, each its own part."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    own = [(f"{office}/header", f"h{n}.xml", "") for n in range(5000)]
    parts = {f"word/h{n}.xml": part("hdr", paragraph(f"header {n}")) for n in range(5000)}
    return package(document(_HELLO), parts | {"word/_rels/document.xml.rels": relations(*own)})


def relations_outside() -> bytes:
    """Relations that lead out of the file and up to the root of the disk."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    outside = (
        (f"{office}/header", "../../../../etc/passwd", ""),
        (f"{office}/footer", f"file://{SECRET_FILE}", 'TargetMode="External"'),
        (f"{office}/attachedTemplate", "http://127.0.0.1:9/a.dotm", 'TargetMode="External"'),
    )
    return package(document(_HELLO), {"word/_rels/document.xml.rels": relations(*outside)})


def names_outside() -> bytes:
    """Parts whose names lead out of the folder."""
    return package(
        document(_HELLO), {"../../outside.txt": b"x", "/outside.txt": b"x", "..\\o": b"x"}
    )


def wrong_encoding() -> bytes:
    """A part that claims an encoding nobody knows, and one that is another."""
    main = document(_HELLO).replace(b"UTF-8", b"x-none")
    return package(main)


def other_encoding() -> bytes:
    """A part in UTF-16 that claims UTF-8, with half a pair inside."""
    text = document(_HELLO).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    return package(text + b"\x3d\xd8")


def packed_by_other_means() -> bytes:
    """A part that is compressed by LZMA, which is a decompression bomb."""
    return zipped({MAIN: document(" " * (60 * _MIB))}, zipfile.ZIP_LZMA)


def cut_at_the_directory() -> bytes:
    """An archive whose directory is gone."""
    data = package(document(_HELLO))
    return data[: data.index(b"PK\x01\x02")]


def _stored_as(packed: bytes, claimed: int) -> bytes:
    """Return a package whose main part is packed already, with a size of our choice."""
    data = zipped({"@": packed}, zipfile.ZIP_STORED)
    name = MAIN.encode()
    head = bytearray(data[:30])
    struct.pack_into("<H", head, 8, 8)
    struct.pack_into("<I", head, 22, claimed)
    struct.pack_into("<H", head, 26, len(name))
    place = data.index(b"PK\x01\x02")
    entry = bytearray(data[place : place + 46])
    struct.pack_into("<H", entry, 10, 8)
    struct.pack_into("<I", entry, 24, claimed)
    struct.pack_into("<H", entry, 28, len(name))
    body = bytes(head) + name + data[31:place]
    directory = bytes(entry) + name
    return body + directory + _end(1, len(directory), len(body))


def _many_names(count: int) -> bytes:
    """Return an archive whose names all lead to the one part that is there."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(MAIN), document(_HELLO))
    data = file.getvalue()
    place = data.index(b"PK\x01\x02")
    entry = bytearray(data[place : place + 46])
    rest = data[place : data.rindex(b"PK\x05\x06")]
    struct.pack_into("<H", entry, 28, 12)
    directory = rest + b"".join(bytes(entry) + b"word/%07d" % number for number in range(count))
    return data[:place] + directory + _end(min(count + 1, 65535), len(directory), place)


def _end(count: int, size: int, place: int) -> bytes:
    return struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, size, place, 0)


FILES = (
    part_of_a_gigabyte,
    part_that_lies,
    part_within_the_limit,
    million_paragraphs,
    overlapping_parts,
    many_parts,
    directory_of_lies,
    nested_archives,
    billion_laughs,
    quadratic_blow_up,
    entity_in_an_attribute,
    another_file_as_entity,
    another_file_as_parameter,
    another_file_in_the_properties,
    another_file_included,
    elements_of_great_depth,
    elements_of_some_depth,
    cell_of_two_thousand_million_columns,
    attribute_of_megabytes,
    many_attributes,
    many_namespaces,
    long_name,
    relations_in_a_circle,
    many_headers,
    relations_outside,
    names_outside,
    wrong_encoding,
    other_encoding,
    packed_by_other_means,
    cut_at_the_directory,
)
