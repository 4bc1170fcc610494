"""Measures a sound file: length, levels, loudness, silence, frequencies and zero crossings.

libsndfile (by soundfile) decodes it and detects the format by content, never by name: WAV of any
sample width, AIFF, AU, CAF, FLAC, OGG, MP3 and more. FFmpeg (by PyAV, where it is installed)
decodes M4A, MP4, WebM, WMA, AMR, AC-3 and AAC, and codecs that libsndfile refuses. Samples are
read in blocks as float64 scaled to -1...1, which is exact for integers of any stored width and for
their sums over the channels.

Where a header states more than the file contains, or no length, the samples in the file are
measured, and a warning says so (see ``audio_headers`` and ``audio_warnings``).

With the option ``speech`` the same pass finds the speech, and writes it down (see
``models.speech``).
"""

import io
import math
import os
import struct
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from protocol.failures import Corrupt, Unavailable, Unsupported
from slave_service.formats import audio_headers, audio_warnings
from slave_service.formats.sound import ffmpeg_formats
from slave_service.formats.sound.ffmpeg_reading import FfmpegSound, is_available
from slave_service.formats.sound.measures import Measures
from slave_service.models.speech import capabilities
from slave_service.models.speech.totals import Totals

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

_PLACES_OF_DECODED = 6

# Error numbers of libsndfile: format not recognised, unsupported encoding, no MPEG stream,
# unimplemented encoding. Every other error is about a file of a known format.
_NOT_READABLE = frozenset({1, 4, 7, 18})

_UNSUPPORTED = "This is not a sound that can be read here; save it as WAV, FLAC, OGG or MP3."
_DAMAGED = "This sound file is damaged ({reason}); export or send it again."


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


def process(source: BinaryIO, speech: str = "", speech_model: str = "") -> dict[str, object]:
    """Measure one sound file, and with ``speech`` find its speech.

    Returns ``duration_seconds``, ``sample_rate`` (Hz), ``channels``, ``sample_width`` (bytes a
    sample as stored; 2 for lossy codecs, 8 for double), ``rms_energy`` (over all samples of all
    channels, scaled to -1...1), ``peak`` (the largest magnitude), both also in dB as ``rms_dbfs``
    and ``peak_dbfs`` (None for silence), ``loudness_lufs`` (None where it can't be measured),
    ``silence_share`` and ``silence_spans``, ``dominant_frequency_hz`` and ``spectral_centroid_hz``
    (None for silence), ``zero_crossings`` (sign changes between successive non-zero frames of the
    channels' mean), ``waveform`` (the lowest and highest value of that mean in each of at most
    1,000 intervals, see ``waveform``), ``frames``, ``file_size_bytes``, ``format`` and ``encoding``
    (libsndfile's names, or FFmpeg's), and ``warnings``. Float samples beyond 1 are not clipped.
    With ``speech``, ``speech`` and ``transcript`` follow (see ``docs/results.md``);
    ``speech_model`` is the folder of the model for the latter, or empty for the installed one.
    Raises ``Unsupported``, ``Corrupt``, ``Encrypted`` and ``TooLarge``.

    For integer samples the crossings are exact, and up to 16 bits the sum of squares is too. For
    floats in 3 channels or more, rounding decides the sign of a mean that should be zero.
    """
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    container = ffmpeg_formats.by_signature(source)
    totals = Totals(speech, speech_model)
    if container is not None:
        result = _measured_by_ffmpeg(source, container, totals)
    else:
        result = _measured_by_libsndfile(source, totals)
    return totals.with_speech({**result, "file_size_bytes": size})


def _measured_by_libsndfile(source: BinaryIO, totals: Totals) -> dict[str, object]:
    import soundfile

    extent = audio_headers.read(source)
    samples = _Samples(source, extent.corrections if extent else {})
    try:
        with soundfile.SoundFile(samples) as sound:
            return _measure(sound, source, extent, totals)
    except soundfile.LibsndfileError as error:
        if error.code in _NOT_READABLE:
            container = ffmpeg_formats.where_refused(source)
            if container is not None and is_available():
                return _measured_by_ffmpeg(source, container, totals)
            raise Unsupported(_UNSUPPORTED) from error
        reason = error.error_string.rstrip(".")
        if "nternal error" in reason:
            # libsndfile's text, for a rate of 0 for example, reads like an error of this program.
            reason = "its header is invalid"
        raise Corrupt(_DAMAGED.format(reason=reason)) from error
    finally:
        if samples.fault is not None:
            raise samples.fault


def _measured_by_ffmpeg(
    source: BinaryIO, container: ffmpeg_formats.Container, totals: Totals
) -> dict[str, object]:
    sound = FfmpegSound(source, container)
    measures: Measures | None = None
    for block in sound.blocks():
        # The rate and the channels are known once a packet is decoded.
        measures = measures or totals.begin(sound.rate, sound.channels)
        totals.add(block)
    measures = measures or totals.begin(max(1, sound.rate), sound.channels)
    return {
        # The decoders of lossy codecs may round differently on other kinds of computers.
        **measures.described(_PLACES_OF_DECODED),
        "sample_width": sound.sample_width,
        "format": container.format,
        "encoding": sound.encoding,
        "warnings": audio_warnings.of_decoded(
            sound.notes,
            frames=measures.frames,
            stated_s=sound.stated_s,
            rate=max(1, sound.rate),
            is_silent=not measures.peak,
        ),
    }


def _measure(
    sound: Any,  # noqa: ANN401 - soundfile has no types
    source: BinaryIO,
    extent: audio_headers.Extent | None,
    totals: Totals,
) -> dict[str, object]:
    if sound.format == "SDS":
        # libsndfile fills what such a file lacks with silence, and can take hours for that.
        raise Unsupported(_UNSUPPORTED)
    measures = totals.begin(sound.samplerate, sound.channels)
    for block in _blocks(sound):
        totals.add(block)
    return {
        **measures.described(),
        "sample_width": _STORED_WIDTHS.get(sound.subtype, _DECODED_WIDTH),
        "format": sound.format,
        "encoding": sound.subtype,
        "warnings": audio_warnings.warnings(
            source,
            extent,
            sound.format,
            frames=measures.frames,
            stated_frames=sound.frames,
            rate=sound.samplerate,
            is_silent=not measures.peak,
        ),
    }


def _blocks(sound: Any) -> "Iterator[NDArray[np.float64]]":  # noqa: ANN401 - the same
    # soundfile seeks to its present position after every block. Without the seek, reading takes as
    # little as half the time, and formats that can't seek there (DWVW) are read too.
    sound.seekable = lambda: False
    frames = max(1, _BLOCK_SAMPLES // sound.channels)
    while len(block := sound.read(frames, dtype="float64", always_2d=True)):
        yield block


def self_test(speech_model: str = "") -> None:
    """Measure four known stereo frames; raise ``Unavailable`` where the result is wrong."""
    del speech_model  # see ``features``: without speech, everything else works
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


def versions(speech_model: str = "") -> dict[str, str]:
    """Return the versions of what finds and writes down speech; empty where nothing does."""
    return capabilities.versions(speech_model)


def features(speech_model: str = "") -> frozenset[str]:
    """Return features for finding speech and for writing it down, where that works here."""
    return capabilities.features(speech_model)
