"""Writes extreme integers where formats have sizes: in headers, and next to markers."""

import re
import struct
from random import Random

_HEAD_BYTES = 64
EXTREMES = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000)
LARGE = (0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 0x40000000, 0x10000001)
# After each of these some length or count stands: chunks, boxes, tables, markers of JPEG.
_MARKS = re.compile(
    rb"data|fmt |fact|LIST|COMM|SSND|FORM|RIFF|desc|pakt|kuki|VP8[ LX]|ANMF|ALPH|EXIF|ICCP"
    rb"|ftyp|meta|iloc|iprp|ipco|ispe|av1C|mdat|iinf|jp2h|ihdr|jp2c|colr|\xff[\x51\x52\x5c\x90]"
    rb"|\xff[\xc0-\xc4\xda\xdb\xdd\xe0-\xe2]|GIF8[79]a|\x21[\xf9\xfe\xff]|\x2c|II\*\x00|MM\x00\*"
    rb"|BM|\x00\x00\x01\x00|\.snd|fLaC|vorbis|OpusHead|ID3|OggS",
    re.DOTALL,
)


def extreme_integers(random: Random, data: bytes) -> bytes:
    """Write an extreme integer of 16 or 32 bits somewhere into the first bytes."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 3)):
        put(random, changed, random.randrange(_HEAD_BYTES))
    return bytes(changed)


def extreme_lengths(random: Random, data: bytes) -> bytes:
    """Write an extreme integer just before, or soon after, a marker of the format."""
    marks = list(_MARKS.finditer(data[: 1 << 16]))
    if not marks:
        return extreme_integers(random, data)
    mark = random.choice(marks)
    changed = bytearray(data)
    put(random, changed, random.choice((mark.start() - 4, *range(mark.end(), mark.end() + 20))))
    return bytes(changed)


def put(random: Random, changed: bytearray, place: int) -> None:
    """Write an extreme number of either width and either byte order, where it fits."""
    width, number = random.choice(((2, "H"), (4, "I")))
    value = random.choice(EXTREMES if width == 2 or random.random() < 0.3 else LARGE)
    if 0 <= place <= len(changed) - width:
        struct.pack_into(random.choice("<>") + number, changed, place, min(value, 256**width - 1))
