"""Sounds of known level, loudness, silence and frequency, in every container that can be written.

Each is a sum of two sines with a pause at a known place. Its RMS follows from the amplitudes; its
loudness from the gain of the K-weighting at both frequencies, by the coefficients that ITU-R
BS.1770-5 prints for 48 kHz, which is the rate of these sounds.
"""

import cmath
import io
import math
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from accuracy import audio_speech
from accuracy.rows import Row
from slave_service import audio_processing
from tests.hostile.encoded_sounds import KINDS, encoded

RATE = 48_000
SOUNDS_OF_KIND = 4
_WRITTEN = {
    "WAV, 16 bits": ("WAV", "PCM_16"),
    "WAV, 24 bits": ("WAV", "PCM_24"),
    "WAV, floats": ("WAV", "FLOAT"),
    "RF64": ("RF64", "PCM_16"),
    "W64": ("W64", "PCM_16"),
    "AIFF": ("AIFF", "PCM_16"),
    "AU": ("AU", "PCM_16"),
    "CAF": ("CAF", "PCM_16"),
    "FLAC": ("FLAC", "PCM_24"),
    "OGG, Vorbis": ("OGG", "VORBIS"),
    "OGG, Opus": ("OGG", "OPUS"),
    "MP3": ("MP3", "MPEG_LAYER_III"),
}
_LOSSY = ("OGG", "MP3", "aac", "opus", "wma", "sound.ac3", "sound.eac3", "sound.aac")
_WITHOUT_LENGTH = ("MP3", "aac.mkv", "wma", "sound.aac", "sound.ac3", "sound.eac3")
"""Their files do not state the length to the frame: padding of less than 0.1 s is allowed."""
_SHELF = (
    1.53512485958697,
    -2.69169618940638,
    1.19839281085285,
    -1.69065929318241,
    0.73248077421585,
)
_HIGH_PASS = (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)


@dataclass(frozen=True, slots=True)
class _Sound:
    samples: Any
    """Shape (frames, channels), -1 to 1."""
    seconds: float
    pause: tuple[float, float]
    rms_dbfs: float
    lufs: float
    strongest_hz: float


def measure(seed: int, folder: Path) -> list[Row]:  # noqa: ARG001 - nothing is written
    """Return the share of right values for each container and codec, and rows about speech.

    Right is a loudness within 0.2 LU, a frequency within 0.5 Hz, and a pause within 0.1 s.
    """
    chance = random.Random(seed)  # noqa: S311 (reproducible, not secret)
    names = [*_WRITTEN, *(name for name in KINDS if name != "narrow.amr")]
    return [*(_measured(name, chance) for name in names), *audio_speech.measure(seed)]


def _measured(name: str, chance: random.Random) -> Row:
    right: list[bool] = []
    for _ in range(SOUNDS_OF_KIND):
        sound = _made(chance)
        right += _compared(name, sound, _processed(name, sound)).values()
    level_db = _level_db(name)
    what = f"length, RMS ({level_db} dB), loudness, strongest frequency, pause"
    return Row(name, what, sum(right) / len(right), SOUNDS_OF_KIND, lowest=1.0)


def _compared(name: str, sound: _Sound, result: dict[str, Any]) -> dict[str, bool]:
    added_s = result["duration_seconds"] - sound.seconds
    length_s = 0.1 if name.startswith(_WITHOUT_LENGTH) else 1e-6
    # Padding lowers the mean square of the whole.
    rms_dbfs = result["rms_dbfs"] + 10 * math.log10(1 + added_s / sound.seconds)
    pauses = [(each["begin"], each["end"]) for each in result["silence_spans"]]
    return {
        "length": -1e-6 <= added_s <= length_s,
        "RMS": abs(rms_dbfs - sound.rms_dbfs) <= _level_db(name),
        "loudness": abs(result["loudness_lufs"] - sound.lufs) <= 0.2,
        "strongest frequency": abs(result["dominant_frequency_hz"] - sound.strongest_hz) <= 0.5,
        "pause": any(
            abs(begin - sound.pause[0]) <= 0.1 and abs(end - sound.pause[1]) <= 0.1
            for begin, end in pauses
        ),
    }


def _level_db(name: str) -> float:
    return 0.2 if name.startswith(_LOSSY) else 0.01


def _processed(name: str, sound: _Sound) -> dict[str, Any]:
    if name in KINDS:
        data = encoded(name, sound.samples, RATE)
    else:
        target = io.BytesIO()
        form, subtype = _WRITTEN[name]
        soundfile.write(target, sound.samples, RATE, format=form, subtype=subtype)
        data = target.getvalue()
    return audio_processing.process(io.BytesIO(data))


def _made(chance: random.Random) -> _Sound:
    """Return a sound of 9 to 12 s with a pause of 1 to 2 s."""
    seconds = chance.randint(90, 120) / 10
    begin, length = chance.randint(30, 50) / 10, chance.randint(10, 20) / 10
    levels = (chance.uniform(-20, -10), chance.uniform(-40, -24))
    tones = (chance.uniform(200, 4000), chance.uniform(200, 4000))
    time = np.arange(round(seconds * RATE)) / RATE
    wave = sum(
        10 ** (level / 20) * np.sin(2 * np.pi * hz * time + chance.random())
        for level, hz in zip(levels, tones, strict=True)
    )
    wave = np.where((time >= begin) & (time < begin + length), 0.0, wave)
    powers = [10 ** (level / 10) / 2 for level in levels]
    heard = sum(power * _gain(hz) for power, hz in zip(powers, tones, strict=True))
    return _Sound(
        samples=np.stack([wave, wave], axis=1),
        seconds=len(time) / RATE,
        pause=(begin, begin + length),
        rms_dbfs=10 * math.log10(sum(powers) * (1 - length / seconds)),
        # Two equal channels. The gates leave out the pause, but for the blocks at its borders: 0.6
        # s in all count half.
        lufs=-0.691 + 10 * math.log10(2 * heard * _share_of_gated(seconds - length)),
        strongest_hz=tones[0],
    )


def _share_of_gated(sounding_s: float) -> float:
    """Return the mean energy of the blocks above the gate, relative to those without a pause.

    Of the blocks of 400 ms, one every 100 ms, those that the pause covers by a quarter, a half and
    three quarters pass the relative gate at each of its two borders.
    """
    whole = max(1.0, 10 * sounding_s - 6)
    return (whole + 2 * (0.75 + 0.5 + 0.25)) / (whole + 6)


def _gain(hz: float) -> float:
    """Return the gain in power of the K-weighting."""
    z1 = cmath.exp(-2j * math.pi * hz / RATE)
    gain = 1.0
    for b0, b1, b2, a1, a2 in (_SHELF, _HIGH_PASS):
        gain *= abs((b0 + b1 * z1 + b2 * z1 * z1) / (1 + a1 * z1 + a2 * z1 * z1)) ** 2
    return gain
