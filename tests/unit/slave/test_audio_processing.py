"""The audio processor, with sound files of known measures that are written byte by byte."""

import io
import json
import math
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from protocol import failures
from slave_service import audio_processing

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE


def wave(
    data: bytes,
    bits: int = 16,
    channels: int = 1,
    rate: int = 8000,
    form: int = PCM,
    *,
    claimed_bytes: int | None = None,
    block_align: int | None = None,
    extension: bytes = b"",
) -> bytes:
    """Return a WAV file, in whose header each value can be wrong."""
    align = channels * bits // 8 if block_align is None else block_align
    fields = struct.pack("<HHIIHH", form, channels, rate, (rate * align) % 2**32, align, bits)
    fields += extension
    claimed = len(data) if claimed_bytes is None else claimed_bytes
    body = b"WAVEfmt " + struct.pack("<I", len(fields)) + fields
    body += b"data" + struct.pack("<I", claimed) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def measure(data: bytes) -> dict[str, Any]:
    """Process a file's bytes."""
    return audio_processing.process(io.BytesIO(data))


@pytest.mark.parametrize(
    ("bits", "data", "low", "high"),
    [
        (8, bytes([0, 128, 255]), -1.0, 127 / 128),
        (16, struct.pack("<3h", -(2**15), 0, 2**15 - 1), -1.0, 1 - 2**-15),
        (24, b"\x00\x00\x80" + b"\x00\x00\x00" + b"\xff\xff\x7f", -1.0, 1 - 2**-23),
        (32, struct.pack("<3i", -(2**31), 0, 2**31 - 1), -1.0, 1 - 2**-31),
    ],
)
def test_integer_widths(bits: int, data: bytes, low: float, high: float) -> None:
    """Samples of 8 (unsigned), 16, 24 and 32 bits are scaled so that the lowest value is -1."""
    result = measure(wave(data, bits))

    assert result["sample_width"] == bits // 8
    assert result["frames"] == 3
    assert result["peak"] == 1.0
    assert result["rms_energy"] == pytest.approx(math.sqrt((low**2 + high**2) / 3), rel=1e-15)
    assert result["zero_crossings"] == 1


def test_float_samples() -> None:
    """Float samples beyond 1 are not clipped."""
    result = measure(wave(struct.pack("<4f", 0.5, -0.5, 2.0, -2.0), 32, form=FLOAT))

    assert (result["sample_width"], result["peak"], result["zero_crossings"]) == (4, 2.0, 3)
    assert result["rms_energy"] == math.sqrt(8.5 / 4)


def test_double_samples() -> None:
    """Samples of double precision have a width of 8 bytes."""
    result = measure(wave(struct.pack("<2d", 0.25, -0.25), 64, form=FLOAT))

    assert (result["sample_width"], result["rms_energy"]) == (8, 0.25)


def test_extensible_header() -> None:
    """A WAV with the extensible header, which Python's own module refuses, is read."""
    identifier = bytes.fromhex("0100000000001000800000aa00389b71")
    extension = struct.pack("<HHI", 22, 16, 3) + identifier
    data = struct.pack("<4h", 16384, 16384, -16384, -16384)

    result = measure(wave(data, channels=2, form=EXTENSIBLE, extension=extension))

    assert (result["channels"], result["rms_energy"], result["zero_crossings"]) == (2, 0.5, 1)


def test_keys_of_the_result() -> None:
    """The result has the documented keys and plain JSON values."""
    data = wave(struct.pack("<4h", 0, 16384, 0, -16384), channels=2, rate=4)

    result = measure(data)

    assert result == {
        "duration_seconds": 0.5,
        "sample_rate": 4,
        "channels": 2,
        "sample_width": 2,
        "rms_energy": math.sqrt(0.125),
        "peak": 0.5,
        "rms_dbfs": -9.03,
        "peak_dbfs": -6.02,
        "loudness_lufs": None,
        "silence_share": 0.0,
        "silence_spans": [],
        "dominant_frequency_hz": None,
        "spectral_centroid_hz": None,
        "zero_crossings": 1,
        "waveform": [[0.25, 0.25], [-0.25, -0.25]],
        "frames": 2,
        "format": "WAV",
        "encoding": "PCM_16",
        "file_size_bytes": len(data),
        "warnings": [],
    }
    assert json.loads(json.dumps(result, allow_nan=False)) == result


@pytest.mark.parametrize("rate", [0, 2**31])
def test_invalid_sample_rate(rate: int) -> None:
    """A sample rate of 0 or less is a damaged file, and the message has no "internal error"."""
    with pytest.raises(failures.Corrupt, match=r"damaged \(its header is invalid\)"):
        measure(wave(bytes(16), rate=rate))


