"""Tells by the head of a file which of FFmpeg's demuxers reads it, and which codecs may be used.

The demuxer is chosen here and not by FFmpeg, some of whose formats are lists of other files or of
addresses to open.
"""

import re
from dataclasses import dataclass
from typing import BinaryIO

HEAD_BYTES = 64


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file: FFmpeg's name for its demuxer, and the names in results and messages."""

    demuxer: str
    format: str
    label: str


MP4 = Container("mov", "MP4", "M4A, MP4 or QuickTime")
WEBM = Container("matroska", "WEBM", "WebM or Matroska")
ASF = Container("asf", "WMA", "WMA")
_WAVE = Container("wav", "WAV", "WAV")
_HEADS = (
    (re.compile(rb".{4}(ftyp|moov|mdat|wide|pnot)", re.DOTALL), MP4),
    (re.compile(rb"\x1a\x45\xdf\xa3"), WEBM),
    (re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), ASF),
    (re.compile(rb"#!AMR(-WB)?\n"), Container("amr", "AMR", "AMR")),
    # WAV with MP2, AAC, WMA (four versions) or AC-3, which libsndfile takes for damaged.
    (
        re.compile(rb"RIFF.{4}WAVEfmt .{4}(\x50\x00|\xff\x00|[\x60-\x63]\x01|\x00\x20)", re.DOTALL),
        _WAVE,
    ),
    # ADTS (ISO/IEC 13818-7): its sync word, layer 0, and one of 13 sample rates.
    (
        re.compile(rb"\xff[\xf0\xf1\xf8\xf9][\x00-\x33\x40-\x73\x80-\xb3\xc0-\xf3]"),
        Container("aac", "AAC", "AAC"),
    ),
    # ETSI TS 102 366: bsid, in the upper five bits of byte 5, is up to 10 for AC-3, 11 to 16 for
    # E-AC-3.
    (re.compile(rb"\x0b\x77.{3}[\x00-\x57]", re.DOTALL), Container("ac3", "AC3", "AC-3")),
    (re.compile(rb"\x0b\x77.{3}[\x58-\x87]", re.DOTALL), Container("eac3", "EAC3", "E-AC-3")),
)
_ALSO = (
    # libsndfile reads these with other codecs in them, or parts of them.
    (re.compile(rb"(RIFF|RF64).{4}WAVE", re.DOTALL), _WAVE),
    (re.compile(rb"RIFF.{4}AVI ", re.DOTALL), Container("avi", "AVI", "AVI")),
    (re.compile(rb"OggS\x00"), Container("ogg", "OGG", "OGG")),
    (re.compile(rb"FORM.{4}AIF[FC]", re.DOTALL), Container("aiff", "AIFF", "AIFF")),
    (re.compile(rb"caff\x00"), Container("caf", "CAF", "CAF")),
    (re.compile(rb"FLV\x01"), Container("flv", "FLV", "FLV")),
    (re.compile(rb"wvpk"), Container("wv", "WAVPACK", "WavPack")),
    (re.compile(rb"MAC \x80|MAC [\x80-\x9f]\x0f"), Container("ape", "APE", "Monkey's Audio")),
)
CODECS = frozenset(
    {
        *("aac", "aac_latm", "ac3", "eac3", "alac", "flac", "opus", "libopus", "vorbis", "speex"),
        *("amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb", "mp2", "mp3", "mp3float"),
        *("wmav1", "wmav2", "wmapro", "wmalossless", "wmavoice", "wavpack", "ape"),
        *("gsm", "gsm_ms", "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "pcm_alaw", "pcm_mulaw"),
        *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le"),
        *("pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be"),
    }
)
"""FFmpeg's names of the decoders that may run; none of them is of video."""


def by_signature(source: BinaryIO) -> Container | None:
    """Return the kind of a file that only FFmpeg reads; the file is at its beginning afterwards."""
    return _first(_HEADS, source)


def where_refused(source: BinaryIO) -> Container | None:
    """Return the kind of a file that libsndfile has refused."""
    return _first(_ALSO, source)


def _first(
    heads: tuple[tuple[re.Pattern[bytes], Container], ...], source: BinaryIO
) -> Container | None:
    source.seek(0)
    head = source.read(HEAD_BYTES)
    source.seek(0)
    return next((container for mark, container in heads if mark.match(head)), None)
