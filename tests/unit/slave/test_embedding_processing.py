"""The vectors of a job equal those of one TfidfVectorizer over all its texts."""

import io
import json
import platform
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from protocol import vocabulary
from protocol.embedding import Embedder
from protocol.failures import TooLarge, Unavailable, Unsupported
from protocol.wire import json_bytes
from slave_service import embedding_processing

ALPHABET = "sea tree the and of Sea's naïve NAÏVE мир 2024 a1 x İstanbul ΟΔΟΣ 你好 , . - _ don't ß"
TEXTS = st.lists(
    st.lists(st.sampled_from(ALPHABET.split()), max_size=30).map(" ".join)
    | st.text(st.characters(exclude_categories=("Cc", "Cn", "Cs")), max_size=30),
    min_size=1,
    max_size=8,
)


def seeded(seed: int) -> random.Random:
    """Return a random generator with a fixed seed."""
    return random.Random(seed)  # noqa: S311  (not for secrets)


def vocabulary_of(folder: Path, texts: Sequence[str]) -> dict[str, Any]:
    """Return the vocabulary of a job with these texts."""
    with vocabulary.open_vocabulary(folder) as builder:
        for text in texts:
            builder.add(embedding_processing.process(io.BytesIO(text.encode())))
        # Through JSON, as the counts are sent to the master.
        return dict(json.loads(json.dumps(builder.finish())))


def embed(text: str, fitted: dict[str, Any]) -> dict[str, Any]:
    """Return the result for one text of the job."""
    return result_of(io.BytesIO(text.encode()), fitted)


def result_of(source: BinaryIO, fitted: dict[str, Any]) -> dict[str, Any]:
    """Return the result of an open text over a vocabulary, as slave and master compute it."""
    partial = json_bytes(embedding_processing.process(source))
    return dict(json.loads(Embedder(fitted).outcome("a.txt", partial).data or b""))


def assert_same_as_scikit_learn(folder: Path, texts: Sequence[str]) -> None:
    """Compare a job with one vectorizer that is fitted over all texts at once."""
    fitted = vocabulary_of(folder, texts)
    vectorizer = TfidfVectorizer(max_features=100, stop_words="english")
    try:
        expected = vectorizer.fit_transform(texts).toarray()
    except ValueError:
        # scikit-learn raises this where there are no terms.
        assert fitted["terms"] == []
        return
    assert fitted["terms"] == vectorizer.get_feature_names_out().tolist()
    assert fitted["idf"] == pytest.approx(vectorizer.idf_.tolist(), abs=1e-12, rel=0)
    for text, row in zip(texts, expected.tolist(), strict=True):
        assert embed(text, fitted)["vector"] == pytest.approx(row, abs=1e-12, rel=0)


def test_vectors_are_scikit_learns_to_the_last_digit(tmp_path: Path) -> None:
    """Products, squares and their sum are rounded in scikit-learn's order."""
    source = seeded(3)
    words = [f"word{number}" for number in range(90)]
    texts = [" ".join(source.choices(words, k=source.randint(1, 300))) for _ in range(60)]
    fitted = vocabulary_of(tmp_path, texts)
    vectorizer = TfidfVectorizer(vocabulary=fitted["terms"])
    vectorizer.idf_ = np.array(fitted["idf"])
    expected = vectorizer.transform(texts).toarray().tolist()
    found = [embed(text, fitted)["vector"] for text in texts]
    # A wheel for another kind of CPU may fuse a multiplication with an addition.
    assert found == (expected if platform.machine() == "x86_64" else pytest.approx(expected))


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=TEXTS)
def test_vectors_of_small_jobs_are_scikit_learns(tmp_path: Path, texts: list[str]) -> None:
    """With 100 terms or fewer all terms are kept, and the vectors are equal to within 1e-12."""
    assert_same_as_scikit_learn(tmp_path, texts)


@pytest.mark.parametrize("seed", range(5))
def test_vectors_of_large_vocabularies_are_scikit_learns(tmp_path: Path, seed: int) -> None:
    """With more than 100 terms and no tie at the cut, the same terms are kept."""
    source = seeded(seed)
    words = [f"word{number}" for number in range(300)]
    weights = [1 / (rank + 3) for rank in range(300)]
    texts = [" ".join(source.choices(words, weights, k=200)) for _ in range(40)]
    counts = sorted(Counter(" ".join(texts).split()).values(), reverse=True)
    # One more of each of the most frequent 100 terms avoids a tie with the rest.
    best = [word for word, _ in Counter(" ".join(texts).split()).most_common(100)]
    texts.append(" ".join(best))
    assert counts[100] <= counts[99]
    assert_same_as_scikit_learn(tmp_path, texts)


def test_tie_at_the_cut_is_decided_by_the_alphabet(tmp_path: Path) -> None:
    """Of 130 terms with count 1, the first 100 in alphabetical order are kept."""
    terms = [f"term{number:03}" for number in range(130)]
    texts = [" ".join(reversed(terms[:65])), " ".join(reversed(terms[65:]))]
    assert vocabulary_of(tmp_path, texts)["terms"] == terms[:100]


def test_split_and_order_make_no_difference(tmp_path: Path) -> None:
    """The same texts give the same bytes in any order."""
    source = seeded(7)
    words = [f"word{number}" for number in range(250)]
    texts = [" ".join(source.choices(words, k=50)) for _ in range(30)]
    fitted = vocabulary_of(tmp_path, texts)
    expected = [json.dumps(embed(text, fitted)) for text in texts]
    for _ in range(3):
        other = vocabulary_of(tmp_path, source.sample(texts, k=len(texts)))
        assert [json.dumps(embed(text, other)) for text in texts] == expected


