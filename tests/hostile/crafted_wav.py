"""Crafted WAV files: headers with false sizes, rates, channels and lengths."""

import struct

from tests.hostile import good_sounds
from tests.hostile.good_sounds import wave

_SAMPLES = struct.pack("<8h", 0, 9000, -9000, 5, -5, 32767, -32768, 1)


def wav_of_four_gigabytes() -> bytes:
    """A header that claims four gigabytes, before a hundred bytes."""
    return _lie(40, "<I", 0xFFFFFFF0)


def wav_of_two_gigabytes_and_more() -> bytes:
    """A size that is negative where it is read with a sign."""
    return _lie(40, "<I", 0x80000001)


def wav_of_no_rate() -> bytes:
    """No samples a second."""
    return _lie(24, "<I", 0)


def wav_of_negative_rate() -> bytes:
    """A rate that is negative where it is read with a sign."""
    return _lie(24, "<I", 0x80000000)


def wav_of_many_channels() -> bytes:
    """65,535 channels."""
    return _lie(22, "<H", 65535)


def wav_of_no_channels() -> bytes:
    """No channels."""
    return _lie(22, "<H", 0)


def wav_of_no_frames_in_a_block() -> bytes:
    """Blocks of no bytes."""
    return _lie(32, "<H", 0)


def wav_of_no_bits() -> bytes:
    """Samples of no bits."""
    return _lie(34, "<H", 0)


def wav_of_many_bits() -> bytes:
    """Samples of 65,535 bits."""
    return _lie(34, "<H", 65535)


def wav_of_a_huge_layout() -> bytes:
    """A layout that claims to be as long as two files."""
    return _lie(16, "<I", 0x7FFFFFFF)


def wav_of_a_thousand_channels() -> bytes:
    """A thousand channels that are all there, for a few frames."""
    return wave(bytes(2 * 1000 * 50), channels=1000)


def wav_of_numbers_that_are_none() -> bytes:
    """Floats that are no numbers, infinite, and the largest."""
    values = (float("nan"), float("inf"), float("-inf"), 3e38, -3e38)
    return wave(struct.pack("<5f", *values), bits=32, form=3)


def wav_of_the_largest_doubles() -> bytes:
    """Doubles whose squares are beyond all numbers."""
    return wave(struct.pack("<4d", 1e308, -1e308, 5e-324, 1e200), bits=64, form=3)


def wav_of_chunks_in_a_circle() -> bytes:
    """A chunk whose size leads back to before it."""
    return _with_chunks(b"LIST" + struct.pack("<I", 0xFFFFFFF8) + b"INFO")


def wav_of_many_chunks() -> bytes:
    """A hundred thousand empty chunks."""
    return _with_chunks(b"junk\0\0\0\0" * 100_000)


def wav_of_many_marks() -> bytes:
    """A list of four thousand million marks."""
    return _with_chunks(b"cue " + struct.pack("<II", 28, 0xFFFFFFFF) + bytes(24))


def wav_of_many_loops() -> bytes:
    """A sampler's list of as many loops."""
    fields = struct.pack("<9I", 0, 0, 0, 60, 0, 0, 0, 0xFFFFFFFF, 0)
    return _with_chunks(b"smpl" + struct.pack("<I", len(fields)) + fields)


def wav_of_odd_compression() -> bytes:
    """ADPCM whose blocks hold no samples."""
    data = bytearray(good_sounds.good("ima.wav"))
    struct.pack_into("<HH", data, 36, 2, 0)
    return bytes(data)


def wav_of_many_coefficients() -> bytes:
    """ADPCM that claims 65,535 pairs of coefficients."""
    data = bytearray(good_sounds.good("ms.wav"))
    struct.pack_into("<HH", data, 38, 0xFFFF, 0xFFFF)
    return bytes(data)


def _lie(place: int, layout: str, value: int) -> bytes:
    data = bytearray(wave(_SAMPLES * 8))
    struct.pack_into(layout, data, place, value)
    return bytes(data)


def _with_chunks(more: bytes) -> bytes:
    data = wave(_SAMPLES * 8)
    inside = data[8:36] + more + data[36:]
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


FILES = (
    wav_of_four_gigabytes,
    wav_of_two_gigabytes_and_more,
    wav_of_no_rate,
    wav_of_negative_rate,
    wav_of_many_channels,
    wav_of_no_channels,
    wav_of_no_frames_in_a_block,
    wav_of_no_bits,
    wav_of_many_bits,
    wav_of_a_huge_layout,
    wav_of_a_thousand_channels,
    wav_of_numbers_that_are_none,
    wav_of_the_largest_doubles,
    wav_of_chunks_in_a_circle,
    wav_of_many_chunks,
    wav_of_many_marks,
    wav_of_many_loops,
    wav_of_odd_compression,
    wav_of_many_coefficients,
)
