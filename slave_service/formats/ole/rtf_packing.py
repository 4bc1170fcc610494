"""Unpacks the RTF text in a mail of Outlook (MS-OXRTFCP)."""

import struct

from protocol.failures import Corrupt

_PACKED, _PLAIN = b"LZFu", b"MELA"
_HEADER_BYTES = 16
_MAX_BYTES = 64 * 1024 * 1024
_WINDOW = 4096
BEGIN = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What the window holds at first."""


def unpacked(data: bytes) -> bytes:
    """Return the RTF; raises ``Corrupt`` for other data."""
    if len(data) < _HEADER_BYTES or data[8:12] not in (_PACKED, _PLAIN):
        raise Corrupt("The text of this mail is damaged; save it again and send that.")
    (size,) = struct.unpack_from("<I", data, 4)
    size = min(size, _MAX_BYTES)
    if data[8:12] == _PLAIN:
        return data[_HEADER_BYTES : _HEADER_BYTES + size]
    window = bytearray(BEGIN.ljust(_WINDOW, b"\0"))
    write = len(BEGIN)
    result = bytearray()
    place = _HEADER_BYTES
    while place < len(data) and len(result) < size:
        control = data[place]
        place += 1
        for bit in range(8):
            if control >> bit & 1:
                if place + 2 > len(data):
                    return bytes(result[:size])
                offset, length = data[place] << 4 | data[place + 1] >> 4, data[place + 1] & 15
                place += 2
                if offset == write:
                    return bytes(result[:size])
                for step in range(length + 2):
                    byte = window[(offset + step) % _WINDOW]
                    window[write] = byte
                    write = (write + 1) % _WINDOW
                    result.append(byte)
            elif place < len(data):
                window[write] = data[place]
                write = (write + 1) % _WINDOW
                result.append(data[place])
                place += 1
    return bytes(result[:size])
