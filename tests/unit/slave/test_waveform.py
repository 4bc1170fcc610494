"""The waveform of a sound: known points, and independence of block sizes."""

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slave_service import audio_processing
from slave_service.formats import waveform
from slave_service.formats.waveform import MAX_POINTS, Waveform
from tests.unit.slave.test_audio_processing import FLOAT, measure, wave

SHAPE = [0.5, -0.25, 0.0, 1.0]


def drawn(frames: "list[float] | np.ndarray", *cuts: int) -> list[list[float]]:
    """Return the points of frames that are added in blocks, cut at the given indexes."""
    shape = Waveform()
    for block in np.split(np.asarray(frames, dtype=np.float64), sorted(cuts)):
        shape.add(block)
    return shape.points()


def plain(frames: np.ndarray) -> list[list[float]]:
    """Return the points by their definition, over all frames at once."""
    count = min(MAX_POINTS, len(frames))
    edges = [index * len(frames) // count for index in range(count + 1)]
    parts = [frames[begin:end] for begin, end in pairwise(edges)]
    return [[round(float(part.min()), 4), round(float(part.max()), 4)] for part in parts]


def test_no_frames() -> None:
    """A sound without frames has no points."""
    assert drawn([]) == []
    assert measure(wave(b""))["waveform"] == []


def test_short_sounds_have_a_point_a_frame() -> None:
    """Of fewer than 1,000 frames each is a point with equal lowest and highest value."""
    data = struct.pack("<4h", *(int(value * 32767) for value in SHAPE))

    assert measure(wave(data))["waveform"] == [[0.5, 0.5], [-0.25, -0.25], [0, 0], [1, 1]]


@pytest.mark.parametrize("frames", [1, 999, 1000])
def test_a_point_a_frame_up_to_a_thousand(frames: int) -> None:
    """Up to 1,000 frames, there are as many points as frames."""
    assert drawn([0.5] * frames) == [[0.5, 0.5]] * frames


def test_two_frames_a_point() -> None:
    """Of 2,000 frames, each two are a point with the lower and the higher value."""
    assert drawn([0.5, -0.25] * 1000) == [[-0.25, 0.5]] * 1000


def test_uneven_numbers_are_spread() -> None:
    """Of 1,500 frames, the points have alternately one and two frames."""
    points = drawn([value for index in range(500) for value in (index, index, -index)])

    assert points[:4] == [[0, 0], [0, 0], [1, 1], [-1, 1]]
    assert len(points) == 1000


def test_mean_of_the_channels() -> None:
    """A point is of the channels' mean, in which opposite values cancel."""
    data = struct.pack("<6h", 16384, -16384, 16384, 0, -16384, -16384)

    assert measure(wave(data, channels=2))["waveform"] == [[0, 0], [0.25, 0.25], [-0.5, -0.5]]


def test_three_channels() -> None:
    """The mean is over any number of channels, rounded to four places."""
    data = struct.pack("<3h", 16384, 0, 0)

    assert measure(wave(data, channels=3))["waveform"] == [[0.1667, 0.1667]]


def test_floats_beyond_one() -> None:
    """Float samples beyond full scale are not clipped."""
    data = struct.pack("<3f", 2.0, -3.5, 1e30)

    points = measure(wave(data, 32, form=FLOAT))["waveform"]

    assert points == [[2.0, 2.0], [-3.5, -3.5], [pytest.approx(1e30)] * 2]


def test_no_negative_zero() -> None:
    """A value that rounds to zero has no sign."""
    assert str(drawn([-0.00001, -0.0])) == "[[0.0, 0.0], [0.0, 0.0]]"


@pytest.mark.parametrize("claimed", [0xFFFFFFFF, 0xFFFFFFF0, 100_000])
def test_headers_that_claim_more(claimed: int) -> None:
    """The points cover the frames in the file, also where the header states more."""
    data = struct.pack("<4h", 16384, -16384, 8192, -8192) * 500

    points = measure(wave(data, claimed_bytes=claimed))["waveform"]

    assert points == [[-0.5, 0.5], [-0.25, 0.25]] * 500


def test_position_in_a_long_sound() -> None:
    """After many merges of bins, a click is still at its position."""
    frames = 5_000_000
    sound = np.zeros(frames)
    places = [0, 1_234_567, 2_500_000, 4_999_999]
    sound[places] = 1.0

    points = drawn(sound, 99_999, 1_000_000, 3_333_333)

    assert len(points) == 1000
    clicks = [index for index, (_, high) in enumerate(points) if high == 1.0]
    assert len(clicks) == len(places)
    for index, place in zip(clicks, places, strict=True):
        # A point may begin up to a sixteenth of its length too early.
        assert index <= place * 1000 / frames + 1 / 16 < index + 1 + 1 / 8


@pytest.mark.parametrize("frames", [1001, 32_767, 32_768, 32_769, 40_000, 262_144, 1_000_003])
def test_every_point_against_its_definition(frames: int) -> None:
    """Without merges the points are exact; with merges a ramp is off by 1/16 at most."""
    ramp = np.arange(frames) / frames

    points = drawn(ramp, 17, 31_000)

    step = 1 / 1000
    slack = 0 if frames < 32_768 else step / 16
    # Both are rounded to four places.
    assert np.abs(np.array(points) - np.array(plain(ramp))).max() <= slack + 1e-4


@given(
    frames=st.integers(0, 3000),
    bins=st.sampled_from([2000, 2048]),
    cuts=st.lists(st.integers(0, 3000), max_size=8),
    seed=st.integers(0, 9),
)
def test_blocks_make_no_difference(frames: int, bins: int, cuts: list[int], seed: int) -> None:
    """The points do not depend on the block sizes."""
    sound = np.random.default_rng(seed).uniform(-1, 1, frames)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waveform, "_BINS", bins)
        assert drawn(sound, *cuts) == drawn(sound)


@given(cuts=st.lists(st.integers(0, 50_000), max_size=30), frames=st.integers(0, 50_000))
def test_many_merges_make_no_difference(cuts: list[int], frames: int) -> None:
    """The points do not depend on the block sizes after many merges either."""
    sound = np.sin(np.arange(frames) * 0.37) * np.linspace(0, 1, frames)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waveform, "_BINS", 64)
        patch.setattr(waveform, "MAX_POINTS", 10)
        points = drawn(sound, *cuts)
        assert points == drawn(sound)
    assert len(points) == min(10, frames)


@pytest.mark.parametrize("samples", [1, 1000, 1 << 20])
def test_size_of_blocks_read_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch, samples: int
) -> None:
    """A file gives the same points for every size of the blocks that are read."""
    frames = 40_000 if samples > 1 else 3000
    noise = np.random.default_rng(3).integers(-(2**15), 2**15, (frames, 2)).astype("<i2")
    data = wave(noise.tobytes(), channels=2)
    usual = measure(data)["waveform"]

    monkeypatch.setattr(audio_processing, "_BLOCK_SAMPLES", samples)

    assert measure(data)["waveform"] == usual


def test_bounded_memory() -> None:
    """A sound of any length takes the same memory: two numbers for each bin."""
    shape = Waveform()
    block = np.zeros(1 << 17)
    for _ in range(100):
        shape.add(block)

    assert shape._lows.nbytes + shape._highs.nbytes == 16 * waveform._BINS
    assert len(shape.points()) == 1000
