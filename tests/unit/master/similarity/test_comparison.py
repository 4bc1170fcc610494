"""The comparison of a job's files: neighbors, near-duplicates, clusters, places and the archive."""

import json
import random
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from master_service.similarity import clusters
from master_service.similarity.comparison import compare, groups, places, unit_rows
from master_service.similarity.items import Listed, read_items
from master_service.similarity.png_text import png_text
from master_service.similarity.report import write

SEED = random.Random(5)  # noqa: S311  (not for secrets)


def png(folder: Path, name: str, texts: dict[str, str]) -> Path:
    """Write a small PNG with these texts before its picture."""
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    path = folder / name
    Image.new("L", (8, 8), 90).save(path, pnginfo=info)
    return path


def listed(paths: list[Path], sha256s: str = "") -> list[Listed]:
    hashes = sha256s.split() or [str(number) for number in range(len(paths))]
    return [Listed(number, path.name, hashes[number], path) for number, path in enumerate(paths)]


def embeddings(folder: Path, vectors: Any, terms: list[str]) -> list[Path]:
    """Write results of the task type embedding."""
    paths = [folder / f"{number}.json" for number in range(len(vectors))]
    for path, vector in zip(paths, vectors, strict=True):
        path.write_text(json.dumps({"vector": vector, "features": terms}))
    return paths


def report(folder: Path, files: list[Listed]) -> dict[str, Any]:
    write(read_items(files), folder)
    return dict(json.loads((folder / "similar.json").read_bytes()))


def planted(count: int, size: int, spread: float) -> tuple[Any, list[int]]:
    """Return rows around ``count`` random directions, and around which each is."""
    generator = np.random.default_rng(count)
    centres = generator.normal(size=(count, 40))
    labels = [SEED.randrange(count) for _ in range(size)]
    rows = centres[labels] + spread * generator.normal(size=(size, 40))
    return unit_rows(rows.tolist()), labels


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_planted_clusters_are_found(count: int) -> None:
    """Their number, and which row belongs to which; clusters are numbered by their first row."""
    rows, labels = planted(count, 120, 0.5)
    found = clusters.cluster(rows)
    order: dict[int, int] = {}
    assert found == [order.setdefault(label, len(order)) for label in labels]


def test_rows_without_structure_are_one_cluster() -> None:
    """Equal rows, and one, two or no rows that differ, are not divided."""
    assert clusters.cluster(np.ones((20, 4)) / 2) == [0] * 20
    assert clusters.cluster(np.eye(2)) == [0, 0]
    assert clusters.cluster(np.zeros((3, 3))) == [0, 0, 0]


def test_silhouette_is_scikit_learns() -> None:
    """The mean silhouette equals that of another implementation."""
    rows, labels = planted(3, 50, 1.0)
    distances = (1 - rows @ rows.T).clip(0)
    np.fill_diagonal(distances, 0)
    expected = silhouette_score(distances, labels, metric="precomputed")
    assert clusters._silhouette(distances, np.array(labels)) == pytest.approx(expected)


def test_neighbors_are_the_largest_cosines() -> None:
    """The five nearest other rows, of equal ones the first; rows in blocks give the same."""
    rows, _ = planted(4, 300, 1.0)
    rows[7] = rows[3]
    neighbors, pairs = compare(rows, 0.9999, [True] * 300)
    cosines = (rows @ rows.T).round(4) - 3 * np.eye(300)
    for row in (0, 3, 7, 255, 256, 299):
        expected = sorted(range(300), key=lambda other: (-cosines[row][other], other))[:5]
        assert [other for other, _ in neighbors[row]] == expected
        assert [value for _, value in neighbors[row]] == cosines[row][expected].tolist()
    assert pairs == [(3, 7)]
    assert compare(rows, 0.9999, [number != 7 for number in range(300)])[1] == []


def test_groups_are_connected() -> None:
    """Pairs that share a row make one group, in the order of the rows."""
    assert groups(8, [(5, 6), (1, 3), (3, 4), (0, 4)]) == [[0, 1, 3, 4], [5, 6]]


def test_places_are_a_pca() -> None:
    """x and y are the first two principal components, from 0 to 1; one text is in the middle."""
    rows, _ = planted(3, 60, 0.5)
    found = np.array(places(rows))
    expected = PCA(2).fit_transform(rows)
    for axis in (0, 1):
        assert abs(np.corrcoef(found[:, axis], expected[:, axis])[0, 1]) > 0.9999
    assert (found.min(), found.max()) == (0, 1)
    assert places(np.ones((1, 1))) == [(0.5, 0.5)]


def test_texts_are_compared_by_their_results(tmp_path: Path) -> None:
    """Neighbors, clusters with names, equal texts, and a result that can't be compared."""
    terms = ["bee", "hive", "honey", "mars", "orbit", "sun", "thing"]
    vectors = [[3, 2, 1, 0, 0, 0, 1]] * 2 + [[2, 2, 2, 0, 0, 0, 1], [0, 0, 0, 1, 2, 3, 1]]
    vectors += [[0, 0, 0, 2, 2, 3, 1], [0, 0, 0, 3, 1, 3, 1]]
    paths = embeddings(tmp_path, vectors, terms)
    paths.append(tmp_path / "other.json")
    paths[-1].write_text('{"word_count": 3}')
    found = report(tmp_path, listed(paths, "0 0 2 3 4 5 6"))
    assert (found["basis"], found["near_duplicates"]) == ("vector", [[0, 1]])
    assert [cluster["name"] for cluster in found["clusters"]] == [
        "bee, hive, honey",
        "sun, mars, orbit",
    ]
    assert [file["cluster"] for file in found["files"]] == [0, 0, 0, 1, 1, 1]
    assert found["files"][0]["neighbors"][0] == {"index": 1, "similarity": 1.0}
    assert found["files"][3]["filename"] == "3.json"
    assert "other form: 1." in found["warnings"][0]
    archive = np.load(tmp_path / "vectors.npz", allow_pickle=False)
    assert archive["vector"].tolist() == vectors
    assert archive["features"].tolist() == terms
    assert archive["filename"].tolist() == [path.name for path in paths[:6]]


