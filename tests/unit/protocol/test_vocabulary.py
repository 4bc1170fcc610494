"""Merging the term counts of a job into a vocabulary: exact, in any order, in bounded memory."""

import itertools
import json
import math
import random
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from protocol import vocabulary

ROOT = Path(__file__).parents[3]


def seeded(seed: int) -> random.Random:
    """Return a generator with a fixed seed."""
    return random.Random(seed)  # noqa: S311  (not used for secrets)


def vocabulary_of(folder: Path, counts: Iterable[Mapping[str, int]]) -> dict[str, Any]:
    """Return the vocabulary of the given term counts, one for each text."""
    with vocabulary.open_vocabulary(folder) as builder:
        for terms in counts:
            builder.add({"terms": terms})
        return builder.finish()


def test_idf_is_smoothed_and_terms_are_sorted(tmp_path: Path) -> None:
    """The vocabulary has each term once, sorted, with the weight ln((1+n)/(1+df)) + 1."""
    found = vocabulary_of(tmp_path, [{"sea": 1, "tree": 5}, {"sea": 2}, {}])
    assert found == {
        "terms": ["sea", "tree"],
        "idf": [math.log(4 / 3) + 1, math.log(4 / 2) + 1],
        "documents": 3,
    }


def test_total_counts_decide_not_the_number_of_texts(tmp_path: Path) -> None:
    """A term that occurs 4 times in one text ranks above one that occurs once in each of 2."""
    often = {f"often{number:03}": 4 for number in range(100)}
    assert vocabulary_of(tmp_path, [often, {"everywhere": 1}, {"everywhere": 1}])[
        "terms"
    ] == sorted(often)


def test_tie_at_the_cut_is_decided_by_the_alphabet(tmp_path: Path) -> None:
    """Of terms with equal counts at rank 100, the first by the alphabet are kept."""
    terms = [f"t{number:03}" for number in range(150)]
    counts = [{term: 1} for term in reversed(terms)]
    counts.append({"zebra": 2})
    assert vocabulary_of(tmp_path, counts)["terms"] == [*terms[:99], "zebra"]


def test_order_makes_no_difference(tmp_path: Path) -> None:
    """The vocabulary does not depend on the order of the texts."""
    source = seeded(5)
    terms = [f"t{number}" for number in range(400)]
    counts = [{term: source.randint(1, 3) for term in source.sample(terms, 60)} for _ in range(50)]
    expected = json.dumps(vocabulary_of(tmp_path, counts))
    for _ in range(5):
        source.shuffle(counts)
        assert json.dumps(vocabulary_of(tmp_path, counts)) == expected


@pytest.mark.parametrize("countable_bytes", [1 << 18, 2000, 0])
def test_spilling_to_files_gives_the_same_vocabulary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, countable_bytes: int
) -> None:
    """A table that is often written to files, which are split, counts exactly."""
    monkeypatch.setattr(vocabulary, "_MAX_TABLE_TERMS", 50)
    monkeypatch.setattr(vocabulary, "_MAX_COUNTABLE_BYTES", countable_bytes)
    source = seeded(6)
    counts = [
        {f"t{int(source.paretovariate(0.3)) % 400}": source.randint(1, 9) for _ in range(40)}
        for _ in range(30)
    ]
    totals: dict[str, int] = {}
    for term, count in itertools.chain.from_iterable(each.items() for each in counts):
        totals[term] = totals.get(term, 0) + count
    best = sorted(sorted(totals, key=lambda term: (-totals[term], term))[:100])
    texts = [sum(term in each for each in counts) for term in best]
    assert vocabulary_of(tmp_path, counts) == {
        "terms": best,
        "idf": [math.log(31 / (1 + df)) + 1 for df in texts],
        "documents": 30,
    }


