"""Speech in sounds: vowels at known times, in containers, rates and channels of all kinds."""

import io
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import soundfile

from protocol.failures import Unsupported
from slave_service import audio_processing, progress
from slave_service.formats.sound.resampling import Resampler
from slave_service.models.speech import listening, voice_activity
from slave_service.models.speech.chunks import MAX_WINDOWS, Chunk, Chunks, Window
from slave_service.models.speech.spans import Spans
from slave_service.models.speech.voice_activity import RATE_HZ, WINDOW_S, vowels

SPOKEN = [(1.0, 2.5), (4.0, 4.8)]
LENGTH_S = 6.0


def sound(rate: int = RATE_HZ, channels: int = 1, level: float = 1.0) -> Any:
    """Return vowels at ``SPOKEN`` in silence, in shape (frames, channels)."""
    mono = np.zeros(round(LENGTH_S * RATE_HZ), dtype=np.float64)
    for begin, end in SPOKEN:
        first = round(begin * RATE_HZ)
        mono[first : first + round((end - begin) * RATE_HZ)] = vowels(end - begin)
    resampler = Resampler(RATE_HZ, rate)
    converted = np.concatenate([*resampler.add(mono), resampler.finish()])
    return np.stack([level * converted] * channels, axis=1)


def processed(samples: Any, rate: int, wanted: str = "spans", **form: str) -> dict[str, Any]:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, **({"format": "WAV"} | form))
    return audio_processing.process(file, speech=wanted)


@pytest.mark.parametrize(
    ("rate", "channels", "form"),
    [
        (16_000, 1, {}),
        (8_000, 2, {"format": "FLAC"}),
        (48_000, 3, {"format": "OGG"}),
        (11_025, 1, {"subtype": "FLOAT"}),
    ],
)
def test_speech_is_found(rate: int, channels: int, form: dict[str, str]) -> None:
    """Begin and end are right within 0.25 s, whatever the rate and the number of channels."""
    speech = processed(sound(rate, channels), rate, **form)["speech"]
    assert np.array(speech["spans"]) == pytest.approx(np.array(SPOKEN), abs=0.25)
    assert speech["share"] == pytest.approx(2.3 / LENGTH_S, abs=0.1)


@pytest.mark.parametrize("level", [0.0, 0.2])
def test_noise_and_silence_are_no_speech(level: float) -> None:
    """Neither gives a span, and the result says so by a share of 0."""
    noise = level * np.random.default_rng(7).normal(size=(3 * RATE_HZ, 1))
    assert processed(np.clip(noise, -1, 1), RATE_HZ)["speech"] == {"spans": [], "share": 0.0}


def test_without_the_option_the_result_has_no_speech() -> None:
    """Results of jobs without the option are as they were."""
    file = io.BytesIO()
    soundfile.write(file, sound(), RATE_HZ, format="WAV")
    plain = audio_processing.process(file)
    assert not {"speech", "transcript"} & plain.keys()
    assert {**plain, **processed(sound(), RATE_HZ)}.keys() - plain.keys() == {"speech"}


def test_rate_that_is_too_low() -> None:
    """A measurement at 100 Hz is still measured, and a warning says that no speech was sought."""
    result = processed(np.zeros((400, 1)), 100)
    assert result["speech"]["spans"] == []
    assert any("100 samples a second" in warning for warning in result["warnings"])