def test_semantic_vectors_come_first(tmp_path: Path) -> None:
    """Where the results have them, they are compared; the terms name the clusters."""
    both = ([1, 0], [0, 1]), ([0, 1], [0, 1]), ([1, 0], [1, 0])
    for number, (term, meaning) in enumerate(both):
        result = {"vector": term, "features": ["bee", "sun"], "semantic_vector": meaning}
        (tmp_path / f"{number}.json").write_text(json.dumps(result))
    found = report(tmp_path, listed(sorted(tmp_path.glob("*.json"))))
    assert (found["basis"], found["near_duplicates"]) == ("semantic_vector", [[0, 1]])
    assert set(np.load(tmp_path / "vectors.npz").files) == {
        *("index", "filename", "vector", "features", "semantic_vector")
    }


def test_pictures_are_compared_by_their_hashes(tmp_path: Path) -> None:
    """Six bits of difference are a near-duplicate, seven are not; there are no clusters."""
    hashes = ["f0f0f0f0f0f0f0f0", "f0f0f0f0f0f0f0cf", "8ff0f0f0f0f0f0f0", "bad", "0" * 16]
    paths = [png(tmp_path, f"{n}.png", {"perceptual_hash": each}) for n, each in enumerate(hashes)]
    found = report(tmp_path, listed(paths))
    bits = [bin(int(hashes[0], 16) ^ int(hashes[n], 16)).count("1") for n in (1, 2)]
    assert bits == [6, 7]
    assert (found["basis"], found["near_duplicates"]) == ("perceptual_hash", [[0, 1]])
    assert found["files"][0]["neighbors"][0] == {"index": 1, "similarity": round(1 - 6 / 64, 4)}
    assert found["clusters"] == []
    assert "lack perceptual_hash or have another form: 1." in found["warnings"][0]
    archive = np.load(tmp_path / "vectors.npz")["perceptual_hash"]
    assert [f"{value:016x}" for value in archive] == [hashes[n] for n in (0, 1, 2, 4)]


def test_nothing_to_compare_is_said(tmp_path: Path) -> None:
    """Results without vectors and hashes, and no results, give an answer that says so."""
    (tmp_path / "a.json").write_text('{"word_count": 3}')
    for files in ([], listed([tmp_path / "a.json", png(tmp_path, "b.png", {}), tmp_path / "gone"])):
        found = report(tmp_path, files)
        assert (found["basis"], found["files"]) == (None, [])
        assert "No file can be compared" in found["warnings"][0]
    assert not (tmp_path / "vectors.npz").exists()


@pytest.mark.parametrize(
    "result",
    [
        *("[" * 100_000, "{", "[1]", '{"vector": [1e999], "features": ["a"]}', '{"vector": []}'),
        *('{"vector": [1], "features": [1]}', '{"vector": [true], "features": ["a"]}'),
        *('{"vector": [1], "features": ["a", "b"]}', f'{{"semantic_vector": {[1] * 1025}}}'),
    ],
)
def test_odd_results_are_left_out(tmp_path: Path, result: str) -> None:
    """A result of another form is not compared, and does not disturb the others."""
    paths = embeddings(tmp_path, [[1, 0], [0, 1]], ["bee", "sun"])
    paths.append(tmp_path / "odd.json")
    paths[-1].write_text(result)
    assert [file["index"] for file in report(tmp_path, listed(paths))["files"]] == [0, 1]


def test_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    """Report and archive are equal when they are made again later."""
    generator = np.random.default_rng(1)
    vectors = unit_rows(generator.random((40, 30)).tolist()).tolist()
    files = listed(embeddings(tmp_path, vectors, [f"t{n}" for n in range(30)]))
    made = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        write(read_items(files), folder)
        made.append([path.read_bytes() for path in sorted(folder.iterdir())])
    assert made[0] == made[1]
    with zipfile.ZipFile(tmp_path / "0" / "vectors.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_text_of_a_png_is_read_with_bounds(tmp_path: Path) -> None:
    """The first text of the keyword counts; long, cut and other files give None."""
    path = png(tmp_path, "a.png", {"Title": "x", "perceptual_hash": "00ff" * 4})
    assert png_text(path, "perceptual_hash") == "00ff" * 4
    assert png_text(path, "hash") is None
    assert (
        png_text(png(tmp_path, "long.png", {"perceptual_hash": "0" * 5000}), "perceptual_hash")
        is None
    )
    data = path.read_bytes()
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        assert png_text(path, "perceptual_hash") in (None, "00ff" * 4)
    path.write_bytes(data[:8] + b"\xff\xff\xff\xfftEXt")
    assert png_text(path, "perceptual_hash") is None
    path.write_bytes(data[:8] + (b"\0\0\0\0tEXt" + bytes(4)) * 2000)
    assert png_text(path, "perceptual_hash") is None
