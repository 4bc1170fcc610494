"""Decodes the sound of M4A, MP4, WebM, WMA, AMR, AC-3 and AAC files with FFmpeg, block by block.

PyAV brings FFmpeg's libraries; it is optional (``requirements-audio.txt``). Decoding is in one
thread, without SIMD code that rounds differently where FFmpeg has the choice, and by decoders of
sound alone. Pictures of a video are skipped unread.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from protocol.failures import Corrupt, Encrypted, TooLarge, Unsupported
from slave_service.formats.sound.ffmpeg_formats import ASF, CODECS, MP4, WEBM, Container
from slave_service.formats.sound.ffmpeg_source import FfmpegSource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_SECONDS = 24 * 3600
_BLOCK_SAMPLES = 1 << 17
"""Samples of a block over all channels; FFmpeg's own have about a thousand frames."""
_BIT_EXACT, _SKIP_MANUALLY = 1 << 23, 1 << 29
"""AV_CODEC_FLAG_BITEXACT, AV_CODEC_FLAG2_SKIP_MANUAL."""
_MAX_PADDING_FRAMES = 4096
"""What an encoder adds at the end to fill its last frame; two frames of HE-AAC."""
_CODECS_OF_ONE_FRAME_DELAY = frozenset({"wmav1", "wmav2"})
_DECODED_BYTES = {"u8": 1, "s16": 2, "s32": 4, "flt": 4, "dbl": 8, "s64": 8}
_STORED_WIDTHS = {
    **{"pcm_u8": 1, "pcm_s8": 1, "pcm_alaw": 1, "pcm_mulaw": 1},
    **{"pcm_s24le": 3, "pcm_s24be": 3},
}
_LOSSLESS = frozenset({"alac", "flac", "wavpack", "ape", "wmalossless"})
_LOSSY_WIDTH = 2
_DRM_MARK = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")
"""The Content Encryption Object of ASF."""
_DRM_WITHIN_BYTES = 1 << 16

_INSTALL = (
    'This is a sound in {label}, which is read only where PyAV is installed: run "pip install -r '
    'requirements-audio.txt" on the slaves, or save it as WAV, FLAC, OGG or MP3.'
)
_DAMAGED = "This {label} file is damaged or cut off ({reason}); export or send it again."
_NO_SOUND = "This {label} file has no sound track; send one that has."
_CODEC = (
    "This {label} file holds sound in a codec that is not read here ({codec}); save it as WAV, "
    "FLAC, OGG or MP3."
)
_PROTECTED = (
    "This {label} file is protected against copying (DRM); send a copy without the protection."
)
_TOO_LONG = "This sound is longer than 24 hours; cut it into parts and send those."
_CHANGING = "its sample rate or number of channels changes on the way"
_OTHER_TRACKS = (
    "This file has {number} sound tracks, and only the first was measured; save the others as "
    "files of their own and send those."
)
_LOST = (
    "{lost:,} of {all:,} packets of this file are damaged and were left out; send it again if you "
    "have an intact copy."
)


def is_available() -> bool:
    """Return whether PyAV is installed."""
    try:
        import av  # noqa: F401
    except ImportError:
        return False
    return True


