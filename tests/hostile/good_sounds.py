"""Makes the small valid sounds that are damaged afterwards: every container and encoding."""

import importlib.util
import io
import struct
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from tests.hostile.ogg import with_serial

_RATE = 8000
_STORED = Path(__file__).parents[1] / "data" / "audio"
"""Sounds in codecs that libsndfile does not read (AAC, Opus in WebM, WMA), for slaves with PyAV."""
_ENCODINGS = {
    "wide.aiff": ("AIFF", "PCM_24"),
    "bytes.aiff": ("AIFF", "PCM_S8"),
    "sixteen.au": ("AU", "PCM_16"),
    "ulaw.au": ("AU", "ULAW"),
    "g721.au": ("AU", "G721_32"),
    "sixteen.caf": ("CAF", "PCM_16"),
    "alac.caf": ("CAF", "ALAC_16"),
    "sixteen.flac": ("FLAC", "PCM_16"),
    "wide.flac": ("FLAC", "PCM_24"),
    "vorbis.ogg": ("OGG", "VORBIS"),
    "opus.ogg": ("OGG", "OPUS"),
    "layer three.mp3": ("MP3", "MPEG_LAYER_III"),
    "alaw.wav": ("WAV", "ALAW"),
    "ima.wav": ("WAV", "IMA_ADPCM"),
    "ms.wav": ("WAV", "MS_ADPCM"),
    "gsm.wav": ("WAV", "GSM610"),
    "nms.wav": ("WAV", "NMS_ADPCM_16"),
    "g721.wav": ("WAV", "G721_32"),
    "sixteen.w64": ("W64", "PCM_16"),
    "sixteen.rf64": ("RF64", "PCM_16"),
    "sixteen.voc": ("VOC", "PCM_16"),
    "sixteen.svx": ("SVX", "PCM_16"),
    "sixteen.sf": ("IRCAM", "PCM_16"),
    "sixteen.nist": ("NIST", "PCM_16"),
    "sixteen.paf": ("PAF", "PCM_16"),
    "sixteen.avr": ("AVR", "PCM_16"),
    "sixteen.htk": ("HTK", "PCM_16"),
    "delta.xi": ("XI", "DPCM_16"),
    "sixteen.mat": ("MAT5", "PCM_16"),
    "sixteen.sds": ("SDS", "PCM_16"),
}


def make() -> dict[str, bytes]:
    """Return the sounds by file name; the same libraries give the same bytes."""
    time = np.arange(_RATE // 5) / _RATE
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)
    two = np.stack([tone, -0.5 * tone], axis=1)
    made = {
        "bytes.wav": wave((128 + two * 127).astype(np.uint8).tobytes(), bits=8, channels=2),
        "sixteen.wav": wave((two * 32767).astype("<i2").tobytes(), bits=16, channels=2),
        "wide.wav": wave((two * 2**31).astype("<i4").tobytes(), bits=32, channels=2),
        "real.wav": wave(two.astype("<f4").tobytes(), bits=32, channels=2, form=3),
        "double.wav": wave(tone.astype("<f8").tobytes(), bits=64, form=3),
    }
    if importlib.util.find_spec("av"):
        made |= {path.name: path.read_bytes() for path in sorted(_STORED.iterdir())}
    return made | {name: _encoded(tone, *kind) for name, kind in _ENCODINGS.items()}


@cache
def good(name: str) -> bytes:
    """Return one of them."""
    return make()[name]


def wave(
    data: bytes, *, bits: int = 16, channels: int = 1, rate: int = 8000, form: int = 1
) -> bytes:
    """Return a WAV file written by hand, since libsndfile puts the time into that of floats."""
    align = channels * bits // 8
    layout = struct.pack("<HHIIHH", form, channels, rate, rate * align, align, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + layout
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _encoded(
    tone: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", kind: str, code: str
) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, tone, _RATE, format=kind, subtype=code)
    data = file.getvalue()
    # libsndfile takes an Ogg stream's serial number from the clock.
    return with_serial(data, 7) if kind == "OGG" else data
