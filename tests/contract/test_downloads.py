"""The content type of a download is its own, or plain bytes for a caller who prefers that."""

from pathlib import Path

import pytest

from scripts.local_cluster import LocalCluster
from tests.conftest import assign
from tests.contract.jobs_api import call

OCTETS = "application/octet-stream"


@pytest.fixture(scope="module")
def downloads(
    cluster: LocalCluster, sample_files: dict[str, list[Path]]
) -> dict[str, tuple[str, bytes]]:
    """The path of each kind of download, with its own type and content."""
    found: dict[str, tuple[str, bytes]] = {}
    for task_type, kind in (("image", "image/png"), ("text", "application/json")):
        summary = assign(cluster, task_type, sample_files[task_type][:1])
        saved = Path(summary["saved_files"][0])
        found[f"/results/{task_type}/{saved.name}"] = (kind, saved.read_bytes())
    archive = f"/jobs/{summary['job_id']}/results.zip"
    found[archive] = ("application/zip", call(cluster.url, "GET", archive, 200).content)
    return found


@pytest.mark.parametrize(
    ("accepted", "is_own"),
    [
        (None, True),
        ("*/*", True),
        ("text/html,image/webp,*/*;q=0.8", True),
        ("text/csv", True),
        (OCTETS, False),
        (f"{OCTETS}, */*;q=0.1", False),
    ],
)
def test_type_is_the_one_preferred(
    cluster: LocalCluster,
    downloads: dict[str, tuple[str, bytes]],
    accepted: str | None,
    is_own: bool,
) -> None:
    """Browsers and simple programs get the own type; the bytes are the same for everyone."""
    for path, (kind, content) in downloads.items():
        answer = call(cluster.url, "GET", path, 200, headers={"Accept": accepted})
        assert answer.headers["Content-Type"] == (kind if is_own else OCTETS)
        assert answer.headers["Vary"] == "Accept"
        assert answer.content == content
