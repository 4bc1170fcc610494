"""Detects the kind of content of a file by its first bytes, to choose a task type for it.

This is a quick guess; the processor decides whether it can use the file. Only the standard library
is imported, so that the client starts quickly. The packages filetype and puremagic take a text that
begins with BM for a picture, and don't distinguish text from binary data.
"""

import codecs
import re
from typing import BinaryIO

from protocol.markup import is_markup, is_svg

PICTURE, SOUND, DOCUMENT, TEXT = "picture", "sound", "document", "text"
"""The kinds of content; ``task_types`` says which type each goes to."""

_HEAD_BYTES = 8192
PDF = b"%PDF-"
PDF_WITHIN = 1024
"""PDF readers look for the signature within these bytes (ISO 32000-1, annex H, note 13)."""
_ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_NAMES = tuple(
    name.encode("utf-16-le") for name in ("WordDocument", "__substg1.0_", "__properties_version1.0")
)
"""Streams of Word documents before 2007 and of mails of Outlook; other OLE files are not read."""
_PACKAGES = ("word/", "ppt/", "xl/", "content.xml", "META-INF/container.xml")
"""How names begin in the ZIP files of Office, OpenDocument and EPUB."""

_PICTURES = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",  # TIFF in either byte order, then BigTIFF
    b"MM\x00*",
    b"II+\x00",
    b"MM\x00+",
    b"\x00\x00\x00\x0cjP  \r\n\x87\n",  # JPEG 2000, then its bare stream
    b"\xff\x4f\xff\x51",
    b"8BPS\x00\x01\x00\x00",  # Photoshop
    b"icns\x00",  # icons of macOS, up to 16 MiB
    b"DDS \x7c\x00\x00\x00",
)
_SOUNDS = (
    b"fLaC",
    b"OggS\x00",
    b"ID3\x02",  # tags ahead of MP3
    b"ID3\x03",
    b"ID3\x04",
    b"caff\x00",
    b".snd\x00",
    b"\x1a\x45\xdf\xa3",  # WebM, Matroska
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # WMA
    b"#!AMR\n",
    b"#!AMR-WB\n",
)
_CONTAINERS = {
    # The form type, at byte 8, names the content of the container.
    b"RIFF": {b"WEBP": PICTURE, b"WAVE": SOUND},
    b"RIFX": {b"WAVE": SOUND},
    b"RF64": {b"WAVE": SOUND},
    b"BW64": {b"WAVE": SOUND},
    b"FORM": {b"AIFF": SOUND, b"AIFC": SOUND},
}
# AVIF and HEIF; other brands of this container are of sound or video.
_HEIF = re.compile(rb".{4}ftyp(avi[fs]|hei[cmsx]|hev[cmsx]|mif1|msf1)", re.DOTALL)
# A text may begin with the two letters of these signatures, so the bytes after them count as well.
_BMP = re.compile(rb"BM.{4}\x00{4}.{4}[\x0c\x28\x38\x40\x6c\x7c]\x00\x00\x00", re.DOTALL)
_PPM = re.compile(rb"P[1-6]\s+(#[^\n]*\n\s*)*\d+\s+(#[^\n]*\n\s*)*\d+\s")
_ICO = re.compile(rb"\x00\x00[\x01\x02]\x00[\x01-\x20]\x00")
"""Icons and cursors."""
PCX = re.compile(rb"\n[\x00\x02-\x05]\x01[\x01\x02\x04\x08].{60}\x00[\x01-\x04]", re.DOTALL)
SGI = re.compile(rb"\x01\xda[\x00\x01][\x01\x02]\x00[\x01-\x03]")
QOI = re.compile(rb"qoif.{8}[\x03\x04][\x00\x01]", re.DOTALL)
TGA = re.compile(
    rb"."  # length of the identification, which follows the header
    # A palette, its type and the size of its entries; or no palette: true color, then gray.
    rb"(\x01[\x01\x09].{4}[\x10\x18\x20].{4}(?!\x00\x00)..(?!\x00\x00)..\x08"
    rb"|\x00[\x02\x0a]\x00{5}.{4}(?!\x00\x00)..(?!\x00\x00)..[\x10\x18\x20]"
    rb"|\x00[\x03\x0b]\x00{5}.{4}(?!\x00\x00)..(?!\x00\x00)..[\x01\x08\x10])"
    rb"[\x00-\x08\x10-\x18\x20-\x28\x30-\x38]",  # at most 8 bits of opacity; the corner
    re.DOTALL,
)
"""The header of a TGA file (Truevision 2.0), which has no signature: each field is checked."""
# An MPEG frame of layer III or II whose bit rate and sample rate are valid.
_MPEG = re.compile(rb"\xff[\xf2-\xf5\xfa-\xfd\xe2-\xe5][\x10-\xef]")
_PICTURE_HEADS = (_HEIF, _BMP, _PPM, _ICO, PCX, SGI, QOI)
# AAC: the sync word of ADTS, layer 0, and one of 13 sample rates.
_AAC = re.compile(rb"\xff[\xf0\xf1\xf8\xf9][\x00-\x33\x40-\x73\x80-\xb3\xc0-\xf3]")
# AC-3 and E-AC-3: the sync word, and a version of up to 16 in five bits.
_AC3 = re.compile(rb"\x0b\x77.{3}[\x00-\x87]", re.DOTALL)
# MP4, M4A and QuickTime; the brands of pictures are above, and "crx" is a raw photo.
_MP4 = re.compile(rb".{4}ftyp(?!crx )[ -~]{4}", re.DOTALL)
_SOUND_HEADS = (_MPEG, _AAC, _AC3, _MP4)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# All but white space, escape, and the backspace that overstrikes letters for bold print.
_CONTROLS = re.compile(rb"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]")
_DOS_EOF = b"\x1a"
"""The end-of-file character of DOS programs (Ctrl-Z)."""


