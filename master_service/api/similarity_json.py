"""The comparison of a job's files as JSON."""

from collections.abc import Mapping
from typing import Any

from master_service.api.models.similarity import ComparedFile, Comparison
from master_service.similarity.service import Report


def comparison(job_id: str, report: Report, first: int, limit: int) -> Comparison:
    """Return a comparison with ``limit`` of its files at most, from the index ``first`` on."""
    names = {file["index"]: file["filename"] for file in report["files"]}
    page = [file for file in report["files"] if file["index"] >= first][:limit]
    return {
        "job_id": job_id,
        "basis": report["basis"],
        "compared": len(report["files"]),
        "near_duplicates": report["near_duplicates"],
        "clusters": report["clusters"],
        "warnings": report["warnings"],
        "files": [_with_names(file, names) for file in page],
    }


def _with_names(file: Mapping[str, Any], names: Mapping[int, str]) -> ComparedFile:
    return {
        "index": file["index"],
        "filename": file["filename"],
        "cluster": file["cluster"],
        "x": file["x"],
        "y": file["y"],
        "neighbors": [
            {
                "index": each["index"],
                "filename": names[each["index"]],
                "similarity": each["similarity"],
            }
            for each in file["neighbors"]
        ],
    }