def test_full_scale_square_wave() -> None:
    """The loudest 16-bit wave, which overflows 16-bit arithmetic, has the energy 1."""
    result = measure(wave(struct.pack("<2h", -(2**15), -(2**15)) * 1000))

    assert result["rms_energy"] == 1.0


def test_sine() -> None:
    """A sine of amplitude a has the energy a/√2, within the rounding to 16 bits (0.3 / 2**16)."""
    angles = 2 * np.pi * 50 * np.arange(8000) / 8000
    samples = np.round(0.6 * 32768 * np.sin(angles + 0.1)).astype("<i2")

    result = measure(wave(samples.tobytes()))

    assert result["rms_energy"] == pytest.approx(0.6 / math.sqrt(2), abs=2**-16)
    assert result["zero_crossings"] == 100


@pytest.mark.parametrize(
    ("samples", "crossings"),
    [
        ([1, 0, -1], 1),
        ([1, 0, 0, 1], 0),
        ([0, 0, 1, -1], 1),
        ([0, 0, 0], 0),
        ([-1, 1, -1], 2),
        ([5], 0),
    ],
)
def test_zero_frames_are_skipped(samples: list[int], crossings: int) -> None:
    """Zero crossings are counted between successive frames that are not zero."""
    data = struct.pack(f"<{len(samples)}h", *samples)

    assert measure(wave(data))["zero_crossings"] == crossings


def test_opposite_channels_cancel() -> None:
    """Crossings are those of the channels' mean; the energy is over every channel."""
    result = measure(wave(struct.pack("<6h", 8192, -8192, -8192, 8192, 8192, -8192), channels=2))

    assert result["zero_crossings"] == 0
    assert result["rms_energy"] == 0.25


def test_mean_of_large_integers_is_exact() -> None:
    """One unit of a 32-bit sample decides the sign of a mean over three channels."""
    top = 2**31 - 1
    data = struct.pack("<6i", top, -top, 1, top, -top, -1)

    assert measure(wave(data, 32, channels=3))["zero_crossings"] == 1


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_blocks_do_not_change_the_measures(channels: int) -> None:
    """A sound of several blocks, with zeros at their borders, is measured as in one block."""
    generator = np.random.default_rng(7)
    samples = generator.integers(-3, 4, (300_000, channels)).astype("<i2")
    samples[131_000:131_200] = 0

    result = measure(wave(samples.tobytes(), channels=channels))

    mean = samples.astype(np.int64).sum(axis=1)
    positive = mean[mean != 0] > 0
    assert result["zero_crossings"] == np.count_nonzero(positive[1:] != positive[:-1])
    squares = int((samples.astype(np.int64) ** 2).sum())
    assert result["rms_energy"] == math.sqrt(squares / 2**30 / samples.size)


def test_no_frames() -> None:
    """A sound without frames has the length 0."""
    result = measure(wave(b""))

    measured = ("duration_seconds", "rms_energy", "zero_crossings", "peak", "frames")
    assert [result[key] for key in measured] == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_samples_that_are_no_numbers(bad: float) -> None:
    """A file with NaN or infinite samples is damaged."""
    data = wave(struct.pack("<3f", 0.5, bad, 0.5), 32, form=FLOAT)

    with pytest.raises(failures.Corrupt, match="NaN"):
        measure(data)


def test_samples_too_large_to_square() -> None:
    """A file with finite samples whose energy is infinite is damaged."""
    with pytest.raises(failures.Corrupt, match="huge"):
        measure(wave(struct.pack("<2d", 1e300, -1e300), 64, form=FLOAT))


@pytest.mark.parametrize("claimed", [0xFFFFFFFF, 0xFFFFFFF0, 1000])
def test_header_claims_more_than_there_is(claimed: int) -> None:
    """Where the header states more than the file contains, the samples in the file are measured."""
    data = struct.pack("<4h", 16384, -16384, 16384, -16384)

    result = measure(wave(data, claimed_bytes=claimed))

    assert (result["frames"], result["rms_energy"], result["zero_crossings"]) == (4, 0.5, 3)


def test_block_align_of_zero() -> None:
    """A file with a block alignment of 0 is measured."""
    assert measure(wave(struct.pack("<2h", 16384, -16384), block_align=0))["frames"] == 2