def detect_type(source: BinaryIO) -> str | None:
    """Return the kind of content of an open file; None for any other, and for an empty file."""
    head = source.read(_HEAD_BYTES)
    if head.startswith(_ZIP):
        return DOCUMENT if _is_document(source) else None
    if head.startswith(OLE):
        return DOCUMENT if _is_ole_document(source, head) else None
    kind = _kind_by_signature(head)
    if kind is None and _is_text(head):
        if is_svg(head):
            return PICTURE
        return DOCUMENT if is_markup(head) else TEXT
    # Other bytes may precede a PDF's signature. Text comes first: it may quote the signature.
    return DOCUMENT if kind is None and PDF in head[:PDF_WITHIN] else kind


def _kind_by_signature(head: bytes) -> str | None:
    if head.lstrip().startswith(PDF):
        return DOCUMENT
    if head[:4] in _CONTAINERS:
        return _CONTAINERS[head[:4]].get(head[8:12])
    if head.startswith(_PICTURES) or any(mark.match(head) for mark in _PICTURE_HEADS):
        return PICTURE
    if head.startswith(_SOUNDS) or any(mark.match(head) for mark in _SOUND_HEADS):
        return SOUND
    return PICTURE if TGA.match(head) else None


def _is_text(head: bytes) -> bool:
    """Return whether this is text: Unicode with a byte order mark, or no control characters.

    Text in older encodings has no control characters either; binary data has some within a few
    bytes.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return _decodes(head, encoding)
    text = head.rstrip(_DOS_EOF)
    return bool(text) and not _CONTROLS.search(text)


def _decodes(head: bytes, encoding: str) -> bool:
    # Incremental, since ``head`` may end in the middle of a character.
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return "\x00" not in decoder.decode(head)
    except UnicodeDecodeError:
        return False


def _is_ole_document(source: BinaryIO, head: bytes) -> bool:
    """Return whether the begin of an OLE file's directory has a name of ``_OLE_NAMES``."""
    if len(head) < 52:
        return False
    sector_bytes = 4096 if head[30:32] == b"\x0c\x00" else 512
    source.seek((int.from_bytes(head[48:52], "little") + 1) * sector_bytes)
    directory = source.read(_HEAD_BYTES)
    return any(name in directory for name in _OLE_NAMES)


def _is_document(source: BinaryIO) -> bool:
    import zipfile  # which few files need

    try:
        with zipfile.ZipFile(source) as archive:
            return any(name.startswith(_PACKAGES) for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
