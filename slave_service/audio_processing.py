"""Measures a sound file: length, loudness and zero crossings.

libsndfile (by soundfile) decodes it and detects the format by content, never by name: WAV of any
sample width, AIFF, AU, CAF, FLAC, OGG, MP3 and more. Samples are read in blocks as float64 scaled
to -1...1, which is exact for integers of any stored width and for their sums over the channels.

Where a header states more than the file contains, or no length, the samples in the file are
measured, and a warning says so (see ``audio_headers`` and ``audio_warnings``).
"""

import io
import math
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from protocol.failures import Corrupt, Unavailable, Unsupported
from slave_service.formats import audio_headers, audio_warnings
from slave_service.formats.waveform import Waveform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLOCK_SAMPLES = 1 << 17
"""Samples of a block over all channels: 1 MiB of float64 for any number of channels."""

_STORED_WIDTHS = {
    "PCM_S8": 1,
    "PCM_U8": 1,
    "ULAW": 1,
    "ALAW": 1,
    "DPCM_8": 1,
    "PCM_24": 3,
    "DWVW_24": 3,
    "ALAC_20": 3,
    "ALAC_24": 3,
    "PCM_32": 4,
    "ALAC_32": 4,
    "FLOAT": 4,
    "DOUBLE": 8,
}
_DECODED_WIDTH = 2
"""Bytes a sample for lossy codecs, which store no samples and are commonly decoded to 16 bits."""

# Error numbers of libsndfile: format not recognised, unsupported encoding, no MPEG stream,
# unimplemented encoding. Every other error is about a file of a known format.
_NOT_READABLE = frozenset({1, 4, 7, 18})

_UNSUPPORTED = "This is not a sound that can be read here; save it as WAV, FLAC, OGG or MP3."
_DAMAGED = "This sound file is damaged ({reason}); export or send it again."
_BAD_SAMPLES = (
    "This sound file holds samples that are no usable numbers (NaN, infinite or huge); "
    "export it again."
)


class _Samples:
    """The file object for libsndfile, without a name and with read errors kept in ``fault``.

    ``corrections`` are bytes of the header to return in place of those in the file. With a name,
    soundfile would go by its extension. An exception in a callback from C is printed and lost, so
    without ``fault`` a disk error would look like the end of the sound.
    """

    def __init__(self, source: BinaryIO, corrections: Mapping[int, bytes]) -> None:
        self._source = source
        self._corrections = corrections
        self.fault: OSError | MemoryError | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            if not self._corrections:
                return self._source.read(size)
            begin = self._source.tell()
            return self._corrected(begin, self._source.read(size))
        except (OSError, MemoryError) as fault:
            self.fault = fault
            return b""

    def _corrected(self, begin: int, data: bytes) -> bytes:
        end = begin + len(data)
        for offset, correct in self._corrections.items():
            first, last = max(begin, offset), min(end, offset + len(correct))
            if first < last:
                part = correct[first - offset : last - offset]
                data = data[: first - begin] + part + data[last - begin :]
        return data

    def readinto(self, buffer: memoryview) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        # A damaged header can make libsndfile seek to a negative offset.
        try:
            return self._source.seek(offset, whence)
        except (OSError, ValueError):
            return self._source.tell()

    def tell(self) -> int:
        return self._source.tell()


@dataclass(slots=True)
class _Tally:
    """Running totals over blocks of any length."""

    frames: int = 0
    peak: float = 0.0
    crossings: int = 0
    mean: Waveform = field(default_factory=Waveform)
    """Waveform of the channels' sum; ``points`` divides it by their number."""
    _squares: list[float] = field(default_factory=list)
    _was_positive: bool | None = None

    def add(self, block: "NDArray[np.float64]") -> None:
        """Add one block of shape (frames, channels); raise ``Corrupt`` for NaN and infinity."""
        import numpy as np

        with np.errstate(over="ignore", invalid="ignore"):
            squares = float(np.square(block).sum())
        if not math.isfinite(squares):
            raise Corrupt(_BAD_SAMPLES)
        self.frames += len(block)
        self._squares.append(squares)
        self.peak = max(self.peak, float(block.max()), -float(block.min()))
        # The sum has the sign of the mean. Adding channel by channel fixes the order of the
        # additions, so that rounding is the same on every computer.
        mix = block[:, 0].copy()
        for channel in range(1, block.shape[1]):
            mix += block[:, channel]
        self._count_crossings(mix[mix != 0] > 0)
        self.mean.add(mix)

    def _count_crossings(self, positive: "NDArray[np.bool_]") -> None:
        if not positive.size:
            return
        self.crossings += int((positive[1:] != positive[:-1]).sum())
        if self._was_positive is not None and self._was_positive != bool(positive[0]):
            self.crossings += 1
        self._was_positive = bool(positive[-1])

    def rms(self, channels: int) -> float:
        """Return the root mean square over all samples of all channels."""
        return math.sqrt(math.fsum(self._squares) / max(1, self.frames * channels))


