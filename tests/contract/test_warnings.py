"""What a result leaves out, told all the way: slave, ledger, summary and client."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import requests
from PIL import Image

from scripts.local_cluster import LocalCluster
from tests.conftest import assign
from tests.contract.programs import get_task, only_line, run

FIRST_PAGE = (
    "This picture has 3 pages, and only the first was read; "
    "save the other pages as files of their own and send those."
)
SPACE = "This file holds white space alone, and not a single word; check that it is the right one."


def pages(count: int) -> bytes:
    """Return a TIFF of some pages."""
    images = [Image.new("L", (8, 8), 50 * number) for number in range(count)]
    file = io.BytesIO()
    images[0].save(file, "TIFF", save_all=True, append_images=images[1:])
    return file.getvalue()


def ledger(cluster: LocalCluster, job_id: str) -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = requests.get(f"{cluster.url}/jobs/{job_id}", timeout=10).json()[
        "files"
    ]
    return files


def test_warnings_of_a_picture_stand_in_the_ledger(cluster: LocalCluster) -> None:
    """A PNG has no place for them; the job's entry and the summary name them by file."""
    summary = assign(cluster, "image", [("one.tiff", pages(1)), ("three.tiff", pages(3))])
    assert [entry.get("warnings") for entry in summary["files"]] == [None, [FIRST_PAGE]]
    entries = ledger(cluster, summary["job_id"])
    assert [entry["warnings"] for entry in entries] == [[], [FIRST_PAGE]]


def test_warnings_of_a_text_stand_in_its_result_too(cluster: LocalCluster) -> None:
    """JSON results carry them, and a result without any says so with an empty list."""
    summary = assign(cluster, "text", [("space.txt", b" \n "), ("words.txt", b"some words")])
    found = [
        json.loads(Path(path).read_text("utf-8"))["warnings"] for path in saved(cluster, summary)
    ]
    assert found == [[SPACE], []]
    assert [entry["warnings"] for entry in ledger(cluster, summary["job_id"])] == found


def saved(cluster: LocalCluster, summary: dict[str, Any]) -> list[Path]:
    return [cluster.folder / path for path in summary["saved_files"]]


def test_slave_sends_warnings_beside_the_result(cluster: LocalCluster) -> None:
    """In the plain answer they are a key of the file's own entry, where there are any."""
    record = cluster.present()[0]
    slave = f"http://{record['slave_ip']}:{record['slave_port']}"
    files = [("one.tiff", pages(1)), ("three.tiff", pages(3))]
    plain, warned = get_task(slave, "image", "images", files)
    assert "warnings" not in plain
    assert warned["warnings"] == [FIRST_PAGE]
    assert base64.b64decode(warned["image_data"]).startswith(b"\x89PNG")


def test_client_lists_warnings(cluster: LocalCluster, tmp_path: Path) -> None:
    """The summary ends with each warning and the name of its file; the exit code stays 0."""
    (tmp_path / "space.txt").write_bytes(b" \n ")
    (tmp_path / "words.txt").write_bytes(b"some words")
    files = [str(tmp_path / name) for name in ("space.txt", "words.txt")]
    done = run("client.py", cluster.url, "text", *files)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[lines.index("Warnings:") + 1] == f"  space.txt: {SPACE}"


def test_installed_languages_are_registered(cluster: LocalCluster) -> None:
    """A slave that does OCR tells its languages, and which of them it looks for."""
    for slave in cluster.present():
        if "ocr" in slave["task_types"]:
            assert "eng" in slave["ocr_languages"]
            assert slave["versions"]["OCR_LANGUAGES"] == "eng"
            assert len(slave["versions"]["traineddata eng"]) == 16
        else:
            assert slave["ocr_languages"] == []


def test_a_language_that_is_none_stops_the_slave() -> None:
    """One line names the variable."""
    done = run("slave.py", OCR_LANGUAGES="../eng")
    assert (done.returncode, done.stdout) == (2, "")
    assert "OCR_LANGUAGES" in only_line(done.stderr)
