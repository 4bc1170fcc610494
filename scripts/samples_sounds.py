"""Generates the sample sounds: three kinds of WAV files, computed from formulas."""

import struct
import wave
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.floating[Any]]

_PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")
"""KSDATAFORMAT_SUBTYPE_PCM, as stored."""
_EXTENSIBLE = 0xFFFE
_FRONT_LEFT_AND_RIGHT = 0x3


def make(folder: Path) -> list[Path]:
    """Write a stereo chord of 16 bits, beeps of 8 bits, and a bell of 24 bits."""
    chord = folder / "chord.wav"
    _save(chord, 44_100, (_chord(44_100) * 32_767).round().astype("<i2"))
    beeps = folder / "kitchen timer.wav"
    # WAV stores 8-bit samples unsigned; silence is 128.
    _save(beeps, 8_000, (128 + _beeps(8_000) * 127).round().astype("u1"))
    bell = folder / "bell (studio recording).wav"
    bell.write_bytes(_extensible_wav(48_000, _bell(48_000)))
    return [chord, beeps, bell]


def _seconds(duration_s: float, rate: int) -> Signal:
    frames: Signal = np.arange(round(duration_s * rate)) / rate
    return frames


def _chord(rate: int) -> Signal:
    """Return two seconds of C major, low notes to the left: one row per frame."""
    time = _seconds(2, rate)
    notes = np.array([np.sin(2 * np.pi * hertz * time) for hertz in (261.63, 329.63, 392.0)])
    fade = np.minimum(1, np.minimum(time, 2 - time) / 0.05)
    left, right = np.array([0.35, 0.2, 0.1]) @ notes, np.array([0.1, 0.2, 0.35]) @ notes
    return np.stack([left * fade, right * fade], axis=1)


def _beeps(rate: int) -> Signal:
    """Return four beeps of 0.15 s with silence between them: one column."""
    time = _seconds(2, rate)
    sounding = (time % 0.5) < 0.15
    tone: Signal = 0.6 * sounding * np.sin(2 * np.pi * 1_000 * time)
    return tone[:, None]


def _bell(rate: int) -> Signal:
    """Return the decaying partials of a bell, the right channel delayed: one row per frame."""
    time = _seconds(1.5, rate)
    partials = ((1.0, 0.5, 2.0), (2.0, 0.25, 3.0), (2.76, 0.15, 4.5), (5.4, 0.05, 8.0))

    def ring(later_s: float) -> Signal:
        since = np.maximum(0, time - later_s)
        tone: Signal = np.zeros_like(time)
        for ratio, level, decay in partials:
            tone += level * np.exp(-decay * since) * np.sin(2 * np.pi * 440 * ratio * since)
        return tone

    return np.stack([ring(0), ring(0.0005)], axis=1)


def _save(path: Path, rate: int, frames: NDArray[np.integer]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(frames.shape[1])
        file.setsampwidth(frames.dtype.itemsize)
        file.setframerate(rate)
        file.writeframes(frames.tobytes())


def _extensible_wav(rate: int, frames: Signal) -> bytes:
    """Return 24-bit stereo as WAVE_FORMAT_EXTENSIBLE, which Python's wave module doesn't write.

    Source: Microsoft, "Multiple channel audio data and WAVE files".
    """
    samples = (frames * (2**23 - 1)).round().astype("<i4")
    # The upper byte of four only repeats the sign.
    data = samples.view("u1").reshape(-1, 4)[:, :3].tobytes()
    channels, width = 2, 3
    layout = struct.pack(
        "<HHIIHHHHI16s",
        _EXTENSIBLE,
        channels,
        rate,
        rate * channels * width,
        channels * width,
        8 * width,
        22,
        8 * width,
        _FRONT_LEFT_AND_RIGHT,
        _PCM_GUID,
    )
    body = b"WAVE" + _chunk(b"fmt ", layout) + _chunk(b"data", data)
    return _chunk(b"RIFF", body)


def _chunk(name: bytes, data: bytes) -> bytes:
    """Return one chunk of a RIFF file; the data must have an even length."""
    return name + struct.pack("<I", len(data)) + data
