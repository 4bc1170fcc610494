"""Decodes the bytes of a text file, and refuses files that are not texts.

The order of the tests: known signatures of other formats, a byte order mark, NUL bytes (UTF-16
and UTF-32 without a mark, or else no text), UTF-8, and last the older encodings. charset-normalizer
detects those in a bounded sample, so that detection takes the same time for a large file.
"""

import codecs
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from protocol.failures import TooLarge, Unsupported
from slave_service.formats.encoding_detection import ENOUGH, best_code_page

MAX_BYTES = 256 * 1024 * 1024
"""Size of the largest text that is read; a worker needs several times as much memory."""

_SAMPLE_BYTES = 8192
_BLOCK_CHARACTERS = 1 << 20
_LONG_RUN = 2
"""Mean length of runs of bytes above ASCII from which they are words and not single letters."""

_SIGNATURES = {
    b"%PDF-": "a PDF",
    b"\x89PNG\r\n": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF87a": "a GIF image",
    b"GIF89a": "a GIF image",
    b"PK\x03\x04": "a ZIP archive or an Office document",
    b"PK\x05\x06": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"BZh91AY&SY": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"\x7fELF": "a program",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office document",
    b"OggS": "an Ogg sound file",
    b"fLaC": "a FLAC sound file",
    b"ID3\x03": "an MP3 sound file",
    b"ID3\x04": "an MP3 sound file",
}

# UTF-32 comes before UTF-16, since its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FEW_ASCII = 3
_MARKLESS = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")

