"""Levels, loudness, silence and frequencies of sounds whose values follow from their formulas."""

import io
import math
from typing import Any

import numpy as np
import pytest
import soundfile

from slave_service import audio_processing
from slave_service.formats.sound import silence
from slave_service.formats.sound.filtering import CascadeFilter
from slave_service.formats.sound.loudness import Loudness, gain_db, k_weighting
from slave_service.formats.sound.silence import Silence
from slave_service.formats.sound.spectrum import Spectrum

RATES = [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000]


def sine(hz: float, dbfs: float, seconds: float, rate: int = 48_000, channels: int = 2) -> Any:
    """Return a sine whose peak is at a level, in shape (frames, channels)."""
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)
    return np.stack([wave] * channels, axis=1)


def lufs(sound: Any, rate: int = 48_000, block: int = 50_001) -> float | None:
    loudness = Loudness(rate, sound.shape[1])
    for begin in range(0, len(sound), block):
        loudness.add(sound[begin : begin + block])
    return loudness.lufs()


def test_coefficients_of_the_recommendation() -> None:
    """At 48 kHz, the filters are those of tables 1 and 2 of BS.1770."""
    shelf, high_pass = k_weighting(48_000)
    assert shelf == pytest.approx(
        (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
    )
    assert high_pass == pytest.approx((1, -2, 1, -1.99004745483398, 0.99007225036621))
    assert gain_db((shelf, high_pass), 997, 48_000) == pytest.approx(0.691, abs=0.001)


@pytest.mark.parametrize("rate", RATES)
def test_calibration(rate: int) -> None:
    """997 Hz at -20 dBFS in two channels is -20.0 LUFS, and in one -23.0, at every rate."""
    assert lufs(sine(997, -20, 3, rate), rate) == pytest.approx(-20.0, abs=0.005)
    assert lufs(sine(997, -20, 3, rate, 1), rate) == pytest.approx(-23.01, abs=0.005)


TECH_3341: dict[str, tuple[list[tuple[float, float]], float]] = {
    "1": ([(-23, 20)], -23.0),
    "2": ([(-33, 20)], -33.0),
    "3": ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
    "4": ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
    "5": ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
}
"""Test signals of EBU Tech 3341, table 1: level in dBFS and seconds of each part; the loudness."""


@pytest.mark.parametrize("number", TECH_3341)
def test_gates(number: str) -> None:
    """The test signals of EBU Tech 3341 have the loudness that it states, within its 0.1 LU."""
    parts, expected = TECH_3341[number]
    sound = np.concatenate([sine(1000, level, seconds, 16_000) for level, seconds in parts])
    assert lufs(sound, 16_000) == pytest.approx(expected, abs=0.1)


def test_surround() -> None:
    """Test signal 6: the surround channels count more, and the low-frequency channel not at all."""
    levels = (-28, -28, -24, 0, -30, -30)
    sound = np.concatenate([sine(1000, level, 5, channels=1) for level in levels], axis=1)
    assert lufs(sound) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("sound", [sine(997, -20, 0.39), sine(997, -90, 2), np.zeros((96_000, 2))])
def test_no_loudness(sound: Any) -> None:
    """What is shorter than 400 ms or quieter than -70 LUFS has none."""
    assert lufs(sound) is None


def test_loudness_does_not_depend_on_the_blocks() -> None:
    """Blocks of any length give the same loudness, rounding aside."""
    noise = np.random.default_rng(2).normal(0, 0.1, (48_000, 2))
    values = [lufs(noise, block=block) for block in (1 << 20, 4801, 63)]
    assert values == pytest.approx([values[0]] * 3, abs=1e-9)


def test_filter() -> None:
    """The matrices give what the recursion of the difference equation gives."""
    noise = np.random.default_rng(3).normal(0, 1, 1000)
    expected = noise
    for b0, b1, b2, a1, a2 in k_weighting(44_100):
        output = np.zeros(1000)
        for n in range(1000):
            now = b0 * expected[n]
            now += b1 * expected[n - 1] - a1 * output[n - 1] if n > 0 else 0
            now += b2 * expected[n - 2] - a2 * output[n - 2] if n > 1 else 0
            output[n] = now
        expected = output
    filter_ = CascadeFilter(k_weighting(44_100))
    found = np.concatenate([filter_.add(part) for part in np.split(noise, [10, 11, 500])])
    assert filter_.waiting == 1000 - len(found) < 64
    assert found == pytest.approx(expected[: len(found)], abs=1e-9)


def test_silence() -> None:
    """Stretches of half a second or longer at -60 dBFS or less are listed; pauses are not."""
    sound = sine(440, -6, 5, 8000)
    sound[0:8000] = 0
    sound[16_000:19_000] = 0.0005
    sound[24_000:28_000, :] = 0
    sound[38_000:] = 0
    for block in (40_000, 999):
        measured = Silence(8000)
        for begin in range(0, len(sound), block):
            measured.add(sound[begin : begin + block])
        found = measured.described()
        # The sine itself is zero at the borders, for a frame.
        assert found["silence_spans"] == [
            {"begin": 0.0, "end": pytest.approx(1.0, abs=0.001)},
            {"begin": pytest.approx(3.0, abs=0.001), "end": pytest.approx(3.5, abs=0.001)},
        ]
        assert found["silence_share"] == pytest.approx(1.5 / 5, abs=0.0005)


@pytest.mark.parametrize("seed", range(8))
def test_silence_at_any_place(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at groups of frames first finds the same spans as looking at every frame."""
    chance = np.random.default_rng(seed)
    sound = np.where(chance.random((40_000, 2)) < 0.5, 0.5, 0.0)
    for begin in chance.integers(0, 40_000, 5):
        sound[begin : begin + chance.integers(3000, 6000)] = 0.0
    found = []
    for group in (256, 1 << 30):
        monkeypatch.setattr(silence, "_GROUP_FRAMES", group)
        measured = Silence(8000)
        for part in np.array_split(sound, chance.integers(1, 9)):
            measured.add(part)
        found.append(measured.described())
    assert found[0] == found[1]


def test_groups_invent_no_silence() -> None:
    """At a low rate the gap between loud frames of neighbouring groups is nearly a silence."""
    sound = np.zeros((767, 1))
    sound[[0, 256, 766]] = 0.5
    measured = Silence(1500)
    measured.add(sound)
    assert measured.described()["silence_spans"] == []


def test_one_loud_channel_is_no_silence() -> None:
    """Silence is where all channels are silent."""
    sound = sine(440, -6, 2)
    sound[:, 0] = 0
    measured = Silence(48_000)
    measured.add(sound)
    assert measured.described() == {"silence_share": 0.0, "silence_spans": []}


def spectrum(sound: Any, rate: int) -> dict[str, object]:
    measured = Spectrum(rate, sound.shape[1])
    for begin in range(0, len(sound), 10_007):
        measured.add(sound[begin : begin + 10_007])
    return measured.described()


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hz", [440.0, 997.3, 2800.7])
def test_frequency_of_a_sine(rate: int, hz: float) -> None:
    """The frequency of a sine is found to 0.2 Hz, and its centroid is there too."""
    found = spectrum(sine(hz, -10, 2, rate), rate)
    assert found["dominant_frequency_hz"] == pytest.approx(hz, abs=0.2)
    assert found["spectral_centroid_hz"] == pytest.approx(hz, abs=1)


def test_centroid_of_two_sines() -> None:
    """The centroid is weighted with the power: of 4 : 1, a fifth of the way."""
    sound = sine(1000, -10, 2) + sine(2000, -10 - 20 * math.log10(2), 2)
    found = spectrum(sound, 48_000)
    assert found["dominant_frequency_hz"] == pytest.approx(1000, abs=0.2)
    assert found["spectral_centroid_hz"] == pytest.approx(1200, abs=2)


def test_opposite_channels_and_offset() -> None:
    """Opposite channels do not cancel, and an offset is no frequency."""
    sound = sine(500, -10, 1)
    sound[:, 1] *= -1
    assert spectrum(sound + 0.3, 48_000)["dominant_frequency_hz"] == pytest.approx(500, abs=0.2)
    assert spectrum(np.full((48_000, 2), 0.3), 48_000) == {
        "dominant_frequency_hz": None,
        "spectral_centroid_hz": None,
    }


def test_short_sounds() -> None:
    """A sound of less than one window is measured too."""
    found = spectrum(sine(2000, -6, 0.02), 48_000)
    assert found["dominant_frequency_hz"] == pytest.approx(2000, abs=20)


@pytest.mark.parametrize("form", ["WAV", "FLAC", "AIFF"])
def test_keys_of_files(form: str) -> None:
    """Levels in the result are right to 0.01 dB."""
    stored = io.BytesIO()
    sound = np.concatenate([sine(997, -20, 2), np.zeros((96_000, 2))])
    soundfile.write(stored, sound, 48_000, format=form, subtype="PCM_24")
    result = audio_processing.process(io.BytesIO(stored.getvalue()))
    assert result["peak_dbfs"] == pytest.approx(-20.0, abs=0.01)
    # The sine is half of the sound: 3.01 dB less than a sine's own.
    assert result["rms_dbfs"] == pytest.approx(-26.02, abs=0.01)
    assert result["loudness_lufs"] == pytest.approx(-20.0, abs=0.4)
    assert result["silence_share"] == pytest.approx(0.5, abs=0.001)
    assert result["dominant_frequency_hz"] == pytest.approx(997, abs=0.2)


def test_silent_file() -> None:
    """Pure silence has no level in dB, no loudness and no frequency."""
    stored = io.BytesIO()
    soundfile.write(stored, np.zeros(16_000), 16_000, format="WAV")
    result = audio_processing.process(io.BytesIO(stored.getvalue()))
    empty = ("peak_dbfs", "rms_dbfs", "loudness_lufs", "dominant_frequency_hz")
    assert [result[key] for key in empty] == [None] * 4
    assert result["silence_share"] == 1.0
    assert result["silence_spans"] == [{"begin": 0.0, "end": 1.0}]


def test_many_channels_in_bounded_memory() -> None:
    """A sound of 300 channels is measured block by block as well."""
    stored = io.BytesIO()
    soundfile.write(stored, sine(440, -6, 0.2, 8000, 300), 8000, format="WAV")
    result = audio_processing.process(io.BytesIO(stored.getvalue()))
    assert result["dominant_frequency_hz"] == pytest.approx(440, abs=1)
