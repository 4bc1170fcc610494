"""Writes PDF files (ISO 32000-1) object by object, valid or not."""

import hashlib
import zlib
from collections.abc import Sequence

_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
"""Algorithm 2 of ISO 32000-1: what fills up a password."""
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
CONTENT = b"BT /F 12 Tf 9 40 Td (Good day to all) Tj 0 -14 Td (and to you) Tj ET"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """Return a stream object's body."""
    return b"<<" + entries + b"/Length %d>>stream\n%s\nendstream" % (len(data), data)


def deflated(data: bytes, entries: bytes = b"") -> bytes:
    """Return a stream object's body, compressed."""
    return stream(zlib.compress(data, 9), b"/Filter/FlateDecode" + entries)


def page(content: int = 4, resources: bytes = b"/Font<</F 5 0 R>>", more: bytes = b"") -> bytes:
    """Return a page whose contents are another object."""
    return b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 80]/Contents %d 0 R/Resources<<%s>>%s>>" % (
        content,
        resources,
        more,
    )


def one_page(content: bytes, *others: bytes, resources: bytes = b"", more: bytes = b"") -> bytes:
    """Return a file of one page with these contents (a stream's body); others are 6, 7 and on."""
    fonts = resources or b"/Font<</F 5 0 R>>"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page(4, fonts, more),
        content,
        FONT,
        *others,
    )
    return file(objects)


def file(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """Return a file of these objects, numbered from 1, the catalog first, and its table."""
    body, places = laid_out(objects)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + rows
    end = b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n" % (len(objects) + 1, trailer)
    return body + table + end + b"%d\n%%%%EOF\n" % len(body)


def laid_out(objects: Sequence[bytes], version: bytes = b"1.7") -> tuple[bytes, list[int]]:
    """Return header and objects, and where each of them begins."""
    parts = [b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n"]
    places = []
    length = len(parts[0])
    for number, entry in enumerate(objects, start=1):
        places.append(length)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, entry))
        length += len(parts[-1])
    return b"".join(parts), places


def with_xref_stream(objects: Sequence[bytes], entries: bytes = b"") -> bytes:
    """Return a file whose table is a stream, as since PDF 1.5."""
    body, places = laid_out(objects)
    size = len(objects) + 2
    rows = b"\x00\x00\x00\x00\xff"
    rows += b"".join(b"\x01" + place.to_bytes(3, "big") + b"\x00" for place in (*places, len(body)))
    more = b"/Type/XRef/W[1 3 1]/Root 1 0 R/Size %d%s" % (size, entries)
    table = b"%d 0 obj\n%s\nendobj\n" % (size - 1, deflated(rows, more))
    return body + table + b"startxref\n%d\n%%%%EOF\n" % len(body)


def encrypted(password: bytes) -> bytes:
    """Return a page encrypted with RC4 of 40 bits (algorithms 2 to 4 of ISO 32000-1)."""
    padded = (password + _PADDING)[:32]
    identity = b"0123456789abcdef"
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)  # noqa: S324 (the standard's own)
    permissions = (0xFFFFFFFC).to_bytes(4, "little")
    key = hashlib.md5(padded + owner + permissions + identity).digest()[:5]  # noqa: S324 (the same)
    user = _rc4(key, _PADDING)
    own = hashlib.md5(key + b"\x04\x00\x00\x00\x00").digest()[:10]  # noqa: S324 (the same)
    secret = _rc4(own, CONTENT)
    rights = b"/Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>" % (
        owner.hex().encode(),
        user.hex().encode(),
    )
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page(),
        stream(secret),
        FONT,
    )
    name = identity.hex().encode()
    return file(objects, b"/Encrypt<<%s>>/ID[<%s><%s>]" % (rights, name, name))


def _rc4(key: bytes, data: bytes) -> bytes:
    box = list(range(256))
    other = 0
    for one in range(256):
        other = (other + box[one] + key[one % len(key)]) % 256
        box[one], box[other] = box[other], box[one]
    done = bytearray()
    one = other = 0
    for byte in data:
        one = (one + 1) % 256
        other = (other + box[one]) % 256
        box[one], box[other] = box[other], box[one]
        done.append(byte ^ box[(box[one] + box[other]) % 256])
    return bytes(done)
