"""Edits the chunks of a PNG, each with a valid checksum, so that decoders read it."""

import struct
import zlib
from random import Random

from tests.hostile.header_edits import put

SIGNATURE = b"\x89PNG\r\n\x1a\n"
Chunk = tuple[bytes, bytes]
_NAMES = (b"PLTE", b"tRNS", b"gAMA", b"iCCP", b"zTXt", b"iTXt", b"acTL", b"fcTL", b"fdAT", b"eXIf")


def chunk(name: bytes, data: bytes, claimed: int | None = None) -> bytes:
    """Return one chunk; its length can be a lie."""
    length = len(data) if claimed is None else claimed
    return struct.pack(">I", length) + name + data + struct.pack(">I", zlib.crc32(name + data))


def chunks(data: bytes) -> list[Chunk]:
    """Cut a PNG into its chunks, as far as they are whole."""
    found = []
    place = len(SIGNATURE)
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        if place + 12 + length > len(data):
            break
        found.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    return found


def edit_chunk(random: Random, data: bytes) -> bytes:
    """Damage the inside of one chunk; that of the pixels sometimes below its compression."""
    found = chunks(data)
    if not found:
        return data
    number = random.randrange(len(found))
    name, inside = found[number]
    changed = bytearray(inside)
    if name == b"IDAT" and random.random() < 0.5:
        changed = _below_compression(random, inside)
    elif random.random() < 0.2:
        name = random.choice(_NAMES)
    elif changed:
        for _ in range(random.randint(1, 4)):
            if random.random() < 0.5:
                put(random, changed, random.randrange(len(changed)))
            else:
                changed[random.randrange(len(changed))] = random.randrange(256)
    found[number] = (name, bytes(changed))
    return _joined(found)


def move_chunks(random: Random, data: bytes) -> bytes:
    """Repeat, drop or exchange chunks."""
    found = chunks(data)
    if not found:
        return data
    one, other = random.randrange(len(found)), random.randrange(len(found))
    what = random.randrange(3)
    if what == 0:
        found[one], found[other] = found[other], found[one]
    elif what == 1:
        found[one:one] = [found[other]] * random.choice((1, 2, 500))
    else:
        del found[one]
    return _joined(found)


def _below_compression(random: Random, packed: bytes) -> bytearray:
    try:
        rows = bytearray(zlib.decompressobj().decompress(packed, 1 << 20))
    except zlib.error:
        return bytearray(packed)
    if rows:
        rows[random.randrange(len(rows))] = random.randrange(256)
        del rows[random.randint(0, len(rows)) :]
    return bytearray(zlib.compress(bytes(rows)))


def _joined(found: list[Chunk]) -> bytes:
    return SIGNATURE + b"".join(chunk(name, inside) for name, inside in found)
