"""Sounds that only FFmpeg decodes: M4A, MP4, WebM, WMA, AMR, AC-3, AAC and others."""

import contextlib
import errno
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol import failures
from slave_service import audio_processing
from slave_service.formats.sound import ffmpeg_formats, ffmpeg_reading
from slave_service.formats.sound.ffmpeg_source import FfmpegSource
from tests.hostile.encoded_sounds import KINDS, encoded

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="PyAV needs Python 3.11")
DATA = Path(__file__).resolve().parents[2] / "data" / "audio"
LOSSLESS = ("alac.m4a", "alac24.m4a", "flac.mkv", "pcm.mov", "sound.wv")
NAMES = {
    "m4a": ("MP4", "AAC"),
    "webm": ("WEBM", "OPUS"),
    "wma": ("WMA", "WMAV2"),
}


def tone(rate: int, seconds: float = 1.0, channels: int = 2, level: float = 0.5) -> Any:
    """Return a sine of 440 Hz, in shape (frames, channels)."""
    wave = level * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)
    return np.stack([wave] * channels, axis=1)


def measure(data: bytes) -> dict[str, Any]:
    return audio_processing.process(io.BytesIO(data))


@pytest.mark.parametrize("kind", NAMES)
def test_stored_files(kind: str) -> None:
    """A second of a sine of half the full scale, as phones, browsers and Windows store it."""
    result = measure((DATA / f"sine.{kind}").read_bytes())

    assert (result["format"], result["encoding"]) == NAMES[kind]
    # WMA states no length to the frame: its last one, of 46 ms, counts in full.
    tolerance = 0.025 if kind == "wma" else 1e-9
    assert result["duration_seconds"] == pytest.approx(1.0, abs=tolerance)
    assert result["sample_rate"] == (48_000 if kind == "webm" else 44_100)
    assert (result["channels"], result["sample_width"], result["warnings"]) == (1, 2, [])
    assert result["rms_dbfs"] == pytest.approx(-9.03, abs=0.15)
    assert result["dominant_frequency_hz"] == pytest.approx(440, abs=0.5)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(kind: str) -> None:
    """Each container and codec gives length, rate, channels and level; lossless ones exactly."""
    rate = {"narrow.amr": 8000, "opus.webm": 48_000, "sound.ac3": 48_000}.get(kind, 44_100)
    channels = 1 if kind == "narrow.amr" else 2
    result = measure(encoded(kind, tone(rate, 1.5, channels), rate))

    assert (result["sample_rate"], result["channels"]) == (rate, channels)
    is_exact = kind in LOSSLESS or kind in ("aac.m4a", "aac.mp4", "opus.webm")
    assert result["duration_seconds"] == pytest.approx(1.5, abs=1e-9 if is_exact else 0.06)
    if kind in LOSSLESS:
        assert result["rms_dbfs"] == -9.03
        assert result["peak_dbfs"] == -6.02
    elif kind != "narrow.amr":
        assert result["rms_dbfs"] == pytest.approx(-9.03, abs=0.2)
    assert result["dominant_frequency_hz"] == pytest.approx(440, abs=0.5)
    assert result["sample_width"] == (3 if kind == "alac24.m4a" else 2)
    assert result["warnings"] == []


def test_six_channels() -> None:
    """Surround sound keeps its six channels."""
    result = measure(encoded("aac.m4a", tone(48_000, channels=6), 48_000))
    assert (result["channels"], result["duration_seconds"]) == (6, 1.0)


def test_video() -> None:
    """Of a video, the sound is measured, and further sound tracks are named."""
    result = measure(encoded("aac.mp4", tone(44_100), 44_100, video=True, tracks=2))

    assert result["duration_seconds"] == 1.0
    (warning,) = result["warnings"]
    assert "2 sound tracks" in warning


def test_video_without_sound() -> None:
    """A video without sound is refused by name."""
    data = encoded("aac.mp4", tone(44_100), 44_100, video=True, tracks=0)
    with pytest.raises(failures.Unsupported, match="MP4 or QuickTime file has no sound track"):
        measure(data)


def test_silence_is_reported() -> None:
    """A silent recording has the same warning in every format."""
    (warning,) = measure(encoded("alac.m4a", tone(8000, level=0.0), 8000))["warnings"]
    assert "digital silence" in warning


