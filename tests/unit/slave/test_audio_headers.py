"""Sound files with a wrong length or none in the header, as pipes and recorders write them."""

import io
import struct
import tracemalloc
from typing import Any

import numpy as np
import pytest
import soundfile

from slave_service import audio_processing
from slave_service.formats import audio_headers

RATE = 8000
SINE = np.round(0.5 * 32767 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)).astype("<i2")
NOISE = np.random.default_rng(1).uniform(-0.5, 0.5, 3 * 48_000)
ALL_ONES_32, ALL_ONES_64 = b"\xff" * 4, b"\xff" * 8

SIZES = {
    ("WAV", "FILE"): (-4, 4, "<"),
    ("WAV", "BIG"): (-4, 4, ">"),
    ("WAVEX", "FILE"): (-4, 4, "<"),
    ("RF64", "FILE"): (-76, 8, "<"),
    ("AIFF", "FILE"): (-12, 4, ">"),
    ("AU", "LITTLE"): (-16, 4, "<"),
    ("AU", "BIG"): (-16, 4, ">"),
    ("W64", "FILE"): (-8, 8, "<"),
    ("CAF", "FILE"): (-12, 8, ">"),
}
"""The length field by format: offset from the first sample, width and byte order."""
OVERHEAD_BYTES = {"AIFF": 8, "W64": 24, "CAF": 4}
"""What the stated length exceeds the bytes of the samples by, by format."""