def process(source: BinaryIO) -> dict[str, object]:
    """Measure one sound file.

    Returns ``duration_seconds``, ``sample_rate`` (Hz), ``channels``, ``sample_width`` (bytes a
    sample as stored; 2 for lossy codecs, 8 for double), ``rms_energy`` (over all samples of all
    channels, scaled to -1...1), ``peak`` (the largest magnitude), ``zero_crossings`` (sign
    changes between successive non-zero frames of the channels' mean), ``waveform`` (the lowest
    and highest value of that mean in each of at most 1,000 intervals, see ``waveform``),
    ``frames``, ``file_size_bytes``, ``format`` and ``encoding`` (libsndfile's names), and
    ``warnings``. Float samples beyond 1 are not clipped. Raises ``Unsupported`` and ``Corrupt``.

    For integer samples the crossings are exact, and up to 16 bits the sum of squares is too. For
    floats in 3 channels or more, rounding decides the sign of a mean that should be zero.
    """
    import soundfile

    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    extent = audio_headers.read(source)
    samples = _Samples(source, extent.corrections if extent else {})
    try:
        with soundfile.SoundFile(samples) as sound:
            return {**_measure(sound, source, extent), "file_size_bytes": size}
    except soundfile.LibsndfileError as error:
        if error.code in _NOT_READABLE:
            raise Unsupported(_UNSUPPORTED) from error
        reason = error.error_string.rstrip(".")
        if "nternal error" in reason:
            # libsndfile's text, for a rate of 0 for example, reads like an error of this program.
            reason = "its header is invalid"
        raise Corrupt(_DAMAGED.format(reason=reason)) from error
    finally:
        if samples.fault is not None:
            raise samples.fault


def _measure(
    sound: Any,  # noqa: ANN401 - soundfile has no types
    source: BinaryIO,
    extent: audio_headers.Extent | None,
) -> dict[str, object]:
    if sound.format == "SDS":
        # libsndfile fills what such a file lacks with silence, and can take hours for that.
        raise Unsupported(_UNSUPPORTED)
    tally = _Tally()
    for block in _blocks(sound):
        tally.add(block)
    return {
        "duration_seconds": tally.frames / sound.samplerate,
        "sample_rate": sound.samplerate,
        "channels": sound.channels,
        "sample_width": _STORED_WIDTHS.get(sound.subtype, _DECODED_WIDTH),
        "rms_energy": tally.rms(sound.channels),
        "peak": tally.peak,
        "zero_crossings": tally.crossings,
        "waveform": tally.mean.points(sound.channels),
        "frames": tally.frames,
        "format": sound.format,
        "encoding": sound.subtype,
        "warnings": audio_warnings.warnings(
            source,
            extent,
            sound.format,
            frames=tally.frames,
            stated_frames=sound.frames,
            rate=sound.samplerate,
            is_silent=not tally.peak,
        ),
    }


def _blocks(sound: Any) -> "Iterator[NDArray[np.float64]]":  # noqa: ANN401 - the same
    # soundfile seeks to its present position after every block. Without the seek, reading takes as
    # little as half the time, and formats that can't seek there (DWVW) are read too.
    sound.seekable = lambda: False
    frames = max(1, _BLOCK_SAMPLES // sound.channels)
    while len(block := sound.read(frames, dtype="float64", always_2d=True)):
        yield block


def self_test() -> None:
    """Measure four known stereo frames; raise ``Unavailable`` where the result is wrong."""
    frames = struct.pack("<8h", 16384, 16384, 0, 0, -16384, -16384, 16384, -16384)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 8000, 32000, 4, 16)
    body = b"WAVE" + form + b"data" + struct.pack("<I", len(frames)) + frames
    wave = b"RIFF" + struct.pack("<I", len(body)) + body
    try:
        result = process(io.BytesIO(wave))
    # soundfile raises OSError where libsndfile is missing.
    except (ImportError, OSError, Corrupt, Unsupported) as error:
        raise Unavailable(
            "Sound can't be read on this computer; install NumPy and soundfile with pip, and "
            f"libsndfile where soundfile comes without it ({error})."
        ) from error
    measured = (result["zero_crossings"], result["peak"], result["rms_energy"])
    if measured != (1, 0.5, math.sqrt(0.1875)):
        raise Unavailable(
            f"Sound is measured wrongly on this computer {measured}; reinstall NumPy and soundfile."
        )
