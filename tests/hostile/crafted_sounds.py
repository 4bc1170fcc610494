"""Crafted files of the other sound formats: AIFF, AU, CAF, FLAC, OGG, MP3 and older ones."""

import io
import struct

from tests.hostile import good_sounds
from tests.hostile.ogg import pages, summed

_SAMPLES = struct.pack("<8h", 0, 9000, -9000, 5, -5, 32767, -32768, 1)


def rf64_of_all_bytes() -> bytes:
    """Sizes of 64 bits, all of them set."""
    data = bytearray(good_sounds.good("sixteen.rf64"))
    place = data.index(b"ds64") + 8
    data[place : place + 24] = b"\xff" * 24
    return bytes(data)


def w64_of_negative_size() -> bytes:
    """Chunk sizes of 64 bits that lead back."""
    data = bytearray(good_sounds.good("sixteen.w64"))
    place = data.index(b"data") + 16
    data[place : place + 8] = b"\xf0" + b"\xff" * 7
    return bytes(data)


def aiff_of_no_rate() -> bytes:
    """A rate of nothing, and then one that is no number."""
    return _aiff_rate(bytes(10))


def aiff_of_endless_rate() -> bytes:
    """An infinite rate."""
    return _aiff_rate(b"\x7f\xff" + bytes(8))


def aiff_of_many_frames() -> bytes:
    """Four thousand million frames of 65,535 channels."""
    data = bytearray(good_sounds.good("wide.aiff"))
    place = data.index(b"COMM") + 8
    data[place : place + 6] = b"\xff" * 6
    return bytes(data)


def au_of_negative_size() -> bytes:
    """Data at the end of all numbers, in as many channels."""
    fields = struct.pack(">4sIIIII", b".snd", 0xFFFFFFF0, 0xFFFFFFFE, 3, 8000, 0x7FFFFFFF)
    return fields + _SAMPLES * 8


def au_of_no_rate() -> bytes:
    """No samples a second."""
    return struct.pack(">4sIIIII", b".snd", 24, 0xFFFFFFFF, 3, 0, 1) + _SAMPLES * 8


def caf_of_endless_packets() -> bytes:
    """A table of more packets than there can be."""
    data = bytearray(good_sounds.good("alac.caf"))
    place = data.index(b"pakt") + 12
    data[place : place + 24] = b"\x7f" + b"\xff" * 23
    return bytes(data)


def flac_of_the_longest_length() -> bytes:
    """As many frames as the header can tell."""
    data = bytearray(good_sounds.good("sixteen.flac"))
    data[21] |= 0x0F
    data[22:26] = b"\xff" * 4
    return bytes(data)


def flac_of_no_rate() -> bytes:
    """No samples a second, blocks of no frames."""
    data = bytearray(good_sounds.good("sixteen.flac"))
    data[8:18] = bytes(10)
    data[18:20] = bytes(2)
    return bytes(data)


def flac_of_hours_of_silence() -> bytes:
    """Fifty million frames of silence, valid, in some hundred kilobytes."""
    import numpy as np
    import soundfile

    file = io.BytesIO()
    silence = np.zeros(1_000_000, np.int16)
    with soundfile.SoundFile(file, "w", 44_100, 1, "PCM_16", format="FLAC") as sound:
        for _ in range(50):
            sound.write(silence)
    return file.getvalue()


def ogg_of_the_longest_length() -> bytes:
    """A last page that claims to lie at the end of all time."""
    found = pages(good_sounds.good("vorbis.ogg"))
    struct.pack_into("<q", found[-1], 6, 0x7FFFFFFFFFFFFFFF)
    return b"".join(summed(page) for page in found)


def ogg_of_many_streams() -> bytes:
    """A thousand streams in a chain."""
    return good_sounds.good("vorbis.ogg") * 1000


def ogg_of_endless_notes() -> bytes:
    """Comments that claim to be four thousand million."""
    found = pages(good_sounds.good("vorbis.ogg"))
    place = found[1].index(b"\x03vorbis") + 7
    found[1][place : place + 4] = b"\xff\xff\xff\x7f"
    return b"".join(summed(page) for page in found)


def mp3_of_a_huge_tag() -> bytes:
    """A tag of 256 MB, of which nothing is there."""
    return b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + good_sounds.good("layer three.mp3")


def mp3_of_many_tags() -> bytes:
    """Fifty thousand tags in a row."""
    return b"ID3\x04\x00\x00\x00\x00\x00\x00" * 50_000 + good_sounds.good("layer three.mp3")


def mp3_of_nothing_but_heads() -> bytes:
    """A megabyte of heads of frames, each of which breaks off."""
    return b"\xff\xfb\x90\x64" * 250_000


def mp3_that_repeats() -> bytes:
    """Half an hour of the same frames."""
    return good_sounds.good("layer three.mp3") * 5000


def voc_that_repeats_for_ever() -> bytes:
    """A block that is to be repeated without end."""
    head = b"Creative Voice File\x1a\x1a\x00\x0a\x01\x29\x11"
    block = b"\x01\x06\x00\x00\x9c\x00abcd"
    return head + b"\x06\x02\x00\x00\xff\xff" + block + b"\x07\x00\x00\x00" + block * 1000


def svx_of_negative_size() -> bytes:
    """A body whose size leads back."""
    data = bytearray(good_sounds.good("sixteen.svx"))
    place = data.index(b"BODY") + 4
    data[place : place + 4] = b"\xff\xff\xff\xf0"
    return bytes(data)


def sds_that_never_ends() -> bytes:
    """A sampler's dump of which nearly everything is missing."""
    data = bytearray(good_sounds.good("sixteen.sds"))
    data[10:13] = b"\x7f\x7f\x7f"
    return bytes(data)


def mat_of_many_names() -> bytes:
    """A matrix whose name is as long as can be."""
    data = bytearray(good_sounds.good("sixteen.mat"))
    data[128:200] = b"\xff\xff\xff\x7f" * 18
    return bytes(data)


def _aiff_rate(rate: bytes) -> bytes:
    data = bytearray(good_sounds.good("wide.aiff"))
    place = data.index(b"COMM") + 16
    data[place : place + 10] = rate
    return bytes(data)


FILES = (
    rf64_of_all_bytes,
    w64_of_negative_size,
    aiff_of_no_rate,
    aiff_of_endless_rate,
    aiff_of_many_frames,
    au_of_negative_size,
    au_of_no_rate,
    caf_of_endless_packets,
    flac_of_the_longest_length,
    flac_of_no_rate,
    flac_of_hours_of_silence,
    ogg_of_the_longest_length,
    ogg_of_many_streams,
    ogg_of_endless_notes,
    mp3_of_a_huge_tag,
    mp3_of_many_tags,
    mp3_of_nothing_but_heads,
    mp3_that_repeats,
    voc_that_repeats_for_ever,
    svx_of_negative_size,
    sds_that_never_ends,
    mat_of_many_names,
)