@pytest.mark.parametrize("kind", ["aac.mkv", "opus.webm"])
def test_cut_recordings(kind: str) -> None:
    """A recording whose end is missing is measured as far as it goes, with both lengths."""
    data = encoded(kind, tone(48_000, 4.0), 48_000)
    result = measure(data[: len(data) // 2])
    assert result["duration_seconds"] == pytest.approx(2, abs=0.3)
    assert any("cut off: its header announces 4.0 s" in each for each in result["warnings"])


@pytest.mark.parametrize("length", [20, 100, 0.5])
def test_damaged_m4a(length: float) -> None:
    """An M4A without its index, which is at its end, is damaged."""
    data = encoded("aac.m4a", tone(44_100), 44_100)
    end = length if isinstance(length, int) else int(len(data) * length)
    with pytest.raises(failures.Corrupt, match=r"M4A.*damaged or cut off"):
        measure(data[:end])


@pytest.mark.parametrize("kind", ["sound.aac", "opus.webm", "wma2.wma", "sound.ac3", "aac.m4a"])
def test_damaged_packets(kind: str) -> None:
    """Noise in the middle costs a part of the sound, or the file is damaged; never more."""
    rate = 48_000
    data = bytearray(encoded(kind, tone(rate, 2.0), rate))
    middle = len(data) // 2
    data[middle : middle + 400] = np.random.default_rng(4).bytes(400)
    with contextlib.suppress(failures.Corrupt):
        assert measure(bytes(data))["duration_seconds"] == pytest.approx(2, abs=1)


def test_protected_files() -> None:
    """A file of a shop, which is encrypted, is told apart from a damaged one."""
    data = encoded("aac.m4a", tone(44_100), 44_100)
    with pytest.raises(failures.Encrypted, match="DRM"):
        measure(data.replace(b"mp4a", b"drms"))
    wma = bytearray(encoded("wma2.wma", tone(44_100), 44_100))
    place = wma.index(bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365"))
    wma[place : place + 16] = ffmpeg_reading._DRM_MARK
    with pytest.raises(failures.Encrypted, match="DRM"):
        measure(bytes(wma))


def test_codecs_in_other_containers() -> None:
    """A WAV with a codec that libsndfile lacks is decoded by FFmpeg."""
    import av

    target = io.BytesIO()
    with av.open(target, "w", format="wav") as out:
        stream: Any = out.add_stream("ac3", rate=44_100)
        stream.layout, stream.format, stream.bit_rate = "mono", "fltp", 128_000
        for begin in range(0, 44_100, 1536):
            part = tone(44_100, channels=1)[begin : begin + 1536].T.astype("f4")
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "fltp", "mono")
            frame.sample_rate, frame.pts = 44_100, begin
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    result = measure(target.getvalue())
    assert (result["format"], result["encoding"]) == ("WAV", "AC3")
    assert result["dominant_frequency_hz"] == pytest.approx(440, abs=0.5)


@pytest.mark.parametrize(
    "text",
    [
        b"#EXTM3U\n#EXTINF:10,\n/etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=audio 9 RTP/AVP 0\n",
    ],
    ids=["HLS", "concat", "SDP"],
)
def test_lists_of_other_files(text: bytes) -> None:
    """Lists of files and addresses, which FFmpeg would open, are no sounds."""
    with pytest.raises(failures.Unsupported):
        measure(text)
    for signature in (b"\0\0\0\x18ftypM4A ", b"\x1a\x45\xdf\xa3"):
        with pytest.raises(failures.Corrupt):
            measure(signature + text)


def test_decoders_of_video_do_not_run() -> None:
    """FFmpeg is given decoders of sound alone, also to probe a file."""
    assert not ffmpeg_formats.CODECS & {"h264", "hevc", "mpeg4", "vp8", "vp9", "av1", "mjpeg"}


def test_same_result_twice() -> None:
    """The same file gives the same result."""
    data = (DATA / "sine.m4a").read_bytes()
    assert measure(data) == measure(data)


def test_longest_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """What decodes to more than the limit is refused while it is decoded."""
    monkeypatch.setattr(ffmpeg_reading, "MAX_SECONDS", 1)
    with pytest.raises(failures.TooLarge, match="24 hours"):
        measure(encoded("sound.aac", tone(8000, 3.0), 8000))


@pytest.mark.parametrize(("kind", "label"), [("m4a", "M4A, MP4"), ("webm", "WebM"), ("wma", "WMA")])
def test_without_pyav(monkeypatch: pytest.MonkeyPatch, kind: str, label: str) -> None:
    """Without PyAV, the refusal names the format and what to install."""
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(failures.Unsupported, match=f"{label}.*requirements-audio.txt"):
        measure((DATA / f"sine.{kind}").read_bytes())


def test_seeking_before_the_begin_is_an_error_of_the_file(tmp_path: Path) -> None:
    """FFmpeg learns that there is no such place; a failure of the disk stays one."""
    stored = tmp_path / "a.wma"
    stored.write_bytes(b"abc")
    with stored.open("rb") as opened:
        for file in (opened, io.BytesIO(b"abc")):
            source = FfmpegSource(file)
            assert source.seek(-5) == -errno.EINVAL
            assert source.seek(1) == 1
            assert source.read() == b"bc"


@pytest.mark.parametrize("fault", [MemoryError(), OSError("the disk fails")])
def test_read_errors_are_raised(fault: Exception) -> None:
    """An error while the file is read is raised and does not count as damage."""

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 5000:
                raise fault
            return super().read(size)

    with pytest.raises(type(fault)):
        audio_processing.process(Failing((DATA / "sine.webm").read_bytes()))


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\x18ftypM4A " + bytes(12),
        b"\x1a\x45\xdf\xa3" + bytes(60),
        bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(60),
        b"#!AMR\n",
        b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(60),
        b"\x0b\x77\x12\x34\x14\x40\x43\xe1" + bytes(60),
    ],
)
def test_hardly_more_than_a_signature(data: bytes) -> None:
    """A file that ends after its signature fails, or is a success that says it is empty."""
    with contextlib.suppress(failures.Corrupt, failures.Unsupported):
        assert "not a single sample" in measure(data)["warnings"][0]
