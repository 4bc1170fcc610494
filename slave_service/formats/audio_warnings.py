"""Warns of sound files that are cut off, silent, without samples, or only partly measured."""

import os
from collections.abc import Iterator
from typing import BinaryIO

from slave_service.formats.audio_headers import Extent

_TAIL_BYTES = 1 << 17
"""Searched at the end of an Ogg file; the longest page has 65,307 bytes (RFC 3533, section 6)."""
_OGG_HEAD_BYTES, _OGG_LAST_PAGE = 27, 4
_MP3_HEAD_BYTES = 4096
_MP3_LENGTH_MARKS = (b"Xing", b"Info", b"VBRI")
_MIN_MISSING_S = 0.1
"""Less may be the delay of a codec."""
_LENGTH_TOLERANCE = 0.02
"""Share of the stated length that may be missing; decoders drop less at the ends of a sound."""

_NO_SAMPLES = (
    "This file has a header, but not a single sample follows it; record or export it again."
)
_SILENT = (
    "Every sample is zero: pure digital silence, as from a muted or unconnected microphone; "
    "check the recording."
)
_NOT_STATED = (
    "The header does not say how long the recording is, as when the recorder was not stopped in "
    "good order; everything up to the end of the file was measured."
)
_CUT_OFF = (
    "This recording is cut off: its header announces {stated} and the file holds {read}; send "
    "the whole file if you have it."
)
_NO_END = (
    "This file ends without its end mark, so it may be cut off; compare its length of {read} with "
    "the original."
)
_UNREAD = (
    "After the {read} that the header states another {unread} of data follow, which were not "
    "measured; if the recording is longer, import the file as raw data in a sound editor and save "
    "it again."
)


def warnings(
    source: BinaryIO,
    extent: Extent | None,
    kind: str,
    *,
    frames: int,
    stated_frames: int,
    rate: int,
    is_silent: bool,
) -> list[str]:
    """Return the warnings about a sound of which ``frames`` were read.

    ``kind`` is libsndfile's name for the format, ``stated_frames`` the length that libsndfile takes
    from the header, ``rate`` is in frames a second.
    """
    read_s = frames / rate
    if not frames:
        return [_NO_SAMPLES]
    found = list(_about_extent(extent, read_s)) if extent else []
    if kind == "OGG" and not _ends_as_ogg(source):
        found.append(_NO_END.format(read=_seconds(read_s)))
    if kind == "MP3" and _mp3_states_length(source) and _is_short(frames, stated_frames):
        stated = _seconds(stated_frames / rate)
        found.append(_CUT_OFF.format(stated=stated, read=_seconds(read_s)))
    if is_silent:
        found.append(_SILENT)
    return found


def of_decoded(
    notes: list[str], *, frames: int, stated_s: float, rate: int, is_silent: bool
) -> list[str]:
    """Return the warnings about a sound that FFmpeg has decoded, with those in ``notes``.

    ``stated_s`` is the length by the header in seconds, 0 where it has none.
    """
    if not frames:
        return [_NO_SAMPLES, *notes]
    found = list(notes)
    is_short = _is_short(frames, round(stated_s * rate))
    if is_short and stated_s - frames / rate >= _MIN_MISSING_S:
        found.append(_CUT_OFF.format(stated=_seconds(stated_s), read=_seconds(frames / rate)))
    return [*found, _SILENT] if is_silent else found


def _about_extent(extent: Extent, read_s: float) -> Iterator[str]:
    read_bytes = min(extent.available, extent.stated) if extent.is_stated else extent.available
    per_byte = read_s / max(1, min(read_bytes, extent.field.max_bytes))
    if not extent.is_stated:
        yield _NOT_STATED
    elif extent.is_cut_off:
        yield _CUT_OFF.format(stated=_seconds(extent.stated * per_byte), read=_seconds(read_s))
    # Some programs add a few bytes of their own after the sound, so under a second is ignored.
    if extent.unread * per_byte >= 1:
        yield _UNREAD.format(read=_seconds(read_s), unread=_seconds(extent.unread * per_byte))


def _ends_as_ogg(source: BinaryIO) -> bool:
    """Return whether the last page is complete and marked as the last (RFC 3533, section 6)."""
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - _TAIL_BYTES))
    tail = source.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < _OGG_HEAD_BYTES:
        return False
    segments = page[_OGG_HEAD_BYTES : _OGG_HEAD_BYTES + page[26]]
    is_whole = len(page) >= _OGG_HEAD_BYTES + page[26] + sum(segments)
    return is_whole and bool(page[5] & _OGG_LAST_PAGE)


def _mp3_states_length(source: BinaryIO) -> bool:
    """Return whether the first frame states the number of frames; else libsndfile estimates it."""
    source.seek(0)
    head = source.read(10)
    tag_bytes = 0
    if head.startswith(b"ID3") and len(head) == 10:
        # The size has seven bits in each byte (ID3v2.3, section 3.1).
        shifts = zip(head[6:], (21, 14, 7, 0), strict=True)
        tag_bytes = 10 + sum(byte << shift for byte, shift in shifts)
    source.seek(tag_bytes)
    start = source.read(_MP3_HEAD_BYTES)
    return any(mark in start for mark in _MP3_LENGTH_MARKS)


def _is_short(frames: int, stated_frames: int) -> bool:
    return frames < stated_frames * (1 - _LENGTH_TOLERANCE)


def _seconds(seconds: float) -> str:
    return f"{seconds:,.1f} s"