@dataclass(slots=True)
class FfmpegSound:
    """An open sound file: its properties, known after the first block, and its blocks."""

    source: BinaryIO
    container: Container
    rate: int = 0
    channels: int = 0
    sample_width: int = _LOSSY_WIDTH
    encoding: str = ""
    stated_s: float = 0.0
    """Length in seconds by the header; 0 where it has none."""
    notes: list[str] = field(default_factory=list)
    """Warnings; complete after the last block."""
    _is_described: bool = False
    _packets: int = 0
    _lost: int = 0
    _skipped: int = 0
    """Frames still to leave out at the beginning."""

    def blocks(self) -> Iterator["NDArray[np.float64]"]:
        """Yield blocks of shape (frames, channels), full scale being 1.

        Raises ``Unsupported``, ``Corrupt``, ``Encrypted`` and ``TooLarge``.
        """
        try:
            import av
        except ImportError:
            raise Unsupported(_INSTALL.format(label=self.container.label)) from None
        if self.container is ASF and _is_protected(self.source):
            raise Encrypted(_PROTECTED.format(label=self.container.label))
        try:
            with av.open(
                FfmpegSource(self.source),
                format=self.container.demuxer,
                options={"codec_whitelist": ",".join(sorted(CODECS))},
                metadata_errors="replace",
            ) as opened:
                yield from _joined(self._trimmed(self._decoded(opened, self._choose(opened))))
        except av.error.FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            raise self._damaged(_reason(error)) from error

    def _damaged(self, reason: str) -> Corrupt:
        return Corrupt(_DAMAGED.format(label=self.container.label, reason=reason))

    def _choose(self, opened: Any) -> Any:  # noqa: ANN401 - PyAV's types need PyAV
        """Return the first sound track, ready for decoding."""
        import av

        tracks = opened.streams.audio
        label = self.container.label
        if not tracks:
            raise Unsupported(_NO_SOUND.format(label=label))
        if len(tracks) > 1:
            self.notes.append(_OTHER_TRACKS.format(number=len(tracks)))
        track = tracks[0]
        for other in opened.streams:
            if other is not track:
                other.discard = av.stream.Discard.all
        codec = track.codec_context
        if codec is None or codec.name not in CODECS:
            tag = getattr(codec, "codec_tag", "")
            if tag in ("drms", "enca"):
                raise Encrypted(_PROTECTED.format(label=label))
            raise Unsupported(_CODEC.format(label=label, codec=getattr(codec, "name", "unknown")))
        if codec.codec_tag in ("drms", "enca"):
            raise Encrypted(_PROTECTED.format(label=label))
        codec.thread_count = 1
        codec.flags |= _BIT_EXACT
        if codec.name in _CODECS_OF_ONE_FRAME_DELAY:
            # FFmpeg leaves out two frames, of which the second is sound.
            codec.flags2 |= _SKIP_MANUALLY
            self._skipped = -1
        self.encoding = codec.name.removesuffix("float").upper()
        self.rate, self.channels = codec.sample_rate, codec.channels
        if self.container is MP4 and track.duration:
            self.stated_s = float(track.duration * track.time_base)
        elif self.container in (WEBM, ASF) and opened.duration:
            self.stated_s = opened.duration / 1_000_000
        return track

    def _decoded(self, opened: Any, track: Any) -> Iterator["NDArray[np.float64]"]:  # noqa: ANN401
        """Yield the decoded frames of the track; leave out damaged packets."""
        import av

        for packet in opened.demux(track):
            self._packets += packet.size > 0
            try:
                frames = track.codec_context.decode(packet)
            except av.error.EOFError:
                break
            except av.error.FFmpegError as error:
                if isinstance(error, MemoryError):
                    raise
                self._lost += 1
                continue
            for frame in frames:
                if not self._is_described:
                    self._describe(track, frame)
                if (frame.sample_rate, frame.layout.nb_channels) != (self.rate, self.channels):
                    raise self._damaged(_CHANGING)
                yield _as_floats(frame, self.channels)
        if self._lost and not self._is_described:
            raise self._damaged("none of its packets can be decoded")
        if self._lost:
            self.notes.append(_LOST.format(lost=self._lost, all=self._packets))

    def _describe(self, track: Any, frame: Any) -> None:  # noqa: ANN401 - the same
        self.rate, self.channels = frame.sample_rate, frame.layout.nb_channels
        name = track.codec_context.name
        if name.startswith("pcm_") or name in _LOSSLESS:
            decoded = _DECODED_BYTES[frame.format.name.removesuffix("p")]
            stored = _STORED_WIDTHS.get(name) or _width_by_header(track.codec_context)
            self.sample_width = stored or decoded
        self._is_described = True
        if self._skipped < 0:
            self._skipped = frame.samples

    def _trimmed(self, blocks: Iterator["NDArray[np.float64]"]) -> Iterator["NDArray[np.float64]"]:
        """Leave out the delay of the decoder, and what the encoder has added at the end (MP4)."""
        total = 0
        for block in blocks:
            part = block[self._skipped :] if self._skipped > 0 else block
            self._skipped = max(0, self._skipped - len(block))
            end = round(self.stated_s * self.rate)
            is_padding = self.container is MP4 and end and total + len(part) > end
            if is_padding and total + len(part) <= end + _MAX_PADDING_FRAMES:
                part = part[: max(0, end - total)]
            total += len(part)
            if total > MAX_SECONDS * self.rate:
                raise TooLarge(_TOO_LONG)
            if len(part):
                yield part


def _joined(parts: Iterator["NDArray[np.float64]"]) -> Iterator["NDArray[np.float64]"]:
    """Join short blocks, since each costs a fixed time to measure."""
    import numpy as np

    kept: list[NDArray[np.float64]] = []
    for part in parts:
        kept.append(part)
        if sum(each.size for each in kept) >= _BLOCK_SAMPLES:
            yield np.concatenate(kept)
            kept = []
    if kept:
        yield np.concatenate(kept)


def _as_floats(frame: Any, channels: int) -> "NDArray[np.float64]":  # noqa: ANN401 - the same
    """Return the samples of a frame in shape (frames, channels), integers scaled to -1...1."""
    import numpy as np

    samples: NDArray[Any] = frame.to_ndarray()
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, channels)
    if samples.dtype == np.uint8:
        return (samples.astype(np.float64) - 128) / 128
    if samples.dtype.kind == "i":
        scaled: NDArray[np.float64] = samples / -float(np.iinfo(samples.dtype).min)
        return scaled
    return samples.astype(np.float64)


def _width_by_header(codec: Any) -> int | None:  # noqa: ANN401 - the same
    """Return the bytes of a stored sample by the header of ALAC or FLAC; FFmpeg decodes 24 to 32.

    The depth in bits is a byte of ALACSpecificConfig, and five bits of STREAMINFO (RFC 9639).
    """
    header = codec.extradata or b""
    if codec.name == "alac" and len(header) > 17:
        return (header[17] + 7) // 8
    if codec.name == "flac" and len(header) > 13:
        return (((header[12] & 1) << 4 | header[13] >> 4) + 1 + 7) // 8
    return None


def _is_protected(source: BinaryIO) -> bool:
    source.seek(0)
    is_there = _DRM_MARK in source.read(_DRM_WITHIN_BYTES)
    source.seek(0)
    return is_there


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or "its structure is invalid"
    return str(text)[:1].lower() + str(text)[1:]