# With all code pages as candidates, the detector often takes a short Western text for EBCDIC or
# Macintosh Icelandic. ISO 8859-1 is not listed because cp1252 includes it.
_LATIN = ["cp1252", "cp1250", "cp1254", "cp1257", "iso8859_2", "iso8859_15"]
_LATIN += ["cp850", "cp437", "mac_roman"]
_OTHER_SCRIPTS = ["cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "cp1253", "iso8859_7"]
_OTHER_SCRIPTS += ["cp1255", "cp1256", "cp874", "cp932", "euc_jp", "gb18030", "big5", "cp949"]

# The letters beyond ASCII of the languages written in cp1252, in lower case. A text in another code
# page, decoded as cp1252, nearly always has a letter that is not here, or a sign inside a word.
_WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøœùúûüÿß")
_ICELANDIC = frozenset("áæéíðóöúýþ")
# Hungarian ő and ű in cp1250 are õ and û when decoded as cp1252.
_HUNGARIAN = frozenset("áéíóõöúûü")
_SIGNS = frozenset("‘’‚“”„–—…†‡•‰‹›€™¡¢£¥§¨©ª«¬®¯°±²³´µ¶·¹º»¼½¾¿×÷ƒˆ˜\xa0\xad")
_SIGN_IN_WORD = re.compile(r"[^\W\d_][‚„“”…†‡•‰‹›€™¡¢£¥§©¬®¯±²³µ¶¹¼½¾¿×÷ƒ][^\W\d_]")
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n\v\f\r\x1b"))
_NOT_TEXT = "This is not a text file; send plain text, or choose the task type for such files."


_NO_WORDS = (
    "This file holds white space alone, and not a single word; check that it is the right one."
)
_DAMAGED = (
    "Characters that could not be read, and stand as \ufffd: {:,} (the encoding was taken for {}). "
    "Save the text as UTF-8 and send it again."
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text with unchanged newlines, and the Python name of its encoding."""

    text: str
    encoding: str
    damaged: int = 0
    """Number of U+FFFD characters, which replace undecodable bytes."""

    @property
    def warnings(self) -> list[str]:
        """The warnings about damaged characters and about a text without words."""
        found = [_DAMAGED.format(self.damaged, self.encoding)] if self.damaged else []
        return found if self.text and not self.text.isspace() else [*found, _NO_WORDS]

    def blocks(self) -> Iterator[str]:
        """Yield the text in pieces of about a million characters, cut at white space.

        No word is cut, so counting words block by block gives the same result as over the whole
        text, with less memory.
        """
        white_space = re.compile(r"\s")
        begin = 0
        while begin < len(self.text):
            cut = white_space.search(self.text, begin + _BLOCK_CHARACTERS)
            end = cut.end() if cut else len(self.text)
            yield self.text[begin:end]
            begin = end


def read_text(source: BinaryIO) -> Decoded:
    """Decode an open file from its beginning; raise as ``decode``, and ``TooLarge``."""
    size = source.seek(0, os.SEEK_END)
    if size > MAX_BYTES:
        limit = MAX_BYTES >> 20
        raise TooLarge(f"This text is larger than {limit} MiB; split it into smaller files.")
    source.seek(0)
    return decode(source.read())


def decode(data: bytes) -> Decoded:
    """Detect the encoding of ``data`` and return the text.

    A few damaged characters become U+FFFD. Raises ``Unsupported`` where ``data`` is not a text.
    """
    for signature, name in _SIGNATURES.items():
        if data.startswith(signature):
            raise Unsupported(
                f"This is not a text file but {name}; "
                "send plain text, or choose the task type for such files."
            )
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decode_marked(data, encoding)
    # A log can contain a few NUL bytes after a power cut; UTF-16 without a mark has many.
    if data.count(b"\0") > len(data) // 100:
        return _decode_markless(data)
    sample = data[: 16 * _SAMPLE_BYTES]
    if len(sample) - len(sample.translate(None, _CONTROLS)) > len(sample) // 10:
        return _decode_east_asian_utf16(data)
    return _decode_unmarked(data)


def _decode_marked(data: bytes, encoding: str) -> Decoded:
    decoded = _replacing(data, encoding)
    text = decoded.text
    if text.count("\ufffd") > 1 + len(text) // 100 or not _is_readable(text):
        raise Unsupported(_NOT_TEXT)
    return decoded


def _replacing(data: bytes, encoding: str) -> Decoded:
    """Decode with U+FFFD in place of undecodable bytes."""
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        return Decoded(text, encoding, text.count("\ufffd"))


def _decode_markless(data: bytes) -> Decoded:
    """Decode UTF-16 or UTF-32 without a byte order mark, detected by its ASCII characters."""
    best, best_ascii = "", 0
    for encoding in _MARKLESS:
        try:
            decoder = codecs.getincrementaldecoder(encoding)()
            text = decoder.decode(data[:_SAMPLE_BYTES])
        except UnicodeDecodeError:
            continue
        # Texts in every script have ASCII line ends, spaces or digits. In the wrong byte order,
        # and in binary data, ASCII characters are rare.
        ascii_count = sum(character.isascii() for character in text)
        if ascii_count > max(best_ascii, len(text) // 100) and _is_readable(text):
            best, best_ascii = encoding, ascii_count
    # One such character can be there by chance.
    if best_ascii < _FEW_ASCII:
        return _decode_east_asian_utf16(data, best)
    try:
        return Decoded(data.decode(best), best)
    except UnicodeDecodeError:
        raise Unsupported(_NOT_TEXT) from None


def _decode_east_asian_utf16(data: bytes, otherwise: str = "") -> Decoded:
    """Decode UTF-16 without a mark and with few ASCII characters, by its Chinese characters."""
    page, score = best_code_page(data[:_SAMPLE_BYTES])
    if page not in _MARKLESS or score < ENOUGH:
        page = otherwise
    try:
        return Decoded(data.decode(page), page)
    except (LookupError, UnicodeDecodeError):
        raise Unsupported(_NOT_TEXT) from None


def _decode_unmarked(data: bytes) -> Decoded:
    # The escape sequence that switches to Japanese; the rest of ISO-2022-JP is ASCII bytes.
    if b"\x1b$" in data:
        try:
            return Decoded(data.decode("iso2022_jp"), "iso2022_jp")
        except UnicodeDecodeError:
            pass
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        sample = _sample_around(data, error.start)
    for encoding in _candidates(sample):
        if encoding == "utf-8":
            return _replacing(data, encoding)
        try:
            return Decoded(data.decode(encoding), encoding)
        except UnicodeDecodeError:
            continue
    return _replacing(data, "cp1252")


def _sample_around(data: bytes, first_bad: int) -> bytes:
    """Return the bytes around the first one that is not UTF-8, without splitting a character.

    No multi-byte encoding uses the bytes up to ``/`` inside a character, so the cuts are there.
    """
    begin = max(0, first_bad - _SAMPLE_BYTES // 8)
    sample = data[begin : begin + _SAMPLE_BYTES]
    if begin > 0:
        sample = re.sub(rb"\A[^\x00-/]{1,1023}(?=[\x00-/])", b"", sample)
    if begin + _SAMPLE_BYTES < len(data):
        cut = re.search(rb"[\x00-/](?=[^\x00-/]*\Z)", sample[-1024:])
        sample = sample[: len(sample) - 1024 + cut.end()] if cut else sample
    return sample


def _candidates(sample: bytes) -> Iterator[str]:
    """Yield the encodings to try, the likeliest first."""
    text = sample.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    # A valid UTF-8 sequence is very rare in a text of another encoding.
    if sum(not character.isascii() for character in text) > 11 * damaged:
        yield "utf-8"
    likeliest, score = best_code_page(sample)
    if likeliest is not None and score >= ENOUGH:
        yield likeliest
    runs = re.findall(rb"[\x80-\xff]+", sample)
    mean_run = sum(map(len, runs)) / max(1, len(runs))
    if mean_run < _LONG_RUN and _is_western(sample):
        yield "cp1252"
    # Accented letters are single bytes between ASCII letters; in other scripts whole words are
    # bytes above ASCII.
    pages = _LATIN if mean_run < 1.5 else _OTHER_SCRIPTS if mean_run > 3 else None
    from charset_normalizer import from_bytes

    found = from_bytes(
        sample,
        steps=1,
        chunk_size=len(sample),
        cp_isolation=pages or _LATIN + _OTHER_SCRIPTS,
    )
    for match in found:
        yield codecs.lookup(match.encoding).name


def _is_western(sample: bytes) -> bool:
    """Return whether ``sample`` is plausible in cp1252, as a Western European language.

    This comes before the detector, which goes by frequencies and takes a short French text for
    Czech.
    """
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    foreign = {character for character in text.lower() if not character.isascii()}
    letters = foreign - _SIGNS
    if letters <= _HUNGARIAN and letters & {"õ", "û"}:
        return False
    known = letters <= _WESTERN or letters <= _ICELANDIC
    return known and not _SIGN_IN_WORD.search(text)


def _is_readable(text: str) -> bool:
    sample = text[:_SAMPLE_BYTES]
    odd = sum(
        unicodedata.category(character) in ("Cc", "Cn") and not character.isspace()
        for character in sample
    )
    return odd <= len(sample) // 10
