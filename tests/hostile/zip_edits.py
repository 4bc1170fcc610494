"""Edits the parts of a ZIP file and compresses them again, so that the XML is damaged."""

import io
import re
import struct
import zipfile
import zlib
from random import Random

from tests.hostile.docx_writing import zipped
from tests.hostile.header_edits import put

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, EOFError),
    *(NotImplementedError, RuntimeError, LookupError),
)
"""What zipfile raises over damaged files."""
_TAGS = re.compile(rb"<[^<>]*>")
_WORDS = (
    b"<w:del>",
    b"</w:p>",
    b"<w:tbl><w:tr><w:tc>",
    b"<mc:AlternateContent>",
    b"<w:txbxContent>",
    b"<!-- note -->",
    b"<?pi?>",
    b"<![CDATA[x]]>",
    b"&amp;#0;",
    b"&#55296;",
    b"&unknown;",
    b"\xff\xfe",
    b"\x00",
    b"<w:tab/>",
    b'<w:gridSpan w:val="2000000000"/>',
)


def edit_part(random: Random, data: bytes) -> bytes:
    """Damage what stands in one of the parts, or its name."""
    parts = _parts(data)
    if not parts:
        return data
    name = random.choice(sorted(parts))
    inside = parts[name]
    what = random.randrange(6)
    if what == 0:
        parts[random.choice(sorted(parts))] = inside
    elif what == 1:
        del parts[name]
    elif what == 2 and inside:
        place = random.randrange(len(inside))
        parts[name] = inside[:place] + random.randbytes(1) + inside[place + 1 :]
    elif what == 3:
        parts[name] = inside[: random.randint(0, len(inside))]
    else:
        parts[name] = _with_other_tags(random, inside)
    return zipped(parts)


def lie_about_sizes(random: Random, data: bytes) -> bytes:
    """Put extreme numbers into the directory or the heads of the parts."""
    marks = [match.start() for match in re.finditer(rb"PK[\x01\x03\x05][\x02\x04\x06]", data)]
    if not marks:
        return data
    changed = bytearray(data)
    put(random, changed, random.choice(marks) + random.randrange(4, 46))
    return bytes(changed)


def _with_other_tags(random: Random, inside: bytes) -> bytes:
    tags = list(_TAGS.finditer(inside))
    if not tags:
        return inside
    one, other = random.choice(tags), random.choice(tags)
    what = random.choice((b"", other.group(), other.group() * 40, random.choice(_WORDS)))
    keep = one.group() if random.random() < 0.5 else b""
    return inside[: one.start()] + keep + what + inside[one.end() :]


def _parts(data: bytes) -> dict[str, bytes]:
    """Return the parts that can be read, in a file that earlier edits may have damaged."""
    found = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist()[:50]:
                if entry.file_size < 1 << 20:
                    found[entry.filename] = archive.read(entry)
    except _DAMAGE:
        # What was read until then is enough.
        pass
    return found
