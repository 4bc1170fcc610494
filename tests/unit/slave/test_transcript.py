"""Transcripts: what is kept of a model's text, subtitles, the model's files, and real speech."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from protocol.failures import Unsupported
from protocol.settings.environment import Environment, SettingError
from protocol.task_types import TASK_TYPES
from slave_service import audio_processing
from slave_service.models import packages
from slave_service.models.speech import weights, whisper
from slave_service.models.speech.chunks import Chunk, Window
from slave_service.models.speech.subtitles import srt
from slave_service.models.speech.transcript import Transcript
from slave_service.models.speech.whisper import Said
from slave_service.settings import SlaveSettings
from tests.contract.programs import WORKER

has_model = pytest.mark.skipif(
    not (whisper.is_installed() and weights.is_installed() and shutil.which("espeak-ng")),
    reason="no Whisper model (requirements-speech.txt), or no espeak-ng",
)


@dataclass
class Model:
    """Stands for a model that says what it is told, one list for each chunk."""

    texts: list[list[Said]]
    languages_of: list[dict[str, float]] = field(default_factory=list)
    knows_only_english: bool = False
    name: str = "whisper test"

    def languages(self, samples: Any) -> dict[str, float]:
        del samples
        return self.languages_of.pop(0)

    def said(self, samples: Any, language: str) -> list[Said]:
        del samples, language
        return self.texts.pop(0)


def chunk(begin: int = 0) -> Chunk:
    """Return 4 s of speech from a window on."""
    samples = np.zeros(512, dtype=np.float32)
    return Chunk(tuple(Window(begin + number, samples, 0.9) for number in range(125)))


def said(text: str, log_probability: float = -0.2, compression: float = 1.3) -> Said:
    return Said(0.0, 4.0, text, log_probability, compression)


def described(model: Model) -> tuple[Any, list[str]]:
    transcript = Transcript(model)
    for number in range(len(model.languages_of) or len(model.texts)):
        transcript.add(chunk(number * 1000))
    return transcript.described()


ENGLISH, GERMAN = {"en": 0.9, "de": 0.1}, {"en": 0.1, "de": 0.9}
UNSURE, UNKNOWN = {"en": 0.3, "de": 0.4}, {"en": 0.1, "de": 0.4}


def test_text_times_and_subtitles() -> None:
    """Each segment has its times in the sound and its confidence; text and SRT have all of them."""
    found, notes = described(Model([[said("Good morning.")], [said("Hello.")]], [ENGLISH] * 2))
    assert found["text"] == "Good morning. Hello."
    assert found["segments"][1] == {
        "start": 32.0,
        "end": 36.0,
        "text": "Hello.",
        "confidence": 0.82,
    }
    assert found["srt"].endswith("\n2\n00:00:32,000 --> 00:00:36,000\nHello.\n")
    assert (found["language"], found["engine"], notes) == ("en", "whisper test", [])


def test_invented_text_is_left_out_and_named() -> None:
    """Text of low probability and repetitions are no transcript; a warning says where to listen."""
    texts = [[said("One.")], [said("la la la", compression=9.0)], [said("Ice.", -1.1)]]
    found, (note,) = described(Model(texts, [ENGLISH] * 3))
    assert found["text"] == "One."
    assert note.startswith("8 s of speech are not in the transcript")
    assert note.endswith("listen from 32 s, 64 s.")


def test_another_language_is_named() -> None:
    """It is written down where it is certain, with a warning; otherwise there is no transcript."""
    found, (note,) = described(Model([[said("Guten Morgen.")]], [GERMAN]))
    assert found["language"] == "de"
    assert "'de'" in note
    found, (note,) = described(Model([], [UNKNOWN]))
    assert found is None
    assert "or its language could not be told" in note


def test_a_word_is_taken_for_the_language_before() -> None:
    """A short answer says little of its language."""
    found, notes = described(Model([[said("Is it?")], [said("No.")]], [ENGLISH, UNSURE]))
    assert (found["text"], notes) == ("Is it? No.", [])


def test_few_words_are_tried_in_english() -> None:
    """Without a certain language the text has to be more probable than in certain English."""
    assert described(Model([[said("97.", -0.7)]], [UNSURE]))[0]["text"] == "97."
    assert described(Model([[said("I'll do it.", -0.8)]], [UNSURE]))[0] is None
    assert described(Model([[said("I'll do it.", -0.8)]], [ENGLISH]))[0]["text"] == "I'll do it."


@pytest.fixture(autouse=True)
def _no_loaded_model() -> Iterator[None]:
    """Forget a loaded model, or that there is none, before and after each test."""
    whisper.load.cache_clear()
    yield
    whisper.load.cache_clear()


@pytest.mark.parametrize("doubtful", [said("Thank you.", -1.0), said("I'm I'm", -0.1, 15.0)])
def test_a_model_of_english_refuses_other_languages(doubtful: Said) -> None:
    """Where most of the text is doubtful, none of it is given, and a warning says why."""
    texts = [[doubtful], [said("A chance.")], [doubtful]]
    found, (note,) = described(Model(texts, knows_only_english=True))
    assert found is None
    assert "not seem to be in English" in note
    found, _ = described(Model([[said("Hello.")]], knows_only_english=True))
    assert found["text"] == "Hello."


def test_no_speech() -> None:
    """Without speech there is no transcript, and a warning instead of an empty text."""
    found, (note,) = Transcript(Model([])).described()
    assert found is None
    assert "No speech was found" in note


def test_subtitles_keep_their_form() -> None:
    """Line breaks and arrows in the text can't end a subtitle or look like its times."""
    assert srt([(3599.9996, 3661.5, "a\n\n2 --> 3")]) == (
        "1\n01:00:00,000 --> 01:01:01,500\na 2 -> 3\n"
    )
    assert srt([]) == ""


