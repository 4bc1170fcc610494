"""Rewrites the pages of an Ogg stream (RFC 3533), each with a valid checksum."""

import struct

_HEAD_BYTES = 27
_POLYNOMIAL = 0x04C11DB7


def with_serial(data: bytes, serial: int) -> bytes:
    """Return the stream with another serial number."""
    done = bytearray()
    for page in pages(data):
        struct.pack_into("<I", page, 14, serial)
        done += summed(page)
    return bytes(done)


def pages(data: bytes) -> list[bytearray]:
    """Cut a well-formed stream into its pages; what is no page ends the list."""
    found = []
    place = 0
    while data[place : place + 4] == b"OggS" and place + _HEAD_BYTES <= len(data):
        segments = data[place + 26]
        table = data[place + _HEAD_BYTES : place + _HEAD_BYTES + segments]
        end = place + _HEAD_BYTES + segments + sum(table)
        found.append(bytearray(data[place:end]))
        place = end
    return found


def summed(page: bytearray) -> bytes:
    """Return the page with the sum that its bytes have."""
    struct.pack_into("<I", page, 22, 0)
    struct.pack_into("<I", page, 22, _sum(page))
    return bytes(page)


def _sum(data: bytes | bytearray) -> int:
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ _TABLE[(value >> 24) ^ byte]
    return value


def _entry(number: int) -> int:
    value = number << 24
    for _ in range(8):
        value = (value << 1) ^ (_POLYNOMIAL if value & 0x80000000 else 0)
        value &= 0xFFFFFFFF
    return value


_TABLE = [_entry(number) for number in range(256)]
