"""Stores what was measured as JSON, with the date, the versions and the load of the computer."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from benchmarks.workloads import RESULTS
from scripts.local_cluster import PROJECT

_LIBRARIES = ("flask", "gevent", "scikit-learn", "pillow", "celery", "redis", "distributed", "ray")


def store(part: str, data: dict[str, Any], options: dict[str, Any]) -> Path:
    """Write ``benchmark_results/<part>-<time>.json`` and return its path."""
    now = datetime.now(timezone.utc)
    path = RESULTS / f"{part}-{now:%Y%m%d-%H%M%S}.json"
    RESULTS.mkdir(exist_ok=True)
    about = {"part": part, "date": now.isoformat(timespec="seconds"), **_surroundings()}
    path.write_text(json.dumps({**about, "options": options, **data}, indent=1) + "\n")
    print(f"stored in {path.relative_to(PROJECT)}")
    return path


def stored(part: str) -> list[dict[str, Any]]:
    """Return all measurements of a part, the newest first."""
    paths = sorted(RESULTS.glob(f"{part}-2*.json"), reverse=True)
    return [dict(json.loads(path.read_text())) for path in paths]


def _surroundings() -> dict[str, Any]:
    return {
        "commit": _commit(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpu": _cpu_name(),
        "cpus": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "versions": _versions(),
    }


def _commit() -> str:
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip()


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _versions() -> dict[str, str]:
    """Return the versions of libraries, in this environment and in that of the other engines."""
    peers = map(str, PROJECT.glob(".venv-peers/lib/*/site-packages"))
    found = importlib.metadata.distributions(path=[*sys.path, *peers])
    versions = {distribution.name.lower(): distribution.version for distribution in found}
    return {name: versions[name] for name in _LIBRARIES if name in versions}