def test_finish_may_be_called_again(tmp_path: Path) -> None:
    """Calling ``finish`` twice gives the same vocabulary, and texts may be added afterwards."""
    with vocabulary.open_vocabulary(tmp_path) as builder:
        builder.add({"terms": {"sea": 1}})
        assert builder.finish() == builder.finish()
        builder.add({"terms": {"sea": 1}})
        assert builder.finish()["documents"] == 2


@pytest.mark.parametrize("texts", [[], [{}], [{}, {}]])
def test_texts_without_terms_give_an_empty_vocabulary(
    tmp_path: Path, texts: list[dict[str, int]]
) -> None:
    """A job without any term gives an empty vocabulary, not an error."""
    assert vocabulary_of(tmp_path, texts) == {"terms": [], "idf": [], "documents": len(texts)}


def test_terms_of_every_script_survive(tmp_path: Path) -> None:
    """Terms of any script are kept, also with lone surrogates or spaces."""
    terms = ["naïve", "мир", "你好", "𝒳𝒴", "\ud800x", "two words"]
    assert vocabulary_of(tmp_path, [dict.fromkeys(terms, 1)])["terms"] == sorted(terms)


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {"terms": None},
        {"terms": ["sea"]},
        {"terms": {"good": 1, "": 1}},
        {"terms": {"good": 1, "two\nlines": 1}},
        {"terms": {"good": 1, 5: 1}},
        {"terms": {"good": 1, "sea": 0}},
        {"terms": {"good": 1, "sea": -1}},
        {"terms": {"good": 1, "sea": 1.0}},
        {"terms": {"good": 1, "sea": True}},
        {"terms": {"good": 1, "sea": 10**30}},
        "terms",
    ],
)
def test_malformed_counts_are_refused_whole(tmp_path: Path, counts: Any) -> None:
    """Malformed counts raise ``ValueError``, and nothing of them is counted."""
    with vocabulary.open_vocabulary(tmp_path) as builder:
        with pytest.raises(ValueError, match="the counts"):
            builder.add(counts)
        assert builder.finish() == {"terms": [], "idf": [], "documents": 0}


def test_threads_may_add_at_once(tmp_path: Path) -> None:
    """All counts that several threads add at once are counted."""
    with vocabulary.open_vocabulary(tmp_path) as builder:

        def add() -> None:
            for number in range(200):
                builder.add({"terms": {"sea": 1, f"t{number % 90}": 1}})

        threads = [threading.Thread(target=add) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        result = builder.finish()
    assert result["documents"] == 1600
    assert result["terms"] == sorted(["sea", *(f"t{number}" for number in range(90))])


@pytest.mark.slow
def test_many_distinct_terms_take_bounded_memory(tmp_path: Path) -> None:
    """Counting 150,000 distinct terms, tens of MB as a table, needs less than 4 MB of memory."""
    tracemalloc.start()
    try:
        with vocabulary.open_vocabulary(tmp_path) as builder:
            for start in range(0, 150_000, 1000):
                builder.add({"terms": {f"term{start + place:06}": 1 for place in range(1000)}})
            result = builder.finish()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result["terms"] == [f"term{place:06}" for place in range(100)]
    assert peak < 4_000_000


def test_closing_removes_the_files_and_may_be_repeated(tmp_path: Path) -> None:
    """``open_vocabulary`` makes a missing folder; ``close`` empties it and may be called again."""
    builder = vocabulary.open_vocabulary(tmp_path / "deep" / "folder")
    builder.add({"terms": {"sea": 1}})
    builder.finish()
    assert list((tmp_path / "deep" / "folder").iterdir())
    builder.close()
    builder.close()
    assert not list((tmp_path / "deep" / "folder").iterdir())


def test_module_imports_no_heavy_libraries() -> None:
    """The module, which the master imports, does not import NumPy, scikit-learn or NLTK."""
    code = (
        "import sys; import protocol.vocabulary; "
        "print([name for name in ('numpy', 'sklearn', 'nltk') if name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=ROOT
    )
    assert shown.stdout.strip() == "[]"