def written(form: str, order: str = "FILE", samples: Any = SINE) -> tuple[bytearray, int]:
    """Return a sound file written by libsndfile, and the offset of its samples."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, "PCM_16", order, form)
    data = bytearray(file.getvalue())
    places = (data.find(samples.tobytes()), data.find(samples.byteswap().tobytes()))
    return data, max(places)


def stating(form: str, order: str, length: int) -> bytes:
    """Return a file of two seconds whose header states ``length`` bytes."""
    data, begin = written(form, order)
    offset, width, byte_order = SIZES[form, order]
    letter = {4: "I", 8: "Q"}[width]
    number = (length + OVERHEAD_BYTES.get(form, 0)) % 256**width
    data[begin + offset : begin + offset + width] = struct.pack(byte_order + letter, number)
    return bytes(data)


def measure(data: bytes) -> dict[str, Any]:
    return audio_processing.process(io.BytesIO(data))


@pytest.mark.parametrize(("form", "order"), SIZES)
@pytest.mark.parametrize("length", [0, -1, 2**31, -1 << 31], ids=["0", "-1", "2**31", "-2**31"])
def test_a_placeholder_length_is_ignored(form: str, order: str, length: int) -> None:
    """With 0 or a placeholder as length, the file is read to its end, with a warning."""
    result = measure(stating(form, order, length))

    assert result["duration_seconds"] == 2.0
    assert result["rms_energy"] == pytest.approx(0.5 / 2**0.5, abs=1e-3)
    (warning,) = result["warnings"]
    assert "does not say how long" in warning


@pytest.mark.parametrize(("form", "order"), SIZES)
def test_a_correct_length_is_used(form: str, order: str) -> None:
    """A file with a correct header has no correction and no warning."""
    data, _ = written(form, order)
    extent = audio_headers.read(io.BytesIO(data))
    assert extent is not None
    assert (extent.available, extent.corrections) == (SINE.nbytes, {})
    assert measure(bytes(data))["warnings"] == []


@pytest.mark.parametrize(("form", "order"), SIZES)
def test_a_recording_that_is_cut_off_gives_a_warning(form: str, order: str) -> None:
    """A file that is cut off is measured to its end, and the warning has both lengths."""
    data, begin = written(form, order)
    result = measure(bytes(data[: begin + SINE.nbytes // 4]))

    assert result["duration_seconds"] == 0.5
    (warning,) = result["warnings"]
    assert "announces 2.0 s and the file holds 0.5 s" in warning


@pytest.mark.parametrize(("form", "order"), [size for size in SIZES if size[0] != "W64"])
def test_samples_after_the_stated_end_give_a_warning(form: str, order: str) -> None:
    """Samples after the stated length are not measured, and give a warning."""
    result = measure(stating(form, order, SINE.nbytes // 4))

    assert result["duration_seconds"] == 0.5
    (warning,) = result["warnings"]
    assert "After the 0.5 s" in warning
    assert "another 1.5 s" in warning


def test_an_empty_recording_with_a_title_is_empty() -> None:
    """Chunks after a length of 0 are not samples."""
    data, begin = written("WAV")
    title = b"LIST" + struct.pack("<I", 16) + b"INFOINAM" + struct.pack("<I", 4) + b"abc\0"
    head = bytes(data[: begin - 4]) + bytes(4)
    result = measure(head + title)

    assert result["frames"] == 0
    assert "not a single sample" in result["warnings"][0]


def test_a_title_after_the_samples_is_no_sound() -> None:
    """Chunks after the samples, or a few other bytes, give no warning."""
    data, _ = written("WAV")
    title = b"LIST" + struct.pack("<I", 160_000) + b"INFO" + bytes(159_996)
    assert measure(bytes(data) + title)["warnings"] == []
    assert measure(bytes(data) + b"TAG" + bytes(125))["warnings"] == []


def test_a_header_alone_holds_no_sound() -> None:
    """A file of 0 frames has a warning that it has no samples, and none about silence."""
    data, begin = written("WAV")
    result = measure(bytes(data[: begin - 4]) + bytes(4))

    assert (result["frames"], result["duration_seconds"]) == (0, 0)
    assert result["warnings"] == [
        "This file has a header, but not a single sample follows it; record or export it again."
    ]


@pytest.mark.parametrize("form", ["WAV", "FLAC"])
def test_digital_silence_gives_a_warning(form: str) -> None:
    """A recording of zeros has a warning about digital silence."""
    file = io.BytesIO()
    soundfile.write(file, np.zeros(RATE), RATE, "PCM_16", format=form)
    result = measure(file.getvalue())

    assert result["duration_seconds"] == 1.0
    (warning,) = result["warnings"]
    assert "pure digital silence" in warning
    assert "muted" in warning


@pytest.mark.parametrize(
    ("form", "encoding", "expected"),
    [
        ("MP3", "MPEG_LAYER_III", "announces 3.0 s"),
        ("OGG", "VORBIS", "without its end mark"),
        ("OGG", "OPUS", "without its end mark"),
    ],
)
def test_a_stream_that_is_cut_off_gives_a_warning(form: str, encoding: str, expected: str) -> None:
    """A complete stream gives no warning, half of it does."""
    file = io.BytesIO()
    soundfile.write(file, NOISE, 48_000, encoding, format=form)
    data = file.getvalue()

    assert measure(data)["warnings"] == []
    (warning,) = measure(data[: len(data) // 2])["warnings"]
    assert expected in warning


def test_an_mp3_without_a_stated_length_gives_no_warning() -> None:
    """Without a Xing header, libsndfile only estimates the length, so there is no warning."""
    file = io.BytesIO()
    soundfile.write(file, NOISE, 48_000, format="MP3")
    data = file.getvalue()
    second = data.find(b"\xff\xfb", 4)
    tag = b"ID3\x03\0\0" + bytes([0, 0, 0x40, 0]) + bytes(0x40 << 7)
    assert measure(tag + data[second : len(data) // 2])["warnings"] == []


def test_a_flac_of_unknown_length_is_read_to_its_end() -> None:
    """A FLAC from a pipe states 0 samples in its header (RFC 9639, section 8.2)."""
    file = io.BytesIO()
    soundfile.write(file, SINE, RATE, format="FLAC")
    data = bytearray(file.getvalue())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    assert measure(bytes(data))["duration_seconds"] == 2.0


def test_a_correction_does_not_copy_the_file() -> None:
    """The header is corrected while it is read, without a copy of the file in memory."""
    data, begin = written("WAV")
    stored = io.BytesIO(bytes(data[: begin - 4]) + bytes(4) + SINE.tobytes() * 800)
    audio_processing.process(io.BytesIO(bytes(data)))  # loads the libraries
    tracemalloc.start()
    try:
        assert audio_processing.process(stored)["duration_seconds"] == 1600.0
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < SINE.nbytes * 800 / 2


@pytest.mark.parametrize("mark", [b"RIFF", b"RIFX", b"RF64", b"FORM", b".snd", b"dns.", b"caff"])
@pytest.mark.parametrize("rest", [b"", b"\0", bytes(60), b"\xff" * 60, b"    " * 20])
def test_damaged_headers_have_no_corrections_beyond_the_file(mark: bytes, rest: bytes) -> None:
    """A damaged header has no extent, or one with no correction beyond the file."""
    extent = audio_headers.read(io.BytesIO(mark + rest))
    if extent is not None:
        assert all(offset < 64 for offset in extent.corrections)


@pytest.mark.parametrize("length", [SINE.nbytes, 0, 2**64 - 1])
def test_bw64(length: int) -> None:
    """BW64, which libsndfile does not know, is read as RF64, with a length or without."""
    data, begin = written("RF64")
    data[:4] = b"BW64"
    data[begin - 76 : begin - 68] = struct.pack("<Q", length)

    result = measure(bytes(data))

    assert (result["duration_seconds"], result["format"]) == (2.0, "RF64")
    assert len(result["warnings"]) == (length != SINE.nbytes)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0xFFFFFFDB])
@pytest.mark.parametrize("bits", [8, 16, 24])
def test_an_incomplete_last_frame(bits: int, length: int) -> None:
    """Of a recording that ends within a frame, the whole frames are measured."""
    frame = bits // 8 * 2
    fields = struct.pack("<HHIIHH", 1, 2, RATE, RATE * frame, frame, bits)
    samples = np.random.default_rng(2).bytes(1000 * frame) + b"\1" * (frame - 1)
    head = b"RIFF" + bytes(4) + b"WAVEfmt " + struct.pack("<I", 16) + fields
    listed = b"LIST" + struct.pack("<I", 5) + b"abcde\0"  # odd, so a byte of padding follows
    result = measure(head + listed + b"data" + struct.pack("<I", length) + samples)

    assert result["frames"] == 1000
    assert "does not say how long" in result["warnings"][0]