def test_terms_are_counted_as_scikit_learn_splits_them() -> None:
    """Terms are in lower case and sorted, without stop words and single characters."""
    counts = embedding_processing.process(io.BytesIO("The Sea, a SEA's tree: Привет x 42".encode()))
    assert json.dumps(counts["terms"], ensure_ascii=False) == (
        '{"42": 1, "sea": 2, "tree": 1, "привет": 1}'
    )


def test_counting_in_blocks_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long text that is read in blocks gives the same counts and vector."""
    data = ("Well-known İstanbul ΟΔΟΣ sea's seas " * 30).encode()
    fitted = {"terms": ["istanbul", "sea", "seas", "οδος"], "idf": [1.0, 1.5, 2.0, 1.25]}
    counts = embedding_processing.process(io.BytesIO(data))
    vector = result_of(io.BytesIO(data), fitted)
    monkeypatch.setattr("slave_service.formats.text_decoding._BLOCK_CHARACTERS", 5)
    assert embedding_processing.process(io.BytesIO(data)) == counts
    assert result_of(io.BytesIO(data), fitted) == vector


def test_vector_is_normalized_and_described() -> None:
    """Counts 3 and 4 of terms of equal weight give 0.6 and 0.8; unknown terms are ignored."""
    fitted = {"terms": ["absent", "sea", "tree"], "idf": [1.0, 1.0, 1.0]}
    assert embed("tree sea tree sea sea unknown tree the tree", fitted) == {
        "vector": [0.0, 0.6, 0.8],
        "features": ["absent", "sea", "tree"],
        "vector_size": 3,
        "non_zero_features": 2,
        "warnings": [],
    }


@pytest.mark.parametrize(
    "terms", [[], ["sea"], ['a"b', "naïve", "мир", "\ud800", "tree", "\n\t\\"]]
)
def test_result_is_written_as_other_json_results_are(terms: list[str]) -> None:
    """Indented by two, with plain non-ASCII characters, and escapes for lone surrogates."""
    partial = json_bytes({"terms": {"sea": 3, "tree": 1}, "warnings": ["It is cut."]})
    embedder = Embedder({"terms": terms, "idf": [1.5] * len(terms)})
    data = embedder.outcome("a.txt", partial).data
    assert data == json_bytes(json.loads(data or b""), indent=2)


@pytest.mark.parametrize("text", ["the and of", " ", "unknown"])
def test_text_without_a_term_is_the_zero_vector(text: str) -> None:
    """A text of stop words alone gives zeros, without an error, NaN or minus zero."""
    result = embed(text, {"terms": ["sea", "tree"], "idf": [1.0, 2.0]})
    assert json.dumps(result["vector"]) == "[0.0, 0.0]"
    assert result["non_zero_features"] == 0
    assert "none of the most frequent terms" in result["warnings"][-1]


def test_empty_vocabulary_gives_an_empty_vector(tmp_path: Path) -> None:
    """Where no text of the job has a term, the vectors are empty."""
    fitted = vocabulary_of(tmp_path, ["the and of", " "])
    result = embed("the and of", fitted)
    assert len(result.pop("warnings")) == 1
    assert result == {"vector": [], "features": [], "vector_size": 0, "non_zero_features": 0}


def test_single_text_is_a_job_too(tmp_path: Path) -> None:
    """A job of one text is processed like any other."""
    fitted = vocabulary_of(tmp_path, ["sea sea tree"])
    assert fitted == {"terms": ["sea", "tree"], "idf": [1.0, 1.0], "documents": 1}
    assert embed("sea sea tree", fitted)["vector"] == pytest.approx([2 / 5**0.5, 1 / 5**0.5])


@pytest.mark.parametrize("fitted", [{"terms": ["sea"], "idf": []}, {"terms": "sea", "idf": [1]}])
def test_malformed_vocabulary_is_refused(fitted: dict[str, Any]) -> None:
    """A malformed vocabulary raises ``ValueError``."""
    with pytest.raises(ValueError, match="a vocabulary has no 'terms'"):
        embed("sea", fitted)


def test_files_that_are_not_texts_are_refused() -> None:
    """A picture sent as a text is unsupported."""
    with pytest.raises(Unsupported):
        embedding_processing.process(io.BytesIO(b"\x89PNG\r\n\x1a\n"))


def test_self_test_passes_here() -> None:
    """The self-test passes where everything is installed."""
    embedding_processing.self_test()


def test_self_test_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without scikit-learn the self-test fails and says what to run."""
    embedding_processing._analyzer.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    with pytest.raises(Unavailable, match=r"pip install -r requirements\.txt"):
        embedding_processing.self_test()


def test_too_many_terms_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text with more than ``MAX_TERMS`` different terms is refused."""
    monkeypatch.setattr(embedding_processing, "MAX_TERMS", 3)
    assert embedding_processing.process(io.BytesIO(b"one1 two2 three3 one1"))["terms"]
    with pytest.raises(TooLarge, match="different terms"):
        embedding_processing.process(io.BytesIO(b"one1 two2 three3 four4"))


def test_an_endless_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text with a word over ``MAX_TERM_CHARACTERS`` is refused."""
    monkeypatch.setattr(embedding_processing, "MAX_TERM_CHARACTERS", 8)
    assert embedding_processing.process(io.BytesIO(b"12345678 and more"))["terms"]
    with pytest.raises(TooLarge, match="a word of more than 8 characters"):
        embedding_processing.process(io.BytesIO(b"123456789 and more"))