def test_only_the_first_hours_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A longer sound is measured whole; a warning says how much was searched."""
    monkeypatch.setattr(listening, "MAX_HOURS", {False: 3 / 3600})
    result = processed(np.concatenate([sound()] * 4), RATE_HZ)
    assert result["duration_seconds"] == 4 * LENGTH_S
    assert len(result["speech"]["spans"]) < 8
    assert any("hours were searched" in warning for warning in result["warnings"])


def test_parts_of_long_sounds_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline of a file is renewed after each part, so that it limits a part."""
    monkeypatch.setattr(listening, "_PART_S", 2)
    parts: list[None] = []
    with progress.reported_to(lambda: parts.append(None)):
        processed(sound(), RATE_HZ)
    assert len(parts) == LENGTH_S // 2


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slave without the packages claims no feature, and its refusal names the extra."""
    monkeypatch.setattr(voice_activity, "is_installed", lambda: False)
    assert audio_processing.features() == frozenset()
    with pytest.raises(Unsupported, match=r"requirements-audio\.txt"):
        processed(sound(), RATE_HZ)


def test_self_test() -> None:
    """The model tells vowels from silence here, so the slave claims the feature."""
    assert "audio:speech-spans" in audio_processing.features()


@pytest.mark.parametrize("rate", [4_000, 11_025, 44_101])
def test_resampling_does_not_depend_on_the_blocks(rate: int) -> None:
    """Blocks of any length give the same samples, and a sine stays the same sine."""
    wave = np.sin(2 * np.pi * 440 * np.arange(rate * 3 // 2) / rate)
    whole, parts = Resampler(rate, RATE_HZ), Resampler(rate, RATE_HZ)
    expected = np.concatenate([*whole.add(wave), whole.finish()])
    found = [part for block in np.array_split(wave, 5) for part in parts.add(block)]
    assert np.array_equal(np.concatenate([*found, parts.finish()]), expected)
    assert len(expected) == pytest.approx(1.5 * RATE_HZ, abs=2)
    middle = np.arange(RATE_HZ // 2, RATE_HZ)
    assert expected[middle] == pytest.approx(np.sin(2 * np.pi * 440 * middle / RATE_HZ), abs=0.01)


def spans(*probabilities: tuple[float, float]) -> list[tuple[int, int]]:
    """Return the spans of stretches of seconds and probability."""
    found = Spans()
    for seconds, probability in probabilities:
        for _ in range(round(seconds / WINDOW_S)):
            found.add(probability)
    found.finish()
    return found.found


def test_short_pauses_join_and_short_sounds_do_not_count() -> None:
    """A pause of 0.4 s is part of a span; a sound of 0.1 s is none."""
    assert len(spans((1, 0.1), (1, 0.9), (0.4, 0.1), (1, 0.9), (1, 0.1))) == 1
    assert len(spans((1, 0.1), (1, 0.9), (0.8, 0.1), (1, 0.9))) == 2
    assert spans((1, 0.1), (0.1, 0.9), (1, 0.1)) == []
    assert spans((2, 0.9)) == [(0, round(2 / WINDOW_S))]


def chunks(probabilities: list[float]) -> list[Chunk]:
    collected = Chunks()
    silence = np.zeros(1, dtype=np.float32)
    windows = (Window(number, silence, each) for number, each in enumerate(probabilities))
    found = [collected.add(window) for window in windows]
    return [chunk for chunk in [*found, collected.finish()] if chunk is not None]


def test_chunks_end_in_pauses_and_hold_all_speech() -> None:
    """Every window with speech is in one chunk of at most 28 s, cut in a pause if there is one."""
    speech, pause = [0.9] * round(12 / WINDOW_S), [0.0] * round(3 / WINDOW_S)
    probabilities = (speech + pause) * 5
    found = chunks(probabilities)
    numbers = [window.number for chunk in found for window in chunk.windows]
    assert all(first < second for first, second in pairwise(numbers))
    assert {place for place, each in enumerate(probabilities) if each > 0.5} <= set(numbers)
    assert all(len(chunk.windows) <= MAX_WINDOWS for chunk in found)
    for chunk in found:
        assert probabilities[chunk.windows[-1].number] == 0.0


def test_speech_without_a_pause_is_cut_where_it_is_softest() -> None:
    """Of a minute without a pause nothing is lost."""
    probabilities = [0.9] * round(60 / WINDOW_S)
    probabilities[600] = 0.6
    found = chunks(probabilities)
    assert sum(len(chunk.windows) for chunk in found) == len(probabilities)
    assert found[0].windows[-1].number in {599, 600}


def test_times_in_a_chunk_are_those_of_the_sound() -> None:
    """A text that begins before a pause begins after it, and one that ends in it ends before it."""
    pause = [0.0] * round(10 / WINDOW_S)
    (chunk,) = chunks([*pause, *[0.9] * 100, *pause, *[0.9] * 100, *pause])
    second_begins = (len(pause) * 2 + 100) * WINDOW_S
    joint = next(
        place
        for place, (first, second) in enumerate(pairwise(chunk.windows))
        if second.number - first.number > 1
    )
    for near in (-0.2, 0.0, 0.1):
        seconds = (joint + 1) * WINDOW_S + near
        assert chunk.begin_in_sound(seconds) == pytest.approx(second_begins, abs=0.11)
        assert chunk.end_in_sound(seconds) == pytest.approx((len(pause) + 100) * WINDOW_S, abs=0.11)
