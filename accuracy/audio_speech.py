"""Speech of known words at known times: espeak-ng's voices, and a human reader.

espeak-ng speaks sentences and numbers between pauses; what is above -50 dB of its peak is speech.
The human reader is that of LibriVox in Debian's package pocketsphinx-testdata, with the words that
come with it. What is not installed is not measured.
"""

import io
import random
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from accuracy.rows import Row
from accuracy.text_languages import ARTICLES
from slave_service import audio_processing

_VOICES = ("en-us", "en-gb", "en-us+f3", "en-gb-x-rp")
_SPOKEN_LANGUAGES = "de fr es pt it nl sv pl cs tr ru".split()
_ONES = ", one, two, three, four, five, six, seven, eight, nine".split(", ")
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_READER = Path("/usr/share/pocketsphinx/test/data/librivox")
_STEP_S = 0.01
_SENTENCES = (
    "The train to the city leaves at noon.",
    "She put the letter on the kitchen table.",
    "We walked along the river until it was dark.",
    "Please close the window before you go.",
    "My brother works in a hospital.",
    "The weather was cold and the road was wet.",
    "They bought a house near the school.",
    "He has read this book many times.",
)
RATE = 22_050
"""Hz, of espeak-ng."""


@dataclass(frozen=True, slots=True)
class _Recording:
    samples: Any
    rate: int
    words: list[str]
    spans: list[tuple[float, float]]


def measure(seed: int) -> list[Row]:
    """Return what this computer can measure: spans, words, languages."""
    chance = random.Random(seed)  # noqa: S311 (reproducible, not secret)
    features = audio_processing.features()
    if "audio:speech-spans" not in features or shutil.which("espeak-ng") is None:
        return []
    recordings = [_recording(chance, voice) for voice in _VOICES]
    rows = [
        _span_row("spoken sentences", recordings, 0.9),
        _span_row("the same, noise at -20 dB", [_noisy(each, 20) for each in recordings], 0.9),
    ]
    if "audio:speech" in features:
        rows += [_word_row("spoken sentences", recordings, 0.8), _number_row(chance)]
        rows += [_language_row(), *_reader_rows()]
    return rows


def _span_row(name: str, recordings: list[_Recording], lowest: float) -> Row:
    shares = [_overlap(each, _processed(each, "spans")) for each in recordings]
    what = "time rightly told to be speech or not"
    return Row(name, what, sum(shares) / len(shares), len(recordings), lowest=lowest)


def _word_row(name: str, recordings: list[_Recording], lowest: float) -> Row:
    wrong = sum(_errors(each, _processed(each, "transcript")) for each in recordings)
    total = sum(len(each.words) for each in recordings)
    return Row(name, "words right", 1 - wrong / total, total, lowest=lowest)


def _number_row(chance: random.Random) -> Row:
    """Numbers in a sentence, which Whisper writes in digits or words."""
    right = 0
    numbers = [chance.randrange(20, 100) for _ in range(12)]
    for number in numbers:
        spelled = f"{_TENS[number // 10 - 2]} {_ONES[number % 10]}".strip()
        samples = _spoken(f"The number of the house is {spelled}.", chance.choice(_VOICES))
        text = _text(_processed(_Recording(samples, RATE, [], []), "transcript"))
        right += str(number) in text or spelled in text.lower().replace("-", " ")
    return Row("spoken numbers", "right", right / len(numbers), len(numbers), lowest=0.5)


def _language_row() -> Row:
    """A success is a text in the language that was spoken, or none with a warning."""
    right = 0
    for language in _SPOKEN_LANGUAGES:
        samples = _spoken(ARTICLES[language], language)
        result = _processed(_Recording(samples, RATE, [], []), "transcript")
        transcript = result["transcript"]
        right += transcript["language"] == language if transcript else bool(result["warnings"])
    what = "text in that language, or none and a warning"
    count = len(_SPOKEN_LANGUAGES)
    return Row(f"{count} other languages", what, right / count, count, lowest=0.9)


def _reader_rows() -> list[Row]:
    if not _READER.is_dir():
        return []
    lines = (_READER / "transcription").read_text().splitlines()
    words = [re.sub(r"</?s>|\(.*\)", "", line).split() for line in lines]
    files = [_READER / f"{line.split('(')[1].rstrip(')')}.wav" for line in lines]
    samples = [soundfile.read(file)[0] for file in files]
    whole = _Recording(
        np.concatenate(samples), 16_000, [word for line in words for word in line], []
    )
    return [_word_row("a reader of LibriVox", [whole], 0.9)]


def _recording(chance: random.Random, voice: str) -> _Recording:
    parts, words, spans = [np.zeros(RATE)], [], []
    for sentence in chance.sample(_SENTENCES, 4):
        samples = _spoken(sentence, voice)
        begin = sum(map(len, parts)) / RATE
        spans.append((begin, begin + len(samples) / RATE))
        words += _words(sentence)
        parts += [samples, np.zeros(round(chance.uniform(1, 4) * RATE))]
    return _Recording(np.concatenate(parts), RATE, words, spans)


def _noisy(recording: _Recording, below_db: float) -> _Recording:
    speech = recording.samples[recording.samples != 0]
    level = float(np.sqrt(np.mean(speech**2))) * 10 ** (-below_db / 20)
    noise = level * np.random.default_rng(1).normal(size=len(recording.samples))
    samples = np.clip(recording.samples + noise, -1, 1)
    return _Recording(samples, recording.rate, recording.words, recording.spans)


def _spoken(text: str, voice: str) -> "NDArray[np.float64]":
    """Return a sentence without the silence at both ends."""
    done = subprocess.run(  # noqa: S603 (sentences of this module)
        ["espeak-ng", "-v", voice, "-s", "150", "--stdout"],  # noqa: S607 (from PATH)
        input=text.encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    samples, rate = soundfile.read(io.BytesIO(done.stdout))
    if rate != RATE:
        raise ValueError(f"espeak-ng has spoken at {rate} Hz")
    loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max() * 10 ** (-50 / 20))
    spoken: NDArray[np.float64] = samples[loud[0] : loud[-1] + 1]
    return spoken


def _processed(recording: _Recording, wanted: str) -> dict[str, Any]:
    file = io.BytesIO()
    soundfile.write(file, recording.samples, recording.rate, format="WAV")
    return audio_processing.process(file, speech=wanted)


def _overlap(recording: _Recording, result: dict[str, Any]) -> float:
    """Return the share of steps of 10 ms that are in spans of both or of neither."""
    length = round(len(recording.samples) / recording.rate / _STEP_S)
    marked = partial(_marked, length)
    return float(np.mean(marked(recording.spans) == marked(result["speech"]["spans"])))


def _marked(length: int, spans: list[tuple[float, float]]) -> "NDArray[np.bool_]":
    marks = np.zeros(length, dtype=bool)
    for begin, end in spans:
        marks[round(begin / _STEP_S) : round(end / _STEP_S)] = True
    return marks


def _text(result: dict[str, Any]) -> str:
    return str(result["transcript"]["text"]) if result["transcript"] else ""


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower().replace("'", ""))


def _errors(recording: _Recording, result: dict[str, Any]) -> int:
    """Return the edit distance in words: left out, added and exchanged."""
    found = _words(_text(result))
    row = list(range(len(found) + 1))
    for number, word in enumerate(recording.words, 1):
        diagonal, row[0] = row[0], number
        for place, other in enumerate(found, 1):
            best = min(row[place] + 1, row[place - 1] + 1, diagonal + (word != other))
            diagonal, row[place] = row[place], best
    return row[-1]
