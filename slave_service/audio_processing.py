"""Measures a sound file: its length, its loudness and how often it crosses zero.

libsndfile (by soundfile) decodes it, so the content decides what it is, never the name: WAV in
all its widths, AIFF, AU, CAF, FLAC, OGG, MP3 and more. Samples are read in blocks, as float64
scaled to -1...1; integers of any stored width, and their sums over the channels, are exact there.

Where a header claims more than the file holds, or no length at all, the samples that are there are
measured, and a warning says so (see ``sound_headers`` and ``sound_warnings``).
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
"""Over all channels: one MiB of float64, whatever number of channels a header claims."""

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
"""Lossy codecs store no samples; 16 bits is what they are commonly decoded to."""

# libsndfile's own numbers: not recognised, unsupported encoding, no MPEG stream after all,
# unimplemented encoding. Every other failure is one of a format that it knows.
_NOT_READABLE = frozenset({1, 4, 7, 18})

_UNSUPPORTED = "This is not a sound that can be read here; save it as WAV, FLAC, OGG or MP3."
_DAMAGED = "This sound file is damaged ({reason}); export or send it again."
_BAD_SAMPLES = (
    "This sound file holds samples that are no usable numbers (NaN, infinite or huge); "
    "export it again."
)


class _Samples:
    """A file as libsndfile may see it: without a name, and with its faults kept for later.

    ``corrections`` are bytes of the header to give out in place of those in the file.
    soundfile would believe a name's extension, and what is raised inside a callback from C is
    printed and lost, which would turn a failing disk into a shorter sound.
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
        # A damaged header can make libsndfile seek to before the beginning.
        try:
            return self._source.seek(offset, whence)
        except (OSError, ValueError):
            return self._source.tell()

    def tell(self) -> int:
        return self._source.tell()


@dataclass(slots=True)
class _Tally:
    """What has been measured so far, over blocks of any length."""

    frames: int = 0
    peak: float = 0.0
    crossings: int = 0
    mean: Waveform = field(default_factory=Waveform)
    """Of the channels' sum, until it is divided by their number."""
    _squares: list[float] = field(default_factory=list)
    _was_positive: bool | None = None

    def add(self, block: "NDArray[np.float64]") -> None:
        """Count in one block, shaped (frames, channels); raises ``Corrupt`` for NaN and inf."""
        import numpy as np

        with np.errstate(over="ignore", invalid="ignore"):
            squares = float(np.square(block).sum())
        if not math.isfinite(squares):
            raise Corrupt(_BAD_SAMPLES)
        self.frames += len(block)
        self._squares.append(squares)
        self.peak = max(self.peak, float(block.max()), -float(block.min()))
        # A sum has its mean's sign. Added channel by channel, the order is the same everywhere.
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
        """Return the root of the mean square over all samples of all channels."""
        return math.sqrt(math.fsum(self._squares) / max(1, self.frames * channels))


def process(source: BinaryIO) -> dict[str, object]:
    """Measure one sound file.

    Returns ``duration_seconds``, ``sample_rate`` (Hz), ``channels``, ``sample_width`` (bytes a
    sample as stored; 2 for lossy codecs, 8 for double), ``rms_energy`` (over all samples of all
    channels, scaled to -1...1), ``peak`` (the largest magnitude), ``zero_crossings`` (sign
    changes between successive non-zero frames of the channels' mean), ``waveform`` (the lowest
    and highest value of that mean in each of at most 1,000 stretches, see ``waveform``),
    ``frames``, ``file_size_bytes``, ``format`` and ``encoding`` (libsndfile's names), and
    ``warnings``. Float samples are taken as they are, beyond 1 too. Raises ``Unsupported`` and
    ``Corrupt``.

    For integer samples the crossings are exact, and up to 16 bits the sum of squares is too. For
    floats in 3 channels or more, the sign of a mean that cancels to nothing is subject to
    rounding.
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
            # Its words for a rate of zero and the like; to a reader they sound like ours.
            reason = "its header makes no sense"
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
        # libsndfile makes up silence for what such a file lacks, and may go on for hours.
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
    # soundfile seeks to where it already is after every block. Without that, reading takes up
    # to half the time, and formats that can't seek there (DWVW) are read too.
    sound.seekable = lambda: False
    frames = max(1, _BLOCK_SAMPLES // sound.channels)
    while len(block := sound.read(frames, dtype="float64", always_2d=True)):
        yield block


def self_test() -> None:
    """Measure four stereo frames that are known; raises ``Unavailable``."""
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
