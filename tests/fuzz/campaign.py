"""Runs Schemathesis against a master and a slave, and collects what it finds."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from scripts.local_cluster import LocalCluster, running
from tests.contract import jobs_api

TOKEN = "a-token-for-fuzzing"
_RECOVERY_S = 60.0
_SETTINGS = """
[dictionaries]
jobs.values = {jobs}
results.values = {results}
types.values = ["text"]
slaves.values = {slaves}

[parameters]
"path.job_id" = {{ dictionary = "jobs", probability = 0.7 }}
"path.name" = {{ dictionary = "results", probability = 0.5 }}
"path.task_type" = {{ dictionary = "types", probability = 0.5 }}
"body.task_type" = {{ dictionary = "types", probability = 0.5 }}
"body.slave" = {{ dictionary = "slaves", probability = 0.5 }}

[checks]
# Who deletes a job cancels it, and it stays.
use_after_free.enabled = false
# A 404 may be about a slave or a file of a job that is there.
ensure_resource_availability.enabled = false

[checks.positive_data_acceptance]
# The state of a job, a key used before, or a disk may stand against any proper request.
expected-statuses = ["2xx", 401, 403, 404, 409, 422, 503, 507]

[[operations]]
# Whether these make sense depends on the master's settings, or on the job.
include-path = ["/register", "/jobs/{{job_id}}/start", "/jobs/{{job_id}}/events"]
checks.positive_data_acceptance.enabled = false

[[operations]]
# Which options are known depends on the task type.
include-operation-id = "create_job"
checks.positive_data_acceptance.enabled = false

[[operations]]
# In a form, what is no file with a name is no upload, and any further part is overlooked.
include-path = ["/assign_task", "/jobs/{{job_id}}/files"]
checks.positive_data_acceptance.enabled = false
checks.negative_data_rejection.enabled = false
"""


@dataclass(frozen=True)
class Found:
    """What came of a run: Schemathesis's report, and what is wrong in the programs' logs."""

    report: str
    is_well: bool
    faults: tuple[str, ...]


ALL_PHASES = "examples,coverage,fuzzing,stateful"


@contextlib.contextmanager
def fuzzed_cluster(folder: Path, *, token: bool) -> Iterator[LocalCluster]:
    """Run a master and a slave, with or without a token, while the block runs."""
    settings = {"SLAVE_WORKERS": "1", "SLAVE_HOST": "127.0.0.1"}
    settings |= {"CLUSTER_TOKEN": TOKEN} if token else {}
    with running(folder, slaves=1, settings=settings) as cluster:
        yield cluster


def run(
    cluster: LocalCluster, seed: int, examples: int, *, known: bool = True, phases: str = ALL_PHASES
) -> Found:
    """Ask each call ``examples`` times; ``known`` says whether with the token, where one is set.

    ``phases`` are Schemathesis's: the examples of the description; at the limits of each
    parameter; at random; calls that follow from what others answered.
    """
    folder, token = cluster.folder, cluster.settings.get("CLUSTER_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    (folder / "schemathesis.toml").write_text(_settings(cluster, headers), encoding="utf-8")
    (folder / "openapi.json").write_bytes(_get(cluster, "/openapi.json", headers).content)
    done = subprocess.run(
        _command(cluster, seed, examples, phases, headers if known else {}),
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    faults = list(_after(cluster, headers))
    faults += [fault for log in sorted(folder.glob("*.log")) for fault in _logged(log)]
    return Found(done.stdout + done.stderr, done.returncode == 0, tuple(faults))


def _command(
    cluster: LocalCluster, seed: int, examples: int, phases: str, headers: dict[str, str]
) -> list[str]:
    options = [f"--header={name}: {value}" for name, value in headers.items()]
    return [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        "openapi.json",
        f"--url={cluster.url}",
        f"--seed={seed}",
        f"--max-examples={examples}",
        f"--phases={phases}",
        "--generation-database=none",
        "--request-timeout=30",
        "--continue-on-failure",
        "--warnings=off",
        "--no-color",
        *options,
    ]


def _settings(cluster: LocalCluster, headers: dict[str, str]) -> str:
    """Let it know of jobs in every state, so that it is not all about jobs that never were."""
    url = cluster.url
    form = jobs_api.form("text", [("a.txt", b"a good text"), ("b.txt", b"")])
    asked = headers | {"Prefer": "respond-async"}
    over = jobs_api.call(url, "POST", "/assign_task", 202, headers=asked, **form).json()["job_id"]
    jobs = [over]
    for _ in range(5):
        one = jobs_api.call(url, "POST", "/jobs", 201, headers=headers, json={"task_type": "text"})
        jobs.append(one.json()["job_id"])
    jobs_api.call(url, "POST", f"/jobs/{jobs[1]}/files", 200, headers=headers, **form)
    jobs_api.call(url, "DELETE", f"/jobs/{jobs[2]}", 200, headers=headers)
    cluster_wide = _get(cluster, "/check_status", headers).json()
    slaves = [f"{slave['slave_ip']}:{slave['slave_port']}" for slave in cluster_wide["slaves"]]
    values = {"jobs": jobs, "results": ["a_analysis.json", "../a", "a%00"], "slaves": slaves}
    return _SETTINGS.format(**{name: json.dumps(value) for name, value in values.items()})


def _get(cluster: LocalCluster, path: str, headers: dict[str, str]) -> requests.Response:
    return requests.get(cluster.url + path, headers=headers, timeout=30)


def _after(cluster: LocalCluster, headers: dict[str, str]) -> Iterator[str]:
    """Yield what is wrong with the cluster after it was asked all that.

    Slaves that never were may have been registered, and the one there is sent away; it comes back.
    """
    end = time.monotonic() + _RECOVERY_S
    while (answer := _assign(cluster, headers)) is not None:
        if time.monotonic() > end:
            yield f"no file is processed any more: {answer}"
            return
        time.sleep(0.2)


def _assign(cluster: LocalCluster, headers: dict[str, str]) -> str | None:
    """Have one file processed; return what was said instead."""
    form: dict[str, Any] = jobs_api.form("text", [("still.txt", b"here")])
    answer = requests.post(f"{cluster.url}/assign_task", headers=headers, timeout=60, **form)
    is_done = answer.status_code == 200 and answer.json()["total_files_processed"] == 1
    return None if is_done else answer.text


def _logged(log: Path) -> Iterator[str]:
    said = log.read_text(encoding="utf-8", errors="replace")
    if "Traceback" in said or " ERROR " in said:
        yield f"{log}: {said[-2000:]}"
