"""Makes the weights of words of ``slave_service/models/valence/learned.py`` from human ratings.

The ratings are in the source archive of the package vaderSentiment (MIT licence); the file with the
weights holds none of the rated texts:

    pip download --no-deps --no-binary :all: vaderSentiment==3.3.2
    python -m scripts.sentiment_weights vaderSentiment-3.3.2.tar.gz

It prints how well the sign is found in each of the four domains by weights of the other three, and
by those of other texts of all four.
"""

import hashlib
import io
import sys
import tarfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import Ridge

from slave_service.models.valence import learned
from slave_service.models.valence.sentiment import SentimentTotals
from slave_service.text_processing import sentence_spans

_SHA256 = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
_RATINGS = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
_DOMAINS = ("amazonReviewSnippets", "movieReviewSnippets", "nytEditorialSnippets", "tweets")
_HIGHEST_RATING = 4.0
_MIN_RATING = 0.5
"""Magnitude of a rating from which its sign is compared."""
_WORDS = 3000
_MIN_TEXTS, _MIN_DOMAINS = 3, 2
"""In how many rated texts and domains a word has to be, so that names have no weight."""
_PLACEHOLDERS = frozenset("anonymous http url removed rt amp".split())
"""What the authors put in place of names and links, or tweets begin with."""
_PENALTY = 30.0
_VADER_SCALE = 3.0
"""VADER's score counts as this, so that the penalty hardly shrinks its weight."""
_FOLDS = 5
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ratings:
    """Rated texts: ratings and VADER's scores are -1 to 1, domains are places in ``_DOMAINS``."""

    texts: list[str]
    ratings: Floats
    domains: npt.NDArray[np.int64]
    scores: Floats

    def part(self, chosen: npt.NDArray[np.bool_]) -> "Ratings":
        """Return the chosen texts."""
        texts = [self.texts[place] for place in np.flatnonzero(chosen)]
        return Ratings(texts, self.ratings[chosen], self.domains[chosen], self.scores[chosen])


def read(archive: bytes) -> Ratings:
    """Return the ratings of the source archive; ``ValueError`` where it is another one."""
    if hashlib.sha256(archive).hexdigest() != _SHA256:
        raise ValueError("This is not the source archive of vaderSentiment 3.3.2.")
    texts: list[str] = []
    ratings: list[float] = []
    domains: list[int] = []
    with tarfile.open(fileobj=io.BytesIO(_member(archive, _RATINGS))) as inner:
        for place, domain in enumerate(_DOMAINS):
            member = inner.extractfile(f"hutto_ICWSM_2014/{domain}_GroundTruth.txt")
            if member is None:
                raise ValueError(f"The archive has no ratings of {domain}.")
            for line in member.read().decode("utf-8", "replace").splitlines():
                _, rating, text = line.split("\t")
                texts.append(text)
                ratings.append(float(rating) / _HIGHEST_RATING)
                domains.append(place)
    scores = np.array([_score(text) for text in texts])
    return Ratings(texts, np.array(ratings), np.array(domains), scores)


def _member(archive: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as outer:
        member = outer.extractfile(name)
        if member is None:
            raise ValueError(f"The archive has no {name}.")
        return member.read()


def _score(text: str) -> float:
    totals = SentimentTotals(by_rules_alone=True)
    for begin, end in sentence_spans(text, "en"):
        totals.add(text, begin, end)
    return totals.mean()


def fitted(ratings: Ratings) -> dict[str, int]:
    """Return the weights of the words, of VADER's score and the constant, in 1/``UNIT``."""
    words = _frequent_words(ratings)
    places = {word: place for place, word in enumerate(words)}
    counts = _counts(ratings.texts, places)
    # The four domains count the same, whatever the number of their texts.
    of_domain = np.bincount(ratings.domains, minlength=len(_DOMAINS))
    weights = 1.0 / of_domain[ratings.domains]
    weights *= len(weights) / weights.sum()
    features = _with_column(ratings.scores * _VADER_SCALE, counts)
    model = Ridge(alpha=_PENALTY, solver="sparse_cg", tol=1e-6)
    model.fit(features, ratings.ratings, sample_weight=weights)
    coefficients = model.coef_[1:]
    influence = np.abs(coefficients) * np.sqrt(np.asarray(counts.sum(axis=0)).ravel())
    kept = np.argsort(-influence, kind="stable")[:_WORDS]
    found = {learned.VADER: model.coef_[0] * _VADER_SCALE, learned.CONSTANT: model.intercept_}
    found |= {words[place]: coefficients[place] for place in kept}
    rounded = {word: round(float(value) * learned.UNIT) for word, value in found.items()}
    return {word: value for word, value in rounded.items() if value or word == learned.CONSTANT}


def _frequent_words(ratings: Ratings) -> list[str]:
    texts: Counter[str] = Counter()
    domains: dict[str, set[int]] = {}
    for text, domain in zip(ratings.texts, ratings.domains.tolist(), strict=True):
        for word in set(learned.words_of(text)) - _PLACEHOLDERS:
            texts[word] += 1
            domains.setdefault(word, set()).add(domain)
    return sorted(
        word
        for word, number in texts.items()
        if number >= _MIN_TEXTS and len(domains[word]) >= _MIN_DOMAINS
    )


def _counts(texts: list[str], places: dict[str, int]) -> csr_matrix:
    rows, columns = [], []
    for row, text in enumerate(texts):
        found = [places[word] for word in set(learned.words_of(text)) if word in places]
        rows += [row] * len(found)
        columns += found
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(texts), len(places)))


def _with_column(column: Floats, matrix: csr_matrix) -> csr_matrix:
    return hstack([csr_matrix(column[:, None]), matrix]).tocsr()


def right_signs(ratings: Ratings, weights: dict[str, int] | None) -> float:
    """Return the share of right signs; without weights that of VADER with this program's rules."""
    right = []
    for text, rating, score in zip(ratings.texts, ratings.ratings, ratings.scores, strict=True):
        if abs(rating) < _MIN_RATING / _HIGHEST_RATING:
            continue
        found = score
        if weights is not None:
            words = set(learned.words_of(text))
            weight = sum(weights.get(word, 0) for word in words)
            found = learned.joined(score, weight, word_count=len(words), weights=weights)
        right.append(np.sign(found) == np.sign(rating))
    return float(np.mean(right))


def _table(ratings: Ratings) -> None:
    fold = np.arange(len(ratings.texts)) % _FOLDS
    by_fold = [fitted(ratings.part(fold != number)) for number in range(_FOLDS)]
    print("| domain | rules alone | weights of other domains | weights of other texts |")
    print("|---|---|---|---|")
    for place, domain in enumerate(_DOMAINS):
        inside = ratings.domains == place
        own = ratings.part(inside)
        other = right_signs(own, fitted(ratings.part(~inside)))
        folds = [
            right_signs(ratings.part(inside & (fold == number)), by_fold[number])
            for number in range(_FOLDS)
        ]
        rules = right_signs(own, None)
        print(f"| {domain} | {rules:.3f} | {other:.3f} | {np.mean(folds):.3f} |")


def main() -> None:
    """Write the file and print the table."""
    ratings = read(Path(sys.argv[1]).read_bytes())
    weights = fitted(ratings)
    lines = [f"{word}\t{weight}" for word, weight in weights.items()]
    learned.WEIGHTS.write_text(_HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    _table(ratings)


_HEAD = """\
# Written by scripts/sentiment_weights.py: weights of words in thousandths, from the ratings of
# sentences that C.J. Hutto published with the package vaderSentiment 3.3.2 (MIT licence).
"""

if __name__ == "__main__":
    main()