@pytest.mark.parametrize(
    "data",
    [
        wave(b"\0\0", rate=0),
        wave(b"\0\0", channels=0),
        wave(b"\0\0", channels=0xFFFF, block_align=0xFFFF),
        wave(b"\0\0")[:36],
    ],
    ids=["no sample rate", "no channels", "too many channels", "no data"],
)
def test_impossible_headers(data: bytes) -> None:
    """A file with an impossible header is damaged."""
    with pytest.raises(failures.Corrupt, match="damaged"):
        measure(data)


@pytest.mark.parametrize(
    "data",
    [
        b"hello, this is only text\n" * 50,
        "this is text in UTF-16".encode("utf-16-le").join([b"\xff\xfe", b""]) * 40,
        b"\x89PNG\r\n\x1a\n" + bytes(500),
        b"RIFF\xe8\x03\x00\x00WEBPVP8 " + bytes(500),
        b"x",
        bytes(100),
    ],
    ids=["text", "utf-16", "png", "webp", "one byte", "zeros"],
)
def test_not_a_sound(data: bytes) -> None:
    """Files that are not sounds are refused with advice."""
    with pytest.raises(failures.Unsupported, match="save it as WAV"):
        measure(data)


@pytest.mark.parametrize(
    ("form", "encoding", "width"),
    [
        ("FLAC", "PCM_16", 2),
        ("FLAC", "PCM_24", 3),
        ("AIFF", "PCM_24", 3),
        ("AIFF", "DWVW_16", 2),
        ("WAV", "ULAW", 1),
        ("OGG", "VORBIS", 2),
        ("MP3", "MPEG_LAYER_III", 2),
    ],
)
def test_other_formats(form: str, encoding: str, width: int) -> None:
    """Other formats are detected by content; a lossy one keeps the energy roughly."""
    samples = 0.5 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    stored = io.BytesIO()
    soundfile.write(stored, samples, 48_000, format=form, subtype=encoding)

    result = measure(stored.getvalue())

    assert (result["format"], result["encoding"], result["sample_width"]) == (form, encoding, width)
    assert result["duration_seconds"] == 1.0
    assert result["rms_energy"] == pytest.approx(0.5 / math.sqrt(2), rel=0.02)


def test_broken_flac() -> None:
    """A FLAC that is cut off is damaged."""
    stored = io.BytesIO()
    noise = np.random.default_rng(1).uniform(-1, 1, 200_000)
    soundfile.write(stored, noise, 44_100, format="FLAC")

    with pytest.raises(failures.Corrupt, match="flac"):
        measure(stored.getvalue()[:100_000])


@pytest.mark.parametrize(
    ("form", "encoding", "failure"),
    [("MP3", "MPEG_LAYER_III", failures.Unsupported), ("AIFF", "DWVW_16", failures.Corrupt)],
)
def test_hardly_more_than_a_header(form: str, encoding: str, failure: type[Exception]) -> None:
    """A file of a few bytes, for which libsndfile seeks to a negative offset, is refused."""
    stored = io.BytesIO()
    soundfile.write(stored, np.zeros(20_000), 44_100, format=form, subtype=encoding)

    with pytest.raises(failure):
        measure(stored.getvalue()[:60])


def test_formats_that_invent_samples() -> None:
    """MIDI sample dumps, whose missing end libsndfile fills with silence, are refused."""
    stored = io.BytesIO()
    soundfile.write(stored, np.zeros(1000), 44_100, format="SDS", subtype="PCM_16")

    with pytest.raises(failures.Unsupported):
        measure(stored.getvalue()[:200])


def test_name_decides_nothing(tmp_path: Path) -> None:
    """A WAV file with the name .raw is read as WAV."""
    path = tmp_path / "sound.raw"
    path.write_bytes(wave(struct.pack("<2h", 16384, -16384)))

    with path.open("rb") as source:
        assert audio_processing.process(source)["format"] == "WAV"


@pytest.mark.parametrize("fault", [MemoryError(), OSError("the disk fails")])
def test_read_errors_are_raised(fault: Exception) -> None:
    """An error while the file is read is raised and does not count as the end of the file."""

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 10_000:
                raise fault
            return super().read(size)

    with pytest.raises(type(fault)):
        audio_processing.process(Failing(wave(bytes(100_000))))


def test_self_test() -> None:
    """The self-test passes where everything is installed."""
    audio_processing.self_test()


def test_self_test_without_soundfile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without soundfile the self-test fails and says what to install."""
    monkeypatch.setitem(sys.modules, "soundfile", None)

    with pytest.raises(failures.Unavailable, match="soundfile with pip"):
        audio_processing.self_test()