def test_option() -> None:
    """A transcript needs both features; other values are refused with what is right."""
    (option,) = TASK_TYPES["audio"].options
    assert option.features(option.parse("Spans")) == {"audio:speech-spans"}
    assert option.features(option.parse("transcript")) == {"audio:speech-spans", "audio:speech"}
    with pytest.raises(ValueError, match="must be spans or transcript"):
        option.parse("text")


def test_setting_names_what_the_folder_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slave does not start with a folder that holds no model, or without what runs it."""
    environment = Environment({"SPEECH_MODEL": str(tmp_path)}, Path("/"))
    monkeypatch.setattr(whisper, "is_installed", lambda: False)
    with pytest.raises(SettingError, match=r"requirements-speech\.txt"):
        SlaveSettings.read(environment)
    monkeypatch.setattr(whisper, "is_installed", lambda: True)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(SettingError, match=r"model\.bin, tokenizer\.json, vocabulary\.txt or"):
        SlaveSettings.read(environment)
    for name in ("model.bin", "tokenizer.json", "vocabulary.json"):
        (tmp_path / name).write_text("{}")
    assert SlaveSettings.read(environment).speech_model == str(tmp_path)


def test_files_that_are_not_the_publishers_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packages with other contents than the pinned ones are not loaded, and nothing is claimed."""
    (tmp_path / "data").mkdir()
    for name in ("config.json", "tokenizer.json", "vocabulary.txt", "model.bin.part1"):
        (tmp_path / "data" / name).write_text("{}")
    (tmp_path / "data" / "model.bin.part2").write_text("{}")
    monkeypatch.setattr(weights, "package_folder", lambda _: tmp_path)
    monkeypatch.setattr(whisper, "is_installed", lambda: True)
    assert audio_processing.features() == {"audio:speech-spans"}
    with pytest.raises(Unsupported, match="not its publisher's"):
        audio_processing.process(_wave(), speech="transcript")


def test_missing_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a model only spans are claimed, and the refusal names the extra and the setting."""
    monkeypatch.setattr(weights, "package_folder", lambda _: None)
    monkeypatch.setattr(whisper, "is_installed", lambda: True)
    assert audio_processing.features() == {"audio:speech-spans"}
    with pytest.raises(Unsupported, match=r"requirements-speech\.txt.*SPEECH_MODEL"):
        audio_processing.process(_wave(), speech="transcript")


def test_hash_of_parts_is_that_of_the_whole(tmp_path: Path) -> None:
    """A model in two packages has the SHA-256 that its publisher states for one file."""
    for name, data in (("a", b"one"), ("b", b"two"), ("c", b"onetwo")):
        (tmp_path / name).write_bytes(data)
    parts = (tmp_path / "a", tmp_path / "b")
    assert packages.sha256(*parts) == packages.sha256(tmp_path / "c")


def _wave() -> Any:
    file = io.BytesIO()
    soundfile.write(file, np.zeros((1600, 1)), 16_000, format="WAV")
    return file


ARTICLE = "All human beings are born free and equal in dignity and rights."


@has_model
def test_spoken_words_are_written_down_in_a_worker(tmp_path: Path) -> None:
    """A sandboxed worker writes down a sentence, twice the same; progress is no part of it."""
    file = tmp_path / "said.wav"
    subprocess.run(["espeak-ng", "-v", "en-us", "-w", str(file), ARTICLE], check=True)
    task = {
        **{"task_type": "audio", "path": str(file)},
        **{"keywords": {"speech": "transcript"}, "timeout_s": 60},
    }
    done = subprocess.run(
        [sys.executable, "-m", WORKER, str(2 * 1024**3), "{}", "audio"],
        input=2 * (json.dumps(task).encode() + b"\n"),
        stdout=subprocess.PIPE,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ).stdout
    first, _, rest = done.partition(b"\n")
    assert "audio:speech" in json.loads(first)["features"]
    header, _, rest = rest.partition(b"\n")
    body, rest = rest[: json.loads(header)["bytes"]], rest[json.loads(header)["bytes"] :]
    assert rest.partition(b"\n")[2] == body
    transcript = json.loads(body)["transcript"]
    assert (transcript["language"], transcript["engine"]) == ("en", "whisper base")
    assert "All human beings are born free" in transcript["text"]
